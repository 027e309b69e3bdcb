package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/findings"
	"toolkit/detect/live"
	"toolkit/detect/model"
	"toolkit/detect/stream"
	"toolkit/features"
	"toolkit/flow"
	"toolkit/flow/biflow"
	"toolkit/flow/netflow"
	runlog "toolkit/internal/run"
	"toolkit/suite"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// watchFlags are the flags of toolkit watch.
type watchFlags struct {
	detect   detectFlags
	in       inputs
	format   string
	late     time.Duration
	merge    time.Duration
	suppress string
	follow   bool
	state    string
	every    time.Duration
	metrics  string
	models   []string
	learn    bool

	lateGiven bool // --late is

	filtered atomic.Int64   // records that were left out
	joiner   *biflow.Joiner // nil without --biflow
}

func (w *watchFlags) flags(fs *pflag.FlagSet) {
	w.format, w.late, w.merge, w.every = findings.Formats[0], 30*time.Second, 10*time.Minute, 30*time.Second
	fs.StringVar(&w.format, "format", w.format, "how findings are written: "+strings.Join(findings.Formats, ", ")+"; eve is the alert event of Suricata's eve.json")
	fs.DurationVar(&w.late, "late", w.late, "how much older than the latest record before it a record may be; later ones are counted and left out; if it is not given, files that are neither followed nor go with --state are put in order wholly, as far as --memory allows")
	fs.DurationVar(&w.merge, "merge", w.merge, "alerts of the same detector, kind and subject that come within this `time` are one finding")
	fs.StringVar(&w.suppress, "suppress", w.suppress, "`file` of what not to tell of: addresses, networks, ports, detectors, kinds; see docs/streams.md")
	fs.BoolVar(&w.follow, "follow", w.follow, "go on reading the file as it grows, also when it is rotated, as tail -F does")
	fs.StringVar(&w.state, "state", w.state, "`directory` to keep checkpoints and the findings (alerts.jsonl) in, and to go on from")
	fs.DurationVar(&w.every, "checkpoint", w.every, "time between checkpoints")
	fs.StringVar(&w.metrics, "metrics", w.metrics, "`address` to serve metrics for Prometheus on, such as 127.0.0.1:9109; none if not given")
	fs.StringSliceVar(&w.models, "model", w.models, "`files` of models that were learned on ip_pairs, hosts or batches (…model.arrow): each judges the rows of every window that closes")
	fs.BoolVar(&w.learn, "learn", w.learn, "models learn on from every window, after they have judged it")
	// --format is that of the findings here.
	flagsOf(flagger(w.in.flags)).VisitAll(func(f *pflag.Flag) {
		if f.Name == "format" {
			f.Name = "input-format"
		}
		fs.AddFlag(f)
	})
	w.detect.watcherFlags(fs)
}

func (w *watchFlags) check(args []string) error {
	for _, p := range []struct {
		name  string
		value time.Duration
		bad   bool
		want  string
	}{
		{"late", w.late, w.late < 0, "0 or more"},
		{"merge", w.merge, w.merge <= 0, "above 0"},
		{"checkpoint", w.every, w.every <= 0, "above 0"},
	} {
		if p.bad {
			return &algo.ParamError{Name: p.name, Value: p.value, Want: p.want}
		}
	}
	if !slices.Contains(findings.Formats, w.format) {
		return &algo.ParamError{Name: "format", Value: w.format, Want: strings.Join(findings.Formats, ", ")}
	}
	if w.follow && (len(args) != 1 || args[0] == flow.Stdin || strings.Contains(args[0], "://")) {
		return &usageError{"toolkit watch", errors.New("--follow goes with one file")}
	}
	if w.in.same != sameRecent {
		return &usageError{"toolkit watch", errors.New("--duplicates is for records that end: a stream has too many to remember them all")}
	}
	if w.in.biflow && w.state != "" {
		return &usageError{"toolkit watch", errors.New("--biflow does not go with --state: a checkpoint has no records that wait for their other direction")}
	}
	return w.detect.check()
}

