package main

import (
	"errors"
	"slices"
	"strings"

	"toolkit/evaluate"
	"toolkit/features"
	runlog "toolkit/internal/run"
	"toolkit/suite"
)

// conflicts counts, for each table and choice of columns that a result of dir
// is of, the records whose labels no method over them can all meet; nil without
// labels of both kinds.
func (a *app) conflicts(dir *runlog.Dir, records *features.Table, anomalous []bool) ([]evaluate.Conflict, error) {
	if !slices.Contains(anomalous, true) || !slices.Contains(anomalous, false) {
		return nil, nil
	}
	var all []evaluate.Conflict
	at := map[string]int{} // in all, by table and columns
	for _, g := range features.Groupings(features.DefaultOptions()) {
		for _, al := range suite.Algorithms {
			t, _, err := a.results(dir, g.Name, al)
			switch {
			case errors.Is(err, errStale):
				continue // those who compare results have warned of it
			case err != nil:
				return nil, err
			case t == nil:
				continue
			}
			columns := t.Meta["features"]
			if i, ok := at[g.Name+" "+columns]; ok {
				all[i].Methods = append(all[i].Methods, t.Name)
				continue
			}
			group, err := a.equals(dir, records, g.Name, columns)
			if err != nil {
				return nil, err
			}
			if group == nil {
				continue
			}
			c := evaluate.Conflict{Table: g.Name, Columns: strings.Split(columns, ","), Methods: []string{t.Name}}
			c.Mixed, c.Errors, c.Judged = evaluate.Conflicts(group, anomalous)
			at[g.Name+" "+columns] = len(all)
			all = append(all, c)
		}
	}
	return all, nil
}

// equals numbers the records by the values that their row of a table has in
// the columns, −1 where it has none; nil if the table is not there or has not
// these columns.
func (a *app) equals(dir *runlog.Dir, records *features.Table, table, columns string) ([]int32, error) {
	t, _, err := a.table(dir, table)
	if err != nil {
		return nil, err
	}
	chosen, err := t.Choose(columns)
	if err != nil {
		return nil, nil // such as of columns made of words
	}
	m, _, err := t.Matrix(chosen)
	if err != nil {
		return nil, err
	}
	of := make([]int32, t.Len())
	for i := range of {
		of[i] = -1
	}
	for i, g := range features.Collapse(m).Of {
		of[m.TableRow(i)] = g
	}
	row := records.Column(table)
	group := make([]int32, records.Len())
	for i := range group {
		if group[i] = -1; !row.IsNull(i) {
			group[i] = of[row.Ints[i]]
		}
	}
	return group, nil
}
