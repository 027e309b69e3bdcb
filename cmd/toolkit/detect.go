package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"toolkit/detect"
	"toolkit/detect/stream"
	"toolkit/features"
	"toolkit/flow"
	runlog "toolkit/internal/run"
	"toolkit/suite"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// detectFlags are the flags about detectors.
type detectFlags struct {
	names    []string
	watchers map[string]detect.Watcher // by detector
	seed     bool
	failOn   string
}

func (d *detectFlags) flags(fs *pflag.FlagSet) {
	d.watcherFlags(fs)
	fs.StringVar(&d.failOn, "fail-on", "", "exit with code 10 if a `condition` such as alerts>=100 holds; alerts are counted in records")
}

// watcherFlags are those about which detectors run, and how.
func (d *detectFlags) watcherFlags(fs *pflag.FlagSet) {
	*d = detectFlags{watchers: make(map[string]detect.Watcher)}
	var names []string
	for _, det := range suite.Detectors {
		names = append(names, det.Name)
		w := det.New()
		d.watchers[det.Name] = w
		w.Flags(fs)
	}
	for _, det := range suite.DefaultDetectors {
		d.names = append(d.names, det.Name)
	}
	fs.StringSliceVar(&d.names, "detectors", d.names, "detectors to run: "+strings.Join(names, ","))
	fs.BoolVar(&d.seed, "seed-compat", d.seed, "detect as the seed did, faults included")
}

