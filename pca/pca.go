// Package pca finds the directions in which the rows of a table differ most:
// principal component analysis (Pearson 1901, Hotelling 1933).
//
// The rows are read once, in blocks, for the means and cross products of the
// columns, d×d numbers; the eigenvectors of these are the components. That is
// faster than the singular values of the n×d table and takes no memory that
// grows with n but the coordinates asked for. Columns are centred, not
// scaled: put a scaler before it (package features/scale) where their units
// differ.
package pca

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"toolkit/algo"
	"toolkit/features"

	"github.com/spf13/pflag"
)

// Algorithm is principal component analysis.
var Algorithm = &algo.Algorithm{
	Name: "pca",
	Doc: `PCA: the directions in which rows differ most

The columns are centred and turned so that the first axis, pc1, has the
largest variance, pc2 the largest of what is left, and so on. Columns are not
scaled to one unit: the one of the largest numbers takes pc1 unless a scaler
comes first. The sign of a component is that which makes its largest loading
positive. Variances have the divisor Σw − 1, as scikit-learn's.

A row's score is what the kept components do not tell of it: rows that break
the rule by which the columns of others go together. With --components all,
nothing is left and every score is 0.`,
	Refs: []string{
		"K. Pearson: On lines and planes of closest fit to systems of points in space. Philosophical Magazine 2(11), 1901. doi:10.1080/14786440109462720",
		"T. F. Chan, G. H. Golub, R. J. LeVeque: Algorithms for computing the sample variance. The American Statistician 37(3), 1983. doi:10.1080/00031305.1983.10483115",
	},
	Cost:  "O(n·d² + d³) time, O(n·components + d²) memory",
	Gives: algo.Coords | algo.Scores,
	Score: "distance to the plane of the kept components; 0 if all are kept",
	New:   func() algo.Method { m := Default(); return &m },
	Load:  load,
}

// PCA is the method.
type PCA struct {
	// Components says how many components to keep: a number; a share of the
	// variance between 0 and 1, for as few as explain that much; or "all".
	Components string
}

// Default returns the method with its default parameters.
func Default() PCA { return PCA{Components: "0.95"} }

// Flags implements algo.Method.
func (p *PCA) Flags(fs *pflag.FlagSet) {
	fs.StringVar(&p.Components, "components", p.Components, "components to keep: a number, the share of variance to explain (0.94), or all")
}

// Check implements algo.Method.
func (p *PCA) Check() error {
	_, _, err := p.parse()
	return err
}

// parse returns the number of components to keep, or the share of variance to
// explain, which is 1 for all. The other is 0.
func (p *PCA) parse() (number int, share float64, err error) {
	if p.Components == "all" {
		return 0, 1, nil
	}
	if number, err := strconv.Atoi(p.Components); err == nil && number > 0 {
		return number, 0, nil
	}
	if share, err := strconv.ParseFloat(p.Components, 64); err == nil && share > 0 && share < 1 {
		return 0, share, nil
	}
	return 0, 0, &algo.ParamError{Name: "components", Value: p.Components, Want: "a number above 0, a share between 0 and 1, or all"}
}

// kept returns how many of the components to keep, whose cumulative shares of
// the variance are given.
func (p *PCA) kept(cumulative []float64) (int, error) {
	number, share, err := p.parse()
	d := len(cumulative)
	switch {
	case err != nil:
		return 0, err
	case number > d:
		return 0, &algo.ParamError{Name: "components", Value: p.Components, Want: fmt.Sprintf("at most %d, the number of columns", d)}
	case number > 0:
		return number, nil
	case p.Components == "all":
		return d, nil
	}
	for k, c := range cumulative {
		if c >= share {
			return k + 1, nil
		}
	}
	return 1, nil // of rows that do not differ no component explains anything
}

// Bytes implements algo.Method.
func (p *PCA) Bytes(n, distinct, d, workers int) int64 {
	k, _, _ := p.parse()
	if k == 0 || k > d {
		k = d
	}
	coords := int64(n) * int64(k+1)
	blocks := int64(workers) * int64(d) * int64(2*blockRows+2*d)
	return 8 * (coords + blocks + 6*int64(d)*int64(d))
}

// Fit implements algo.Method.
func (p *PCA) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	sums, err := gather(ctx, x, env)
	if err != nil {
		return nil, err
	}
	for j, name := range x.Names {
		if v := sums.cross[j*len(x.Names)+j]; math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("PCA of column %s: its values are too far apart: scale it first, or leave it out", name)
		}
	}
	m, err := sums.components(x.Names)
	if err != nil {
		return nil, err
	}
	_, cumulative := shares(m.variance)
	if m.kept, err = p.kept(cumulative); err != nil {
		return nil, err
	}
	r, err := m.apply(ctx, x, env.NumWorkers())
	if err != nil {
		return nil, err
	}
	r.Tables = []*features.Table{m.varianceTable(), m.loadingsTable()}
	var total float64
	for _, v := range m.variance {
		total += v
	}
	r.Stats = []algo.Stat{
		{Name: "components", Value: float64(m.kept)},
		{Name: "explained_variance_ratio", Value: cumulative[m.kept-1]},
		{Name: "total_variance", Value: total},
	}
	return r, nil
}

// shares returns the share of each component in the variance, and of it and
// those before it together. They are 0 if there is no variance.
func shares(variance []float64) (ratio, cumulative []float64) {
	var total float64
	for _, v := range variance {
		total += v
	}
	ratio, cumulative = make([]float64, len(variance)), make([]float64, len(variance))
	if total == 0 {
		return
	}
	var sum float64
	for k, v := range variance {
		sum += v
		ratio[k], cumulative[k] = v/total, sum/total
	}
	return
}
