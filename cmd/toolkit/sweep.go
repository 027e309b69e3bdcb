package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/evaluate/sweep"
	"toolkit/features"
	"toolkit/features/scale"
	runlog "toolkit/internal/run"
	"toolkit/suite"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// sweepFlags are the flags about what to try.
type sweepFlags struct {
	learnFlags
	seeds, subsamples int
	share             float64
	again             bool
	values            []sweepValue
	common            map[string]*string // of several algorithms: what a parameter of that name is given for all
}

// A sweepValue is what a parameter of an algorithm was given.
type sweepValue struct {
	algo *algo.Algorithm
	flag string // of the algorithm
	name string // on the command line
	text string
}

func (a *app) sweepCommand() *cobra.Command {
	var (
		s    sweepFlags
		list []string
	)
	cmd := &cobra.Command{
		Use:   "sweep --algo NAME[,NAME…]",
		Short: "Try an algorithm with many values of its parameters",
		Long: `Sweep runs one or several algorithms with every combination of the values given
to their parameters: one, several with commas between, or a range A..B (A..B:N
for N values). It writes OUT/TABLE.sweep.arrow: a row for each setting with its
clusters, noise and scores, how far the result holds over other seeds and over
subsamples, and how far it agrees with those of the other settings.

Of several algorithms, --dbscan.eps is a parameter of that one, --eps of all that
have it and are not given their own.
A sweep that was stopped goes on where it was.`,
		Example: "  toolkit sweep --algo dbscan --on ip_pairs --eps 0.1..2 --min-samples 2,5,10\n  toolkit sweep --algo dbscan,kmeans --dbscan.eps 0.5..2 --kmeans.k 2..10",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringSliceVar(&list, "algo", nil, "`algorithms`: of "+names(sweepable()))
	s.learnFlags.flags(cmd.Flags())
	cmd.Flags().IntVar(&s.seeds, "seeds", 2, "other seeds that each setting is tried with")
	cmd.Flags().IntVar(&s.subsamples, "subsamples", 2, "subsamples that each setting is tried on")
	cmd.Flags().Float64Var(&s.share, "share", 0.8, "share of the rows that a subsample has")
	cmd.Flags().BoolVar(&s.again, "again", false, "try all settings again, even those of a sweep that was stopped")

	var chosen []*algo.Algorithm
	var unknown error
	for name := range strings.SplitSeq(flagValue(a.args, "algo"), ",") {
		al, err := suite.Algorithm(sweepable(), name)
		if err != nil {
			unknown = err
			if name == "" {
				unknown = errors.New("--algo NAME is not given")
			}
			cmd.FParseErrWhitelist.UnknownFlags = true
			break
		}
		chosen = append(chosen, al)
	}
	for _, al := range chosen {
		flagsOf(al.New()).VisitAll(func(f *pflag.Flag) {
			v := sweepValue{algo: al, flag: f.Name, name: f.Name}
			if len(chosen) > 1 {
				v.name = al.Name + "." + f.Name
			}
			s.values = append(s.values, v)
		})
	}
	if len(chosen) > 1 {
		s.common = make(map[string]*string)
		for _, v := range s.values {
			if s.common[v.flag] == nil && cmd.Flags().Lookup(v.flag) == nil {
				s.common[v.flag] = new(string)
				cmd.Flags().StringVar(s.common[v.flag], v.flag, "", "of all algorithms that have it")
				if err := cmd.Flags().MarkHidden(v.flag); err != nil {
					panic(err)
				}
			}
		}
	}
	for i := range s.values {
		v := &s.values[i]
		f := flagsOf(v.algo.New()).Lookup(v.flag)
		cmd.Flags().StringVar(&v.text, v.name, "", f.Usage+fmt.Sprintf(" (%s if not given)", f.DefValue))
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if unknown != nil {
			return &usageError{cmd.CommandPath(), unknown}
		}
		return a.sweep(cmd, &s, chosen)
	}
	return cmd
}

// sweepable are the algorithms that give something to compare.
func sweepable() []*algo.Algorithm {
	var as []*algo.Algorithm
	for _, al := range suite.Algorithms {
		if al.Gives&(algo.Labels|algo.Scores) != 0 {
			as = append(as, al)
		}
	}
	return as
}

// check reports a flag that is out of its range.
func (s *sweepFlags) check() error {
	switch {
	case s.seeds < 0:
		return &algo.ParamError{Name: "seeds", Value: s.seeds, Want: "at least 0"}
	case s.subsamples < 0:
		return &algo.ParamError{Name: "subsamples", Value: s.subsamples, Want: "at least 0"}
	case !(s.share > 0 && s.share <= 1):
		return &algo.ParamError{Name: "share", Value: s.share, Want: "above 0, at most 1"}
	}
	return s.learnFlags.check()
}

// given returns what a parameter is given, "" if nothing.
func (s *sweepFlags) given(v sweepValue) string {
	if c := s.common[v.flag]; v.text == "" && c != nil {
		return *c
	}
	return v.text
}

// settings returns all combinations of the values given.
func (s *sweepFlags) settings(chosen []*algo.Algorithm) ([]sweep.Setting, error) {
	var all []sweep.Setting
	for _, al := range chosen {
		var axes []sweep.Axis
		for _, v := range s.values {
			text := s.given(v)
			if v.algo != al || text == "" {
				continue
			}
			values, err := sweep.Values(text)
			if err != nil {
				return nil, fmt.Errorf("--%s: %w", v.name, err)
			}
			axes = append(axes, sweep.Axis{Name: v.flag, Values: values})
		}
		grid, err := sweep.Grid(al, axes)
		if err != nil {
			return nil, err
		}
		all = append(all, grid...)
	}
	return all, nil
}

// sweep tries all settings and commits what came of them.
func (a *app) sweep(cmd *cobra.Command, s *sweepFlags, chosen []*algo.Algorithm) error {
	ctx := cmd.Context()
	if err := s.check(); err != nil {
		return err
	}
	settings, err := s.settings(chosen)
	if err != nil {
		return &usageError{cmd.CommandPath(), err}
	}
	dir, err := runlog.OpenDir(a.out)
	if err != nil {
		return err
	}
	defer dir.Discard()
	// All settings learn from the same matrix: of numbers, if one takes nothing else.
	first := chosen[max(0, slices.IndexFunc(chosen, func(al *algo.Algorithm) bool { return !al.Categories }))]
	j, err := a.prepare(dir, &s.learnFlags, first, first.New())
	if err != nil {
		return err
	}
	res := &swept{Table: j.table.Name, Settings: len(settings), Fits: len(settings) * (1 + s.seeds + s.subsamples)}
	if a.dryRun {
		return a.show(res)
	}
	parts := &sweepParts{
		dir: filepath.Join(dir.Path, j.table.Name+".sweep.parts"),
		of:  fmt.Sprintln(j.inputs[0].SHA256, j.columns, s.scale, a.seed, s.seeds, s.subsamples, s.share, runlog.Version()),
	}
	if s.again {
		if err := parts.remove(); err != nil {
			return err
		}
	}
	r := a.begin("sweep " + strings.ReplaceAll(names(chosen), ", ", ","))
	p := a.progress("settings", false)
	outcomes, err := sweep.Run(ctx, settings, j.matrix, sweep.Options{
		Before: func() ([]algo.Step, error) { return scale.New(s.scale) },
		Seeds:  s.seeds, Subsamples: s.subsamples, Share: s.share, Env: a.env(p),
		Known: parts.known, Done: parts.keep,
	})
	p.end()
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("sweep on %s: %w", j.table.Name, err)
	}
	r.Inputs = j.inputs
	r.Params = append([]runlog.Param{{Name: "features", Value: strings.Join(j.columns, ",")}, {Name: "scale", Value: s.scale}}, s.params()...)
	for _, t := range []*features.Table{
		sweep.Table(j.table.Name+".sweep", outcomes), agreementTable(j.table.Name+".sweep.agreement", outcomes),
	} {
		a.describe(t, r)
		t.Meta["table"], t.Meta["features"], t.Meta["scale"] = j.table.Name, strings.Join(j.columns, ","), s.scale
		if _, err := dir.Put(t); err != nil {
			return err
		}
		res.Outputs = append(res.Outputs, dir.File(t.Name))
	}
	if err := a.commit(dir, r); err != nil {
		return err
	}
	res.outcomes, res.Known = outcomes, parts.found
	if err := parts.remove(); err != nil {
		return err
	}
	return a.show(res)
}

