package reproduce

import (
	"context"
	"fmt"
	"strings"

	"toolkit/algo"
	"toolkit/cluster/dbscan"
	"toolkit/cluster/kmeans"
	"toolkit/cluster/spectral"
	"toolkit/features"
	"toolkit/features/scale"
	"toolkit/pca"

	"gonum.org/v1/gonum/mat"
)

// A work is figures being worked out.
type work struct {
	ctx  context.Context
	env  algo.Env
	step func(string)
	r    *Result
}

func (w *work) add(section, name, unit string, theirs, replayed, right Value, fault Fault) {
	w.r.Rows = append(w.r.Rows, Row{section, name, unit, theirs, replayed, right, fault})
}

// fit runs an algorithm on columns of a table, standardised if asked for, and
// keeps the outcome for plots.
func (w *work) fit(title string, a *algo.Algorithm, m algo.Method, x *features.Matrix, table string, standard, replayed bool) (*algo.Result, error) {
	w.step(title)
	steps := []algo.Step{}
	if standard {
		s, err := scale.New("standard")
		if err != nil {
			return nil, err
		}
		steps = append(steps, s...)
	}
	res, err := algo.Fit(w.ctx, algo.NewChain(append(steps, algo.Step{Algorithm: a, Method: m})...), x, w.env)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", title, err)
	}
	w.r.Outcomes = append(w.r.Outcomes, Outcome{Table: table, Algo: a.Name, Title: title, Replayed: replayed, Result: res, Rows: x})
	return res, nil
}

// matrix returns the columns of a set of a table.
func (w *work) matrix(table, set string) (*features.Matrix, error) {
	for _, g := range features.Groupings(features.DefaultOptions()) {
		for _, s := range g.Sets {
			if g.Name == table && s.Name == set {
				m, _, err := w.r.Tables[table].Matrix(s.Columns)
				return m, err
			}
		}
	}
	panic("reproduce: table " + table + " has no set " + set)
}

// doubled returns the ten columns that the original made of the pairs: both
// byte sums twice.
func doubled(x *features.Matrix) *features.Matrix {
	n, d := x.Dims()
	out := mat.NewDense(n, d+2, nil)
	names := append([]string{"bytes_up again", "bytes_dw again"}, x.Names...)
	for i := range n {
		row := out.RawRowView(i)
		copy(row[2:], x.X.RawRowView(i))
		row[0], row[1] = row[2], row[3]
	}
	return x.With(names, out)
}

func components(n int) *pca.PCA {
	p := pca.Default()
	p.Components = fmt.Sprint(n)
	return &p
}

func clusters(from, to int) *kmeans.Method {
	m := kmeans.Default()
	m.K = kmeans.K{Min: from, Max: to}
	return &m
}

func within(eps float64) *dbscan.Method {
	m := dbscan.Default()
	m.Auto, m.Eps, m.MinSamples = false, eps, 2
	return &m
}

func cuts(k int) *spectral.Method {
	m := spectral.Default()
	m.K = k
	return &m
}

// stat returns a number about a whole result.
func stat(r *algo.Result, name string) Value {
	v, ok := r.Stat(name)
	if !ok {
		return none()
	}
	return number(v)
}

// shownSizes is how many sizes are shown.
const shownSizes = 4

// sizes says how many samples each cluster has, the largest first.
func sizes(labels []int32, x *features.Matrix) Value {
	n := map[int32]float64{}
	for i, l := range labels {
		n[l] += x.W(i)
	}
	var list []float64
	for l, v := range n {
		if l >= 0 {
			list = append(list, v)
		}
	}
	sortDown(list)
	var parts []string
	for _, v := range list {
		parts = append(parts, fmt.Sprintf("%.0f", v))
	}
	if len(parts) > shownSizes {
		parts = append(parts[:shownSizes], "…")
	}
	return words(strings.Join(parts, ", "))
}

// variance returns the explained variances of a PCA, and their shares in per
// cent.
func variance(r *algo.Result) (v, share []float64) {
	for _, t := range r.Tables {
		if t.Name == "variance" {
			return t.Column("explained_variance").Floats, t.Column("ratio").Floats
		}
	}
	panic("reproduce: PCA without variances")
}
