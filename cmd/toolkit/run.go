package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"toolkit/algo"
	"toolkit/datasets"
	"toolkit/evaluate"
	"toolkit/features"
	"toolkit/flow"
	runlog "toolkit/internal/run"
	"toolkit/reports"
	"toolkit/suite"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// worstHosts is how many hosts the summary of run names.
const worstHosts = 5

// analysed are the tables that run learns from.
var analysed = []string{"flow_tuples", features.PairsTable, features.HostsTable}

func (a *app) runCommand() *cobra.Command {
	var (
		x extractFlags
		d detectFlags
		e = defaultEvaluateFlags()
		l learnFlags
		t = defaultTrustFlags()
	)
	cmd := &cobra.Command{
		Use:   "run [INPUT…|-]",
		Short: "Do the whole job: tables, PCA, clusters, scores, alerts, trust, evaluation, report",
		Long: `Run reads flow records and does all that the other commands do, with their
defaults: it makes the tables, runs ` + names(suite.Defaults) + ` over the flow
tuples, the pairs of addresses and the hosts and every detector over the records, makes one
probability of all that they say, compares them, and writes a report. Without an input it runs on the built-in synthetic
data.`,
		Example: "  toolkit run conn.log.gz\n  toolkit run --out monday 'logs/2024-04-22/conn.*.log.gz'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := x.check(); err != nil {
				return err
			}
			if err := errors.Join(d.check(), e.check()); err != nil {
				return err
			}
			if a.dryRun {
				return a.forecastRead(cmd.Context(), args, &x.inputs, "run", func(rs *records) (add func(*flow.Batch), wait func()) {
					ex, w := features.NewExtractor(features.Groupings(x.Options), rs.hosts, rs.labels), a.newWatch(&d)
					return func(b *flow.Batch) { ex.Add(b); w.stream.Add(b) }, func() { _ = ex.Err() }
				})
			}
			if _, _, err := t.options(false); err != nil {
				return err
			}
			r, err := a.whole(cmd.Context(), args, &x, &d, &e, &l, &t)
			if err != nil {
				return err
			}
			if err := a.show(r); err != nil {
				return err
			}
			return d.met(r.Alerts.Alerts)
		},
	}
	x.flags(cmd.Flags())
	// What tables and detectors both have is meant for both, unless told
	// otherwise, so the flag is declared once.
	tables := cmd.Flags()
	own := flagsOf(flagger(d.flags))
	var shared []string
	own.VisitAll(func(f *pflag.Flag) {
		if tables.Lookup(f.Name) != nil {
			shared = append(shared, f.Name)
		} else {
			tables.AddFlag(f)
		}
	})
	e.flags(cmd.Flags())
	t.Flags(cmd.Flags())
	l = defaultLearnFlags()
	cmd.Flags().StringVar(&l.scale, "scale", l.scale, "how columns are scaled before an algorithm")
	l.rule.Flags(cmd.Flags())
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		for _, name := range shared {
			if f := tables.Lookup(name); f.Changed {
				if err := own.Set(name, f.Value.String()); err != nil {
					return &usageError{cmd.CommandPath(), err}
				}
			}
		}
		return l.check()
	}
	return cmd
}

// A job done is what run has to say.
type jobDone struct {
	Extract    *extracted           `json:"extract"`
	Learned    []*learned           `json:"learned"`
	Alerts     *detected            `json:"detect"`
	Trust      *trusted             `json:"ensemble"`
	Evaluation *evaluate.Evaluation `json:"evaluation"`
	Hosts      []reports.Host       `json:"worst_hosts"`
	Report     string               `json:"report"`
	out        string
}

