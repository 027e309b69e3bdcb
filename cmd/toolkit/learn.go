package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/algo/threshold"
	"toolkit/detect/model"
	"toolkit/evaluate"
	"toolkit/features"
	"toolkit/features/scale"
	runlog "toolkit/internal/run"
	"toolkit/suite"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A learnUse is a command that runs an algorithm over a table.
type learnUse struct {
	name, short, long string
	gives             algo.Parts
	fixed             string // the only algorithm, if --algo can't choose
}

var (
	pcaUse = learnUse{name: "pca", fixed: "pca", gives: algo.Coords, short: "Find the principal components of a table",
		long: "Writes OUT/TABLE.pca.arrow: the keys of the table with pc1, pc2, …, and the\nvariances and loadings as TABLE.pca.variance.arrow and TABLE.pca.loadings.arrow."}
	clusterUse = learnUse{name: "cluster", gives: algo.Labels, short: "Cluster the rows of a table",
		long: "Writes OUT/TABLE.ALGO.arrow: the keys of the table, in its row order, with the\nlabel of each row (-1 is noise), its score and what else the algorithm tells."}
	scoreUse = learnUse{name: "score", gives: algo.Scores, short: "Score how strange the rows of a table are",
		long: "Writes OUT/TABLE.ALGO.arrow: the keys of the table, in its row order, with the\nscore of each row (higher is stranger) and what else the algorithm tells. Rows of\nscores above the limit that --threshold finds are anomalous, of algorithms that\nfind noise too: their scores are distances to a cluster (dbscan) or to what is\ndense in it (hdbscan: GLOSH), which tell more than noise or not."}
)

// learnFlags are the flags about what to learn from.
type learnFlags struct {
	on       string
	features string
	scale    string
	constant bool           // keeps columns that tell nothing
	rule     threshold.Rule // by which scores are anomalous
	shapes   string         // how internal scores of clusters are worked out
	byScore  bool           // noise is not what is anomalous: scores are
	update   bool           // the model learns on
}

func defaultLearnFlags() learnFlags {
	return learnFlags{on: "flow_tuples", scale: scale.Standard.Name, rule: threshold.Default(), shapes: shapeHow[0].name}
}

func (l *learnFlags) flags(fs *pflag.FlagSet) {
	*l = defaultLearnFlags()
	var tables, sets, scalers []string
	for _, g := range features.Groupings(features.DefaultOptions()) {
		tables = append(tables, g.Name)
		for _, s := range g.Sets {
			sets = append(sets, s.Name)
		}
	}
	for _, s := range suite.Scalers {
		scalers = append(scalers, s.Name)
	}
	whole := slices.DeleteFunc(slices.Clone(suite.Algorithms), func(al *algo.Algorithm) bool { return !al.Categories })
	fs.StringVar(&l.on, "on", l.on, "`table` of OUT ("+strings.Join(tables, ", ")+"), or a file that ends in "+strings.Join(features.Endings, ", "))
	fs.StringVar(&l.features, "features", l.features, "columns separated by commas (of text, each value becomes a column; "+names(whole)+" takes it as it is), named sets ("+strings.Join(sets, ", ")+") among them, or all; the table's first set if not given")
	fs.StringVar(&l.scale, "scale", l.scale, "how columns are scaled first: "+strings.Join(scalers, ", ")+"; several are done one after the other")
	fs.BoolVar(&l.constant, "keep-constant", l.constant, "keep columns that are constant, or equal to another, which are left out otherwise")
	l.rule.Flags(fs)
}

func (l *learnFlags) check() error { return errors.Join(l.rule.Check(), l.checkShapes()) }

