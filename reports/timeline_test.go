package reports

import (
	"testing"

	"pgregory.net/rapid"
)

// Bins cover all that they are to cover, are no more than wanted, and each
// moment is in the bin between whose edges it lies.
func TestClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Int64Range(-4e15, 4e15).Draw(t, "lo")
		hi := lo + rapid.Int64Range(0, 1e15).Draw(t, "length")
		most := rapid.IntRange(2, 200).Draw(t, "most")
		c := clockOf(lo, hi, most)
		if c.n < 1 || c.n > most {
			t.Fatalf("%d bins, want at most %d", c.n, most)
		}
		if c.at(lo) != 0 || c.at(hi) != c.n-1 {
			t.Fatalf("ends in bins %d and %d of %d", c.at(lo), c.at(hi), c.n)
		}
		if c.at(lo-c.bin) >= 0 || c.at(hi+c.bin) >= 0 {
			t.Fatal("what is outside is in a bin")
		}
		at := rapid.Int64Range(lo, hi).Draw(t, "at")
		k, e := c.at(at), c.edges()
		if s := float64(at) / 1e6; s < e[k]-1e-3 || s >= e[k+1]+1e-3 {
			t.Fatalf("%v is in bin %d, from %v to %v", s, k, e[k], e[k+1])
		}
	})
	if c := clockOf(5e6, 1e6, 96); c.n != 1 {
		t.Errorf("an end before the beginning: %d bins", c.n)
	}
}
