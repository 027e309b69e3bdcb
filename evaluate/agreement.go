package evaluate

import "math/bits"

// A bitmap is a set of small whole numbers.
type bitmap []uint64

func newBitmap(n int) bitmap { return make(bitmap, (n+63)/64) }

func (b bitmap) set(i int) { b[i/64] |= 1 << (i % 64) }

func (b bitmap) has(i int) bool { return b[i/64]>>(i%64)&1 != 0 }

func (b bitmap) count() (n int64) {
	for _, w := range b {
		n += int64(bits.OnesCount64(w))
	}
	return n
}

// overlap counts the members of both, of a only and of b only.
func overlap(a, b bitmap) (both, onlyA, onlyB int64) {
	for i, x := range a {
		y := b[i]
		both += int64(bits.OnesCount64(x & y))
		onlyA += int64(bits.OnesCount64(x &^ y))
		onlyB += int64(bits.OnesCount64(y &^ x))
	}
	return both, onlyA, onlyB
}

// Jaccard returns the share of the members of either of two sets that are
// members of both (Jaccard 1901), nil if the sets are empty.
func Jaccard(both, onlyA, onlyB int64) *float64 { return ratio(both, both+onlyA+onlyB) }

// The units in which methods are compared.
const (
	UnitRecords = "records"
	UnitPairs   = "pairs"
	UnitHosts   = "hosts"
	UnitWindows = "windows"
)

// A flaggedSet is what a method flags: records, and the pairs, hosts and
// windows that have a flagged record.
type flaggedSet struct{ records, pairs, hosts, windows bitmap }

// asScore returns 1 for each of n records that is flagged, 0 for others.
func (s *flaggedSet) asScore(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		if s.records.has(i) {
			out[i] = 1
		}
	}
	return out
}

func (s *flaggedSet) counts() Counts {
	return Counts{s.records.count(), s.pairs.count(), s.hosts.count(), s.windows.count()}
}

// agreement compares two methods in every unit that the records have.
func (e *Evaluator) agreement(a, b string, x, y *flaggedSet) []Agreement {
	var list []Agreement
	add := func(unit string, x, y bitmap, n int) {
		if x == nil {
			return
		}
		both, onlyA, onlyB := overlap(x, y)
		list = append(list, Agreement{a, b, unit, both, onlyA, onlyB, Jaccard(both, onlyA, onlyB), Kappa(both, onlyA, onlyB, int64(n))})
	}
	add(UnitRecords, x.records, y.records, e.n)
	add(UnitPairs, x.pairs, y.pairs, e.distinct.pairs)
	add(UnitHosts, x.hosts, y.hosts, e.distinct.hosts)
	add(UnitWindows, x.windows, y.windows, e.windows)
	return list
}
