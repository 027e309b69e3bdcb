package hbos

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/features"
)

// The merged model of parts of the rows that have the range of all is that of
// all rows, in any order, also after having been kept.
func TestMerge(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 4))
		x := traffic(30+r.IntN(300), 3, seed)
		n, d := x.Dims()
		x.Weight = make([]float64, n)
		for i := range n {
			x.Weight[i] = float64(1 + r.IntN(4))
		}
		parts := make([][]int, 3)
		for i := range n {
			k := r.IntN(3)
			parts[k] = append(parts[k], i)
		}
		for j := range d { // each part begins with the range of all
			lo, hi := x.X.At(0, j), x.X.At(0, j)
			for i := range n {
				lo, hi = min(lo, x.X.At(i, j)), max(hi, x.X.At(i, j))
			}
			for _, p := range parts {
				x.X.Set(p[0], j, lo)
				x.X.Set(p[1], j, hi)
			}
		}
		for _, h := range []HBOS{{PyOD, 10, 0.1, 0.5}, {PyOD, 7, 0.9, 0}, {Static, 10, 0.1, 0.5}} {
			models := make([]*Model, len(parts))
			for k, p := range parts {
				part := pick(x, p)
				part.Weight = nil
				for _, i := range p {
					part.Weight = append(part.Weight, x.Weight[i])
				}
				loaded, err := load(fit(t, h, part, 1).Model.State())
				if err != nil {
					t.Fatal(err)
				}
				models[k] = loaded.(*Model)
			}
			want := fit(t, h, x, 1).Model.State()
			for _, order := range [][]int{{0, 1, 2}, {2, 0, 1}, {1, 2, 0}} {
				got := models[order[0]]
				for _, k := range order[1:] {
					var err error
					if got, err = Merge(got, models[k]); err != nil {
						t.Fatal(err)
					}
				}
				if !reflect.DeepEqual(got.State(), want) {
					t.Fatalf("seed %d, %+v, order %v: another model", seed, h, order)
				}
			}
		}
	}
}

func TestMergeErrors(t *testing.T) {
	model := func(h HBOS, x *features.Matrix) *Model { return fit(t, h, x, 1).Model.(*Model) }
	x := traffic(100, 3, 1)
	static := HBOS{Static, 10, 0.1, 0.5}
	for _, c := range []struct {
		b    *Model
		says string
	}{
		{model(HBOS{Dynamic, 10, 0.1, 0.5}, x), "equal content"},
		{model(Default(), x), "other parameters"},
		{model(static, traffic(100, 2, 1)), "other columns"},
		{model(HBOS{Static, 11, 0.1, 0.5}, x), "other borders"},
		{model(static, traffic(100, 3, 2)), "other borders"},
	} {
		if _, err := Merge(model(static, x), c.b); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("error %v, want one with %q", err, c.says)
		}
	}
}

// A column of text, one-hot, gets two bins a value in each mode, of the rows
// that have it and those that don't; so that rare values are strange, the rarer
// the more, and the reason is the value.
func TestCategories(t *testing.T) {
	text := make([]string, 0, 100)
	for i := range 100 {
		switch {
		case i == 17:
			text = append(text, "sctp")
		case i%20 == 3:
			text = append(text, "icmp")
		case i%3 == 0:
			text = append(text, "udp")
		default:
			text = append(text, "tcp")
		}
	}
	table := &features.Table{Name: "t", Columns: []*features.Column{features.TextColumn(features.Field{Name: "proto", Role: features.Value}, text)}}
	names, err := table.Choose("proto")
	if err != nil {
		t.Fatal(err)
	}
	x, _, err := table.Matrix(names)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range []HBOS{{PyOD, 2, 0.1, 0.5}, {Static, 2, 0.1, 0.5}, {Dynamic, 2, 0.1, 0.5}, {PyOD, 10, 0.1, 0.5}, {Static, 10, 0.1, 0.5}, {Dynamic, 10, 0.1, 0.5}} {
		r := fit(t, h, x, 1)
		score := map[string]float64{}
		for i, s := range r.Scores {
			if was, ok := score[text[i]]; ok && was != s {
				t.Errorf("%+v: rows of %s have the scores %v and %v", h, text[i], was, s)
			}
			score[text[i]] = s
		}
		if !(score["sctp"] > score["icmp"] && score["icmp"] > score["udp"] && score["udp"] > score["tcp"]) {
			t.Errorf("%+v: scores %v, want them higher for rarer values", h, score)
		}
		if why := r.Model.(algo.Explainer).Explain(x, 17); len(why) == 0 || why[0].Column != "proto=sctp" || why[0].Value != 1 {
			t.Errorf("%+v: reasons %v, want proto=sctp first", h, why)
		}
	}
}
