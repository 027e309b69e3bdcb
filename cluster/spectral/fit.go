package spectral

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/near"

	"gonum.org/v1/gonum/mat"
)

// Fit implements algo.Method.
func (m *Method) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := features.Collapse(x)
	res := &algo.Result{}
	if m.Affinity == RBF && m.Scale != Local {
		res.Stats = append(res.Stats, algo.Stat{Name: "gamma", Value: m.gamma(c.X)})
	}
	model := &Model{names: x.Names}
	var s *spectrum
	var isolated []bool // of distinct rows
	var err error
	if m.Landmarks > 0 {
		s, isolated, err = m.byLandmarks(ctx, c, model, env)
	} else {
		s, isolated, err = m.byRows(ctx, c, model, env)
	}
	if err != nil {
		return nil, err
	}
	model.Values, model.Neighbors = s.values, m.Neighbors
	labels, err := m.assign(ctx, c, s, model, env)
	if err != nil {
		return nil, err
	}
	env.Step(rounds, rounds)
	m.describe(res, c, s, model, labels, isolated)
	return res, nil
}

// byRows returns the spectrum of the graph of distinct rows, and which of them
// have neither neighbours nor copies. It fills in the points of the model.
func (m *Method) byRows(ctx context.Context, c *features.Collapsed, model *Model, env algo.Env) (*spectrum, []bool, error) {
	graphOf := m.rbf
	if m.Affinity == KNN {
		graphOf = m.knn
	}
	g, err := graphOf(ctx, c, model, env.NumWorkers())
	if err != nil {
		return nil, nil, err
	}
	s, err := g.largest(ctx, c.X, m.K, env)
	if err != nil {
		return nil, nil, err
	}
	model.x, model.weight, model.coords = c.X, c.Weight, columns(s.u)
	isolated := make([]bool, g.n)
	for i, comp := range g.comp {
		isolated[i] = g.isolated[comp]
	}
	return s, isolated, nil
}

// columns returns vectors as the columns of a matrix, nil if there are none.
func columns(u [][]float64) *mat.Dense {
	if len(u) == 0 {
		return nil
	}
	x := mat.NewDense(len(u[0]), len(u), nil)
	for j, v := range u {
		x.SetCol(j, v)
	}
	return x
}

// byLandmarks is byRows by way of landmarks.
func (m *Method) byLandmarks(ctx context.Context, c *features.Collapsed, model *Model, env algo.Env) (*spectrum, []bool, error) {
	centres, err := landmarks(ctx, c, m.Landmarks, env)
	if err != nil {
		return nil, nil, err
	}
	model.Graph, model.Gamma = byLandmarks, m.gamma(c.X)
	b, err := newBipartite(ctx, c, centres, m.Neighbors, model.Gamma, env.NumWorkers())
	if err != nil {
		return nil, nil, err
	}
	count, _ := centres.Dims()
	s, err := b.graph(c.Weight, count, env.NumWorkers()).largest(ctx, centres, m.K, env)
	if err != nil {
		return nil, nil, err
	}
	model.x, model.coords = centres, columns(s.u)
	model.weight, model.scale = make([]float64, count), make([]float64, count)
	for i := range model.weight {
		model.weight[i], model.scale[i] = 1, math.Sqrt(model.Gamma)
	}
	s.u = b.embed(s.u)
	return s, make([]bool, len(c.Weight)), nil
}

// knn returns the graph of nearest neighbours.
func (m *Method) knn(ctx context.Context, c *features.Collapsed, model *Model, workers int) (*graph, error) {
	model.Graph, model.scale = byKNN, make([]float64, len(c.Weight))
	a, err := newSparse(ctx, c, m.Neighbors, workers)
	if err != nil {
		return nil, err
	}
	comp, count := a.components()
	return newGraph(a, c.Weight, a.normalise(c.Weight), comp, count), nil
}

// rbf returns the graph of Gaussian affinities.
func (m *Method) rbf(ctx context.Context, c *features.Collapsed, model *Model, workers int) (*graph, error) {
	scale, err := m.scales(ctx, c.X, workers)
	if err != nil {
		return nil, err
	}
	model.Graph, model.scale = byLocal, scale
	if m.Scale != Local {
		model.Graph, model.Gamma = byGamma, m.gamma(c.X)
	}
	a := newRBF(c.X, scale, workers)
	logDegree, err := a.logDegrees(ctx, c.Weight)
	if err != nil {
		return nil, err
	}
	comp, count, err := a.components(ctx, c.Weight, logDegree)
	if err != nil {
		return nil, err
	}
	a.normalise(c.Weight, logDegree)
	if err := a.keep(ctx); err != nil {
		return nil, err
	}
	return newGraph(a, c.Weight, logDegree, comp, count), nil
}

// localNeighbour is the neighbour whose distance is a row's scale with --gamma
// local.
const localNeighbour = 7

