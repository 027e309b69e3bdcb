package pca

import (
	"fmt"
	"strconv"

	"toolkit/algo"
	"toolkit/features"

	"github.com/spf13/pflag"
)

// The columns and metadata of a model's table, besides those that other
// tables have too.
const (
	colRest   = "rest_variance"
	colOrigin = "origin"
	colOffset = "offset"
	colCross  = "cross" // of column 1, 2, …

	metaKept     = "kept"
	metaComputed = "computed"
	metaWeight   = "weight"
	metaTotal    = "total_variance"
	metaLimitQ   = "q_limit"
	metaLimitT2  = "t2_limit"
)

// State implements algo.Model. There are d rows, one for each column; as
// there are at most as many components, row k has the variance of component k
// too. The parameters are in the metadata, by the names of their flags.
func (m *model) State() *features.Table {
	number64 := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	d := len(m.columns)
	variance := make([]float64, d)
	copy(variance, m.variance)
	t := &features.Table{
		Name: Algorithm.Name,
		Meta: map[string]string{
			metaKept: strconv.Itoa(m.kept), metaComputed: strconv.Itoa(len(m.variance)), metaWeight: number64(m.weight),
			metaTotal: number64(m.total), metaLimitQ: number64(m.limitQ), metaLimitT2: number64(m.limitT2),
		},
		Columns: []*features.Column{
			text(colColumn, "Name of a column.", m.columns),
			number(colMean, "Mean of the column.", m.mean),
			number(colRest, "Variance of the column that the kept components do not tell of.", m.rest),
			number(colVariance, "Variance along the component of this row's number; 0 if it was not computed.", variance),
		},
	}
	flags(&m.method).VisitAll(func(f *pflag.Flag) { t.Meta[f.Name] = f.Value.String() })
	for k, c := range m.components {
		t.Columns = append(t.Columns, number(axis(k), "Part of the column in the component.", c))
	}
	if s := m.sums; s != nil {
		t.Columns = append(t.Columns,
			number(colOrigin, "What the values were counted from.", s.origin),
			number(colOffset, "Mean of the values so counted.", s.mean))
		for a := range d {
			t.Columns = append(t.Columns, number(cross(a), "Sum of the products of the distances to the mean of the column of this number and of this row's, for the rows from there on.", s.cross[a*d:(a+1)*d]))
		}
	}
	return t
}

func cross(a int) string { return colCross + strconv.Itoa(a+1) }

func flags(p *PCA) *pflag.FlagSet {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	p.Flags(fs)
	return fs
}

func load(t *features.Table) (algo.Model, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("table %s is not a model of PCA: "+format, append([]any{t.Name}, args...)...)
	}
	var err error
	floats := func(name string) []float64 {
		c := t.Column(name)
		if c == nil || c.Type != features.Float {
			err = bad("it has no column %s", name)
			return nil
		}
		return c.Floats
	}
	meta := func(name string) float64 {
		v, e := strconv.ParseFloat(t.Meta[name], 64)
		if e != nil {
			err = bad("its %s is %q", name, t.Meta[name])
		}
		return v
	}
	m := &model{
		method: Default(), mean: floats(colMean), rest: floats(colRest), variance: floats(colVariance),
		weight: meta(metaWeight), total: meta(metaTotal), limitQ: meta(metaLimitQ), limitT2: meta(metaLimitT2),
	}
	flags(&m.method).VisitAll(func(f *pflag.Flag) {
		if e := f.Value.Set(t.Meta[f.Name]); e != nil {
			err = bad("its parameter %s is %q", f.Name, t.Meta[f.Name])
		}
	})
	d := t.Len()
	computed, kept := meta(metaComputed), meta(metaKept)
	switch {
	case err != nil:
		return nil, err
	case !(computed >= 1 && computed <= float64(d)):
		return nil, bad("it has %v components of %d columns", computed, d)
	case !(kept >= 1 && kept <= computed):
		return nil, bad("it keeps %v components of %v", kept, computed)
	}
	if e := m.method.Check(); e != nil {
		return nil, bad("%w", e)
	}
	m.kept, m.variance = int(kept), m.variance[:int(computed)]
	for k := range m.variance {
		m.components = append(m.components, floats(axis(k)))
	}
	if t.Column(colOrigin) != nil {
		m.sums = &moments{origin: floats(colOrigin), mean: floats(colOffset), weight: m.weight}
		for a := range d {
			m.sums.cross = append(m.sums.cross, floats(cross(a))...)
		}
	}
	names := t.Column(colColumn)
	if names == nil {
		err = bad("it has no column %s", colColumn)
	}
	if err != nil {
		return nil, err
	}
	for i := range d {
		m.columns = append(m.columns, names.String(i))
	}
	return m, nil
}