// params are the values that were given.
func (s *sweepFlags) params() []runlog.Param {
	ps := []runlog.Param{{Name: "seeds", Value: fmt.Sprint(s.seeds)}, {Name: "subsamples", Value: fmt.Sprint(s.subsamples)}, {Name: "share", Value: fmt.Sprint(s.share)}}
	for _, v := range s.values {
		if text := s.given(v); text != "" {
			ps = append(ps, runlog.Param{Name: v.algo.Name + "." + v.flag, Value: text})
		}
	}
	return ps
}

// agreementTable lists how far each two settings agree.
func agreementTable(name string, outcomes []*sweep.Outcome) *features.Table {
	var x, y []string
	v := &features.Column{Field: features.Field{Name: "agreement", Type: features.Float, Unit: features.Ratio, Role: features.Outcome, Doc: "Adjusted Rand index of labels, else rank correlation of scores."}}
	for i, row := range sweep.Agreement(outcomes) {
		for k := range i {
			if row[k] == row[k] {
				x, y, v.Floats = append(x, outcomes[k].Setting.String()), append(y, outcomes[i].Setting.String()), append(v.Floats, row[k])
			}
		}
	}
	return &features.Table{Name: name, Columns: []*features.Column{
		features.TextColumn(features.Field{Name: "a", Role: features.Key, Doc: "A setting."}, x),
		features.TextColumn(features.Field{Name: "b", Role: features.Key, Doc: "Another."}, y), v,
	}}
}