// scales returns what rbf calls c for each of the rows.
func (m *Method) scales(ctx context.Context, x *mat.Dense, workers int) ([]float64, error) {
	n, _ := x.Dims()
	scale := make([]float64, n)
	if m.Scale != Local {
		root := math.Sqrt(m.gamma(x))
		for i := range scale {
			scale[i] = root
		}
		return scale, nil
	}
	// The row itself is the first of its neighbours.
	d2, err := near.New(x, nil, workers).KthDistances(ctx, float64(min(localNeighbour+1, n)), workers, nil)
	for i, v := range d2 {
		scale[i] = localScale(v)
	}
	return scale, err
}

// localScale returns the scale of a row whose neighbour is at that squared
// distance.
func localScale(d2 float64) float64 {
	if d2 > 0 && !math.IsInf(d2, 1) {
		return 1 / math.Sqrt(d2)
	}
	return 1
}

// gamma returns gamma, if it is the same for all rows.
func (m *Method) gamma(x *mat.Dense) float64 {
	if m.Scale == Median {
		return medianGamma(x)
	}
	return m.Gamma
}

// medianGamma returns 1/(2·s²), s being the median of the distances of up to
// 1,000 distinct rows, evenly spread over their order, from each other; 1 for
// a single row.
func medianGamma(x *mat.Dense) float64 {
	n, _ := x.Dims()
	take := min(n, 1000)
	var d2 []float64
	for i := range take {
		for j := range i {
			d2 = append(d2, near.SqDist(x.RawRowView(i*n/take), x.RawRowView(j*n/take)))
		}
	}
	if len(d2) == 0 {
		return 1
	}
	slices.Sort(d2)
	return min(max(1/(2*d2[len(d2)/2]), 1e-300), 1e300)
}

// assign returns the cluster of each distinct row, and fills in those of the
// model's points and how they are read off.
func (m *Method) assign(ctx context.Context, c *features.Collapsed, s *spectrum, model *Model, env algo.Env) ([]int32, error) {
	n, _ := c.Dims()
	points := len(model.weight)
	model.label = make([]int32, points)
	model.plant(env.NumWorkers())
	if len(s.u) == 0 {
		for i := range model.label {
			model.label[i] = int32(min(i, m.K-1)) // no row has a neighbour
		}
		return model.label, nil
	}
	e := newEmbedding(s.u, c.Weight)
	read := &model.Reader
	read.Assign, read.Scale = m.Assign, e.scale
	var err error
	switch m.Assign {
	case KMeans:
		read.Axes, err = e.kmeans(ctx, env)
	case ClusterQR:
		read.Axes, err = clusterQR(s.u, e.rows)
	default:
		read.Axes, err = e.discretize(ctx, env)
	}
	if err != nil {
		return nil, err
	}
	buffer := make([]float64, e.k)
	var placed []int32 // points
	for i := range model.label {
		var ok bool
		if model.label[i], ok = read.read(model.coords.RawRowView(i), buffer); ok {
			placed = append(placed, int32(i))
		} else {
			model.label[i] = -1
		}
	}
	if len(placed) < points {
		if err := join(ctx, model.x, placed, model.label, env.NumWorkers()); err != nil {
			return nil, err
		}
	}
	if m.Landmarks == 0 {
		return model.label, nil
	}
	labels, coords := make([]int32, n), make([]float64, e.k)
	for i := range labels {
		for j, v := range s.u {
			coords[j] = v[i]
		}
		var ok bool
		if labels[i], ok = read.read(coords, buffer); !ok {
			k, _ := model.tree.Nearest(c.X.RawRowView(i))
			labels[i] = model.label[k]
		}
	}
	return labels, nil
}

// join gives rows without a label, that is below 0, the label of the nearest
// row with one; placed are those.
func join(ctx context.Context, x *mat.Dense, placed, labels []int32, workers int) error {
	n, d := x.Dims()
	at := mat.NewDense(len(placed), d, nil)
	for i, a := range placed {
		at.SetRow(i, x.RawRowView(int(a)))
	}
	tree := near.New(at, nil, workers)
	return near.Each(ctx, n, 256, workers, nil, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if labels[i] < 0 {
				p, _ := tree.Nearest(x.RawRowView(i))
				labels[i] = labels[placed[p]]
			}
		}
	})
}

// oneTolerance is how near to 1 an eigenvalue counts as 1.
const oneTolerance = 1e-10

