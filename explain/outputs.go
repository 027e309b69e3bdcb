package explain

import (
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/features"
)

// Outputs are the files of a directory of outputs, loaded.
type Outputs struct {
	// Tables are the tables by the names of their files without ".arrow":
	// flow_tuples, flow_tuples.dbscan, alerts, trust …
	Tables map[string]*features.Table

	// Models are those of the methods, by the names of their results.
	Models map[string]*algo.ChainModel

	matrices map[string]*features.Matrix // by table and columns
	ordinary map[string]*Ordinary        // by table and column
}

// NewOutputs returns the outputs of tables and models.
func NewOutputs(tables map[string]*features.Table, models map[string]*algo.ChainModel) *Outputs {
	return &Outputs{Tables: tables, Models: models, matrices: make(map[string]*features.Matrix), ordinary: make(map[string]*Ordinary)}
}

// matrix returns the rows of a table in the columns that a model was learned
// from, nil if the table has none of these. It is made once.
func (o *Outputs) matrix(table string, model *algo.ChainModel) *features.Matrix {
	columns := model.Columns()
	key := table + "\x00" + strings.Join(columns, "\x00")
	m, ok := o.matrices[key]
	if !ok {
		if t := o.Tables[table]; t != nil {
			m, _, _ = t.Matrix(columns)
		}
		o.matrices[key] = m
	}
	return m
}

// matrixRow returns the row of m that came from a row of the table; false if
// it was left out.
func matrixRow(m *features.Matrix, row int) (int, bool) {
	if m.Row == nil {
		return row, true
	}
	return slices.BinarySearch(m.Row, int64(row))
}

// Reasons says why an algorithm judged a row of a table so: nil if it cannot.
func (o *Outputs) Reasons(table, algorithm string, row int) []algo.Reason {
	name := table + "." + algorithm
	model := o.Models[name]
	if model == nil || o.Tables[table] == nil || o.Tables[name] == nil {
		return nil
	}
	m := o.matrix(table, model)
	if m == nil {
		return nil
	}
	i, ok := matrixRow(m, row)
	if !ok {
		return nil
	}
	return model.Explain(m, i)
}