func (a *app) watchCommand() *cobra.Command {
	var w watchFlags
	cmd := &cobra.Command{
		Use:   "watch INPUT…|-",
		Short: "Raise alerts on a stream of flow records as they come",
		Long: `Watch runs detectors over records as they come, from the standard input, a
growing file (--follow) or anything else that can be read, and writes what they find as
JSON lines: a line when a finding opens and, if more alerts have joined it,
one when it closes. Records are put in the order of time first, which takes
--late, or of files that are there wholly as long as reading them; time is that of the records, not of
the clock.

With --state it keeps checkpoints, and a run that was stopped or killed goes on
where the last one was: DIR/alerts.jsonl then has the same findings as if it had
not been. Files are read again up to there; of a pipe, what comes next is next.`,
		Example: "  zeek-cut … | toolkit watch -\n  toolkit watch --follow --state /var/lib/toolkit conn.log",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := w.check(args); err != nil {
				return err
			}
			w.lateGiven = cmd.Flags().Changed("late")
			return a.watch(cmd.Context(), args, &w)
		},
	}
	w.flags(cmd.Flags())
	return cmd
}

// fresh returns what makes watchers of a detector with the parameters of w.
func fresh(d *detect.Detector, w detect.Watcher, seedCompat bool) func() (detect.Watcher, error) {
	set := flagsOf(w)
	return func() (detect.Watcher, error) {
		x := d.New()
		flagsOf(x).VisitAll(func(f *pflag.Flag) {
			from := set.Lookup(f.Name)
			var err error
			if list, ok := f.Value.(pflag.SliceValue); ok {
				err = list.Replace(from.Value.(pflag.SliceValue).GetSlice())
			} else {
				err = f.Value.Set(from.Value.String())
			}
			if err != nil {
				panic("a parameter that was read can't be set: " + err.Error())
			}
		})
		if c, ok := x.(detect.Compatible); ok {
			c.SeedCompat(seedCompat)
		}
		return x, x.Check() // which reads the files that parameters name
	}
}

// session returns the session that the flags ask for.
func (a *app) session(args []string, w *watchFlags, hosts *flow.Hosts, say func(*findings.Finding) error, reject func(*flow.SyntaxError) error) (*live.Session, error) {
	cfg := live.Config{
		Late: w.late, Merge: w.merge, Memory: int64(a.memory), Workers: a.workers, Say: say, Reject: reject, Hosts: hosts,
		Dir: w.state, Every: w.every, Program: runlog.Version(), Inputs: args,
		Params: map[string]string{"late": w.late.String(), "merge": w.merge.String(), "memory": a.memory.String(),
			"detectors": strings.Join(w.detect.names, ","), "follow": strconv.FormatBool(w.follow), "seed-compat": strconv.FormatBool(w.detect.seed)},
	}
	for _, name := range w.detect.names {
		d, err := suite.Detector(name)
		if err != nil {
			return nil, err
		}
		for _, p := range params("", flagsOf(w.detect.watchers[name])) {
			cfg.Params[p.Name] = p.Value
		}
		cfg.Watched = append(cfg.Watched, &stream.Watched{Name: name, New: fresh(d, w.detect.watchers[name], w.detect.seed)})
	}
	for _, path := range w.models {
		m, sum, err := openWatchModel(path)
		if err != nil {
			return nil, err
		}
		if w.learn && !m.Updates() {
			return nil, fmt.Errorf("%s is a model that can't learn on: leave --learn away, or take one of hbos with bins of equal width, loda, hst", path)
		}
		cfg.Params["model "+m.Name] = sum
		cfg.Watched = append(cfg.Watched, &stream.Watched{Name: m.Name, New: func() (detect.Watcher, error) { return m.Watcher(w.learn) }})
	}
	cfg.Params["learn"] = strconv.FormatBool(w.learn)
	for name, value := range map[string]string{"filter": w.in.filter, "since": w.in.since, "until": w.in.until} {
		if value != "" { // what is left out has a number too
			cfg.Params[name] = value
		}
	}
	if w.suppress != "" {
		f, err := os.Open(w.suppress)
		if err != nil {
			return nil, fmt.Errorf("opening what to suppress: %w", err)
		}
		defer f.Close()
		if cfg.Suppress, err = findings.ParseSuppress(f, w.suppress, watchedNames(cfg.Watched)); err != nil {
			return nil, err
		}
		text, err := os.ReadFile(w.suppress)
		if err != nil {
			return nil, fmt.Errorf("reading what to suppress: %w", err)
		}
		cfg.Params["suppress"] = runlog.Sum(text)
	}
	return live.Open(cfg)
}

