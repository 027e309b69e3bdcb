package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/features/scale"
	runlog "toolkit/internal/run"
	"toolkit/suite"

	"github.com/spf13/pflag"
)

// settled are the flags that a saved model has settled.
var settled = []string{"algo", "chain", "features", "scale", "keep-constant"}

// openModel returns the job of applying the model of a file to a table.
func (a *app) openModel(dir *runlog.Dir, l *learnFlags, use *learnUse, fs *pflag.FlagSet) (*job, error) {
	path := fs.Lookup("model").Value.String()
	for _, name := range settled {
		if f := fs.Lookup(name); f != nil && f.Changed {
			return nil, &usageError{"toolkit " + use.name, fmt.Errorf("--%s is given with --model, which has its own", name)}
		}
	}
	t, err := features.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := algo.LoadChain(t, slices.Concat(suite.Scalers, suite.Algorithms))
	if err != nil {
		return nil, fmt.Errorf("reading the model %s: %w", path, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the model: %w", err)
	}
	j := &job{flags: *l, model: m.(*algo.ChainModel), inputs: []runlog.File{{}, {Path: path, Bytes: int64(len(data)), SHA256: runlog.Sum(data)}}}
	j.algo, j.columns = j.model.Algorithm(), j.model.Columns()
	if !slices.Contains(suite.Giving(use.gives), j.algo) || use.fixed != "" && use.fixed != j.algo.Name {
		return nil, &usageError{"toolkit " + use.name, fmt.Errorf("%s is a model of %s: use toolkit %s", path, j.algo, commandOf(j.algo))}
	}
	var before []string
	for _, al := range j.model.Before() {
		before = append(before, al.Name)
	}
	if before == nil {
		before = []string{scale.None.Name}
	}
	j.flags.scale = strings.Join(before, ",")
	if j.table, j.inputs[0], err = a.table(dir, l.on); err != nil {
		return nil, err
	}
	if j.matrix, j.skipped, err = j.table.Matrix(j.columns); err != nil {
		return nil, fmt.Errorf("applying %s, which was learned from the columns %s: %w", path, strings.Join(j.columns, ", "), err)
	}
	if l.update && !j.model.Updates() {
		return nil, &usageError{"toolkit " + use.name, fmt.Errorf("models of %s can't learn on (--update); those of %s can", j.algo, names(updating()))}
	}
	return j, nil
}

// updating are the algorithms whose models can learn on.
func updating() []*algo.Algorithm {
	return slices.DeleteFunc(slices.Clone(suite.Algorithms), func(al *algo.Algorithm) bool { return !al.Updates })
}

// result fits the chain of the job, or applies its model, which then learns on
// if that is wanted.
func (j *job) result(ctx context.Context, env algo.Env) (*algo.Result, error) {
	if j.model == nil {
		return algo.Fit(ctx, j.chain, j.matrix, env)
	}
	r, err := algo.Apply(ctx, j.model, j.matrix)
	if err == nil && j.flags.update {
		err = j.model.Update(ctx, j.matrix)
	}
	if err == nil {
		r.Model = j.model // of the whole chain, which is kept beside the result
	}
	return r, err
}

// forecastApply tells what applying a model would take.
func (a *app) forecastApply(j *job) error {
	note := "The model is applied, not learned; nothing was written."
	if j.flags.update {
		note = "The model is applied and learns on; nothing was written."
	}
	n, d := j.matrix.Dims()
	steps := int64(len(j.model.Before()))
	return a.show(&forecast{
		What: fmt.Sprintf("%s on %s", j.algo, j.table.Name), Rows: int64(n), Limit: int64(a.memory),
		Bytes: 8 * int64(n) * int64(d) * (2 + min(steps, 2)),
		Note:  note,
	})
}
