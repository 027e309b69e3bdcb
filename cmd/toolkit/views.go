package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"toolkit/algo"
	"toolkit/evaluate"
	"toolkit/features"
	runlog "toolkit/internal/run"
	"toolkit/suite"
)

// alertsTable is the name of the table of alerts.
const alertsTable = "alerts"

// A said is what a method says of the records, as the methods of a directory
// are compared and combined.
type said struct {
	evaluate.View
	claim bool // by alerts; others give every record a score, or a cluster
}

// eachView calls take with what each result and each detector of dir says of
// the records, one after the other, and returns what they were read from.
// Results of other tables than those that are there are left out with a
// warning. It is an error if there are none.
func (a *app) eachView(ctx context.Context, dir *runlog.Dir, records *features.Table, r *runlog.Run, take func(said)) error {
	found := false
	err := a.eachResult(ctx, dir, func(table string, t *features.Table, file runlog.File) error {
		take(said{View: rowView(t, records.Column(table))})
		r.Inputs = append(r.Inputs, file)
		found = true
		return nil
	}, func(err error) {
		a.warn("%v", err)
		r.Warnings = append(r.Warnings, err.Error())
	})
	if err != nil {
		return err
	}
	alerts, err := a.alerts(dir, records)
	if err != nil {
		return err
	}
	if alerts != nil {
		for v := range alertViews(alerts, records) {
			take(said{v, true})
			found = true
		}
		if f, ok := dir.Output(alertsTable); ok {
			r.Inputs = append(r.Inputs, f)
		}
	}
	if !found {
		return fmt.Errorf("no results in %s: make some by toolkit cluster, score or detect", dir.Path)
	}
	return nil
}

// eachResult calls take with each result of dir and the name of the table that
// it is of. Of results of other tables than those that are there stale is told,
// if it is not nil.
func (a *app) eachResult(ctx context.Context, dir *runlog.Dir, take func(table string, t *features.Table, file runlog.File) error, stale func(error)) error {
	for _, g := range features.Groupings(features.DefaultOptions()) {
		for _, al := range suite.Algorithms {
			if err := ctx.Err(); err != nil {
				return err
			}
			t, file, err := a.results(dir, g.Name, al)
			switch {
			case errors.Is(err, errStale):
				if stale != nil {
					stale(err)
				}
				continue
			case err != nil:
				return err
			case t == nil:
				continue
			}
			if err := take(g.Name, t, file); err != nil {
				return err
			}
		}
	}
	return nil
}

// alerts returns the alerts of dir, nil if there are none of these records.
func (a *app) alerts(dir *runlog.Dir, records *features.Table) (*features.Table, error) {
	alerts, err := dir.Table(alertsTable)
	switch {
	case errors.Is(err, runlog.ErrNoTable):
		return nil, nil
	case err != nil:
		return nil, err
	case !sameInputs(alerts, records):
		a.warn("alerts.arrow is of other records than the tables; make it again by toolkit detect")
		return nil, nil
	}
	return alerts, nil
}

// errStale is what results wrap that were made of another table than the one
// that is there.
var errStale = errors.New("was made of another table than the one that is there now; make it again")

// results returns what an algorithm said of a table, nil if there is nothing.
func (a *app) results(dir *runlog.Dir, table string, al *algo.Algorithm) (*features.Table, runlog.File, error) {
	name := table + "." + al.Name
	t, err := dir.Table(name)
	if errors.Is(err, runlog.ErrNoTable) {
		return nil, runlog.File{}, nil
	}
	if err != nil {
		return nil, runlog.File{}, err
	}
	if of, ok := dir.Output(table); ok && t.Meta["input.0.sha256"] != of.SHA256 {
		return nil, runlog.File{}, fmt.Errorf("%s.arrow %w", name, errStale)
	}
	f, _ := dir.Output(name)
	return t, f, nil
}

// rowView spreads what is said of rows over their records.
func rowView(t *features.Table, row *features.Column) evaluate.View {
	v := evaluate.View{Name: t.Name, Rule: t.Meta["rule"]}
	if v.Rule == "" {
		v.Rule = "calls nothing anomalous"
	}
	anomaly, score, label := t.Column(anomalyColumn), t.Column(scoreColumn), t.Column(labelColumn)
	for i := range row.Len() {
		at, known := 0, !row.IsNull(i)
		if known {
			at = int(row.Ints[i])
		}
		if anomaly != nil {
			v.Flagged = append(v.Flagged, known && !anomaly.IsNull(at) && anomaly.Ints[at] != 0)
		}
		if score != nil {
			s := math.NaN()
			if known {
				s = score.Float(at)
			}
			v.Score = append(v.Score, s)
		}
		if label != nil {
			l := int32(algo.Noise)
			if known && !label.IsNull(at) {
				l = int32(label.Ints[at])
			}
			v.Cluster = append(v.Cluster, l)
		}
	}
	return v
}

// alertViews yields a view for each detector: the records of its alerts, each
// with the highest score of an alert that it is part of.
func alertViews(alerts, records *features.Table) iter.Seq[evaluate.View] {
	at := make(map[int64]int, records.Len())
	for i, s := range records.Column("record").Ints {
		at[s] = i
	}
	detector, score, list := alerts.Column("detector"), alerts.Column(scoreColumn), alerts.Column("records")
	return func(yield func(evaluate.View) bool) {
		for code, name := range detector.Dict {
			v := evaluate.View{Name: name, Rule: "records that are part of an alert", Flagged: make([]bool, records.Len()), Score: make([]float64, records.Len())}
			for i := range alerts.Len() {
				if detector.Codes[i] != uint32(code) {
					continue
				}
				lo, hi := list.Span(i)
				for _, s := range list.Items[0].Ints[lo:hi] {
					if k, ok := at[s]; ok {
						v.Flagged[k] = true
						v.Score[k] = max(v.Score[k], score.Floats[i])
					}
				}
			}
			if !yield(v) {
				return
			}
		}
	}
}

// sameInputs tells whether two tables were made of the same inputs.
func sameInputs(a, b *features.Table) bool {
	for i := 0; ; i++ {
		k := fmt.Sprintf("input.%d.sha256", i)
		x, okA := a.Meta[k]
		y, okB := b.Meta[k]
		if x != y || okA != okB {
			return false
		}
		if !okA {
			return true
		}
	}
}
