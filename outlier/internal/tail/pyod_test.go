package tail_test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/ref"
	"toolkit/outlier/copod"
	"toolkit/outlier/ecod"

	"gonum.org/v1/gonum/mat"
)

// both are the algorithms that are made of tails.
var both = []*algo.Algorithm{ecod.Algorithm, copod.Algorithm}

// A table is rows with their weights and scores.
type table struct {
	Name   string
	Rows   [][]float64
	Weight []float64
	Scores []float64
}

func (c table) matrix() *features.Matrix {
	d := len(c.Rows[0])
	return &features.Matrix{Names: []string{"a", "b", "c", "d"}[:d], X: mat.NewDense(len(c.Rows), d, slices.Concat(c.Rows...)), Weight: c.Weight}
}

// values are testdata/NAME.json: PyOD 3.6.7, internal/ref/gen_tail.py.
type values struct {
	Cases  []table
	Office map[string]struct {
		Columns       []string
		File          string
		Sum, Min, Max float64
		Quantiles     []float64
		Rows          []int
		Scores        []float64
	} `json:"office10k"`
	Joined struct {
		Old, New [][]float64
		Scores   []float64
	}
}

func reference(t *testing.T, a *algo.Algorithm) (v values) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + a.Name + ".json")
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func fit(t *testing.T, a *algo.Algorithm, x *features.Matrix) *algo.Result {
	t.Helper()
	r, err := algo.Fit(context.Background(), a.New(), x, algo.Env{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(got[i]-want[i] <= 1e-9 && want[i]-got[i] <= 1e-9) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestPyOD(t *testing.T) {
	for _, a := range both {
		t.Run(a.Name, func(t *testing.T) {
			cases := reference(t, a).Cases
			if len(cases) < 10 {
				t.Fatalf("%d cases", len(cases))
			}
			for _, c := range cases {
				r := fit(t, a, c.matrix())
				near(t, c.Name, r.Scores, c.Scores)
				for i, s := range r.Scores {
					var sum float64
					for _, col := range r.Columns {
						sum += col.Floats[i]
					}
					near(t, c.Name+": sum of shares", []float64{s}, []float64{sum})
				}
			}
		})
	}
}

// PyOD scores new rows by putting them among the old ones.
func TestPyODNewRows(t *testing.T) {
	for _, a := range both {
		t.Run(a.Name, func(t *testing.T) {
			v := reference(t, a).Joined
			all := table{Rows: append(slices.Clone(v.Old), v.New...)}
			near(t, "joined", fit(t, a, all.matrix()).Scores[len(v.Old):], v.Scores)
		})
	}
}

func TestOffice(t *testing.T) {
	for _, a := range both {
		t.Run(a.Name, func(t *testing.T) {
			for name, want := range reference(t, a).Office {
				cols := ref.CSV(t, "reference/office10k/"+want.File)
				x := mat.NewDense(len(cols[want.Columns[0]]), len(want.Columns), nil)
				for j, c := range want.Columns {
					x.SetCol(j, ref.Floats(t, cols[c]))
				}
				m := &features.Matrix{Names: want.Columns, X: x}
				scores := fit(t, a, m).Scores
				some := make([]float64, len(want.Rows))
				for k, i := range want.Rows {
					some[k] = scores[i]
				}
				near(t, name, some, want.Scores)
				weighed := features.Collapse(m)
				near(t, name+" collapsed", spread(fit(t, a, &weighed.Matrix).Scores, weighed.Of), scores)

				slices.Sort(scores)
				var sum float64
				for _, s := range scores {
					sum += s
				}
				near(t, name+" mean", []float64{sum / float64(len(scores))}, []float64{want.Sum / float64(len(scores))})
				near(t, name+" range", []float64{scores[0], scores[len(scores)-1]}, []float64{want.Min, want.Max})
				var q []float64
				for _, p := range []float64{0.5, 0.9, 0.99, 0.999} {
					q = append(q, features.Quantile(scores, p))
				}
				near(t, name+" quantiles", q, want.Quantiles)
			}
		})
	}
}

func spread(v []float64, of []int32) []float64 {
	out := make([]float64, len(of))
	for i, k := range of {
		out[i] = v[k]
	}
	return out
}
