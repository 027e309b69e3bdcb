package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"toolkit/algo"
	"toolkit/detect/model"
	"toolkit/evaluate"
	"toolkit/evaluate/stability"
	"toolkit/features"
	"toolkit/features/scale"
	runlog "toolkit/internal/run"
	"toolkit/suite"

	"github.com/spf13/pflag"
)

// subsampleShare is the share of the rows that results are made again of.
const subsampleShare = 0.8

// stable makes each result of dir over a table again, with the parameters that
// it was made with: with n other seeds, of n subsamples, and of each of n
// windows of time (two at least). Results that can't be made again as they were
// are left out with a warning.
func (a *app) stable(ctx context.Context, dir *runlog.Dir, n int, r *runlog.Run) ([]evaluate.Stability, error) {
	var all []evaluate.Stability
	p := a.progress("making results again", false)
	defer p.end()
	var todo []*features.Table
	// Of stale ones those who compare results have warned.
	err := a.eachResult(ctx, dir, func(_ string, t *features.Table, _ runlog.File) error {
		todo = append(todo, t)
		return nil
	}, nil)
	if err != nil {
		return nil, err
	}
	for i, t := range todo {
		s, err := a.madeAgain(ctx, dir, t, n)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			w := fmt.Sprintf("stability of %s: %v", t.Name, err)
			a.warn("%s", w)
			r.Warnings = append(r.Warnings, w)
		}
		all = append(all, s...)
		p.step(int64(i+1), int64(len(todo)))
	}
	return all, nil
}

// madeAgain returns how far a result holds.
func (a *app) madeAgain(ctx context.Context, dir *runlog.Dir, t *features.Table, n int) ([]evaluate.Stability, error) {
	j, err := a.recall(dir, t)
	if err != nil {
		return nil, err
	}
	rule := &j.flags.rule
	if _, limited := t.Meta[model.LimitKey]; !limited && j.algo.Noise {
		rule = nil
	}
	fit := func(ctx context.Context, x *features.Matrix, env algo.Env) (*stability.Verdict, error) {
		res, err := algo.Fit(ctx, j.chain, x, env)
		if err != nil {
			return nil, err
		}
		v := &stability.Verdict{Labels: res.Labels, Scores: res.Scores}
		if c, _, _ := anomalies(x, res, rule); c != nil {
			for _, is := range c.Ints {
				v.Flagged = append(v.Flagged, is != 0)
			}
		}
		return v, nil
	}
	s, err := stability.Measure(ctx, j.matrix, j.verdict(t), fit, stability.Options{
		Seeds: n, Subsamples: n, Share: subsampleShare, Windows: max(n, 2), Time: j.times(), Env: a.env(nil),
	})
	if err != nil {
		return nil, err
	}
	var out []evaluate.Stability
	for _, over := range []struct {
		name string
		of   []stability.Agreement
	}{{evaluate.OverSeeds, s.Seeds}, {evaluate.OverSubsamples, s.Subsamples}, {evaluate.OverWindows, s.Windows}} {
		if len(over.of) == 0 {
			continue
		}
		spread := func(pick func(stability.Agreement) float64) *evaluate.Spread {
			if mean, least := stability.Mean(over.of, pick); mean == mean {
				return &evaluate.Spread{Mean: mean, Least: least}
			}
			return nil
		}
		out = append(out, evaluate.Stability{
			Method: t.Name, Over: over.name, Times: len(over.of),
			Labels:  spread(func(a stability.Agreement) float64 { return a.Labels }),
			Scores:  spread(func(a stability.Agreement) float64 { return a.Scores }),
			Flagged: spread(func(a stability.Agreement) float64 { return a.Flagged }),
		})
	}
	return out, nil
}

// recall returns the job that a result came of, by its metadata.
func (a *app) recall(dir *runlog.Dir, t *features.Table) (*job, error) {
	if _, applied := t.Meta["input.1.sha256"]; applied {
		return nil, errors.New("it is the judgement of a saved model, which learned from other rows")
	}
	steps := t.Meta["algorithm"]
	if before := t.Meta["scale"]; before != "" && before != scale.None.Name {
		steps = before + "," + steps
	}
	p, err := newPlan(suite.Algorithms, "", steps)
	if err != nil {
		return nil, err
	}
	l := defaultLearnFlags()
	l.on, l.features, l.constant = t.Meta["table"], t.Meta["features"], true
	set := func(m interface{ Flags(*pflag.FlagSet) }) error {
		var bad error
		fs := flagsOf(m)
		fs.VisitAll(func(f *pflag.Flag) {
			if v, ok := t.Meta["param."+f.Name]; ok && v != f.Value.String() {
				bad = errors.Join(bad, fs.Set(f.Name, v))
			}
		})
		return bad
	}
	if err := errors.Join(set(&l.rule), set(algo.NewChain(p.steps...))); err != nil {
		return nil, err
	}
	j, err := a.prepareChain(dir, &l, p)
	if err != nil {
		return nil, err
	}
	if got := strings.Join(j.matrix.Names, ","); got != l.features {
		return nil, fmt.Errorf("its columns were %s, those of the table are %s", l.features, got)
	}
	return j, nil
}

// verdict returns what a result says of the job's rows.
func (j *job) verdict(t *features.Table) *stability.Verdict {
	v := new(stability.Verdict)
	label, score, anomaly := t.Column(labelColumn), t.Column(scoreColumn), t.Column(anomalyColumn)
	n, _ := j.matrix.Dims()
	for i := range n {
		at := int(j.matrix.TableRow(i))
		if label != nil {
			v.Labels = append(v.Labels, int32(label.Ints[at]))
		}
		if score != nil {
			v.Scores = append(v.Scores, score.Float(at))
		}
		if anomaly != nil {
			v.Flagged = append(v.Flagged, anomaly.Ints[at] != 0)
		}
	}
	return v
}

// times returns the time of each of the job's rows, nil if the table has none.
func (j *job) times() []int64 {
	for _, c := range j.table.Columns {
		if c.Type != features.Time {
			continue
		}
		n, _ := j.matrix.Dims()
		out := make([]int64, n)
		for i := range out {
			out[i] = c.Ints[j.matrix.TableRow(i)]
		}
		return out
	}
	return nil
}
