package sweep

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/cluster/dbscan"
	"toolkit/cluster/kmeans"
	"toolkit/evaluate"
	"toolkit/features"
	"toolkit/outlier/hbos"
)

func TestValues(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got, err := Values(text)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %v, %v; want %s", text, got, err, want)
		}
	}
	f("auto", "auto")
	f("2, 5,10", "2 5 10")
	f("1..4", "1 2 3 4")
	f("0.1..0.5:5", "0.1 0.2 0.3 0.4 0.5")
	f("10..1000:4", "10 340 670 1000")
	f("-1..1:3", "-1 0 1")
	f("0..1.", "0 0.111111 0.222222 0.333333 0.444444 0.555556 0.666667 0.777778 0.888889 1")
	for _, bad := range []string{"2..1", "a..b", "1..2:1", "1,,2", "", "1..Inf"} {
		if v, err := Values(bad); err == nil {
			t.Errorf("%q: %v, want an error", bad, v)
		}
	}
}

func grid(t *testing.T, a *algo.Algorithm, axes ...Axis) []Setting {
	t.Helper()
	s, err := Grid(a, axes)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGrid(t *testing.T) {
	s := grid(t, dbscan.Algorithm, Axis{"eps", []string{"1", "2"}}, Axis{"min-samples", []string{"3", "4"}})
	var got []string
	for _, x := range s {
		got = append(got, x.String())
	}
	want := []string{"dbscan --eps 1 --min-samples 3", "dbscan --eps 1 --min-samples 4", "dbscan --eps 2 --min-samples 3", "dbscan --eps 2 --min-samples 4"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if _, err := Grid(dbscan.Algorithm, []Axis{{"eps", []string{"1", "0"}}}); err == nil {
		t.Error("eps 0 is not refused")
	}
	if _, err := Grid(dbscan.Algorithm, []Axis{{"radius", []string{"1"}}}); err == nil {
		t.Error("a flag that is none is not refused")
	}
}

func sweepAll(t *testing.T, x *features.Matrix, o Options, settings ...[]Setting) []*Outcome {
	t.Helper()
	out, err := Run(t.Context(), slices.Concat(settings...), x, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The outcome of a setting is that of its algorithm run alone, for any number
// of workers, and the table says it.
func TestRun(t *testing.T) {
	x, truth := algotest.Blobs(300, 3, 1)
	settings := [][]Setting{
		grid(t, dbscan.Algorithm, Axis{"eps", []string{"0.5", "3", "100"}}),
		grid(t, kmeans.Algorithm, Axis{"k", []string{"3", "500"}}),
		grid(t, hbos.Algorithm),
	}
	o := Options{Seeds: 2, Subsamples: 2, Share: 0.8, Env: algo.Env{Seed: 5, Workers: 1}}
	one := sweepAll(t, x, o, settings...)
	o.Env.Workers = 4
	four := sweepAll(t, x, o, settings...)
	var a, b bytes.Buffer
	if err := errors.Join(Table("t", one).WriteArrow(&a), Table("t", four).WriteArrow(&b)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("1 and 4 workers give different tables")
	}
	r, err := algo.Fit(context.Background(), &dbscan.Method{Eps: 3, MinSamples: 5}, x, algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Labels, one[1].Labels) || one[1].Clusters != 3 {
		t.Errorf("eps 3: %v clusters, labels differ from those of DBSCAN alone", one[1].Clusters)
	}
	if one[2].Clusters != 1 || one[2].LargestShare != 1 {
		t.Errorf("eps 100: %v clusters, the largest %v", one[2].Clusters, one[2].LargestShare)
	}
	if ari := evaluate.WeightedARI(one[3].Labels, truth, nil); ari != 1 || one[3].SeedStability != 1 {
		t.Errorf("k 3 on three blobs: ARI %v, stability over seeds %v", ari, one[3].SeedStability)
	}
	if !strings.Contains(one[4].Refused, "500") || !math.IsNaN(one[4].Clusters) {
		t.Errorf("k 500 of 300 rows: %+v", one[4])
	}
	if s := one[5].SubsampleStability; !(s > 0.5 && s <= 1) {
		t.Errorf("hbos: scores of subsamples agree by %v", s)
	}
	table := Table("t", one)
	if c := table.Column("eps"); c == nil || c.Floats[1] != 3 || !c.IsNull(3) {
		t.Errorf("column eps: %+v", c)
	}
}

// A sweep that was stopped goes on where it was, with the same outcome.
func TestResume(t *testing.T) {
	x, _ := algotest.Blobs(100, 2, 3)
	settings := grid(t, dbscan.Algorithm, Axis{"eps", []string{"0.5", "1", "2", "4"}})
	o := Options{Seeds: 1, Subsamples: 1, Share: 0.7, Env: algo.Env{Workers: 1}}
	want := sweepAll(t, x, o, settings)

	parts := map[int]*features.Table{}
	stop := errors.New("stop")
	o.Done = func(i int, out *Outcome) error {
		parts[i] = out.Part()
		if len(parts) == 2 {
			return stop
		}
		return nil
	}
	if _, err := Run(t.Context(), settings, x, o); !errors.Is(err, stop) {
		t.Fatalf("error %v, want %v", err, stop)
	}
	tried := 0
	o.Done = func(int, *Outcome) error { tried++; return nil }
	o.Known = func(i int, s Setting) *Outcome {
		if parts[i] == nil {
			return nil
		}
		var file bytes.Buffer
		if err := parts[i].WriteArrow(&file); err != nil {
			t.Fatal(err)
		}
		part, err := features.ReadArrow(bytes.NewReader(file.Bytes()), int64(file.Len()), "part")
		if err != nil {
			t.Fatal(err)
		}
		out, err := Restore(part, s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	got := sweepAll(t, x, o, settings)
	if tried != 2 {
		t.Errorf("%d settings tried after two were known", tried)
	}
	var a, b bytes.Buffer
	if err := errors.Join(Table("t", want).WriteArrow(&a), Table("t", got).WriteArrow(&b)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("resumed, the table differs")
	}
}
