package hbos

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/features/scale"

	"gonum.org/v1/gonum/mat"
)

// conns returns rows of a number, a state and a protocol, with weights. Of the
// names, in an order of their own, some are not there.
func conns(n int, seed uint64) *features.Matrix {
	r := rand.New(rand.NewPCG(seed, 5))
	x := &features.Matrix{
		Names: []string{"bytes", "state", "proto"}, X: mat.NewDense(n, 3, nil),
		Categories: [][]string{nil, {"SF", "none", "S0", "REJ", "RSTO"}, {"udp", "tcp", "null"}},
	}
	for i := range n {
		x.X.SetRow(i, []float64{math.Floor(50 * r.ExpFloat64()), float64([]int{0, 0, 0, 2, 2, 3, 4}[r.IntN(7)]), float64(r.IntN(3))})
		x.Weight = append(x.Weight, float64(1+r.IntN(3)))
	}
	return x
}

// part returns the first columns of some rows of x.
func part(x *features.Matrix, rows []int, columns int) *features.Matrix {
	p := &features.Matrix{Names: x.Names[:columns], X: mat.NewDense(len(rows), columns, nil), Categories: x.Categories[:columns]}
	for k, i := range rows {
		p.X.SetRow(k, x.X.RawRowView(i)[:columns])
		p.Weight = append(p.Weight, x.W(i))
	}
	return p
}

// what returns the name of the category of row i in column j.
func what(x *features.Matrix, i, j int) string { return x.Categories[j][int(x.X.At(i, j))] }

// A category adds the logarithm of its relative frequency, one never seen what
// values out of range do, and numbers what they add without categories.
func TestBars(t *testing.T) {
	for seed := range uint64(30) {
		x := conns(5+int(seed)*7, seed)
		n, _ := x.Dims()
		all := rand.New(rand.NewPCG(seed, 6)).Perm(n)
		numbers := part(x, all, 1)
		numbers.Categories = nil
		x = part(x, all, 3)
		later := conns(40, 100+seed)
		later.Categories[1] = []string{"S0", "SF", "new", "RSTO", "REJ"} // another list
		for _, h := range []HBOS{{PyOD, 10, 0.1, 0.5}, {Static, Auto, 0.1, 0.5}, {Dynamic, 5, 0.1, 0.5}} {
			got, plain := fit(t, h, x, 1+int(seed%3)), fit(t, h, numbers, 1)
			samples := []map[string]float64{1: {}, 2: {}}
			var total float64
			for i := range n {
				total += x.W(i)
				for j := 1; j < 3; j++ {
					samples[j][what(x, i, j)] += x.W(i)
				}
			}
			want := func(j int, name string) float64 {
				var top, share, unseen float64
				for _, s := range samples[j] {
					top = max(top, s)
				}
				of := func(s float64) float64 {
					if h.Mode == PyOD {
						return -math.Log2(s/total + h.Alpha)
					}
					return math.Log(top / s)
				}
				unseen = math.Inf(-1)
				for _, s := range samples[j] {
					unseen = max(unseen, of(s))
				}
				if share = unseen + math.Ln2; h.Mode == PyOD {
					share = unseen
				}
				if s := samples[j][name]; s > 0 {
					share = of(s)
				}
				return share
			}
			check := func(what string, r *algo.Result, x *features.Matrix, i int, number float64) {
				t.Helper()
				sum := number
				for j := 1; j < 3; j++ {
					share := want(j, x.Categories[j][int(x.X.At(i, j))])
					if got := r.Columns[j].Floats[i]; math.Abs(got-share) > 1e-12 {
						t.Fatalf("seed %d, %+v, %s: row %d of column %d has the share %v, want %v", seed, h, what, i, j, got, share)
					}
					sum += share
				}
				if math.Abs(r.Scores[i]-sum) > 1e-9 {
					t.Fatalf("seed %d, %+v, %s: row %d has the score %v, want %v", seed, h, what, i, r.Scores[i], sum)
				}
			}
			for i := range n {
				check("fit", got, x, i, plain.Scores[i])
			}
			m, err := load(got.Model.State())
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(m.State(), got.Model.State()) {
				t.Fatalf("seed %d, %+v: another model after having been kept", seed, h)
			}
			r, rp := apply(t, m, later), apply(t, plain.Model, &features.Matrix{Names: later.Names[:1], X: later.X.Slice(0, 40, 0, 1).(*mat.Dense)})
			for i := range 40 {
				check("apply", r, later, i, rp.Scores[i])
			}
		}
	}
}

