package dbscan_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/cluster/dbscan"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// A slow is the outcome of DBSCAN written down as it is defined.
type slow struct {
	labels []int32
	core   []bool
	scores []float64
}

func slowDBSCAN(x *features.Matrix, eps float64, minSamples int) slow {
	n, _ := x.Dims()
	row := x.X.RawRowView
	squared := func(a, b int) (s float64) {
		for j, v := range row(a) {
			s += float64((v - row(b)[j]) * (v - row(b)[j]))
		}
		return s
	}
	s := slow{make([]int32, n), make([]bool, n), make([]float64, n)}
	for i := range n {
		s.labels[i], s.scores[i] = algo.Noise, eps
		var around float64
		for j := range n {
			if squared(i, j) <= eps*eps {
				around += x.W(j)
			}
		}
		s.core[i] = around >= float64(minSamples)
	}
	clusters := int32(0)
	for i := range n {
		if !s.core[i] || s.labels[i] != algo.Noise {
			continue
		}
		s.labels[i] = clusters
		for todo := []int{i}; len(todo) > 0; {
			p := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for q := range n {
				if s.core[q] && s.labels[q] == algo.Noise && squared(p, q) <= eps*eps {
					s.labels[q] = clusters
					todo = append(todo, q)
				}
			}
		}
		clusters++
	}
	for i := range n {
		nearest := -1
		for q := range n {
			if !s.core[q] {
				continue
			}
			if nearest < 0 || squared(i, q) < squared(i, nearest) ||
				squared(i, q) == squared(i, nearest) && slices.Compare(row(q), row(nearest)) < 0 {
				nearest = q
			}
		}
		if nearest < 0 {
			continue
		}
		s.scores[i] = math.Sqrt(squared(i, nearest))
		if squared(i, nearest) <= eps*eps {
			s.labels[i] = s.labels[nearest]
		}
	}
	s.labels = renumber(s.labels)
	return s
}

// renumber returns the labels numbered by first row, noise as it is.
func renumber(labels []int32) []int32 {
	to := map[int32]int32{algo.Noise: algo.Noise}
	out := make([]int32, len(labels))
	for i, l := range labels {
		if _, ok := to[l]; !ok {
			to[l] = int32(len(to)) - 1
		}
		out[i] = to[l]
	}
	return out
}

// A trial is a small table and parameters that fit it.
type trial struct {
	name string
	x    *features.Matrix
	m    dbscan.Method
}

// trials returns small tables of all kinds: lattices with distances of exactly
// eps, rows on a line, clumps, equal rows, single rows; with copies and with weights.
func trials(n int) []trial {
	var all []trial
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 1))
		rows, d := 1+r.IntN(60), 1+r.IntN(6)
		kind := []string{"lattice", "tenths", "line", "clumps", "equal", "lognormal"}[seed%6]
		if r.IntN(30) == 0 {
			rows = 1
		}
		along := make([]float64, d)
		for j := range along {
			along[j] = r.NormFloat64()
		}
		x := mat.NewDense(rows, d, nil)
		for i := range rows {
			if i > 0 && r.IntN(4) == 0 {
				x.SetRow(i, x.RawRowView(r.IntN(i)))
				continue
			}
			u, c := r.NormFloat64(), float64(5*r.IntN(3))
			for j := range d {
				v := 0.0
				switch kind {
				case "lattice":
					v = float64(r.IntN(5))
				case "tenths":
					v = float64(r.IntN(5)) * 0.1
				case "line":
					v = u * along[j]
				case "clumps":
					v = c + 0.3*r.NormFloat64()
				case "equal":
					v = along[j]
				case "lognormal":
					v = math.Exp(2 * r.NormFloat64())
				}
				x.Set(i, j, v)
			}
		}
		eps := math.Exp(r.NormFloat64())
		switch kind {
		case "lattice":
			eps = math.Sqrt(float64(1 + r.IntN(8)))
		case "tenths":
			eps = math.Sqrt(float64(1+r.IntN(8))) * 0.1
		}
		m := &features.Matrix{X: x}
		for j := range d {
			m.Names = append(m.Names, fmt.Sprintf("f%d", j))
		}
		if r.IntN(2) == 0 {
			for range rows {
				m.Weight = append(m.Weight, float64(1+r.IntN(3)))
			}
		}
		all = append(all, trial{fmt.Sprintf("%s %d×%d seed %d", kind, rows, d, seed), m, dbscan.Method{Eps: eps, MinSamples: 1 + r.IntN(6)}})
	}
	return all
}

