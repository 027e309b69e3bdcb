// Package outliertest has what tests of scores by neighbours share: neighbours
// found by comparing all samples with all, small tables of many ties, and the
// splits of ADBench.
package outliertest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/ref"

	"gonum.org/v1/gonum/mat"
)

// Apply returns the scores that a model gives the rows of x.
func Apply(t *testing.T, m algo.Model, x *features.Matrix) []float64 {
	t.Helper()
	r, err := algo.Apply(context.Background(), m, x)
	if err != nil {
		t.Fatal(err)
	}
	return r.Scores
}

// Matrix returns rows as a matrix.
func Matrix(rows [][]float64) *features.Matrix {
	x := &features.Matrix{X: mat.NewDense(len(rows), len(rows[0]), nil)}
	for i, row := range rows {
		x.X.SetRow(i, row)
	}
	for j := range rows[0] {
		x.Names = append(x.Names, fmt.Sprintf("x%d", j))
	}
	return x
}

// Equal wants scores to be within 1e-9 of what is wanted.
func Equal(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d scores, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-9*max(1, math.Abs(want[i]))) {
			t.Fatalf("%s: score %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// ReadJSON reads the reference values of the package that is tested.
func ReadJSON(t *testing.T, v any) {
	t.Helper()
	data, err := os.ReadFile("testdata/reference.json")
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Lattice returns a small table of few distinct rows, in which many are
// equally far from each other, with weights.
func Lattice(seed uint64) *features.Matrix {
	r := rand.New(rand.NewPCG(seed, 0))
	n, d, side := 1+r.IntN(30), 1+r.IntN(3), 1+r.IntN(5)
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, d)
		for j := range d {
			rows[i][j] = float64(r.IntN(side))
			if seed%2 == 0 {
				rows[i][j] += r.NormFloat64()
			}
		}
	}
	x := Matrix(rows)
	for range n {
		x.Weight = append(x.Weight, float64(1+r.IntN(4)))
	}
	return x
}

// A Sample is what a row stands for one or several of; its neighbours are the
// others, each with its share of the k to be found.
type Sample struct {
	Row    []float64
	Others []Other
}

// An Other is a neighbour.
type Other struct {
	At       int // in the list of samples
	Distance float64
	Share    float64
}

// Samples writes out the copies of each row and finds the k nearest others of
// each by comparing all with all; those as far as the k-th, different or not,
// share what is left of k.
func Samples(x *features.Matrix, k int) []Sample {
	var all []Sample
	n, _ := x.Dims()
	for i := range n {
		for range int(x.W(i)) {
			all = append(all, Sample{Row: x.X.RawRowView(i)})
		}
	}
	k = max(1, min(k, len(all)-1))
	for a := range all {
		var o []Other
		for b := range all {
			if a != b {
				var d2 float64
				for j, v := range all[a].Row {
					v -= all[b].Row[j]
					d2 += v * v
				}
				o = append(o, Other{b, math.Sqrt(d2), 1})
			}
		}
		if len(o) == 0 {
			continue
		}
		slices.SortFunc(o, func(a, b Other) int { return cmp.Compare(a.Distance, b.Distance) })
		kth := o[k-1].Distance
		closer, within := 0, 0
		for _, c := range o {
			if c.Distance < kth {
				closer++
			}
			if c.Distance <= kth {
				within++
			}
		}
		for i := closer; i < within; i++ {
			o[i].Share = float64(k-closer) / float64(within-closer)
		}
		all[a].Others = o[:within]
	}
	return all
}

// An ADBench is a split of a data set, scaled to 0..1 by its training rows.
type ADBench struct {
	Train, Test *features.Matrix
	Truth       []bool
	PyOD        float64 // PyOD's AUROC of this split
}

// ADBenchNames are the data sets that tests go through.
var ADBenchNames = strings.Fields("Cardiotocography Hepatitis Ionosphere Lymphography Pima Stamps WBC WDBC WPBC breastw cardio glass vertebral yeast")

// ReadADBench returns the three splits of a data set, and its row in the benchmark's table.
func ReadADBench(t *testing.T, name, detector string) (splits []ADBench, published float64) {
	var want struct {
		Table string `json:"table_name"`
		Seeds map[string]struct {
			Train, Test []int
			AUC         map[string]float64
		}
	}
	ref.JSON(t, path.Join("data/adbench/hbos_expected", name+".json.gz"), &want)
	table := ref.CSV(t, "data/adbench/published_aucroc.csv")
	published = ref.Floats(t, table[detector][slices.Index(table["ds"], want.Table):][:1])[0]
	cols := ref.CSV(t, path.Join("data/adbench", name+".csv.gz"))
	label := ref.Floats(t, cols["label"])
	columns := make([][]float64, len(cols)-1)
	for j := range columns {
		columns[j] = ref.Floats(t, cols[fmt.Sprintf("x%d", j)])
	}
	for _, seed := range slices.Sorted(maps.Keys(want.Seeds)) {
		s := want.Seeds[seed]
		take := func(rows []int) *features.Matrix {
			out := make([][]float64, len(rows))
			for k, i := range rows {
				for _, c := range columns {
					out[k] = append(out[k], c[i])
				}
			}
			return Matrix(out)
		}
		a := ADBench{Train: take(s.Train), Test: take(s.Test), PyOD: s.AUC[detector]}
		for j := range columns {
			col := mat.Col(nil, j, a.Train.X)
			lo, hi := slices.Min(col), slices.Max(col)
			if hi == lo {
				hi = lo + 1
			}
			for _, x := range []*mat.Dense{a.Train.X, a.Test.X} {
				n, _ := x.Dims()
				for i := range n {
					x.Set(i, j, x.At(i, j)/(hi-lo)-lo/(hi-lo))
				}
			}
		}
		for _, i := range s.Test {
			a.Truth = append(a.Truth, label[i] == 1)
		}
		splits = append(splits, a)
	}
	return splits, published
}

// AUROC is the chance that a true row has a higher score than another one,
// ties counting half.
func AUROC(scores []float64, truth []bool) float64 {
	var wins, all float64
	for i, a := range scores {
		for j, b := range scores {
			if truth[i] && !truth[j] {
				all++
				switch {
				case a > b:
					wins++
				case a == b:
					wins += 0.5
				}
			}
		}
	}
	return wins / all
}
