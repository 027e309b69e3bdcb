package features

import (
	"fmt"
	"math"

	"toolkit/internal/pages"
)

// An index numbers keys in the order in which they are first looked up: open
// addressing with linear probing over slots of 8 bytes, the keys apart, so that
// a probe that fails seldom looks at a key. Keys are looked up a batch at a
// time, first all slots, then all keys, so that waits for memory overlap. Of a
// key's hash the upper bits have to be well mixed. Keys are cells of rows of
// their own unless others are given before the first.
type index[K comparable] struct {
	keys  cells[K]
	n     int
	open  int // how many of the last keys have no slot yet
	slots []slot
	shift uint8  // of a hash, to its first slot
	cand  []slot // what lies where each hash of a batch points
}

// A slot is the hash of a key and its number, plus 1; 0 if it is free.
type slot struct {
	hash uint32
	ref  uint32
}

const minSlots = 64

// reserve makes room for n keys more.
func (x *index[K]) reserve(n int) {
	if x.keys.rows == nil {
		x.keys = cellsOf[K](new(Rows))
	}
	if x.n+n > math.MaxInt32 {
		panic(fmt.Sprintf("features: %d groups in one table", x.n+n)) // the memory of them is refused long before
	}
	if 4*(x.n+n) <= 3*len(x.slots) {
		return
	}
	size := max(len(x.slots), minSlots)
	for 4*(x.n+n) > 3*size {
		size *= 2
	}
	old := x.slots
	x.slots, x.shift = make([]slot, size), 32
	pages.Large(x.slots)
	pages.Touch(x.slots)
	for s := size; s > 1; s /= 2 {
		x.shift--
	}
	for _, s := range old {
		if s.ref != 0 {
			x.put(s)
		}
	}
}

// put puts a slot, of a key that has none, where it belongs. There must be room.
func (x *index[K]) put(s slot) {
	i, mask := s.hash>>x.shift, uint32(len(x.slots)-1)
	for x.slots[i].ref != 0 {
		i = (i + 1) & mask
	}
	x.slots[i] = s
}

// lookup puts into number the number of each key, a new one where it is new.
func (x *index[K]) lookup(keys []K, hash []uint32, number []int32) {
	// Few of a batch's keys are new, as a rule, so that room for all of them
	// would often double the table for nothing.
	const step = 512
	for lo := 0; lo < len(keys); lo += step {
		hi := min(lo+step, len(keys))
		x.some(keys[lo:hi], hash[lo:hi], number[lo:hi])
	}
}

func (x *index[K]) some(keys []K, hash []uint32, number []int32) {
	x.reserve(len(keys))
	x.cand = resize(x.cand, len(keys))
	cand, slots, shift, known := x.cand, x.slots, x.shift, x.keys.view()
	for i, h := range hash {
		cand[i] = slots[h>>shift]
	}
	for i := range keys {
		c := cand[i]
		if c.ref != 0 && c.hash == hash[i] && *known.of(int32(c.ref - 1)) == keys[i] {
			number[i] = int32(c.ref - 1)
		} else {
			number[i] = x.find(&keys[i], hash[i])
		}
	}
}

// add returns the number of a key that is known to be new. It has no slot before
// settle, which has to come before the next lookup.
func (x *index[K]) add(k K) int32 {
	g := int32(x.n)
	x.n++
	x.open++
	x.keys.rows.grow(x.n)
	*x.keys.of(g) = k
	return g
}

// settle gives keys that were added their slots.
func (x *index[K]) settle(hash func(*K) uint32) {
	x.reserve(0)
	known := x.keys.view()
	for g := x.n - x.open; g < x.n; g++ {
		x.put(slot{hash(known.of(int32(g))), uint32(g) + 1})
	}
	x.open = 0
}

// of returns the number of one key, a new one if need be.
func (x *index[K]) of(k K, hash uint32) int32 {
	x.reserve(1)
	return x.find(&k, hash)
}

// find returns the number of k, a new one if need be. There must be room.
func (x *index[K]) find(k *K, hash uint32) int32 {
	mask := uint32(len(x.slots) - 1)
	for i := hash >> x.shift; ; i = (i + 1) & mask {
		s := x.slots[i]
		if s.ref == 0 {
			g := int32(x.n)
			x.n++
			x.keys.rows.grow(x.n)
			*x.keys.of(g) = *k
			x.slots[i] = slot{hash, uint32(g) + 1}
			return g
		}
		if s.hash == hash && *x.keys.of(int32(s.ref - 1)) == *k {
			return int32(s.ref - 1)
		}
	}
}

// bytes returns the memory that x takes, with the rows of its keys.
func (x *index[K]) bytes() (n int64) {
	if x.keys.rows != nil {
		n = x.keys.rows.bytes()
	}
	return n + 8*int64(len(x.slots)) + 8*int64(cap(x.cand))
}