// openWatchModel reads a model, and returns the hash of its file too.
func openWatchModel(path string) (*model.Model, string, error) {
	t, err := features.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, "", fmt.Errorf("reading the model: %w", err)
	}
	m, err := model.New(t, slices.Concat(suite.Scalers, suite.Algorithms), features.DefaultOptions())
	if err != nil {
		return nil, "", fmt.Errorf("the model %s: %w", path, err)
	}
	return m, runlog.Sum(data), nil
}

func watchedNames(ws []*stream.Watched) []string {
	var names []string
	for _, w := range ws {
		names = append(names, w.Name)
	}
	return names
}

// watchSource returns the source of the inputs, of records that are kept, and
// joined.
func (a *app) watchSource(ctx context.Context, args []string, w *watchFlags, hosts *flow.Hosts) (*live.Source, error) {
	opt, err := w.in.options()
	if err != nil {
		return nil, err
	}
	if keep := opt.Keep; keep != nil {
		opt.Keep = func(b *flow.Batch) []int32 {
			rows := keep(b)
			w.filtered.Add(int64(b.Len() - len(rows)))
			return rows
		}
	}
	src, err := a.readSource(ctx, args, w, opt, hosts)
	if err == nil && w.in.biflow {
		rs := &records{source: src.Records, hosts: hosts}
		w.in.join(rs, int64(a.memory))
		rs.joiner.Live = true
		src.Records, w.joiner = rs.source, rs.joiner
	}
	return src, err
}

// readSource returns the source of the inputs as they are.
func (a *app) readSource(ctx context.Context, args []string, w *watchFlags, opt flow.Options, hosts *flow.Hosts) (*live.Source, error) {
	opt.Stdin, opt.Hosts = a.stdin, hosts
	opt.Live = func(address string) (io.ReadCloser, error) { return netflow.Listen(ctx, address, w.in.long) }
	through := func(name string) func(io.Reader) (flow.Source, error) {
		return func(r io.Reader) (flow.Source, error) {
			o := opt
			o.Stdin, o.StdinName = r, name
			in, err := flow.Open([]string{flow.Stdin}, o)
			if err != nil {
				return nil, err
			}
			return in.Source(), nil
		}
	}
	if w.follow {
		f := &live.Follow{Path: args[0], Open: through(args[0]), Warn: a.warn, Poll: 200 * time.Millisecond}
		return f.NewSource(ctx), nil
	}
	if len(args) == 1 {
		if args[0] == flow.Stdin {
			src, err := live.FromReader(a.stdin, through(""))
			if err == nil {
				file, ok := a.stdin.(*os.File)
				src.Replays = ok && regular(file)
			}
			return src, err
		}
		if st, err := os.Stat(args[0]); err == nil && !st.IsDir() && !st.Mode().IsRegular() {
			pipe, err := os.Open(args[0])
			if err != nil {
				return nil, fmt.Errorf("opening an input: %w", err)
			}
			return live.FromReader(pipe, through(args[0]))
		}
	}
	in, err := flow.Open(args, opt)
	if err != nil {
		return nil, err
	}
	heard := slices.ContainsFunc(args, func(path string) bool { return strings.Contains(path, "://") })
	return &live.Source{Records: in.Source(), Replays: !heard}, nil
}

// stored tells whether all records are there already: in files that are not
// followed.
func (a *app) stored(args []string, w *watchFlags) bool {
	if w.follow {
		return false
	}
	for _, path := range args {
		if path == flow.Stdin {
			if f, ok := a.stdin.(*os.File); !ok || !regular(f) {
				return false
			}
		} else if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() && !st.IsDir() {
			return false
		}
	}
	return true
}

