package features

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// Cells of different kinds and sizes do not touch one another, however rows
// grow, and new ones are zero.
func TestRows(t *testing.T) {
	type odd struct {
		a uint16
		b [3]uint8
	}
	rows := new(Rows)
	small, words, odds := cellsOf[uint8](rows), cellsOf[[3]int64](rows), cellsOf[odd](rows)
	r := rand.New(rand.NewPCG(1, 1))
	var want []int64
	for n := 0; n < 3*slabLen; {
		more := 1 + r.IntN(slabLen)
		rows.grow(n + more)
		s, w, o := small.view(), words.view(), odds.view()
		for range more {
			i, v := int32(n), r.Int64()
			if *s.of(i) != 0 || *w.of(i) != [3]int64{} || *o.of(i) != (odd{}) {
				t.Fatalf("row %d is not zero when it is new", i)
			}
			*s.of(i), *w.of(i), *o.of(i) = uint8(v), [3]int64{v, -v, v}, odd{uint16(v), [3]uint8{uint8(v), 1, 2}}
			want, n = append(want, v), n+1
		}
	}
	which := []int32{5, 0, slabLen, 3*slabLen - 1}
	got := make([][3]int64, len(which))
	words.gather(got, which)
	for k, i := range which {
		if v := want[i]; got[k] != [3]int64{v, -v, v} {
			t.Errorf("row %d gathered: %v, want %d", i, got[k], v)
		}
	}
	for i, v := range want {
		i := int32(i)
		if *small.of(i) != uint8(v) || *words.of(i) != [3]int64{v, -v, v} || *odds.of(i) != (odd{uint16(v), [3]uint8{uint8(v), 1, 2}}) {
			t.Fatalf("row %d: %d, %v, %v, want %d", i, *small.of(i), *words.of(i), *odds.of(i), v)
		}
	}
}

// What the collector would not see, or comes too late, is a mistake.
func TestCellsRefused(t *testing.T) {
	refused := func(what, want string, f func()) {
		t.Helper()
		defer func() {
			if err, _ := recover().(string); !strings.Contains(err, want) {
				t.Errorf("%s: panic %q, want one of %q", what, err, want)
			}
		}()
		f()
	}
	refused("a pointer in a struct in an array", "has pointers", func() { cellsOf[[2]struct{ p *int }](new(Rows)) })
	refused("a slice", "has pointers", func() { cellsOf[[]byte](new(Rows)) })
	refused("a cell after rows", "when there are rows", func() {
		rows := new(Rows)
		cellsOf[int64](rows)
		rows.grow(1)
		cellsOf[int64](rows)
	})
}
