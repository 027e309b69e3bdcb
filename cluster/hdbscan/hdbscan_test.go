package hdbscan_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/cluster/hdbscan"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

func TestAlgorithm(t *testing.T) { algotest.Run(t, hdbscan.Algorithm) }

func TestAlgorithmLeaf(t *testing.T) {
	algotest.Run(t, hdbscan.Algorithm, algotest.Set("cluster-selection-method", "leaf"), algotest.Set("min-cluster-size", "25"),
		algotest.Set("min-samples", "6"), algotest.Set("cluster-selection-epsilon", "3"))
}

func TestParameters(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(m *hdbscan.Method)
	}{
		{"min-cluster-size", func(m *hdbscan.Method) { m.MinClusterSize = 1 }},
		{"min-samples", func(m *hdbscan.Method) { m.MinSamples = -1 }},
		{"cluster-selection-method", func(m *hdbscan.Method) { m.Selection = "most" }},
		{"cluster-selection-epsilon", func(m *hdbscan.Method) { m.Epsilon = -1 }},
		{"cluster-selection-epsilon", func(m *hdbscan.Method) { m.Epsilon = math.Inf(1) }},
	} {
		m := hdbscan.Default()
		c.set(&m)
		var bad *algo.ParamError
		if err := m.Check(); !errors.As(err, &bad) || bad.Name != c.name {
			t.Errorf("%+v: Check returns %v, want a fault of %s", m, err, c.name)
		}
	}
}

// line returns rows of one column.
func line(v ...float64) *features.Matrix {
	return &features.Matrix{Names: []string{"x"}, X: mat.NewDense(len(v), 1, v)}
}

// two are two clusters of steps of 1 and of ½, 16 apart. With min-samples 2 a
// step is the core distance, too.
func two() *features.Matrix { return line(20, 0, 1, 2, 3, 4, 20.5, 21, 21.5, 22) }

var pairs = hdbscan.Method{MinClusterSize: 3, MinSamples: 2, Selection: hdbscan.EOM}

func TestCondensed(t *testing.T) {
	r := fit(t, pairs, two(), 1)
	if want := []int32{0, 1, 1, 1, 1, 1, 0, 0, 0, 0}; !slices.Equal(r.Labels, want) {
		t.Errorf("labels %v, want %v", r.Labels, want)
	}
	c := r.Tables[0]
	for name, want := range map[string][]string{
		"parent": {"", "0", "0"}, "child": {"0", "1", "2"}, "lambda": {"0", "0.0625", "0.0625"}, "death": {"0.0625", "1", "2"},
		"size": {"10", "5", "5"}, "selected": {"false", "true", "true"}, "label": {"-1", "1", "0"},
	} {
		for i := range want {
			if got := c.Column(name).String(i); got != want[i] {
				t.Errorf("%s of cluster %d is %q, want %q", name, i, got, want[i])
			}
		}
	}
}

// A plot can't bear more, and no cluster lacks its parent.
func TestCondensedIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var v []float64
	for range 5000 {
		v = append(v, r.NormFloat64())
	}
	res := fit(t, hdbscan.Method{MinClusterSize: 2, MinSamples: 1, Selection: hdbscan.EOM}, line(v...), 1)
	c := res.Tables[0]
	if all, _ := res.Stat("condensed_clusters"); c.Len() != 1000 || all < 2000 {
		t.Errorf("%d rows for %v clusters, want 1000 for more than 2000", c.Len(), all)
	}
	child := c.Column("child").Ints
	for i, p := range c.Column("parent").Ints {
		if _, found := slices.BinarySearch(child, p); !found {
			t.Errorf("cluster %d is below %d, which is left out", child[i], p)
		}
	}
}

func TestApply(t *testing.T) {
	m := fit(t, pairs, two(), 1).Model
	// 5 is a step off 4; 6 two steps, half as dense; 12 is as far from 4 as from
	// 20; 40 is farther from 22 than the clusters from each other; 2 is a copy.
	got, err := m.Apply(context.Background(), line(5, 6, 12, 21.2, 40, 2))
	if err != nil {
		t.Fatal(err)
	}
	if want := []int32{1, 1, 1, 0, -1, 1}; !slices.Equal(got.Labels, want) {
		t.Errorf("labels %v, want %v", got.Labels, want)
	}
	if p, want := got.Columns[0].Floats, []float64{1, 0.5, 0.125, 1, 0, 1}; !slices.Equal(p, want) {
		t.Errorf("probabilities %v, want %v", p, want)
	}
	if at, want := got.Columns[1].Floats, []float64{1, 2, 8, 0.5, 18, 1}; !slices.Equal(at, want) {
		t.Errorf("left at %v, want %v", at, want)
	}
	// The densest row of a cluster has density 1; of the whole, 2.
	if want := []float64{0, 0.5, 0.875, 0, (2 - 1.0/18) / 2, 0}; !slices.Equal(got.Scores, want) {
		t.Errorf("scores %v, want %v", got.Scores, want)
	}
}