// learnCommand returns the command of that use. Which flags it has depends on
// the algorithm, so that is looked for in the arguments before they are
// parsed.
func (a *app) learnCommand(use learnUse) *cobra.Command {
	var l learnFlags
	choice := suite.Giving(use.gives)
	cmd := &cobra.Command{Use: use.name, Short: use.short, Args: cobra.NoArgs}
	cmd.Flags().SortFlags = false
	name, chain, model := use.fixed, "", flagValue(a.args, "model")
	if name == "" {
		name, chain = flagValue(a.args, "algo"), flagValue(a.args, "chain")
		var names []string
		for _, al := range choice {
			names = append(names, al.Name)
		}
		cmd.Use += " --algo NAME"
		cmd.Flags().String("algo", "", "`algorithm`: "+strings.Join(names, ", ")+"; toolkit help NAME tells of it")
		cmd.Flags().String("chain", "", "`steps` in place of --algo, the last of which is the algorithm: "+scaleWord+",pca,NAME; "+scaleWord+" stands for --scale, others are scalers or give coordinates")
	}
	cmd.Flags().String("model", "", "`file` of a model that was learned before (…model.arrow): it is applied to the table, and nothing learned, unless there is --update")
	cmd.Flags().BoolVar(&l.update, "update", false, "the model of --model learns on from the table, after having judged it, and is written beside the results")
	l.flags(cmd.Flags())
	l.byScore = use.gives == algo.Scores
	if use.gives&algo.Labels != 0 {
		l.shapeFlag(cmd.Flags())
	}
	cmd.Long = cmd.Short + ".\n\n" + use.long
	var p *plan
	var err error
	if model == "" {
		if p, err = newPlan(choice, name, chain); err == nil {
			others := p.flags(cmd.Flags())
			cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
				if plain, ok := others[name]; ok {
					name = plain
				}
				return pflag.NormalizedName(name)
			})
		} else {
			// Flags of an algorithm that isn't known can't be judged.
			cmd.FParseErrWhitelist.UnknownFlags = true
		}
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		if err := l.check(); err != nil {
			return err
		}
		dir, err := runlog.OpenDir(a.out)
		if err != nil {
			return err
		}
		defer dir.Discard()
		job, err := a.openJob(dir, &l, &use, p, cmd.Flags())
		if err != nil {
			return err
		}
		switch {
		case a.dryRun && job.model != nil:
			return a.forecastApply(job)
		case a.dryRun:
			return a.forecastFit(cmd.Context(), job)
		}
		r, err := a.learn(cmd.Context(), dir, use.name, job)
		if err != nil {
			return err
		}
		return a.show(r)
	}
	return cmd
}

// flagValue returns what args give a flag before they are parsed, "" if
// nothing.
func flagValue(args []string, name string) string {
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if v, ok := strings.CutPrefix(arg, "--"+name+"="); ok {
			return v
		}
		if arg == "--"+name && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

// A job is an algorithm, or a model, with what it is to learn from or to judge.
type job struct {
	flags   learnFlags // of which scale is the names of the steps before the algorithm
	table   *features.Table
	inputs  []runlog.File // of the table, and of the model
	matrix  *features.Matrix
	columns []string
	skipped int
	left    []*features.Redundancy // columns chosen that tell nothing
	algo    *algo.Algorithm
	chain   *algo.Chain      // nil if there is a model
	model   *algo.ChainModel // nil if it is to be learned
}

// openJob returns the job that the flags of a command ask for: of a plan, or
// of the model of --model if there is none.
func (a *app) openJob(dir *runlog.Dir, l *learnFlags, use *learnUse, p *plan, fs *pflag.FlagSet) (*job, error) {
	if p == nil {
		return a.openModel(dir, l, use, fs)
	}
	if l.update {
		return nil, &usageError{"toolkit " + use.name, errors.New("--update is given without --model FILE, the model that is to learn on")}
	}
	if p.scaled < 0 && fs.Changed("scale") {
		return nil, &usageError{"toolkit " + use.name, fmt.Errorf("--scale is given, but --chain has no step %s for it", scaleWord)}
	}
	return a.prepareChain(dir, l, p)
}

// prepare returns the job of the scalers and an algorithm.
func (a *app) prepare(dir *runlog.Dir, l *learnFlags, al *algo.Algorithm, method algo.Method) (*job, error) {
	return a.prepareChain(dir, l, &plan{steps: []algo.Step{{Algorithm: al, Method: method}}})
}

// prepareChain reads the table and takes the matrix from it.
func (a *app) prepareChain(dir *runlog.Dir, l *learnFlags, p *plan) (*job, error) {
	j := &job{flags: *l, algo: p.steps[len(p.steps)-1].Algorithm, inputs: make([]runlog.File, 1)}
	var err error
	if j.chain, j.flags.scale, err = p.chain(l.scale); err != nil {
		return nil, &usageError{"toolkit", err}
	}
	if err := j.chain.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", j.algo, err)
	}
	if j.table, j.inputs[0], err = a.table(dir, l.on); err != nil {
		return nil, err
	}
	choose := j.table.Choose
	if j.algo.Categories {
		choose = j.table.ChooseWhole
	}
	if j.columns, err = choose(l.features); err != nil {
		return nil, err
	}
	if j.matrix, j.skipped, err = j.table.Matrix(j.columns); err != nil {
		return nil, err
	}
	if !l.constant {
		j.matrix, j.left = j.matrix.Reduce()
		j.columns = j.matrix.Names
	}
	return j, nil
}