// whole does the whole job.
func (a *app) whole(ctx context.Context, args []string, x *extractFlags, d *detectFlags, e *evaluateFlags, l *learnFlags, t *trustFlags) (*jobDone, error) {
	dir, err := runlog.OpenDir(a.out)
	if err != nil {
		return nil, err
	}
	if err := dir.Try(); err != nil {
		return nil, err
	}
	defer dir.Discard()
	p := a.progress("reading", len(args) > 0)
	var rs *records
	if len(args) == 0 {
		rs, err = builtin(datasets.Find("synth"), p)
	} else {
		rs, err = a.open(ctx, args, &x.inputs, p)
	}
	if err != nil {
		return nil, err
	}
	done := &jobDone{out: a.out}
	w := a.newWatch(d)
	done.Extract, err = a.extract(ctx, x, rs, dir, w.stream.Add)
	p.end()
	if err != nil {
		return nil, err
	}
	if done.Alerts, err = a.detected(ctx, dir, w, d, rs.files()); err != nil {
		return nil, err
	}
	for _, table := range analysed {
		for _, al := range suite.Defaults {
			on := *l
			on.on = table
			j, err := a.prepare(dir, &on, al, al.New())
			if err != nil {
				return nil, err
			}
			r, err := a.learn(ctx, dir, commandOf(al), j)
			if err != nil {
				return nil, err
			}
			done.Learned = append(done.Learned, r)
		}
	}
	if done.Trust, err = a.ensemble(ctx, dir, t, e); err != nil {
		return nil, err
	}
	if done.Evaluation, err = a.evaluate(ctx, dir, e); err != nil {
		return nil, err
	}
	rep, hosts, err := a.report(ctx, dir, nil)
	if err != nil {
		return nil, err
	}
	done.Report, done.Hosts = rep.Page, hosts[:min(len(hosts), worstHosts)]
	return done, nil
}

// names lists algorithms by name.
func names(as []*algo.Algorithm) string {
	var s []string
	for _, al := range as {
		s = append(s, al.Name)
	}
	return strings.Join(s, ", ")
}

// commandOf returns the command that runs an algorithm.
func commandOf(al *algo.Algorithm) string {
	for _, use := range []learnUse{pcaUse, clusterUse, scoreUse} {
		if use.fixed == al.Name || use.fixed == "" && al.Gives&use.gives != 0 {
			return use.name
		}
	}
	panic("no command runs " + al.Name)
}

func (j *jobDone) text(w io.Writer) {
	e := j.Extract
	fmt.Fprintf(w, "%s, %s to %s", plural(e.Records, "record"), e.First.Format("2006-01-02 15:04:05"), e.Last.Format("2006-01-02 15:04:05 MST"))
	if e.Rejected > 0 {
		fmt.Fprintf(w, "; %s could not be read", plural(e.Rejected, "more"))
	}
	if e.Skipped > 0 {
		fmt.Fprintf(w, "; %s of other than IP traffic left out", count(e.Skipped))
	}
	fmt.Fprintf(w, "\n\nTables in %s\n", j.out)
	for _, t := range e.Tables {
		fmt.Fprintf(w, "%12s rows  %s", count(t.Rows), filepath.Base(t.File))
		if int64(t.Samples) != t.Rows {
			fmt.Fprintf(w, ", standing for %s samples", count(int64(t.Samples)))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nRecords called anomalous\n")
	for _, m := range j.Evaluation.Methods {
		fmt.Fprintf(w, "%12s  %-22s", count(m.Flagged.Records), m.Name)
		if d := m.Detection; d != nil && d.Precision != nil && d.Recall != nil {
			fmt.Fprintf(w, " precision %.3f, recall %.3f", *d.Precision, *d.Recall)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nHosts by trust, with the shares of methods in it\n")
	for _, h := range j.Trust.Hosts {
		fmt.Fprintf(w, "%12.4f  %-22s %s\n", h.Trust, h.Name, h.By)
	}
	fmt.Fprintf(w, "\nHosts that stand out (mean share in what the methods flag)\n")
	for _, h := range j.Hosts {
		fmt.Fprintf(w, "%11.1f%%  %-22s flagged by %d of %d methods\n", 100*h.Share, h.Name, len(h.By), len(j.Evaluation.Methods))
	}
	fmt.Fprintf(w, "\nReport: %s\n", j.Report)
}
