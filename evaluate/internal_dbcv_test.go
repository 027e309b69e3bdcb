package evaluate

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// testdata/dbcv.json is made by internal/ref/gen_dbcv.py with hdbscan's core
// distances and scipy's trees.
func TestDBCVReference(t *testing.T) {
	var want struct {
		Cases []struct {
			Name     string
			X        [][]float64
			Labels   []int32
			DBCV     float64
			Validity []float64
		}
	}
	data, err := os.ReadFile("testdata/dbcv.json")
	if err == nil {
		err = json.Unmarshal(data, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Cases) != 5 {
		t.Errorf("%d cases, want 5", len(want.Cases))
	}
	for _, c := range want.Cases {
		in := internalScores(t, rowsOf(c.X), c.Labels, Full, 2)
		if in.DBCV == nil || !about(*in.DBCV, c.DBCV) {
			t.Errorf("%s: DBCV %v, want %v", c.Name, orNaN(in.DBCV), c.DBCV)
		}
		for k, v := range c.Validity {
			if got := in.Clusters[k].Validity; !about(got, v) {
				t.Errorf("%s: validity of cluster %d is %v, want %v", c.Name, k, got, v)
			}
		}
	}
}

// slowDBCV is the paper's definitions, of samples one by one.
func slowDBCV(x [][]float64, labels []int32) float64 {
	clusters := map[int32][]int{}
	for i, l := range labels {
		if l >= 0 {
			clusters[l] = append(clusters[l], i)
		}
	}
	for l, of := range clusters {
		if len(of) < 2 {
			delete(clusters, l)
		}
	}
	if len(clusters) < 2 {
		return math.NaN()
	}
	distance := func(i, j int) float64 { return math.Sqrt(squareDistance(x[i], x[j])) }
	core := make([]float64, len(x))
	inner := make([]bool, len(x))
	sparse := map[int32]float64{}
	reach := func(i, j int) float64 { return max(distance(i, j), core[i], core[j]) }
	for l, of := range clusters {
		for _, i := range of {
			sum := 0.0
			for _, j := range of {
				if i != j {
					sum += math.Pow(1/distance(i, j), float64(len(x[i])))
				}
			}
			core[i] = math.Pow(sum/float64(len(of)-1), -1/float64(len(x[i])))
		}
		// The minimum spanning tree by Kruskal, of equal edges the nearer rows' first.
		type edge struct {
			i, j   int
			length float64
		}
		var all, tree []edge
		part := map[int]int{}
		for a, i := range of {
			part[i] = i
			for _, j := range of[a+1:] {
				all = append(all, edge{i, j, reach(i, j)})
			}
		}
		slices.SortStableFunc(all, func(a, b edge) int {
			return cmp.Or(cmp.Compare(a.length, b.length), cmp.Compare(distance(a.i, a.j), distance(b.i, b.j)))
		})
		degree := map[int]int{}
		for _, e := range all {
			if was, is := part[e.j], part[e.i]; was != is {
				tree = append(tree, e)
				degree[e.i]++
				degree[e.j]++
				for k, p := range part {
					if p == was {
						part[k] = is
					}
				}
			}
		}
		longest, inside := 0.0, -1.0
		any := false
		for _, e := range tree {
			longest = max(longest, e.length)
			if degree[e.i] > 1 && degree[e.j] > 1 {
				inside = max(inside, e.length)
			}
			any = any || degree[e.i] > 1 || degree[e.j] > 1
		}
		if sparse[l] = inside; inside < 0 {
			sparse[l] = longest
		}
		for _, i := range of {
			inner[i] = degree[i] > 1 || !any
		}
	}
	index := 0.0
	for l, of := range clusters {
		apart := math.Inf(1)
		for m, others := range clusters {
			for _, i := range of {
				for _, j := range others {
					if m != l && inner[i] && inner[j] {
						apart = min(apart, reach(i, j))
					}
				}
			}
		}
		if most := max(apart, sparse[l]); most > 0 {
			index += float64(len(of)) / float64(len(x)) * (apart - sparse[l]) / most
		}
	}
	return index
}

// The index is what the paper says, of weighted rows and of repeated ones, for
// any number of workers and unit.
func TestDBCVSlow(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		n, d, k := 1+r.IntN(30), 1+r.IntN(6), 1+r.IntN(4)
		x := &features.Matrix{X: mat.NewDense(n, d, nil)}
		var labels, repeatedLabels []int32
		var repeated [][]float64
		for i := range n {
			l := int32(r.IntN(k+1)) - 1
			for j := range d {
				x.X.Set(i, j, r.NormFloat64()+float64(3*l))
			}
			w := 1
			if seed%2 == 1 {
				w += r.IntN(3)
			}
			x.Weight, labels = append(x.Weight, float64(w)), append(labels, l)
			for range w {
				repeated, repeatedLabels = append(repeated, x.X.RawRowView(i)), append(repeatedLabels, l)
			}
		}
		want := slowDBCV(repeated, repeatedLabels)
		got := orNaN(internalScores(t, x, labels, Full, 1).DBCV)
		if !about(got, want) && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("seed %d: %v, want %v", seed, got, want)
		}
		if again := orNaN(internalScores(t, rowsOf(repeated), repeatedLabels, Full, 3).DBCV); !about(again, got) && !math.IsNaN(got) {
			t.Errorf("seed %d: %v of repeated rows, %v of weighted ones", seed, again, got)
		}
		scaled := mat.DenseCopyOf(x.X)
		scaled.Scale(1024, scaled)
		if again := orNaN(internalScores(t, x.With(x.Names, scaled), labels, Full, 2).DBCV); !about(again, got) && !math.IsNaN(got) {
			t.Errorf("seed %d: %v in another unit, %v before", seed, again, got)
		}
	}
}

func TestDBCVStops(t *testing.T) {
	x := mat.NewDense(300, 1, nil)
	labels := make([]int32, 300)
	for i := range 300 {
		x.Set(i, 0, float64(i))
		labels[i] = int32(i / 150)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := newClustered(&features.Matrix{X: x}, labels).dbcv(ctx, 2); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}