// describe spreads what is known of distinct rows over all, and adds what
// is known of the whole. It gives clusters the numbers that they have for good.
func (m *Method) describe(res *algo.Result, c *features.Collapsed, s *spectrum, model *Model, labels []int32, isolated []bool) {
	axes := max(len(s.u), 1)
	res.Labels, res.Coords = make([]int32, len(c.Of)), mat.NewDense(len(c.Of), axes, nil)
	number := make([]int32, m.K) // new name + 1
	clusters := int32(0)
	for i, a := range c.Of {
		if number[labels[a]] == 0 {
			clusters++
			number[labels[a]] = clusters
		}
		res.Labels[i] = number[labels[a]] - 1
		row := res.Coords.RawRowView(i)
		for j, u := range s.u {
			row[j] = u[a]
		}
	}
	model.rename(number, int(clusters))
	res.Model = model
	for j := range axes {
		res.Axes = append(res.Axes, axis(j))
	}
	var ones int
	var alone, worst float64
	for i, v := range s.values {
		if v >= 1-oneTolerance {
			ones++
		}
		worst = max(worst, s.residuals[i])
	}
	for a, is := range isolated {
		if is {
			alone += c.Weight[a]
		}
	}
	res.Stats = append([]algo.Stat{{Name: "clusters", Value: float64(clusters)}}, res.Stats...)
	res.Stats = append(res.Stats,
		algo.Stat{Name: "distinct", Value: float64(len(c.Weight))},
		algo.Stat{Name: "components", Value: float64(s.ones)},
		algo.Stat{Name: "isolated", Value: alone},
		algo.Stat{Name: "eigenvalues_1", Value: float64(ones)},
		algo.Stat{Name: "products", Value: float64(s.products)},
		algo.Stat{Name: "residual", Value: worst},
	)
	if len(s.values) > 0 && !math.IsNaN(s.next) {
		res.Stats = append(res.Stats, algo.Stat{Name: "eigengap", Value: s.values[len(s.values)-1] - s.next})
	}
	res.Tables = append(res.Tables, s.table())
	res.Warnings = m.doubts(s, ones, int(clusters), alone)
}

// doubts says why the result may not be what was wanted.
func (m *Method) doubts(s *spectrum, ones, clusters int, isolated float64) (doubts []error) {
	last := math.Inf(-1)
	if len(s.values) > 0 {
		last = s.values[len(s.values)-1]
	}
	switch parts := max(s.ones, ones); {
	case len(s.values) == 0:
		doubts = append(doubts, errors.New("no row has a neighbour or a copy: clusters mean nothing; "+m.wider()))
	case len(s.values) < m.K:
		doubts = append(doubts, fmt.Errorf("there are %d eigenvectors for --k %d: fewer rows differ and have neighbours", len(s.values), m.K))
	case s.ones > m.K:
		doubts = append(doubts, fmt.Errorf("%d eigenvalues equal 1: the graph is in %d parts, and clusters are the %d of the most samples, with what is nearest to each; %s", s.ones, s.ones, m.K, m.wider()))
	case s.next >= 1-oneTolerance:
		doubts = append(doubts, fmt.Errorf("more than %d eigenvalues equal 1: the graph is in more parts than --k %d, and which of their eigenvectors are taken is arbitrary; %s", ones, m.K, m.wider()))
	case parts > 1:
		doubts = append(doubts, fmt.Errorf("%d of %d eigenvalues equal 1: the graph is in %d parts, and mixtures of their eigenvectors are as good as these", parts, len(s.values), parts))
	case last-s.next < oneTolerance:
		doubts = append(doubts, fmt.Errorf("eigenvalue %d equals the one before it, %.6g: which mixture of their eigenvectors is taken is arbitrary; choose another --k", m.K+1, last))
	}
	if clusters < min(m.K, len(s.values)) {
		doubts = append(doubts, fmt.Errorf("%d clusters were found, --k %d were asked for: the others would be empty", clusters, m.K))
	}
	if isolated > 0 {
		doubts = append(doubts, fmt.Errorf("%g samples have no neighbour: each is in the cluster of the nearest row that has", isolated))
	}
	if !s.converged {
		doubts = append(doubts, fmt.Errorf("the eigenvectors did not settle in %d products: see the residuals of table eigenvalues", s.products))
	}
	return doubts
}

// wider says what joins parts of a graph.
func (m *Method) wider() string {
	switch {
	case m.Affinity == KNN:
		return "more --neighbors join them"
	case m.Scale != "":
		return "a --gamma of less joins them"
	}
	return "a smaller --gamma, or " + Median + " or " + Local + ", joins them"
}

// table is the eigenvalues.
func (s *spectrum) table() *features.Table {
	column := func(name string, t features.Type, role features.Role, doc string) *features.Column {
		return &features.Column{Field: features.Field{Name: name, Type: t, Role: role, Doc: doc}}
	}
	i := column("eigenvector", features.Int, features.Key, "Number of the eigenvector, from 1, and of its coordinate.")
	value := column("eigenvalue", features.Float, features.Outcome, "Eigenvalue of the normalised affinities, the largest first: 1 for a part of the graph.")
	laplacian := column("laplacian", features.Float, features.Outcome, "1 less the eigenvalue: that of the normalised Laplacian.")
	residual := column("residual", features.Float, features.Outcome, "Length of what the product with the matrix leaves beside the eigenvalue times the vector, of length 1.")
	for k, v := range s.values {
		i.AppendInt(int64(k + 1))
		value.AppendFloat(v)
		laplacian.AppendFloat(1 - v)
		residual.AppendFloat(s.residuals[k])
	}
	return &features.Table{Name: "eigenvalues", Columns: []*features.Column{i, value, laplacian, residual}}
}
