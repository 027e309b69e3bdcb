package iforest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/internal/ref"
	"toolkit/outlier/internal/forest"

	"gonum.org/v1/gonum/mat"
)

func testdata(t *testing.T, name string, v any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Trees that scikit-learn has grown give its scores (testdata/sklearn.json,
// by internal/ref/gen_iforest.py).
func TestScikitLearn(t *testing.T) {
	type sklearnTree struct {
		Column, Left, Right []int32
		Split, Samples      []float64
	}
	var want struct {
		Cases []struct {
			Sample int
			Trees  []sklearnTree
			Rows   [][]float64
			Scores []float64
		}
	}
	testdata(t, "sklearn.json", &want)
	for _, c := range want.Cases {
		var trees []forest.Tree
		for _, from := range c.Trees {
			tree := forest.Tree{Nodes: make([]forest.Node, 1)}
			var grow func(at, i int32, depth int)
			grow = func(at, i int32, depth int) {
				n := forest.Node{Samples: from.Samples[i], Value: float64(depth) + meanPath(int(from.Samples[i])), First: int32(len(tree.Terms))}
				if from.Left[i] >= 0 {
					tree.Terms = append(tree.Terms, forest.Term{Column: from.Column[i], Factor: 1})
					n.Split, n.Left = from.Split[i], int32(len(tree.Nodes))
					tree.Nodes = append(tree.Nodes, forest.Node{}, forest.Node{})
				}
				n.Last = int32(len(tree.Terms))
				tree.Nodes[at] = n
				if n.Left != 0 {
					grow(n.Left, from.Left[i], depth+1)
					grow(n.Left+1, from.Right[i], depth+1)
				}
			}
			grow(0, 0, 0)
			trees = append(trees, tree)
		}
		x := &features.Matrix{Names: []string{"a", "b", "c"}, X: mat.NewDense(len(c.Rows), 3, slices.Concat(c.Rows...))}
		got, err := (&Model{forest.New(x.Names, trees), c.Sample}).Apply(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range got.Scores {
			if math.Abs(s-c.Scores[i]) > 1e-12 {
				t.Errorf("sample %d: row %d scores %v, want %v", c.Sample, i, s, c.Scores[i])
			}
		}
	}
}

// forests is how many forests the AUROCs are means of.
const forests = 3

// AUROC on data sets of ADBench, for the benchmark's three splits, as a mean
// over some forests: as PyOD's mean over many (testdata/pyod.json, by
// internal/ref/gen_iforest.py), and over all data sets as the published table,
// which has one forest a split.
func TestADBench(t *testing.T) {
	var want struct {
		Forests float64
		AUROC   map[string]struct{ Mean, Deviation float64 }
	}
	testdata(t, "pyod.json", &want)
	table := ref.CSV(t, "data/adbench/published_aucroc.csv")
	var sum, pyod, published, seen float64
	for _, name := range strings.Fields("Cardiotocography Hepatitis Ionosphere Lymphography Pima Stamps WBC WDBC WPBC breastw cardio glass vertebral yeast") {
		got, row := auroc(t, name)
		w := want.AUROC[name]
		// Four standard errors of the difference, for luck, on top of what is asked.
		if luck := 4 * w.Deviation * math.Sqrt(1./forests+1/want.Forests); math.Abs(got-w.Mean) > 0.01+luck {
			t.Errorf("%s: AUROC %.4f, PyOD's %.4f ± %.4f", name, got, w.Mean, w.Deviation)
		}
		i := slices.Index(table["ds"], row)
		if i < 0 {
			t.Fatalf("%s: %s is not in the published table", name, row)
		}
		p := ref.Floats(t, table["IForest"][i:i+1])[0]
		t.Logf("%-16s %.4f  PyOD %.4f ± %.4f  published %.4f", name, got, w.Mean, w.Deviation, p)
		sum, pyod, published, seen = sum+got, pyod+w.Mean, published+p, seen+1
	}
	t.Logf("mean of %v: %.4f  PyOD %.4f  published %.4f", seen, sum/seen, pyod/seen, published/seen)
	if math.Abs(sum-pyod)/seen > 0.005 || math.Abs(sum-published)/seen > 0.01 {
		t.Errorf("mean AUROC %.4f, PyOD's %.4f, published %.4f", sum/seen, pyod/seen, published/seen)
	}
}

// auroc returns the mean AUROC on a data set, and its name in the published table.
func auroc(t *testing.T, name string) (mean float64, row string) {
	var splits struct {
		Table string `json:"table_name"`
		Seeds map[string]struct{ Train, Test []int }
	}
	ref.JSON(t, "data/adbench/hbos_expected/"+name+".json.gz", &splits)
	cols := ref.CSV(t, "data/adbench/"+name+".csv.gz")
	label := ref.Floats(t, cols["label"])
	whole := &features.Matrix{X: mat.NewDense(len(label), len(cols)-1, nil)}
	for j := range len(cols) - 1 {
		whole.Names = append(whole.Names, fmt.Sprintf("x%d", j))
		whole.X.SetCol(j, ref.Floats(t, cols[whole.Names[j]]))
	}
	pick := func(rows []int) *features.Matrix {
		x := mat.NewDense(len(rows), len(whole.Names), nil)
		for k, i := range rows {
			x.SetRow(k, whole.X.RawRowView(i))
		}
		return &features.Matrix{Names: whole.Names, X: x}
	}
	for _, s := range splits.Seeds {
		train, test := pick(s.Train), pick(s.Test)
		for seed := range uint64(forests) {
			r, err := fit(t, Default(), train, algo.Env{Seed: seed}).Model.Apply(context.Background(), test)
			if err != nil {
				t.Fatal(err)
			}
			mean += area(r.Scores, func(k int) bool { return label[s.Test[k]] == 1 }) / forests / float64(len(splits.Seeds))
		}
	}
	return mean, splits.Table
}

// area is the chance that a row of positive label has a higher score than one
// of the others, equal scores counting half.
func area(scores []float64, positive func(int) bool) float64 {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return scores[order[a]] < scores[order[b]] })
	var ranks, pos float64
	for lo, hi := 0, 0; lo < len(order); lo = hi {
		for hi = lo; hi < len(order) && scores[order[hi]] == scores[order[lo]]; hi++ {
		}
		for _, i := range order[lo:hi] {
			if positive(i) {
				ranks += float64(lo+hi+1) / 2
				pos++
			}
		}
	}
	return (ranks - pos*(pos+1)/2) / (pos * (float64(len(scores)) - pos))
}