// A model that learns on, and models merged in any order, are the model of all
// rows, whatever categories each part has and in what order they are listed.
func TestBarsOfParts(t *testing.T) {
	for seed := range uint64(20) {
		x := conns(60, seed)
		x.X.Set(0, 0, 500) // the range of the numbers is that of the first rows
		x.X.Set(1, 0, 0)
		var rows [3][]int
		for i := range 60 {
			k := 0
			if i > 1 {
				k = int(x.X.At(i, 1)) % 3 // some categories are in one part only
			}
			rows[k] = append(rows[k], i)
		}
		rows[1], rows[2] = append([]int{0, 1}, rows[1]...), append([]int{0, 1}, rows[2]...)
		for _, h := range []HBOS{{PyOD, 10, 0.1, 0.5}, {Static, 7, 0.1, 0.5}} {
			whole := part(x, slices.Concat(rows[0], rows[1], rows[2]), 3)
			want := fit(t, h, whole, 1).Model.State()
			parts := make([]*Model, 3)
			for k := range parts {
				p := part(x, rows[k], 3)
				if k == 1 { // the same rows by another list
					p.Categories = slices.Clone(p.Categories)
					names := slices.Clone(x.Categories[1])
					slices.Reverse(names)
					p.Categories[1] = names
					for i := range rows[k] {
						p.X.Set(i, 1, float64(len(names)-1)-p.X.At(i, 1))
					}
				}
				parts[k] = fit(t, h, p, 1).Model.(*Model)
			}
			for _, order := range [][]int{{0, 1, 2}, {2, 0, 1}} {
				m := parts[order[0]]
				for _, k := range order[1:] {
					var err error
					if m, err = Merge(m, parts[k]); err != nil {
						t.Fatal(err)
					}
				}
				if !reflect.DeepEqual(m.State(), want) {
					t.Fatalf("seed %d, %+v: another model of parts merged as %v", seed, h, order)
				}
			}
			m := parts[0]
			learnOn(t, m, part(x, rows[1], 3))
			learnOn(t, m, part(x, rows[2], 3))
			if !reflect.DeepEqual(m.State(), want) {
				t.Fatalf("seed %d, %+v: another model after learning on", seed, h)
			}
		}
	}
}

// Reasons name the rare category and how many have it, also behind a scaler and
// after having been kept; numbers are told in their own units.
func TestBarReasons(t *testing.T) {
	x := conns(300, 1)
	for i := range 300 {
		x.X.Set(i, 0, float64(i%10))
		x.X.Set(i, 1, 0)
		x.Weight[i] = 2
	}
	x.X.SetRow(7, []float64{5000, 4, 1})
	chain := algo.NewChain(algo.NewStep(scale.Standard), algo.NewStep(Algorithm))
	r, err := algo.Fit(context.Background(), chain, x, algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := algo.LoadChain(r.Model.State(), []*algo.Algorithm{scale.Standard, Algorithm})
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range []algo.Model{r.Model, m} {
		var got []string
		for _, why := range model.(algo.Explainer).Explain(x, 7) {
			why.Weight = 0
			got = append(got, why.String())
		}
		if s := fmt.Sprint(got); !strings.Contains(s, "state=RSTO: 2 of 600") || !strings.Contains(s, "bytes = 5000, above ") {
			t.Errorf("reasons %q", got)
		}
	}
	if _, err := algo.Apply(context.Background(), m, &features.Matrix{Names: x.Names, X: x.X}); err == nil || !strings.Contains(err.Error(), "learned from text") {
		t.Errorf("numbers for text: error %v", err)
	}
	bins := r.Tables[0]
	for i := range bins.Len() {
		if number := bins.Column("column").String(i) == "bytes"; number == bins.Column("low").IsNull(i) || number != bins.Column("value").IsNull(i) {
			t.Fatalf("row %d of bins: low %s, value %s", i, bins.Column("low").String(i), bins.Column("value").String(i))
		}
	}
}