func regular(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode().IsRegular()
}

// watch watches the inputs.
func (a *app) watch(ctx context.Context, args []string, w *watchFlags) error {
	encode, header, err := findings.NewEncoder(w.format)
	if err != nil {
		return err
	}
	rej, err := newRejects(w.in.rejects)
	if err != nil {
		return err
	}
	defer rej.discard()
	out := bufio.NewWriter(a.stdout)
	var line []byte
	say := func(f *findings.Finding) error {
		line = encode(line[:0], f)
		out.Write(line)
		return out.Flush()
	}
	bad := 0
	reject := func(e *flow.SyntaxError) error {
		if _, skip := flow.SkipReason(e); !skip {
			if bad++; bad <= shownRejects {
				a.warn("%v", e)
			}
		}
		return rej.keep(e)
	}
	hosts := new(flow.Hosts)
	if !w.lateGiven && w.state == "" && a.stored(args, w) {
		w.late = stream.Unbounded
	}
	s, err := a.session(args, w, hosts, say, reject)
	if err != nil {
		return err
	}
	defer s.Close()
	if a.memory > 0 {
		// The collector runs more often before the bound is passed.
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(a.memory)))
	}
	src, err := a.watchSource(ctx, args, w, hosts)
	if err != nil {
		return err
	}
	if w.metrics != "" {
		stop, at, err := serveMetrics(w.metrics, s.Stats)
		if err != nil {
			return err
		}
		defer stop()
		a.note("metrics on http://%s/metrics", at)
	}
	if next, ok := s.Resumed(); ok {
		a.note("going on at record %s from %s", count(next), filepath.Join(w.state, live.CheckpointName))
	}
	if _, err := out.WriteString(header); err != nil {
		return err
	}
	if err := s.Run(ctx, src); err != nil {
		if ctx.Err() != nil {
			a.watched(s, w)
		}
		return err
	}
	if err := rej.commit(); err != nil {
		return err
	}
	a.watched(s, w)
	st := s.Stats.Snapshot()
	if share := float64(st.Rejected) / float64(max(st.Records+st.Rejected, 1)); share > w.in.maxBad {
		return fmt.Errorf("%s of %s records can't be read (%.3g %%), more than --max-bad %g", count(st.Rejected), count(st.Records+st.Rejected), 100*share, w.in.maxBad)
	}
	return nil
}

// note says on stderr what is going on.
func (a *app) note(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.stderr, format+"\n", args...)
	}
}

// watched says on stderr what was done: stdout has the findings alone.
func (a *app) watched(s *live.Session, w *watchFlags) {
	st := s.Stats.Snapshot()
	var evicted int64
	for _, d := range st.Detectors {
		evicted += d.Evicted
	}
	parts := []string{plural(st.Findings, "line") + " of findings"}
	for _, p := range []struct {
		n    int64
		what string
	}{{st.Suppressed, "alerts suppressed"}, {st.Moved, "of connections that began before --late are taken to begin then"}, {st.Rejected, "records could not be read"},
		{st.Skipped, "were not of IP traffic"}, {w.filtered.Load(), "were left out by --filter, --since or --until"}, {evicted, "entries forgotten for want of --memory"}} {
		if p.n > 0 {
			parts = append(parts, count(p.n)+" "+p.what)
		}
	}
	if st.Late > 0 {
		what := "more --memory"
		if st.Needed > 0 {
			what = "--late " + (st.Needed + time.Second - 1).Truncate(time.Second).String()
		}
		a.warn("%s of %s (%.2g %%) came too late and were not watched: %s would have kept them", count(st.Late), plural(st.Records, "record"), 100*float64(st.Late)/float64(st.Records), what)
	}
	a.note("%s watched; %s", plural(st.Records, "record"), strings.Join(parts, "; "))
	if w.joiner != nil {
		a.note("%s", w.joiner.Stats)
	}
}