// table returns the table that --on names: one of the directory, or a file.
func (a *app) table(dir *runlog.Dir, on string) (*features.Table, runlog.File, error) {
	if features.Ending(on) != "" {
		t, err := features.ReadFile(on)
		return t, runlog.File{Path: on}, err
	}
	t, err := dir.Table(on)
	switch {
	case errors.Is(err, runlog.ErrNoTable):
		if _, e := os.Stat(on); e == nil {
			return nil, runlog.File{}, fmt.Errorf("reading table %s: want the name of a table of %s, or a file that ends in one of %s", on, dir.Path, strings.Join(features.Endings, ", "))
		}
		return nil, runlog.File{}, fmt.Errorf("%s is not there: make it by toolkit extract --out %s INPUT", dir.File(on), dir.Path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, runlog.File{}, fmt.Errorf("reading table: %w", err)
	case err != nil:
		return nil, runlog.File{}, err
	}
	f, ok := dir.Output(on)
	if !ok {
		f = runlog.File{Path: on + ".arrow"}
	}
	return t, f, nil
}

// A learned is what a learning command has to say.
type learned struct {
	Algorithm string        `json:"algorithm"`
	Table     string        `json:"table"`
	Features  []string      `json:"features"`
	Scale     string        `json:"scale"`
	Rows      int           `json:"rows"`
	Samples   float64       `json:"samples"`
	Skipped   int           `json:"rows_left_out"`
	Stats     []runlog.Stat `json:"stats"`
	Rule      string        `json:"rule,omitempty"`
	Anomalous *anomalous    `json:"anomalous,omitempty"`
	Warnings  []string      `json:"warnings,omitempty"`
	Outputs   []string      `json:"outputs"`
}

// An anomalous counts what an algorithm calls so.
type anomalous struct {
	Rows    int64   `json:"rows"`
	Samples float64 `json:"samples"`
}

// learn runs a job and commits its results.
func (a *app) learn(ctx context.Context, dir *runlog.Dir, command string, j *job) (*learned, error) {
	if command != j.algo.Name {
		command += " " + j.algo.Name
	}
	r := a.begin(command)
	p := a.progress(j.algo.Name+" on "+j.table.Name, false)
	res, err := j.result(ctx, a.env(p))
	var shapes *evaluate.Internal
	if err == nil {
		shapes, err = j.internal(ctx, res, a.env(nil))
	}
	p.end()
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%s on %s: %w", j.algo, j.table.Name, err)
	}
	n, _ := j.matrix.Dims()
	l := &learned{
		Algorithm: j.algo.Name, Table: j.table.Name, Features: j.columns, Scale: j.flags.scale,
		Rows: n, Samples: j.matrix.Samples(), Skipped: j.skipped,
	}
	r.Inputs = j.inputs
	r.Params = slices.Concat(
		[]runlog.Param{{Name: "features", Value: strings.Join(j.columns, ",")}, {Name: "scale", Value: j.flags.scale}},
		params("", flagsOf(&j.flags.rule)))
	if j.flags.update {
		r.Params = append(r.Params, runlog.Param{Name: "update", Value: "true"})
	}
	if j.chain != nil {
		r.Params = append(r.Params, params("", flagsOf(j.chain))...)
	}
	if shapes != nil {
		r.Params = append(r.Params, runlog.Param{Name: "internal-scores", Value: j.flags.shapes})
		res.Stats = append(res.Stats, shapes.Stats()...)
		res.Tables = append(res.Tables, shapes.Table())
		if shapes.Profiles != nil {
			res.Tables = append(res.Tables, shapes.ProfileTable())
		}
	}
	for _, s := range res.Stats {
		l.Stats = append(l.Stats, runlog.NewStat(s.Name, s.Value))
	}
	for _, w := range res.Warnings {
		l.Warnings = append(l.Warnings, w.Error())
	}
	of := len(l.Warnings) // of the algorithm; the others are of the table, whatever the algorithm
	for _, c := range j.left {
		l.Warnings = append(l.Warnings, c.Error()+"; --keep-constant keeps it")
	}
	if j.skipped > 0 {
		l.Warnings = append(l.Warnings, fmt.Sprintf("%s of %s left out, as one of the columns chosen has no finite value there", plural(j.skipped, "row"), j.table.Name))
	}
	r.Stats, r.Warnings = l.Stats, l.Warnings

	rule := &j.flags.rule
	if j.algo.Noise && !j.flags.byScore {
		rule = nil
	}
	main := resultTable(j.table, j.matrix, j.algo, res, rule)
	l.Rule = main.Meta["rule"]
	if c := main.Column(anomalyColumn); c != nil {
		l.Anomalous = &anomalous{}
		for i := range n {
			if row := j.matrix.TableRow(i); c.Ints[row] != 0 && !c.IsNull(int(row)) {
				l.Anomalous.Rows++
				l.Anomalous.Samples += j.matrix.W(i)
			}
		}
	}
	tables := []*features.Table{main}
	for _, t := range res.Tables {
		t.Name = main.Name + "." + t.Name
		tables = append(tables, t)
	}
	if res.Model != nil {
		t := res.Model.State()
		t.Name = main.Name + ".model"
		if limit, ok := main.Meta[model.LimitKey]; ok {
			if t.Meta == nil {
				t.Meta = make(map[string]string)
			}
			t.Meta[model.LimitKey] = limit
		}
		tables = append(tables, t)
	}
	for _, t := range tables {
		a.describe(t, r)
		t.Meta["algorithm"], t.Meta["table"] = j.algo.Name, j.table.Name
		t.Meta["features"], t.Meta["scale"] = strings.Join(j.columns, ","), j.flags.scale
		if _, err := dir.Put(t); err != nil {
			return nil, err
		}
		l.Outputs = append(l.Outputs, dir.File(t.Name))
	}
	for i, w := range l.Warnings {
		if i < of {
			a.warn("%s on %s: %s", j.algo, j.table.Name, w)
		} else {
			a.warnOnce("%s: %s", j.table.Name, w)
		}
	}
	return l, a.commit(dir, r)
}

// flagsOf returns the parameters of a method as flags with their present
// values.
func flagsOf(m interface{ Flags(*pflag.FlagSet) }) *pflag.FlagSet {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	m.Flags(fs)
	return fs
}

func (l *learned) text(w io.Writer) {
	stand := ""
	if int64(l.Samples) != int64(l.Rows) {
		stand = fmt.Sprintf(", standing for %s samples", count(int64(l.Samples)))
	}
	fmt.Fprintf(w, "%s on %s (%s; scaled: %s): %s%s\n", l.Algorithm, l.Table, strings.Join(l.Features, ", "), l.Scale, plural(l.Rows, "row"), stand)
	for _, s := range l.Stats {
		if s.Value != nil {
			fmt.Fprintf(w, "%15.8g  %s\n", *s.Value, strings.ReplaceAll(s.Name, "_", " "))
		}
	}
	if l.Anomalous != nil {
		fmt.Fprintf(w, "%15s  anomalous (%s samples): %s\n", plural(l.Anomalous.Rows, "row"), count(int64(l.Anomalous.Samples)), l.Rule)
	}
	for _, o := range l.Outputs {
		fmt.Fprintf(w, "%15s  %s\n", "wrote", o)
	}
}