func TestAgainstDefinition(t *testing.T) {
	kinds := map[string]int{}
	for _, c := range trials(6000) {
		want := slowDBSCAN(c.x, c.m.Eps, c.m.MinSamples)
		got := fit(t, c.m, c.x, 2)
		if !slices.Equal(got.Labels, want.labels) {
			t.Fatalf("%s, %+v: labels %v, want %v", c.name, c.m, got.Labels, want.labels)
		}
		if !slices.Equal(got.Scores, want.scores) {
			t.Fatalf("%s, %+v: scores %v, want %v", c.name, c.m, got.Scores, want.scores)
		}
		for i, core := range want.core {
			kind := "border"
			if core {
				kind = "core"
			} else if want.labels[i] == algo.Noise {
				kind = "noise"
			}
			if k := got.Columns[0].String(i); k != kind {
				t.Fatalf("%s, %+v: row %d is %s, want %s", c.name, c.m, i, k, kind)
			}
			kinds[kind]++
		}
		again, err := got.Model.Apply(context.Background(), c.x)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(again.Labels, got.Labels) || !slices.Equal(again.Scores, got.Scores) {
			t.Fatalf("%s, %+v: Apply on the rows learned from differs", c.name, c.m)
		}
	}
	if min(kinds["core"], kinds["border"], kinds["noise"]) < 2000 {
		t.Errorf("the trials have too few of a kind: %v", kinds)
	}
}

func TestRowOrderAndWeights(t *testing.T) {
	for k, c := range trials(1500) {
		if k%2 == 0 {
			c.m = dbscan.Method{Auto: true, MinSamples: c.m.MinSamples}
		}
		got := fit(t, c.m, c.x, 1)
		n, d := c.x.Dims()
		var rows []int
		for i := range n {
			for range int(c.x.W(i)) {
				rows = append(rows, i)
			}
		}
		rand.New(rand.NewPCG(uint64(k), 2)).Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
		y := &features.Matrix{Names: c.x.Names, X: mat.NewDense(len(rows), d, nil)}
		var labels []int32
		var scores []float64
		for p, i := range rows {
			y.X.SetRow(p, c.x.X.RawRowView(i))
			labels, scores = append(labels, got.Labels[i]), append(scores, got.Scores[i])
		}
		again := fit(t, c.m, y, 8)
		if !slices.Equal(again.Labels, renumber(labels)) || !slices.Equal(again.Scores, scores) {
			t.Fatalf("%s, %+v: repeated and shuffled rows of several workers differ from weighted rows of one", c.name, c.m)
		}
		if !slices.Equal(again.Stats, got.Stats) {
			t.Fatalf("%s, %+v: stats %v for repeated rows, %v for weighted ones", c.name, c.m, again.Stats, got.Stats)
		}
		if len(got.Tables) != len(again.Tables) {
			t.Fatalf("%s: %d tables and %d", c.name, len(got.Tables), len(again.Tables))
		}
		for i, tab := range got.Tables {
			for j, col := range tab.Columns {
				if !slices.Equal(col.Floats, again.Tables[i].Columns[j].Floats) {
					t.Fatalf("%s, %+v: the curve of repeated rows differs from that of weighted ones", c.name, c.m)
				}
			}
		}
	}
}