func TestExplain(t *testing.T) {
	m := fit(t, pairs, two(), 1).Model.(algo.Explainer)
	// 40 leaves the whole, whose densest rows are 20 to 22.
	if got, want := m.Explain(line(40), 0), []algo.Reason{{Column: "x", Value: 40, Low: 22, High: 22, Weight: 1}}; !slices.Equal(got, want) {
		t.Errorf("reasons %v, want %v", got, want)
	}
	if got := m.Explain(line(21), 0); got != nil {
		t.Errorf("reasons for one of the densest rows: %v", got)
	}
}

func TestWarnings(t *testing.T) {
	copies := line(0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 40)
	copies.Weight = []float64{9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	single := pairs
	single.AllowSingle = true
	for _, c := range []struct {
		name string
		x    *features.Matrix
		m    hdbscan.Method
		want string
	}{
		{"two clusters", two(), pairs, ""},
		{"too few", line(1, 2, 4), hdbscan.Default(), "all is noise: there are 3 samples, fewer than --min-samples 5"},
		{"one cluster", line(1, 2, 3, 4), pairs, "all is noise: the table nowhere comes apart into sets of at least 3 samples: lower --min-cluster-size, or give --allow-single-cluster"},
		{"one cluster allowed", line(1, 2, 3, 4), single, ""},
		{"copies", copies, hdbscan.Method{MinClusterSize: 3, MinSamples: 3, Selection: hdbscan.EOM}, "26.3% of the samples have the score 1, as their cluster has copies at distance 0: rank these by the column leaves_at"},
	} {
		var got []string
		for _, w := range fit(t, c.m, c.x, 1).Warnings {
			got = append(got, w.Error())
		}
		if want := slices.DeleteFunc([]string{c.want}, func(s string) bool { return s == "" }); !slices.Equal(got, want) {
			t.Errorf("%s: warnings %q, want %q", c.name, got, want)
		}
	}
}

// Distances beyond float64 are no trouble, nor are models that have them.
func TestHuge(t *testing.T) {
	x := line(0, 0, 1, 1e200, 2e200, -1e308, 1.7e308)
	r := fit(t, hdbscan.Method{MinClusterSize: 2, MinSamples: 2, Selection: hdbscan.EOM, AllowSingle: true}, x, 1)
	var file bytes.Buffer
	if err := r.Model.State().WriteArrow(&file); err != nil {
		t.Fatal(err)
	}
	state, err := features.ReadArrow(bytes.NewReader(file.Bytes()), int64(file.Len()), "hdbscan")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := hdbscan.Algorithm.Load(state)
	if err != nil {
		t.Fatal(err)
	}
	again, err := loaded.Apply(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.Labels, r.Labels) || !slices.Equal(again.Scores, r.Scores) || !slices.Equal(again.Columns[1].Null, r.Columns[1].Null) {
		t.Errorf("Apply after Load differs: labels %v, scores %v, want %v, %v", again.Labels, again.Scores, r.Labels, r.Scores)
	}
	for i, s := range r.Scores {
		if !(s >= 0 && s <= 1) {
			t.Errorf("score of row %d is %v", i, s)
		}
		for _, reason := range loaded.(algo.Explainer).Explain(x, i) {
			if !(reason.Weight > 0 && reason.Weight <= 1) {
				t.Errorf("reason for row %d: %+v", i, reason)
			}
		}
	}
	if null := r.Columns[1].Null; null == nil || null[0] || !null[6] {
		t.Errorf("rows without a distance: %v", null)
	}
}

func TestLoadRefuses(t *testing.T) {
	good := fit(t, pairs, two(), 1).Model
	for name, spoil := range map[string]func(t *features.Table){
		"no clusters":     func(t *features.Table) { t.Meta = nil },
		"a circle":        func(t *features.Table) { t.Meta["hdbscan"] = `{"clusters":[{"parent":0}]}` },
		"no values":       func(t *features.Table) { t.Columns = t.Columns[:4] },
		"unknown cluster": func(t *features.Table) { t.Columns[0].Ints[3] = 3 },
		"text":            func(t *features.Table) { t.Columns[4].Type = features.Text },
	} {
		state := good.State()
		spoil(state)
		if _, err := hdbscan.Algorithm.Load(state); err == nil {
			t.Errorf("%s: Load gives no error", name)
		}
	}
}

// Bytes must not be above what Fit allocates in all, nor far below it.
func TestBytes(t *testing.T) {
	for _, c := range []struct{ zeros, n, d int }{{50_000, 5_000, 8}, {0, 20_000, 4}, {0, 2_100, 57}} {
		x := traffic(c.zeros, c.n, c.d)
		m := hdbscan.Default()
		predicted := float64(m.Bytes(c.zeros+c.n, features.Distinct(x), c.d, 2))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		fit(t, m, x, 2)
		runtime.ReadMemStats(&after)
		all := float64(after.TotalAlloc - before.TotalAlloc)
		if share := predicted / all; share < 0.4 || share > 1 {
			t.Errorf("%d+%d rows of %d columns: Bytes is %.1f MB, %.2f of all that is allocated", c.zeros, c.n, c.d, predicted/1e6, share)
		}
	}
}
