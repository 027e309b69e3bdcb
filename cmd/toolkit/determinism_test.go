package main

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	runlog "toolkit/internal/run"
)

// outputs returns all files below dir but the manifest, which tells of one
// run and not of its results.
func outputs(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == runlog.ManifestName {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// The same input, parameters and seed give the same bytes in every file, for
// any number of workers and wherever the outputs are.
func TestSameBytes(t *testing.T) {
	dir := t.TempDir()
	flows := filepath.Join(dir, "flows.csv")
	toolkit(t, "datasets", "synth", "--records", "4000", "-o", flows)
	one, eight := filepath.Join(dir, "one"), filepath.Join(dir, "eight")
	toolkit(t, "run", "--workers", "1", "--out", one, flows)
	toolkit(t, "run", "--workers", "8", "--out", eight, flows)
	want, got := outputs(t, one), outputs(t, eight)
	if len(want) != len(got) || len(want) < 40 {
		t.Errorf("%d and %d files", len(want), len(got))
	}
	for name, data := range want {
		if !bytes.Equal(data, got[name]) {
			t.Errorf("%s differs between 1 and 8 workers", name)
		}
	}
}

// Another order of the same records gives the same tables and results, but
// for the numbers of records and the input's hash.
func TestRowOrder(t *testing.T) {
	dir := t.TempDir()
	flows, shuffled := filepath.Join(dir, "flows.csv"), filepath.Join(dir, "shuffled.csv")
	toolkit(t, "datasets", "synth", "--records", "4000", "-o", flows)
	data, err := os.ReadFile(flows)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n")
	lines[len(lines)-1] += "\n"
	rand.New(rand.NewPCG(5, 5)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	if err := os.WriteFile(shuffled, []byte(strings.Join(lines, "")), 0o644); err != nil {
		t.Fatal(err)
	}
	csvs := make([]map[string][]byte, 2)
	for i, file := range []string{flows, shuffled} {
		out := filepath.Join(dir, "out"+string(rune('0'+i)))
		// Detectors with state take records of the same second in the order of
		// the input.
		toolkit(t, "run", "--detectors", "iqr", "--out", out, file)
		csvs[i] = map[string][]byte{}
		for name, data := range outputs(t, filepath.Join(out, "report", "figures")) {
			if filepath.Ext(name) == ".csv" {
				csvs[i][name] = data
			}
		}
	}
	if len(csvs[0]) < 10 {
		t.Fatalf("%d figures", len(csvs[0]))
	}
	for name, data := range csvs[0] {
		if name == "baseline-bars.csv" {
			continue // windows of mode seed are cut by the order of the records
		}
		if !bytes.Equal(data, csvs[1][name]) {
			t.Errorf("the numbers of figure %s differ between two orders of the records", name)
		}
	}
}
