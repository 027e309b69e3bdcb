package main

import (
	"math"
	"path/filepath"
	"testing"

	"toolkit/features"
	"toolkit/internal/ref"
	runlog "toolkit/internal/run"
	"toolkit/suite"
)

// What algorithms say of the run-length coded pairs is what they say of the
// zero-filled table, bin for bin: labels, scores, coordinates, and numbers
// about the whole.
func TestRunLengthEqualsDense(t *testing.T) {
	flows := ref.Path(t, "reference/office10k/flows.csv.gz")
	runs, dense := filepath.Join(t.TempDir(), "runs"), filepath.Join(t.TempDir(), "dense")
	toolkit(t, "run", "--out", runs, flows)
	toolkit(t, "run", "--out", dense, "--dense", flows)
	read := func(dir, name string) *features.Table {
		table, err := features.ReadFile(filepath.Join(dir, name+".arrow"))
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	manifest := func(dir, name string) map[string]*float64 {
		m, err := runlog.ReadManifest(dir)
		if err != nil {
			t.Fatal(err)
		}
		stats := map[string]*float64{}
		for _, s := range m.Made(name + ".arrow").Stats {
			stats[s.Name] = s.Value
		}
		return stats
	}
	for _, al := range suite.Defaults {
		t.Run(al.Name, func(t *testing.T) {
			name := features.PairsTable + "." + al.Name
			a, b := read(runs, name), read(dense, name)
			bins := a.Column(features.BinsColumn).Ints
			row := 0
			for i := range a.Len() {
				for range bins[i] {
					for _, c := range a.Columns {
						if c.Role != features.Outcome {
							continue
						}
						d := b.Column(c.Name)
						if c.Type == features.Float {
							if x, y := c.Floats[i], d.Floats[row]; math.Abs(x-y) > 1e-9*math.Max(1, math.Abs(y)) {
								t.Fatalf("%s of row %d is %v, of bin %d %v", c.Name, i, x, row, y)
							}
						} else if x, y := c.String(i), d.String(row); x != y {
							t.Fatalf("%s of row %d is %s, of bin %d %s", c.Name, i, x, row, y)
						}
					}
					row++
				}
			}
			if row != b.Len() {
				t.Errorf("%d bins, dense %d", row, b.Len())
			}
			x, y := manifest(runs, name), manifest(dense, name)
			if len(x) == 0 || len(x) != len(y) {
				t.Fatalf("stats %v and %v", x, y)
			}
			for k := range x {
				if x[k] == nil || y[k] == nil || math.Abs(*x[k]-*y[k]) > 1e-9*math.Abs(*y[k]) {
					t.Errorf("%s is %v, dense %v", k, x[k], y[k])
				}
			}
			if al.Name == "pca" {
				v, w := read(runs, name+".variance").Column("explained_variance"), read(dense, name+".variance").Column("explained_variance")
				for i := range v.Floats {
					if math.Abs(v.Floats[i]-w.Floats[i]) > 1e-12*w.Floats[0] {
						t.Errorf("variance %d is %v, dense %v", i+1, v.Floats[i], w.Floats[i])
					}
				}
			}
		})
	}
}
