package main

import (
	"path/filepath"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/suite"
)

// A chain in one go gives what its steps give one after the other, and its
// model gives the same for the same table.
func TestChainEqualsSteps(t *testing.T) {
	dir := t.TempDir()
	flows, out, steps, again := filepath.Join(dir, "flows.csv"), filepath.Join(dir, "out"), filepath.Join(dir, "steps"), filepath.Join(dir, "again")
	toolkit(t, "datasets", "synth", "--records", "3000", "-o", flows)
	for _, out := range []string{out, steps, again} {
		toolkit(t, "extract", "--out", out, flows)
	}
	read := func(path ...string) *features.Table {
		table, err := features.ReadFile(filepath.Join(path...))
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	const on = "ip_pairs"
	toolkit(t, "cluster", "--out", out, "--on", on, "--chain", "log1p,scale,pca,dbscan", "--scale", "standard", "--components", "3", "--eps", "0.5", "--min-samples", "4")
	toolkit(t, "pca", "--out", steps, "--on", on, "--scale", "log1p,standard", "--components", "3")
	toolkit(t, "cluster", "--out", steps, "--on", filepath.Join(steps, on+".pca.arrow"), "--features", "pc1,pc2,pc3", "--algo", "dbscan", "--scale", "none", "--eps", "0.5", "--min-samples", "4")
	toolkit(t, "cluster", "--out", again, "--on", on, "--model", filepath.Join(out, on+".dbscan.model.arrow"))

	got := read(out, on+".dbscan.arrow")
	for what, want := range map[string]*features.Table{"steps": read(steps, on+".pca.dbscan.arrow"), "the model": read(again, on+".dbscan.arrow")} {
		for _, name := range []string{labelColumn, anomalyColumn} {
			if a, b := got.Column(name).Ints, want.Column(name).Ints; !slices.Equal(a, b) {
				t.Errorf("%s differs from that of %s", name, what)
			}
		}
	}
	if slices.Max(got.Column(labelColumn).Ints) < 1 {
		t.Errorf("the chain finds no clusters: labels %v", got.Column(labelColumn).Ints)
	}
	m, err := algo.LoadChain(read(again, on+".dbscan.model.arrow"), slices.Concat(suite.Scalers, suite.Algorithms))
	if err != nil {
		t.Fatal(err)
	}
	if before := m.(*algo.ChainModel).Before(); len(before) != 3 || m.(*algo.ChainModel).Algorithm().Name != "dbscan" {
		t.Errorf("the model kept beside the result is of %v and %v, want the whole chain", before, m.(*algo.ChainModel).Algorithm())
	}
}
