package reports

import (
	"slices"
	"testing"

	"toolkit/internal/run"
)

func TestEffective(t *testing.T) {
	f := func(in, want []string) {
		t.Helper()
		if got := effective(in); !slices.Equal(got, want) {
			t.Errorf("effective(%q) = %q, want %q", in, got, want)
		}
	}
	f(nil, nil)
	f([]string{"extract", "a.csv", "--workers", "2", "--bin", "10s"}, []string{"extract", "a.csv", "--bin", "10s"})
	f([]string{"extract", "--workers=2", "a.csv", "--quiet", "b.csv"}, []string{"extract", "a.csv", "b.csv"})
	f([]string{"pca", "-o", "x", "-q", "--on", "batches"}, []string{"pca", "--on", "batches"})
	f([]string{"pca", "--out"}, []string{"pca"})
}

func TestEffectiveParams(t *testing.T) {
	got := effectiveParams([]run.Param{{Name: "features", Value: "a,b"}, {Name: "workers", Value: "2"}, {Name: "all.memory", Value: "2"}, {Name: "k", Value: "8"}})
	if want := "features=a, b; k=8"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
