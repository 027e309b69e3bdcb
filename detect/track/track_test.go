package track_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"toolkit/detect/state"
	"toolkit/detect/track"
)

// slow is what a Table must be like: a list, the longest idle first.
type slow struct {
	keys, values, seen []int64
	idle               int64
	max                int
	forgotten          []int64
	evicted            int64
}

func (s *slow) drop(i int) {
	s.keys, s.values, s.seen = slices.Delete(s.keys, i, i+1), slices.Delete(s.values, i, i+1), slices.Delete(s.seen, i, i+1)
}

func (s *slow) touch(k, now, add int64) {
	for len(s.keys) > 0 && s.idle > 0 && now-s.seen[0] > s.idle {
		s.forgotten = append(s.forgotten, s.keys[0])
		s.drop(0)
	}
	v := int64(0)
	if i := slices.Index(s.keys, k); i >= 0 {
		v = s.values[i]
		s.drop(i)
	} else if s.max > 0 && len(s.keys) == s.max {
		s.evicted++
		s.forgotten = append(s.forgotten, s.keys[0])
		s.drop(0)
	}
	s.keys, s.values, s.seen = append(s.keys, k), append(s.values, v+add), append(s.seen, now)
}

func contents(t *track.Table[int64, int64]) (keys, values []int64) {
	t.All(func(k int64, v *int64) bool {
		keys, values = append(keys, k), append(values, *v)
		return true
	})
	return keys, values
}

// A Table is the slow list, also when it is saved and loaded on the way.
func TestTable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for trial := range 200 {
		want := &slow{idle: r.Int64N(40), max: r.IntN(12)}
		var forgotten []int64
		fresh := func() *track.Table[int64, int64] {
			return &track.Table[int64, int64]{Idle: want.idle, Max: want.max, Forget: func(k int64, _ *int64) { forgotten = append(forgotten, k) }}
		}
		got := fresh()
		now := int64(0)
		for range 300 {
			now += r.Int64N(4)
			k, add := r.Int64N(20), r.Int64N(5)
			want.touch(k, now, add)
			v, _ := got.Touch(k, now)
			*v += add
			if r.IntN(50) == 0 {
				w := new(state.Writer)
				got.Save(w, (*state.Writer).Int, func(w *state.Writer, v *int64) { w.Int(*v) })
				got = fresh()
				rd := &state.Reader{Bytes: w.Bytes}
				got.Load(rd, (*state.Reader).Int, func(r *state.Reader, v *int64) { *v = r.Int() })
				if rd.Err() != nil || len(rd.Bytes) > 0 {
					t.Fatalf("loading: %v, %d bytes left", rd.Err(), len(rd.Bytes))
				}
			}
		}
		keys, values := contents(got)
		if !slices.Equal(keys, want.keys) || !slices.Equal(values, want.values) || !slices.Equal(forgotten, want.forgotten) || got.Evicted() != want.evicted || got.Len() != len(want.keys) {
			t.Fatalf("trial %d (idle %d, max %d): keys %v, want %v; forgotten %v, want %v", trial, want.idle, want.max, keys, want.keys, forgotten, want.forgotten)
		}
	}
}

// With an idle time that has a grain, a key goes between Idle and Idle and a
// 256th part after it was last touched.
func TestGrain(t *testing.T) {
	const idle, grain = 2560, 10
	r := rand.New(rand.NewPCG(3, 4))
	touched, now := make(map[int64]int64), int64(0)
	tab := &track.Table[int64, int64]{Idle: idle}
	tab.Forget = func(k int64, _ *int64) {
		if gone := now - touched[k]; gone <= idle {
			t.Fatalf("key %d is forgotten after %d", k, gone)
		}
		delete(touched, k)
	}
	for range 20000 {
		now += r.Int64N(40)
		k := r.Int64N(2 + r.Int64N(300))
		if _, fresh := tab.Touch(k, now); fresh == (touched[k] > 0) {
			t.Fatalf("at %d key %d, touched at %d: fresh %v", now, k, touched[k], fresh)
		}
		touched[k] = now
		for k, at := range touched {
			if now-at > idle+grain {
				t.Fatalf("key %d is kept for %d", k, now-at)
			}
		}
	}
}

func TestDelete(t *testing.T) {
	var tab track.Table[string, int]
	tab.Touch("a", 1)
	tab.Touch("b", 2)
	tab.Delete("a")
	tab.Delete("none")
	if tab.Get("a") != nil || tab.Get("b") == nil || tab.Len() != 1 {
		t.Errorf("%d keys after deleting one of two", tab.Len())
	}
	if _, fresh := tab.Touch("a", 3); !fresh {
		t.Error("a deleted key is known")
	}
}

func TestLoadDamaged(t *testing.T) {
	var tab track.Table[int64, int64]
	for k := range int64(5) {
		tab.Touch(k, k)
	}
	w := new(state.Writer)
	tab.Save(w, (*state.Writer).Int, func(w *state.Writer, v *int64) { w.Int(*v) })
	for n := range w.Bytes {
		rd := &state.Reader{Bytes: w.Bytes[:n]}
		new(track.Table[int64, int64]).Load(rd, (*state.Reader).Int, func(r *state.Reader, v *int64) { *v = r.Int() })
		if rd.Err() == nil {
			t.Errorf("%d of %d bytes load", n, len(w.Bytes))
		}
	}
}

func TestRecords(t *testing.T) {
	var r track.Records
	want := []int64{7, 3, 1 << 40, 1<<40 + 1}
	for _, n := range want {
		r.Add(n)
	}
	w := new(state.Writer)
	r.Save(w)
	var back track.Records
	rd := &state.Reader{Bytes: w.Bytes}
	back.Load(rd)
	if got := back.Take(); !reflect.DeepEqual(got, want) || rd.Err() != nil || back.N != 0 {
		t.Errorf("%v, want %v; error %v", got, want, rd.Err())
	}
}

func TestRecordsBounded(t *testing.T) {
	var r track.Records
	for n := range int64(track.MaxRecords + 10) {
		r.Add(n)
	}
	if got := r.All(); len(got) != track.MaxRecords || r.N != track.MaxRecords+10 {
		t.Errorf("keeps %d of %d", len(got), r.N)
	}
}

func BenchmarkTouch(b *testing.B) {
	tab := &track.Table[[2]uint32, int64]{Idle: 1 << 40, Max: 1 << 16}
	r := rand.New(rand.NewPCG(1, 1))
	keys := make([][2]uint32, 1<<17)
	for i := range keys {
		keys[i] = [2]uint32{r.Uint32N(1000), r.Uint32N(1000)}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		tab.Touch(keys[i%len(keys)], int64(i))
	}
}