// sweepParts keeps what is done of a sweep, a file for each setting.
type sweepParts struct {
	dir   string
	of    string // what all settings have in common
	found int
}

func (p *sweepParts) file(s sweep.Setting) string {
	return filepath.Join(p.dir, runlog.Sum([]byte(p.of + s.String()))[:32]+".arrow")
}

// known returns the outcome of a setting that is kept. One that can't be read
// is made again.
func (p *sweepParts) known(_ int, s sweep.Setting) *sweep.Outcome {
	t, err := features.ReadFile(p.file(s))
	if err != nil {
		return nil
	}
	o, err := sweep.Restore(t, s)
	if err != nil {
		return nil
	}
	p.found++
	return o
}

func (p *sweepParts) keep(_ int, o *sweep.Outcome) error {
	out, err := runlog.Create(p.file(o.Setting))
	if err != nil {
		return err
	}
	defer out.Discard()
	if err := o.Part().WriteArrow(out); err != nil {
		return err
	}
	return out.Commit()
}

func (p *sweepParts) remove() error {
	if err := os.RemoveAll(p.dir); err != nil {
		return fmt.Errorf("removing the parts of a sweep: %w", err)
	}
	return nil
}

// A swept is what sweep has to say.
type swept struct {
	Table    string   `json:"table"`
	Settings int      `json:"settings"`
	Fits     int      `json:"fits"`
	Known    int      `json:"known"` // settings that an earlier, stopped sweep had tried
	Outputs  []string `json:"outputs"`
	outcomes []*sweep.Outcome
}

func (s *swept) text(w io.Writer) {
	fmt.Fprintf(w, "%s on %s, %s\n", plural(s.Settings, "setting"), s.Table, plural(s.Fits, "fit"))
	if s.outcomes == nil {
		return
	}
	if s.Known > 0 {
		fmt.Fprintf(w, "%s were known from a sweep that was stopped\n", plural(s.Known, "setting"))
	}
	number := func(v float64, format string) string {
		if v != v {
			return "-"
		}
		return fmt.Sprintf(format, v)
	}
	fmt.Fprintf(w, "%9s %7s %8s %10s %7s %7s %11s  setting\n", "clusters", "noise", "largest", "silhouette", "dbcv", "seeds", "subsamples")
	for _, o := range s.outcomes {
		if o.Refused != "" {
			fmt.Fprintf(w, "%65s  %s: %s\n", "refused", o.Setting, o.Refused)
			continue
		}
		fmt.Fprintf(w, "%9s %7s %8s %10s %7s %7s %11s  %s\n", number(o.Clusters, "%.0f"), number(o.NoiseShare, "%.4f"), number(o.LargestShare, "%.4f"),
			number(o.Stat("silhouette", "silhouette_simplified"), "%.3f"), number(o.Stat("dbcv"), "%.3f"),
			number(o.SeedStability, "%.3f"), number(o.SubsampleStability, "%.3f"), o.Setting)
	}
	for _, o := range s.Outputs {
		fmt.Fprintf(w, "%15s  %s\n", "wrote", o)
	}
}
