package optics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/cluster/dbscan"
	"toolkit/features"
	"toolkit/internal/near"
)

func TestAlgorithm(t *testing.T) {
	algotest.Run(t, Algorithm, algotest.Set("xi", "0.1"), algotest.Set("min-cluster-size", "30"))
}

func TestAlgorithmCut(t *testing.T) {
	algotest.Run(t, Algorithm, algotest.Set("eps", "3"), algotest.Scales("eps", 1))
}

func TestAlgorithmLimit(t *testing.T) {
	algotest.Run(t, Algorithm, algotest.Set("eps", "3"), algotest.Set("max-eps", "3.5"),
		algotest.Scales("eps", 1), algotest.Scales("max-eps", 1))
}

// A trial is a small table with parameters that fit it.
type trial struct {
	name string
	x    *features.Matrix
	m    Method
}

// trials returns small tables of all kinds: lattices with many equal distances,
// rows on a line, clumps, equal rows; with copies and with weights.
func trials(n int) []trial {
	var all []trial
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 1))
		rows, d := 1+r.IntN(60), 1+r.IntN(5)
		kind := []string{"lattice", "tenths", "line", "clumps", "equal", "lognormal"}[seed%6]
		var x [][]float64
		along := r.NormFloat64()
		for i := range rows {
			if i > 0 && r.IntN(4) == 0 {
				x = append(x, x[r.IntN(i)])
				continue
			}
			u, c, row := r.NormFloat64(), float64(5*r.IntN(3)), make([]float64, d)
			for j := range row {
				switch kind {
				case "lattice":
					row[j] = float64(r.IntN(5))
				case "tenths":
					row[j] = float64(r.IntN(5)) * 0.1
				case "line":
					row[j] = u * along * float64(j+1)
				case "clumps":
					row[j] = c + 0.3*r.NormFloat64()
				case "equal":
					row[j] = along
				case "lognormal":
					row[j] = math.Exp(2 * r.NormFloat64())
				}
			}
			x = append(x, row)
		}
		m := Method{MinSamples: 1 + r.IntN(6), Xi: 0.05 + 0.3*r.Float64(), Eps: math.Exp(r.NormFloat64())}
		switch kind {
		case "lattice":
			m.Eps = math.Sqrt(float64(1 + r.IntN(8)))
		case "tenths":
			m.Eps = math.Sqrt(float64(1+r.IntN(8))) * 0.1
		}
		c := trial{fmt.Sprintf("%s %d×%d seed %d", kind, rows, d, seed), matrix(x), m}
		if r.IntN(2) == 0 {
			for range rows {
				c.x.Weight = append(c.x.Weight, float64(1+r.IntN(4)))
			}
		}
		all = append(all, c)
	}
	return all
}

