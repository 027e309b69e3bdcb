package main

import (
	"context"
	"slices"
	"strings"

	"toolkit/evaluate"
	"toolkit/features"
	runlog "toolkit/internal/run"
)

// conflicts counts, for each table and choice of columns that a result of dir
// is of, the records whose labels no method over them can all meet; nil without
// labels of both kinds.
func (a *app) conflicts(ctx context.Context, dir *runlog.Dir, records *features.Table, anomalous []bool) ([]evaluate.Conflict, error) {
	if !slices.Contains(anomalous, true) || !slices.Contains(anomalous, false) {
		return nil, nil
	}
	var all []evaluate.Conflict
	at := map[string]int{} // in all, by table and columns
	// Of stale ones those who compare results have warned.
	err := a.eachResult(ctx, dir, func(table string, t *features.Table, _ runlog.File) error {
		columns := t.Meta["features"]
		if i, ok := at[table+" "+columns]; ok {
			all[i].Methods = append(all[i].Methods, t.Name)
			return nil
		}
		group, err := a.equals(dir, records, table, columns)
		if err != nil || group == nil {
			return err
		}
		c := evaluate.Conflict{Table: table, Columns: strings.Split(columns, ","), Methods: []string{t.Name}}
		c.Mixed, c.Errors, c.Judged = evaluate.Conflicts(group, anomalous)
		at[table+" "+columns] = len(all)
		all = append(all, c)
		return nil
	}, nil)
	return all, err
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
