package features_test

import (
	"testing"

	"toolkit/features"
	"toolkit/features/aggtest"
)

func TestAggregates(t *testing.T) {
	o := features.DefaultOptions()
	seed := o
	seed.SeedCompat = true
	done := map[*features.Gather]bool{}
	for _, of := range append(append(features.Groupings(o), features.Batches(seed), features.EntropyWindows(o)), approximate(t)...) {
		for _, f := range of.Features {
			if f.Gather != nil && !done[f.Gather] {
				done[f.Gather] = true
				t.Run(of.Name+"/"+f.Name, func(t *testing.T) { aggtest.Run(t, f.Gather) })
			}
		}
	}
}

func TestGroupings(t *testing.T) {
	o := features.DefaultOptions()
	dense := o
	dense.Dense = true
	for _, of := range append(append(features.Groupings(o), features.IPPairs(dense), features.EntropyWindows(o)), approximate(t)...) {
		t.Run(of.Name, func(t *testing.T) { aggtest.RunGrouping(t, of) })
	}
}

// approximate returns the groupings that Options.Approx makes others.
func approximate(t *testing.T) []*features.Grouping {
	o := features.DefaultOptions()
	o.Approx = true
	custom, err := features.Custom("custom", "dst_port", o)
	if err != nil {
		t.Fatal(err)
	}
	return []*features.Grouping{features.Batches(o), features.Hosts(o), custom}
}

// Every column says what it is, and named sets name columns that there are.
func TestDeclarations(t *testing.T) {
	for _, of := range append(features.Groupings(features.DefaultOptions()), approximate(t)...) {
		seen := map[string]bool{}
		check := func(f features.Field) {
			if f.Name == "" || f.Doc == "" || f.Doc[len(f.Doc)-1] != '.' || f.Role == "" || seen[f.Name] {
				t.Errorf("%s: column %+v has no name, doc or role, or is declared twice", of.Name, f)
			}
			seen[f.Name] = true
		}
		for _, f := range of.Keys {
			check(f)
		}
		for _, f := range of.Features {
			check(f.Field)
			if (f.Gather == nil) == (f.From == nil) {
				t.Errorf("%s.%s is neither gathered nor worked out, or both", of.Name, f.Name)
			}
		}
		for _, s := range of.Sets {
			for _, c := range s.Columns {
				if !seen[c] {
					t.Errorf("%s: set %s names %s, which is no column", of.Name, s.Name, c)
				}
			}
		}
	}
}
