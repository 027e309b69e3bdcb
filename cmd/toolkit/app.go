package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"toolkit/algo"
	runlog "toolkit/internal/run"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// An app is one run of the program: its streams, its arguments, and the flags
// that every command has.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	args           []string

	out     string
	seed    uint64
	workers int
	memory  byteSize
	dryRun  bool
	quiet   bool
	json    bool

	told map[string]bool // warnings that are told once
}

// flags declares the flags that every command has.
func (a *app) flags(fs *pflag.FlagSet) {
	a.memory = byteSize(runlog.TotalMemory() / 5 * 4)
	fs.StringVar(&a.out, "out", "out", "`directory` to write to, and where earlier outputs are looked for")
	fs.Uint64Var(&a.seed, "seed", 1, "seed of all random choices")
	fs.IntVar(&a.workers, "workers", runtime.GOMAXPROCS(0), "goroutines to compute with; results do not depend on it")
	fs.Var(&a.memory, "memory", "memory that an algorithm, or making tables, may take, such as 512MiB; 0 for no limit")
	fs.BoolVar(&a.dryRun, "dry-run", false, "say how many rows, how much memory and about how long, and do nothing")
	fs.BoolVarP(&a.quiet, "quiet", "q", false, "no progress and no summary")
	fs.BoolVar(&a.json, "json", false, "the result as one JSON object on stdout")
}

// check reports a flag that is out of its range.
func (a *app) check() error {
	if a.workers < 1 {
		return &algo.ParamError{Name: "workers", Value: a.workers, Want: "at least 1"}
	}
	if a.out == "" {
		return &algo.ParamError{Name: "out", Value: `""`, Want: "a directory"}
	}
	return nil
}

// env is what algorithms are lent.
func (a *app) env(p *progress) algo.Env {
	return algo.Env{Seed: a.seed, Workers: a.workers, Memory: int64(a.memory), Progress: p.step}
}

func (a *app) execute(ctx context.Context) error {
	root := &cobra.Command{
		Use:   "toolkit",
		Short: "Find structure and anomalies in network flow records",
		Long: `Toolkit turns network flow records into feature tables (Arrow files), runs PCA,
clusterings and outlier scores over them and rule detectors over the records,
compares them all, and writes a report.

The whole job on one or more logs:          toolkit run conn.log.gz
Without an input, on built-in synthetic data: toolkit run`,
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return a.check()
		},
	}
	root.SetArgs(a.args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return &usageError{cmd.CommandPath(), err} })
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveDefault)
	a.flags(root.PersistentFlags())
	root.PersistentFlags().SortFlags = false
	root.AddCommand(
		a.runCommand(), a.extractCommand(),
		a.learnCommand(pcaUse), a.learnCommand(clusterUse), a.learnCommand(scoreUse), a.sweepCommand(),
		a.detectCommand(), a.watchCommand(), a.ensembleCommand(), a.evaluateCommand(), a.reportCommand(), a.explainCommand(),
		a.serveCommand(), a.reproduceCommand(), a.datasetsCommand(), a.blacklistCommand(), a.versionCommand(),
	)
	root.SetHelpCommand(a.helpCommand())
	for _, cmd := range root.Commands() {
		namePositional(cmd)
		completeFlags(cmd)
	}
	return root.ExecuteContext(ctx)
}

// namePositional makes errors about positional arguments errors of usage.
func namePositional(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		namePositional(sub)
	}
}

// begin starts the account of a run of a command.
func (a *app) begin(command string) *runlog.Run {
	host, _ := os.Hostname()
	return &runlog.Run{
		Command: command, Args: a.args, Version: runlog.Version(), Go: runlog.GoVersion(), Host: host, Seed: a.seed,
		Libraries: runlog.Libraries(), Started: time.Now().UTC(),
	}
}

// commit puts the outputs of r in their place.
func (a *app) commit(dir *runlog.Dir, r *runlog.Run) error {
	r.Seconds = time.Since(r.Started).Seconds()
	r.PeakRSS = runlog.PeakRSS()
	return dir.Commit(r)
}

// A result is what a command has to say: as text, and as JSON.
type result interface{ text(w io.Writer) }

// show writes r to stdout, as text or as JSON.
func (a *app) show(r result) error {
	switch {
	case a.json:
		data, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
		_, err = fmt.Fprintf(a.stdout, "%s\n", data)
		return err
	case a.quiet:
		return nil
	}
	w := &lastError{w: a.stdout}
	r.text(w)
	return w.err
}

// warn says on stderr what the result should be read with.
func (a *app) warn(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.stderr, "warning: "+format+"\n", args...)
	}
}

// warnOnce warns, unless it has said the same before.
func (a *app) warnOnce(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if a.told[text] {
		return
	}
	if a.told == nil {
		a.told = make(map[string]bool)
	}
	a.told[text] = true
	a.warn("%s", text)
}

// A lastError keeps the first error of writing, so that it need not be looked
// for at every line.
type lastError struct {
	w   io.Writer
	err error
}

func (l *lastError) Write(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.w.Write(p)
	l.err = err
	return n, err
}
