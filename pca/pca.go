// Package pca finds the directions in which the rows of a table differ most:
// principal component analysis (Pearson 1901, Hotelling 1933).
//
// The rows are read once, in blocks, for the means and cross products of the
// columns, d×d numbers; the eigenvectors of these are the components. That is
// faster than the singular values of the n×d table and takes no memory that
// grows with n but the coordinates asked for, and cross products of one block
// of rows are added to those of another: a model learns on from rows that
// come later. Tables of very many columns, whose d×d numbers would be too
// many, are met with random directions instead (Halko, Martinsson & Tropp
// 2011). Columns are centred, not scaled: put a scaler before it (package
// features/scale) where their units differ.
package pca

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

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

A share of the variance (0.9) keeps as few components as explain it, but at
most all but one, so that something is left: a row's score is what the kept
components do not tell of it, the distance to their plane. Rows that break the
rule by which the columns of others go together are far from it. With all
components kept, nothing is left and every score is 0.

Beside the score are its square, q, and t2, how far off the row is within the
plane, in deviations of each component (Hotelling's T²). Each has a limit that
a share alpha of ordinary rows exceeds, if these are spread like a normal
distribution: of q by Jackson & Mudholkar (as used on traffic by Lakhina and
others), or, where their formula fails, by Box's chi-squared; of t2 by the F
distribution. Traffic is not normal: more rows will be above them.

Tables of up to ` + strconv.Itoa(wide) + ` columns are solved exactly. Wider ones, of which a
quarter of the components or fewer are asked for by number, or a share by at
most ` + strconv.Itoa(shareRank) + `, are solved by subspace iteration from random directions, to the
power that scikit-learn's solver takes: first variances that stand out from the
others agree with the exact ones to about 1e-8. The limit of q then takes the
variances that are not computed to be equal.`,
	Refs: []string{
		"K. Pearson: On lines and planes of closest fit to systems of points in space. Philosophical Magazine 2(11), 1901. doi:10.1080/14786440109462720",
		"T. F. Chan, G. H. Golub, R. J. LeVeque: Algorithms for computing the sample variance. The American Statistician 37(3), 1983. doi:10.1080/00031305.1983.10483115",
		"N. Halko, P. G. Martinsson, J. A. Tropp: Finding structure with randomness: probabilistic algorithms for constructing approximate matrix decompositions. SIAM Review 53(2), 2011. doi:10.1137/090771806",
		"J. E. Jackson, G. S. Mudholkar: Control procedures for residuals associated with principal component analysis. Technometrics 21(3), 1979. doi:10.1080/00401706.1979.10489779",
		"A. Lakhina, M. Crovella, C. Diot: Diagnosing network-wide traffic anomalies. SIGCOMM, 2004. doi:10.1145/1015467.1015492",
		"G. E. P. Box: Some theorems on quadratic forms applied in the study of analysis of variance problems, I. The Annals of Mathematical Statistics 25(2), 1954. doi:10.1214/aoms/1177728786",
	},
	Cost:    "O(n·d² + d³) time, O(n·components + d²) memory; randomized: O(n·d·components) time, O((n + d)·components) memory",
	Gives:   algo.Coords | algo.Scores,
	Score:   "distance to the plane of the kept components; 0 if all are kept",
	Updates: true,
	New:     func() algo.Method { m := Default(); return &m },
	Load:    load,
}

// The solvers.
const (
	auto       = "auto"
	exact      = "exact"
	randomized = "randomized"
)

// wide is how many columns auto solves exactly at most.
const wide = 1000

// PCA is the method.
type PCA struct {
	// Components says how many components to keep: a number; a share of the
	// variance between 0 and 1, for as few as explain that much, but at most
	// all but one; or "all".
	Components string
	// Whiten divides the coordinates by the standard deviation of their
	// component. Components whose variance is but rounding become 0.
	Whiten bool
	// Solver is auto, exact or randomized.
	Solver string
	// Alpha is the share of ordinary rows above the limits of q and t2.
	Alpha float64
}

// Default returns the method with its default parameters.
func Default() PCA { return PCA{Components: "0.9", Solver: auto, Alpha: 0.001} }

// Flags implements algo.Method.
func (p *PCA) Flags(fs *pflag.FlagSet) {
	fs.StringVar(&p.Components, "components", p.Components, "components to keep: a number, all, or the share of the variance to explain, by at most all but one of them")
	fs.BoolVar(&p.Whiten, "whiten", p.Whiten, "coordinates in standard deviations of their component")
	fs.StringVar(&p.Solver, "solver", p.Solver, fmt.Sprintf("%s, %s, or %s: randomized above %d columns", exact, randomized, auto, wide))
	fs.Float64Var(&p.Alpha, "alpha", p.Alpha, "share of ordinary rows above the limits of q and t2")
}

// Check implements algo.Method.
func (p *PCA) Check() error {
	if _, _, err := p.parse(); err != nil {
		return err
	}
	if solvers := []string{auto, exact, randomized}; !slices.Contains(solvers, p.Solver) {
		return &algo.ParamError{Name: "solver", Value: p.Solver, Want: "one of " + strings.Join(solvers, ", ")}
	}
	if p.Solver == randomized && p.Components == "all" {
		return &algo.ParamError{Name: "components", Value: p.Components, Want: "a number or a share: only --solver exact computes all"}
	}
	if !(p.Alpha > 0 && p.Alpha < 1) {
		return &algo.ParamError{Name: "alpha", Value: p.Alpha, Want: "between 0 and 1"}
	}
	return nil
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

// kept returns how many of d components to keep, of the first of which the
// cumulative shares of the variance are given.
func (p *PCA) kept(cumulative []float64, d int) (int, error) {
	number, share, err := p.parse()
	switch {
	case err != nil:
		return 0, err
	case number > d:
		return 0, &algo.ParamError{Name: "components", Value: p.Components, Want: fmt.Sprintf("at most %d, the number of columns", d)}
	case number > 0:
		return min(number, len(cumulative)), nil
	case p.Components == "all":
		return d, nil
	}
	most := max(min(len(cumulative), d-1), 1)
	if cumulative[0] == 0 {
		return 1, nil // of rows that do not differ no component explains anything
	}
	for k, c := range cumulative[:most] {
		if c >= share {
			return k + 1, nil
		}
	}
	return most, nil
}

// sketched returns how many components the randomized solver computes of d:
// some more than are kept, for the precision of these. It is 0 if the exact
// solver is to be used.
func (p *PCA) sketched(d int) int {
	number, _, _ := p.parse()
	rank := number
	if number == 0 {
		rank = shareRank
	}
	switch {
	case p.Solver == randomized:
	case p.Solver == exact || d <= wide || p.Components == "all" || 4*rank > d:
		return 0
	}
	return min(rank+oversample, d)
}

// Bytes implements algo.Method.
func (p *PCA) Bytes(n, distinct, d, workers int) int64 {
	k, _, _ := p.parse()
	if k == 0 || k > d {
		k = d
	}
	rows, cols, w := int64(n), int64(d), int64(workers)
	if l := int64(p.sketched(d)); l > 0 {
		k = min(k, int(l))
		blocks := w * (sketchRows*(cols+l) + 2*l*cols)
		return 8 * (rows*int64(k+3) + blocks + 6*l*cols)
	}
	blocks := w * cols * (2*blockRows + 2*cols)
	return 8 * (rows*int64(k+3) + blocks + 7*cols*cols)
}

// Fit implements algo.Method. More components than there are columns are a
// *algo.ParamError.
func (p *PCA) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	_, d := x.Dims()
	if number, _, _ := p.parse(); number > d {
		_, err := p.kept(nil, d)
		return nil, err
	}
	var m *model
	var err error
	if l := p.sketched(d); l > 0 {
		m, err = p.sketch(ctx, x, env, l)
	} else {
		var sums *moments
		if sums, err = gather(ctx, x, slices.Clone(x.X.RawRowView(0)), env); err == nil {
			m, err = p.learn(sums, x.Names)
		}
	}
	if err != nil {
		return nil, err
	}
	r, err := m.apply(ctx, x, env.NumWorkers())
	if err != nil {
		return nil, err
	}
	r.Tables = []*features.Table{m.varianceTable(), m.loadingsTable()}
	_, cumulative := shares(m.variance, m.total)
	r.Stats = append([]algo.Stat{
		{Name: "components", Value: float64(m.kept)},
		{Name: "explained_variance_ratio", Value: cumulative[m.kept-1]},
		{Name: "total_variance", Value: m.total},
	}, r.Stats...)
	if _, share, _ := p.parse(); m.sums == nil && share > 0 && cumulative[m.kept-1] < share {
		r.Warnings = append(r.Warnings, fmt.Errorf("%d components explain %.3g of the variance, not the %g asked for: the randomized solver computes no more of them; use --solver exact", m.kept, cumulative[m.kept-1], share))
	}
	return r, nil
}

// learn returns the model of all components of the moments.
func (p *PCA) learn(sums *moments, names []string) (*model, error) {
	d := len(names)
	for j, name := range names {
		if v := sums.cross[j*d+j]; math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, tooFarApart(name)
		}
	}
	m, err := sums.components(names)
	if err != nil {
		return nil, err
	}
	m.sums, m.weight = sums, sums.weight
	for _, v := range m.variance {
		m.total += v
	}
	rest := make([]float64, d)
	if err := p.keep(m); err != nil {
		return nil, err
	}
	for j := range rest {
		for k := m.kept; k < d; k++ {
			rest[j] += m.variance[k] * m.components[k][j] * m.components[k][j]
		}
	}
	m.rest = rest
	m.setLimits(m.variance[m.kept:])
	return m, nil
}

// keep sets what of the model's components is kept.
func (p *PCA) keep(m *model) (err error) {
	m.method = *p
	_, cumulative := shares(m.variance, m.total)
	m.kept, err = p.kept(cumulative, len(m.columns))
	return err
}

func tooFarApart(column string) error {
	return fmt.Errorf("PCA of column %s: its values are too far apart: scale it first, or leave it out", column)
}

// shares returns the share of each component in the total variance, and of it
// and those before it together. They are 0 if there is no variance.
func shares(variance []float64, total float64) (ratio, cumulative []float64) {
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