// The cut at eps gives the labels of DBSCAN with that eps, whatever the limit,
// and what it calls noise is what scores above eps.
func TestCutIsDBSCAN(t *testing.T) {
	clusters, noise := 0, 0
	for k, c := range trials(1500) {
		if k%2 == 0 {
			c.m.MaxEps = c.m.Eps * (1 + float64(k%4))
		}
		got := fit(t, c.m, c.x, 1+k%3)
		want, err := algo.Fit(context.Background(), &dbscan.Method{Eps: c.m.Eps, MinSamples: c.m.MinSamples}, c.x, algo.Env{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Labels, want.Labels) {
			t.Fatalf("%s, %+v: labels %v, DBSCAN's are %v", c.name, c.m, got.Labels, want.Labels)
		}
		for i, s := range got.Scores {
			few := c.x.Samples() < float64(c.m.MinSamples)
			if math.Abs(s-c.m.Eps) > 1e-12 && !few && (s > c.m.Eps) != (got.Labels[i] == algo.Noise) {
				t.Fatalf("%s, %+v: row %d scores %v and has label %d", c.name, c.m, i, s, got.Labels[i])
			}
			if got.Labels[i] == algo.Noise {
				noise++
			}
		}
		clusters += int(slices.Max(got.Labels)) + 1
	}
	if clusters < 1000 || noise < 1000 {
		t.Errorf("%d clusters and %d rows of noise: the trials have too few", clusters, noise)
	}
}

// Repeated and shuffled rows give what weighted ones give, and the same order.
func TestRowOrderAndWeights(t *testing.T) {
	for k, c := range trials(800) {
		if k%2 == 0 {
			c.m.Eps = 0
		}
		got := fit(t, c.m, c.x, 1)
		var rows [][]float64
		var from []int
		n, _ := c.x.Dims()
		for i := range n {
			for range int(c.x.W(i)) {
				from = append(from, i)
			}
		}
		rand.New(rand.NewPCG(uint64(k), 2)).Shuffle(len(from), func(a, b int) { from[a], from[b] = from[b], from[a] })
		var labels []int32
		var scores []float64
		for _, i := range from {
			rows = append(rows, c.x.X.RawRowView(i))
			labels, scores = append(labels, got.Labels[i]), append(scores, got.Scores[i])
		}
		again := fit(t, c.m, matrix(rows), 4)
		if !slices.Equal(again.Labels, renumber(labels)) || !slices.Equal(again.Scores, scores) || !slices.Equal(again.Stats, got.Stats) {
			t.Fatalf("%s, %+v: repeated and shuffled rows differ from weighted ones", c.name, c.m)
		}
		for j, col := range got.Columns {
			for p, i := range from {
				if !same(again.Columns[j], p, col, i) {
					t.Fatalf("%s, %+v: %s of repeated rows differs from that of weighted ones", c.name, c.m, col.Name)
				}
			}
		}
		for j, col := range got.Tables[0].Columns {
			if col.Name != "row" && !reflect.DeepEqual(col, again.Tables[0].Columns[j]) {
				t.Fatalf("%s, %+v: table of repeated rows differs from that of weighted ones in %s", c.name, c.m, col.Name)
			}
		}
	}
}

func same(a *features.Column, i int, b *features.Column, k int) bool {
	return a.IsNull(i) == b.IsNull(k) && (a.IsNull(i) || a.Float(i) == b.Float(k))
}

// A plot with up to three points a row has the valleys of the plot with a point
// for each copy.
func TestPlotOfCopies(t *testing.T) {
	found := 0
	for k, c := range trials(2000) {
		if k%6 == 4 {
			continue
		}
		c.x.Weight = nil
		rows := features.Collapse(c.x)
		r := rand.New(rand.NewPCG(uint64(k), 3))
		for i := range rows.Weight {
			rows.Weight[i] = float64(1 + r.IntN(2)*r.IntN(8))
		}
		tree := near.New(rows.X, rows.Weight, 1)
		core, err := tree.KthDistances(context.Background(), float64(c.m.MinSamples), 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		limit := math.Inf(1)
		if k%3 == 0 {
			limit = c.m.Eps * c.m.Eps
		}
		order, err := tree.Mutual(core).Order(context.Background(), limit, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := newPlot(order, core, rows.Weight, limit)

		// The same as samples, each copy by itself.
		full := &plot{before: []float64{0}, first: make([]int32, len(rows.Weight))}
		for _, row := range order.Rows {
			reach, from := order.Reach[row], int32(-1)
			if order.From[row] >= 0 {
				from = full.first[order.From[row]]
			}
			first := int32(len(full.row))
			full.first[row] = first
			for range int(rows.Weight[row]) {
				full.reach = append(full.reach, math.Sqrt(reach))
				full.before = append(full.before, float64(len(full.before)))
				full.from = append(full.from, from)
				full.row = append(full.row, row)
				if core[row] < reach && core[row] <= limit { // what the first copy reaches
					reach, from = core[row], first
				}
			}
		}
		full.reach = append(full.reach, math.Inf(1))

		size := float64(2 + k%9)
		a, err := p.valleys(context.Background(), c.m.Xi, float64(c.m.MinSamples), size)
		if err != nil {
			t.Fatal(err)
		}
		b, err := full.valleys(context.Background(), c.m.Xi, float64(c.m.MinSamples), size)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.labels(a), full.labels(b); len(a) != len(b) || !slices.Equal(got, want) {
			t.Fatalf("%s, %+v, weights %v: labels %v of %d valleys, with a point a copy %v of %d", c.name, c.m, rows.Weight, got, len(a), want, len(b))
		}
		found += len(a)
	}
	if found < 1000 {
		t.Errorf("only %d valleys in all", found)
	}
}

// A line through the points of the table is at the reachability of each sample:
// that of its row, or, of all copies but the first, its core distance if that is
// less.
func TestTableHasCopies(t *testing.T) {
	copies := 0
	for _, c := range trials(600) {
		c.m.Eps = 0
		res := fit(t, c.m, c.x, 1)
		weight := map[float64]int{} // by the place of a row
		for i, place := range res.Columns[0].Floats {
			weight[place] += int(c.x.W(i))
		}
		want := &features.Column{Field: features.Field{Type: features.Float}}
		for _, i := range inOrder(res.Columns[0].Floats) {
			reach, core := res.Columns[1], res.Columns[2]
			for range weight[res.Columns[0].Floats[i]] {
				if reach.IsNull(i) {
					want.AppendNull()
				} else {
					want.AppendFloat(reach.Float(i))
				}
				if reach.IsNull(i) || core.Float(i) < reach.Float(i) {
					reach = core
				}
			}
		}
		tab := res.Tables[0]
		place, reach := tab.Column("place"), tab.Column("reachability")
		for k := range tab.Len() {
			next := k + 1
			if next == tab.Len() {
				next = k
			}
			for at := int(place.Floats[k]); at <= int(place.Floats[next]); at++ {
				of := k
				if at == int(place.Floats[next]) {
					of = next
				} else if at > int(place.Floats[k]) {
					copies++
					if !same(reach, k, reach, next) {
						t.Fatalf("%s: the line is not level at %d", c.name, at)
					}
				}
				if !same(reach, of, want, at) {
					t.Fatalf("%s: the line is at %s at %d, the sample at %s", c.name, reach.String(of), at, want.String(at))
				}
			}
		}
		if last := int(place.Floats[tab.Len()-1]); last != want.Len()-1 {
			t.Fatalf("%s: the line ends at %d of %d samples", c.name, last, want.Len())
		}
	}
	if copies < 1000 {
		t.Errorf("only %d copies between the points", copies)
	}
}

// inOrder returns the first of the rows of each place, by place.
func inOrder(places []float64) []int {
	first := map[float64]int{}
	for i, p := range slices.Backward(places) {
		first[p] = i
	}
	rows := slices.Collect(maps.Values(first))
	slices.SortFunc(rows, func(a, b int) int { return cmp.Compare(places[a], places[b]) })
	return rows
}

// A long plot is thinned, but keeps its hills and valleys.
func TestThinned(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var rows [][]float64
	for range 12_000 {
		rows = append(rows, []float64{math.Exp(r.NormFloat64())})
	}
	res := fit(t, Default(), matrix(rows), 2)
	tab, whole := res.Tables[0], res.Columns[1]
	if n := tab.Len(); n > 4*spans || n < 3*spans || tab.Meta["thinned"] != "true" || tab.Meta["rows"] != "12000" {
		t.Errorf("%d rows, %v", n, tab.Meta)
	}
	if !slices.IsSorted(tab.Column("place").Floats) {
		t.Errorf("places are not in order")
	}
	if got, want := slices.Max(tab.Column("reachability").Floats), slices.Max(whole.Floats); got != want {
		t.Errorf("greatest reachability is %v, want %v", got, want)
	}
	if got := fit(t, Default(), matrix(rows[:100]), 2).Tables[0]; got.Len() != 100 || got.Meta["thinned"] != "false" {
		t.Errorf("100 rows are made %d, %v", got.Len(), got.Meta)
	}
}

func TestParameters(t *testing.T) {
	good := Default()
	for name, change := range map[string]func(*Method){
		"min-samples":      func(m *Method) { m.MinSamples = 0 },
		"max-eps":          func(m *Method) { m.MaxEps = -1 },
		"eps":              func(m *Method) { m.MaxEps, m.Eps = 1, 2 },
		"xi":               func(m *Method) { m.Xi = 1 },
		"min-cluster-size": func(m *Method) { m.MinClusterSize = 1 },
	} {
		m := good
		change(&m)
		var bad *algo.ParamError
		if err := m.Check(); !errors.As(err, &bad) || bad.Name != name {
			t.Errorf("%+v: Check returns %v, want one of %s", m, err, name)
		}
	}
}

func TestWarnings(t *testing.T) {
	three := matrix([][]float64{{1}, {2}, {4}})
	r := fit(t, Method{MinSamples: 4, Xi: 0.05}, three, 1)
	if len(r.Warnings) != 1 || r.Warnings[0].Error() != "all is noise: there are 3 samples, fewer than --min-samples 4" {
		t.Errorf("warnings %v", r.Warnings)
	}
	if !slices.Equal(r.Scores, []float64{0, 0, 0}) || !r.Columns[1].IsNull(0) || !r.Columns[2].IsNull(1) {
		t.Errorf("scores %v, columns %v", r.Scores, r.Columns)
	}
	r = fit(t, Method{MinSamples: 2, Eps: 0.5, Xi: 0.05}, three, 1)
	if len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0].Error(), "100% of the samples are noise") {
		t.Errorf("warnings %v", r.Warnings)
	}
}

// Scores stay finite where squares do not, and what is reached only beyond that
// is not reached.
func TestHuge(t *testing.T) {
	x := matrix([][]float64{{-1.7e308}, {0}, {1}, {1e200}, {1.7e308}})
	for _, m := range []Method{{MinSamples: 2, Xi: 0.05}, {MinSamples: 2, Xi: 0.05, Eps: 2}} {
		r := fit(t, m, x, 1)
		if want := []float64{math.MaxFloat64, 1, 1, math.MaxFloat64, math.MaxFloat64}; !slices.Equal(r.Scores, want) {
			t.Errorf("scores %v, want %v", r.Scores, want)
		}
		if n, _ := r.Stat("starts"); n != 4 {
			t.Errorf("the order starts %v times, want 4", n)
		}
	}
}

// A row is explained by the row that reaches it at the least distance.
func TestExplain(t *testing.T) {
	x := matrix([][]float64{{0, 0, 7}, {0, 0, 7}, {1, 0, 7}, {4, -4, 7}})
	m := fit(t, Method{MinSamples: 2, Xi: 0.05}, x, 1).Model.(algo.Explainer)
	// 1, 0, 7 has its second sample at 1, and is at 5 from the row.
	want := []algo.Reason{{Column: "f1", Value: -4, Low: 0, High: 0, Weight: 16.0 / 25}, {Column: "f0", Value: 4, Low: 1, High: 1, Weight: 9.0 / 25}}
	got := m.Explain(x, 3)
	for i := range got {
		got[i].Weight = math.Round(got[i].Weight*1e12) / 1e12
	}
	if !slices.Equal(got, want) {
		t.Errorf("reasons %v, want %v", got, want)
	}
	if got := m.Explain(x, 0); got != nil {
		t.Errorf("reasons for a row of copies: %v", got)
	}
}

// Bytes must not be above what Fit allocates in all, nor far below it.
func TestBytes(t *testing.T) {
	for _, eps := range []float64{0, 0.1} {
		for _, d := range []int{2, 8} {
			r := rand.New(rand.NewPCG(4, uint64(d)))
			var rows [][]float64
			for range 10_000 {
				row, u := make([]float64, d), r.NormFloat64()
				for j := range row {
					row[j] = u + 0.1*r.NormFloat64()
				}
				rows = append(rows, row)
			}
			x, m := matrix(rows), Method{MinSamples: 5, Eps: eps, Xi: 0.05}
			bytes := float64(m.Bytes(len(rows), len(rows), d, 2))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			fit(t, m, x, 2)
			runtime.ReadMemStats(&after)
			all := float64(after.TotalAlloc - before.TotalAlloc)
			if share := bytes / all; share < 0.3 || share > 1 {
				t.Errorf("eps %v, %d columns: Bytes is %.1f MB, %.2f of all that is allocated", eps, d, bytes/1e6, share)
			}
		}
	}
}