// check reports a parameter that is out of its range.
func (d *detectFlags) check() error {
	if len(d.names) == 0 {
		return &usageError{"toolkit detect", fmt.Errorf("no detector is chosen")}
	}
	for _, name := range d.names {
		if _, err := suite.Detector(name); err != nil {
			return &usageError{"toolkit detect", err}
		}
		if c, ok := d.watchers[name].(detect.Compatible); ok {
			c.SeedCompat(d.seed)
		}
		if err := d.watchers[name].Check(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if d.failOn != "" {
		if _, _, err := condition(d.failOn); err != nil {
			return &usageError{"toolkit detect", err}
		}
	}
	return nil
}

// condition reads what --fail-on is given.
func condition(text string) (op string, n int64, err error) {
	bad := fmt.Errorf("--fail-on %q is not a condition such as alerts>=1", text)
	rest, ok := strings.CutPrefix(strings.ReplaceAll(text, " ", ""), "alerts")
	if !ok {
		return "", 0, bad
	}
	for _, op := range []string{">=", "<=", "==", ">", "<"} {
		if v, ok := strings.CutPrefix(rest, op); ok {
			if n, err = strconv.ParseInt(v, 10, 64); err != nil {
				return "", 0, bad
			}
			return op, n, nil
		}
	}
	return "", 0, bad
}

// met tells whether the condition holds for so many alerts.
func (d *detectFlags) met(alerts int64) error {
	if d.failOn == "" {
		return nil
	}
	op, n, err := condition(d.failOn)
	if err != nil {
		return err
	}
	c := cmp.Compare(alerts, n)
	if op == ">=" && c >= 0 || op == "<=" && c <= 0 || op == "==" && c == 0 || op == ">" && c > 0 || op == "<" && c < 0 {
		return &foundError{d.failOn}
	}
	return nil
}

func (a *app) detectCommand() *cobra.Command {
	var (
		d  detectFlags
		in inputs
	)
	cmd := &cobra.Command{
		Use:   "detect INPUT…|-",
		Short: "Raise alerts on flow records",
		Long: `Detect runs detectors over flow records and writes OUT/alerts.arrow: a row for
each alert, with its window, the addresses it accuses, a score, the reasons
(feature, value and the bounds it is outside of) and the numbers of the
records. OUT/alert_counts.arrow counts them, for other choices of features and
windows too.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := d.check(); err != nil {
				return err
			}
			if a.dryRun {
				return a.forecastRead(cmd.Context(), args, &in, "detect", func(*records) (add func(*flow.Batch), wait func()) {
					return a.newWatch(&d).stream.Add, func() {}
				})
			}
			dir, err := runlog.OpenDir(a.out)
			if err != nil {
				return err
			}
			if err := dir.Try(); err != nil {
				return err
			}
			defer dir.Discard()
			p := a.progress("watching", true)
			rs, err := a.open(cmd.Context(), args, &in, p)
			if err != nil {
				return err
			}
			w := a.newWatch(&d)
			var total volume
			err = a.each(cmd.Context(), &in, rs, func(b *flow.Batch) error {
				if err := total.add(b); err != nil {
					return err
				}
				w.stream.Add(b)
				return nil
			})
			p.end()
			if err != nil {
				return err
			}
			r, err := a.detected(cmd.Context(), dir, w, &d, rs.files())
			if err != nil {
				return err
			}
			if err := a.show(r); err != nil {
				return err
			}
			return d.met(r.Alerts)
		},
	}
	in.flags(cmd.Flags())
	d.flags(cmd.Flags())
	return cmd
}

// A watch is detectors at work on one input.
type watch struct {
	stream *stream.Stream
	names  []string
	alerts []*detect.Alert
	counts []detect.Count
}

// newWatch returns the detectors that d chooses, at work.
func (a *app) newWatch(d *detectFlags) *watch {
	w := &watch{names: d.names}
	var all []*stream.Watched
	for _, name := range d.names {
		all = append(all, &stream.Watched{Name: name, Watcher: d.watchers[name], Report: func(a *detect.Alert) { w.alerts = append(w.alerts, a) }})
	}
	for _, name := range d.names {
		det, err := suite.Detector(name)
		if err != nil {
			panic(err) // d has been checked
		}
		if det.Variants == nil {
			continue
		}
		for _, v := range det.Variants(d.watchers[name]) {
			first := len(w.counts)
			for _, c := range v.Choices {
				w.counts = append(w.counts, detect.Count{Detector: name, Features: c.Features, WindowMode: string(v.WindowMode)})
			}
			all = append(all, &stream.Watched{Name: name, Watcher: v.Watcher, Report: func(a *detect.Alert) {
				for k, c := range v.Choices {
					if c.Has(a) {
						w.counts[first+k].Alerts += int64(len(a.Records))
						w.counts[first+k].Findings++
					}
				}
			}})
		}
	}
	memory := int64(a.memory)
	for _, x := range all {
		x.Watcher.Limit(memory / 2 / int64(len(all)))
	}
	w.stream = stream.New(all, stream.Options{Late: stream.Unbounded, Memory: memory / 4, Workers: a.workers})
	return w
}

// A detected is what detect has to say.
type detected struct {
	Detectors []string       `json:"detectors"`
	Alerts    int64          `json:"alerts"`                // records in an alert
	Findings  int64          `json:"findings"`              // rows of alerts.arrow
	Late      int64          `json:"late"`                  // records that could not be put in the order of time
	Evicted   int64          `json:"evicted"`               // addresses, pairs … that detectors forgot for want of room
	AsSeed    int64          `json:"seed_alerts,omitempty"` // alerts as the seed counted them, with its faults: one a record and finding
	ByName    []detect.Count `json:"by_detector"`
	Counts    []detect.Count `json:"counts"`
	Outputs   []string       `json:"outputs"`
}

// A volume is the bytes of all records, both directions together: as long as they
// are a number, so is every sum of some of them.
type volume int64

// add adds the bytes of b.
func (v *volume) add(b *flow.Batch) error {
	for i, up := range b.BytesUp {
		for _, n := range [...]int64{up, b.BytesDown[i]} {
			if n > math.MaxInt64-int64(*v) {
				return fmt.Errorf("%w: more than %d bytes in all records", features.ErrOverflow, int64(math.MaxInt64))
			}
			*v += volume(n)
		}
	}
	return nil
}

// detected ends the watch and commits its alerts.
func (a *app) detected(ctx context.Context, dir *runlog.Dir, w *watch, d *detectFlags, files []runlog.File) (*detected, error) {
	r := a.begin("detect")
	r.Inputs = files
	r.Params = []runlog.Param{{Name: "detectors", Value: strings.Join(w.names, ",")}, {Name: "seed-compat", Value: strconv.FormatBool(d.seed)}}
	for _, name := range w.names {
		r.Params = append(r.Params, params("", flagsOf(d.watchers[name]))...)
	}
	w.stream.End()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	res := &detected{Detectors: w.names, Findings: int64(len(w.alerts)), Counts: w.counts, Late: w.stream.Late(), Evicted: w.stream.Evicted()}
	if res.Late > 0 {
		a.warn("%s out of the order of time by more than --memory has room for: detectors have not seen them", plural(res.Late, "record"))
	}
	if res.Evicted > 0 {
		a.warn("detectors forgot %s addresses, pairs or ports for want of --memory: alerts may be missing", count(res.Evicted))
	}
	seen := make(map[int64]bool)
	for _, name := range w.names {
		c := detect.Count{Detector: name}
		mine := make(map[int64]bool)
		for _, al := range w.alerts {
			if al.Detector == name {
				c.Findings++
				for _, s := range al.Records {
					mine[s], seen[s] = true, true
				}
			}
		}
		c.Alerts = int64(len(mine))
		res.ByName = append(res.ByName, c)
	}
	if d.seed {
		for _, al := range w.alerts {
			res.AsSeed += int64(len(al.Records))
		}
	}
	res.Counts = append(res.Counts, kindCounts(w, d.seed)...)
	res.Alerts = int64(len(seen))
	r.Stats = []runlog.Stat{runlog.NewStat("alerts", float64(res.Alerts)), runlog.NewStat("findings", float64(res.Findings)),
		runlog.NewStat("late", float64(res.Late)), runlog.NewStat("evicted", float64(res.Evicted))}
	tables := []*features.Table{detect.Table(w.alerts), detect.CountsTable(res.Counts)}
	for _, name := range w.names {
		if t, ok := d.watchers[name].(detect.Tabler); ok {
			tables = append(tables, t.Tables()...)
		}
	}
	for _, t := range tables {
		a.describe(t, r)
		if _, err := dir.Put(t); err != nil {
			return nil, err
		}
		res.Outputs = append(res.Outputs, dir.File(t.Name))
	}
	return res, a.commit(dir, r)
}

// kindCounts counts findings by kind, those of detectors that have kinds.
func kindCounts(w *watch, seed bool) []detect.Count {
	mode := flow.Tumbling
	if seed {
		mode = flow.Seed
	}
	var cs []detect.Count
	at := make(map[[2]string]int)
	for _, al := range w.alerts {
		if al.Kind == "" {
			continue
		}
		key := [2]string{al.Detector, al.Kind}
		i, ok := at[key]
		if !ok {
			i = len(cs)
			at[key] = i
			cs = append(cs, detect.Count{Detector: al.Detector, Features: al.Kind, WindowMode: string(mode)})
		}
		cs[i].Alerts += int64(len(al.Records))
		cs[i].Findings++
	}
	slices.SortStableFunc(cs, func(a, b detect.Count) int {
		return cmp.Or(cmp.Compare(slices.Index(w.names, a.Detector), slices.Index(w.names, b.Detector)), cmp.Compare(a.Features, b.Features))
	})
	return slices.DeleteFunc(cs, func(c detect.Count) bool {
		return slices.ContainsFunc(w.counts, func(o detect.Count) bool {
			return o.Detector == c.Detector && o.Features == c.Features && o.WindowMode == c.WindowMode
		})
	})
}

func (d *detected) text(w io.Writer) {
	for _, c := range d.ByName {
		fmt.Fprintf(w, "%s: %s over %s\n", c.Detector, plural(c.Findings, "finding"), plural(c.Alerts, "record"))
	}
	if d.AsSeed > 0 {
		fmt.Fprintf(w, "alerts as the seed counted them: %s\n", count(d.AsSeed))
	}
	for _, name := range d.Detectors {
		var choices []string
		alerts := make(map[[2]string]string)
		for _, c := range d.Counts {
			if c.Detector != name {
				continue
			}
			if !slices.Contains(choices, c.Features) {
				choices = append(choices, c.Features)
			}
			alerts[[2]string{c.Features, c.WindowMode}] = count(c.Alerts)
		}
		if choices == nil {
			continue
		}
		fmt.Fprintf(w, "\n%s by features or kind, in records:\n%15s %15s\n", name, "tumbling", "as the seed")
		for _, c := range choices {
			of := func(mode flow.WindowMode) string { return cmp.Or(alerts[[2]string{c, string(mode)}], "-") }
			fmt.Fprintf(w, "%15s %15s  %s\n", of(flow.Tumbling), of(flow.Seed), strings.ReplaceAll(c, ",", ", "))
		}
	}
	fmt.Fprintln(w)
	for _, o := range d.Outputs {
		fmt.Fprintf(w, "%15s  %s\n", "wrote", o)
	}
}
