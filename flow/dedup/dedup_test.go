package dedup

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"toolkit/flow"
)

// A set is a map of hashes, whatever its limit, and leaves no file.
func TestSet(t *testing.T) {
	for _, limit := range []int64{0, 1, 400 << 10, 1 << 20} {
		dir := t.TempDir()
		r := rand.New(rand.NewPCG(1, 1))
		s := Set{Limit: limit, Dir: dir}
		want := map[uint64]bool{}
		var err error
		for range 150_000 {
			h := r.Uint64() % (1 << (20 + r.IntN(40))) // some again and again
			if r.IntN(1000) == 0 {
				h = 0
			}
			var there bool
			if there, err = s.Add(h); err != nil {
				break
			}
			if there != want[h] {
				t.Fatalf("limit %d: %x is in the set: %v, want %v", limit, h, there, want[h])
			}
			want[h] = true
		}
		if s.Len() != int64(len(want)) {
			t.Errorf("limit %d: %d hashes, want %d", limit, s.Len(), len(want))
		}
		var full *FullError
		if tight := limit == 1; errors.As(err, &full) != tight || !tight && err != nil {
			t.Errorf("limit %d: error %v after %d hashes", limit, err, len(want))
		}
		held := int64(8 * len(s.slots))
		for _, r := range s.runs {
			held += r.memory()
		}
		if limit > 1 && (held > limit || len(s.runs) < 2) {
			t.Errorf("limit %d: %d bytes of memory, %d runs", limit, held, len(s.runs))
		}
		s.Close()
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	s := Set{Limit: 1 << 18, Dir: filepath.Join(t.TempDir(), "absent")}
	var err error
	for h := uint64(1); err == nil && h < 100_000; h++ {
		_, err = s.Add(h * 0x9e3779b97f4a7c15)
	}
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in a directory that there is not: error %v", err)
	}
}

// The filter of a run takes few hashes for such as are in it, and none that is
// for one that isn't.
func TestBloom(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	sorted := make([]uint64, 50_000)
	for i := range sorted {
		sorted[i] = uint64(i)<<46 | r.Uint64()>>20
	}
	run, err := newRun(sorted, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer run.file.Close()
	passes := func(h uint64) bool {
		line, bits := run.line(h)
		for range bitsSet {
			if line[bits>>6&(lineWords-1)]>>(bits&63)&1 == 0 {
				return false
			}
			bits >>= 9
		}
		return true
	}
	wrong := 0
	for i := range 50_000 {
		if !passes(sorted[i]) {
			t.Fatalf("%x is not in the filter", sorted[i])
		}
		if passes(r.Uint64()) {
			wrong++
		}
	}
	if wrong > 1500 { // 1 % to 2 % of blocked filters of 10 bits (Putze et al. 2007)
		t.Errorf("%d of 50,000 hashes are taken for such as are in the run", wrong)
	}
}

// records returns n records, of which many are equal, or are but for one field.
func records(r *rand.Rand, n int) (list []flow.Record) {
	few := func() int64 { return r.Int64N(3) }
	end := func() netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(few())}), uint16(few()))
	}
	for i := range n {
		rec := flow.Record{
			Seq: int64(i), Time: time.Unix(few(), few()), Proto: flow.Proto(few()), State: flow.State(few()), Src: end(), Dst: end(),
			BytesUp: few(), BytesDown: few(), Duration: time.Duration(few()), PacketsUp: few(), PacketsDown: few(),
			FlagsUp: flow.Flags(few()), FlagsDown: flow.Flags(few()),
		}
		if len(list) > 0 && r.IntN(2) == 0 {
			rec = list[r.IntN(len(list))]
			rec.Seq = int64(i)
			switch r.IntN(16) {
			case 0:
				rec.Time = rec.Time.Add(1)
			case 1:
				rec.State++
			case 2:
				rec.Src, rec.Dst = rec.Dst, rec.Src
			case 3:
				rec.Duration++
			case 4:
				rec.PacketsDown++
			case 5:
				rec.FlagsDown++
			case 6:
				rec.BytesUp, rec.BytesDown = rec.BytesDown, rec.BytesUp
			}
		}
		list = append(list, rec)
	}
	return list
}

// What is dropped is what a map of whole records says, for any cut into batches
// and any limit; what is left keeps its number.
func TestFilter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	list := records(r, 9_000)
	var want []int64
	seen := map[flow.Record]bool{}
	for _, rec := range list {
		number := rec.Seq
		if rec.Seq = 0; !seen[rec] {
			want = append(want, number)
		}
		seen[rec] = true
	}
	for _, size := range []int{7, flow.BatchSize} {
		for _, drop := range []bool{true, false} {
			for _, limit := range []int64{0, 100 << 10} {
				hosts := new(flow.Hosts)
				src := func(yield func(*flow.Batch, error) bool) {
					for i := 0; i < len(list); i += size {
						b := &flow.Batch{Hosts: hosts}
						for _, rec := range list[i:min(i+size, len(list))] {
							b.Append(rec)
						}
						if !yield(b, nil) || !yield(nil, &flow.SyntaxError{}) {
							return
						}
					}
				}
				f := &Filter{Drop: drop, Seen: Set{Limit: limit, Dir: t.TempDir()}}
				var got []int64
				bad := 0
				for b, err := range f.Source(src) {
					if err != nil {
						bad++
						continue
					}
					for i := range b.Len() {
						got = append(got, b.Number(i))
					}
				}
				if f.N != int64(len(list)-len(want)) || bad != (len(list)+size-1)/size {
					t.Errorf("batches of %d, limit %d: %d duplicates, want %d; %d errors passed on", size, limit, f.N, len(list)-len(want), bad)
				}
				if drop && fmt.Sprint(got) != fmt.Sprint(want) || !drop && len(got) != len(list) {
					t.Errorf("batches of %d, limit %d, drop %v: %d records are left, want %d", size, limit, drop, len(got), len(want))
				}
			}
		}
	}
}

func BenchmarkFilter(b *testing.B) {
	for _, limit := range []int64{0, 4 << 20} {
		b.Run(fmt.Sprintf("limit=%dMiB", limit>>20), func(b *testing.B) {
			batch := &flow.Batch{Hosts: new(flow.Hosts)}
			for _, rec := range records(rand.New(rand.NewPCG(4, 4)), flow.BatchSize) {
				batch.Append(rec)
			}
			b.ReportAllocs()
			for b.Loop() {
				f := &Filter{Seen: Set{Limit: limit, Dir: b.TempDir()}}
				for k := range 300 { // 1.2 million records
					for i := range batch.Time {
						batch.Time[i] += int64(k) << 40
					}
					if _, err := f.filter(batch); err != nil {
						b.Fatal(err)
					}
				}
				f.Seen.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/300/flow.BatchSize, "ns/record")
		})
	}
}
