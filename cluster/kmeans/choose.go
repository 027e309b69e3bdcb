package kmeans

import (
	"context"
	"fmt"
	"math"

	"toolkit/algo"
	"toolkit/features"
)

// The rules that take one of several numbers of clusters.
const (
	Elbow      = "elbow"      // where the curve of the inertia bends most
	Silhouette = "silhouette" // the greatest simplified silhouette
	Gap        = "gap"        // the gap statistic
	XMeans     = "xmeans"     // X-means: clusters are split while the BIC gains
)

var rules = []string{Elbow, Silhouette, Gap, XMeans}

// A curve is the fits of several numbers of clusters, and which was taken.
type curve struct {
	fits     []*fit
	chosen   int
	criteria []criterion
	warning  error
}

// A criterion is a number of each fit that a rule goes by; one that isn't
// finite is undefined.
type criterion struct {
	name, doc string
	values    []float64
}

// search fits the numbers of clusters and takes one by the rule.
func (m *Method) search(ctx context.Context, a *data, from, to int, env algo.Env) (*curve, error) {
	if m.Choose == XMeans && from < to {
		return m.xmeans(ctx, a, from, to, env)
	}
	fit := m.fitAll
	if m.Batch > 0 {
		fit = m.fitBatches
	}
	fits, err := fit(ctx, a, from, to, Algorithm.Name, env)
	if err != nil || from == to {
		return &curve{fits: fits}, err
	}
	c := &curve{fits: fits}
	switch m.Choose {
	case Elbow:
		c.elbow()
	case Silhouette:
		err = c.silhouette(ctx, a, env)
	case Gap:
		err = m.gap(ctx, a, c, env)
	}
	return c, err
}

func (c *curve) elbow() {
	inertia := make([]float64, len(c.fits))
	for i, f := range c.fits {
		inertia[i] = f.inertia
	}
	var ok bool
	if c.chosen, ok = elbow(inertia); !ok {
		c.warning = fmt.Errorf("no elbow: the inertia falls evenly or not at all over k = %v, so the least k is taken; choose --k", c.span())
	}
}

// silhouette takes the k of the greatest simplified silhouette.
func (c *curve) silhouette(ctx context.Context, a *data, env algo.Env) error {
	crew := newCrew(env.NumWorkers())
	defer crew.dismiss()
	s := criterion{name: "silhouette", doc: "Simplified silhouette: weighted mean over the rows of (b-a)/b, where a is the distance to the own centre and b that to the next."}
	for i, f := range c.fits {
		if err := ctx.Err(); err != nil {
			return err
		}
		v := math.NaN()
		if f.k > 1 {
			v = silhouette(a, f, crew)
		}
		s.values = append(s.values, v)
		if best := s.values[c.chosen]; math.IsNaN(best) || v > best {
			c.chosen = i
		}
	}
	c.criteria = []criterion{s}
	return nil
}

// silhouette returns the simplified silhouette of a fit of several clusters
// (Vendramin, Campello, Hruschka 2010). As in the silhouette itself, the only
// sample of a cluster has 0.
func silhouette(a *data, f *fit, c *crew) float64 {
	near := newPoints(f.k, a.d)
	near.setAll(f.centres)
	chunk := chunkSize(f.k)
	n := (a.n + chunk - 1) / chunk
	// For each chunk and cluster the weight, and the weighted sum.
	parts := make([][2]float64, n*f.k)
	c.do(n, func(p int) {
		part := parts[p*f.k : (p+1)*f.k]
		for i := p * chunk; i < min((p+1)*chunk, a.n); i++ {
			l, own, next := near.nearest(a.row(i))
			part[l][0] += a.w[i]
			if next > 0 {
				part[l][1] += float64(a.w[i] * (1 - math.Sqrt(own)/math.Sqrt(next)))
			}
		}
	})
	var sum float64
	for l := range f.k {
		var weight, part float64
		for p := range n {
			weight += parts[p*f.k+l][0]
			part += parts[p*f.k+l][1]
		}
		if weight > 1 {
			sum += part
		}
	}
	return sum / a.total
}

// span returns the least and the greatest k fitted.
func (c *curve) span() K { return K{Min: c.fits[0].k, Max: c.fits[len(c.fits)-1].k} }

// stats returns what the rule went by at the k taken.
func (c *curve) stats() (stats []algo.Stat) {
	for _, cr := range c.criteria {
		if v := cr.values[c.chosen]; !math.IsNaN(v) && !math.IsInf(v, 0) {
			stats = append(stats, algo.Stat{Name: cr.name, Value: v})
		}
	}
	return stats
}

// table returns the curve, by k.
func (c *curve) table(rule string) *features.Table {
	value := func(name string, typ features.Type, doc string) *features.Column {
		return &features.Column{Field: features.Field{Name: name, Type: typ, Role: features.Outcome, Doc: doc}}
	}
	k := value("k", features.Int, "Number of clusters.")
	k.Role, k.Unit = features.Key, features.Count
	inertia := value("inertia", features.Float, "Weighted sum of the squared distances of the rows to their centres.")
	mean := value("mean_distance", features.Float, "Weighted mean of the distances of the rows to their centres.")
	is := value("chosen", features.Bool, "Whether the result is that of this k, by the rule "+rule+".")
	is.Unit = features.Flag
	for i, f := range c.fits {
		k.Ints = append(k.Ints, int64(f.k))
		inertia.Floats = append(inertia.Floats, f.inertia)
		mean.Floats = append(mean.Floats, f.meanDistance)
		is.Ints = append(is.Ints, 0)
		if i == c.chosen {
			is.Ints[i] = 1
		}
	}
	t := &features.Table{Name: "elbow", Meta: map[string]string{"choose": rule}, Columns: []*features.Column{k, inertia, mean}}
	for _, cr := range c.criteria {
		col := value(cr.name, features.Float, cr.doc)
		for _, v := range cr.values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				col.AppendNull()
			} else {
				col.Floats = append(col.Floats, v)
				if col.Null != nil {
					col.Null = append(col.Null, false)
				}
			}
		}
		t.Columns = append(t.Columns, col)
	}
	t.Columns = append(t.Columns, is)
	return t
}
