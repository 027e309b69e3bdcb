package features

import (
	"fmt"
	"math"
)

// An index finds the number of a key: open addressing with linear probing over
// slots of 8 bytes, the keys apart, so that a probe that fails seldom looks at
// a key. Keys are looked up a batch at a time, first all slots, then all keys,
// so that waits for memory overlap.
type index struct {
	keys  slab[key]
	n     int
	slots []slot
	shift uint8 // of a hash, to its first slot

	hash []uint32 // of the batch
	cand []slot   // what lies where each hash points
}

// A slot is the hash of a key and its number, plus 1; 0 if it is free.
type slot struct {
	hash uint32
	ref  uint32
}

const minSlots = 64

// hash mixes all bits of the key into the upper ones.
func (k *key) hash() uint32 {
	h := (uint64(k.src)<<32 | uint64(k.dst)) * 0x9e3779b97f4a7c15
	h ^= h >> 32
	h += uint64(k.srcPort)<<48 | uint64(k.dstPort)<<32 | uint64(k.state)<<8 | uint64(k.proto)
	h += uint64(k.window) * 0xd6e8feb86659fd93
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 29
	h *= 0x94d049bb133111eb
	return uint32(h >> 32)
}

// reserve makes room for n keys more.
func (x *index) reserve(n int) {
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
	for s := size; s > 1; s /= 2 {
		x.shift--
	}
	mask := uint32(size - 1)
	for _, s := range old {
		if s.ref != 0 {
			i := s.hash >> x.shift
			for x.slots[i].ref != 0 {
				i = (i + 1) & mask
			}
			x.slots[i] = s
		}
	}
}

// lookup puts into group the number of each key, a new one where it is new.
func (x *index) lookup(keys []key, group []int32) {
	// Few of a batch's keys are new, as a rule, so that room for all of them
	// would often double the table for nothing.
	const step = 512
	for lo := 0; lo < len(keys); lo += step {
		hi := min(lo+step, len(keys))
		x.some(keys[lo:hi], group[lo:hi])
	}
}

func (x *index) some(keys []key, group []int32) {
	n := len(keys)
	x.reserve(n)
	x.hash, x.cand = resize(x.hash, n), resize(x.cand, n)
	hash, cand, slots, shift := x.hash, x.cand, x.slots, x.shift
	for i := range keys {
		h := keys[i].hash()
		hash[i] = h
		cand[i] = slots[h>>shift]
	}
	for i := range keys {
		c := cand[i]
		if c.ref != 0 && c.hash == hash[i] && *x.keys.at(int32(c.ref - 1)) == keys[i] {
			group[i] = int32(c.ref - 1)
		} else {
			group[i] = x.find(&keys[i], hash[i])
		}
	}
}

// find returns the number of k, a new one if need be. There must be room.
func (x *index) find(k *key, hash uint32) int32 {
	mask := uint32(len(x.slots) - 1)
	for i := hash >> x.shift; ; i = (i + 1) & mask {
		s := x.slots[i]
		if s.ref == 0 {
			g := int32(x.n)
			x.n++
			x.keys.grow(x.n)
			*x.keys.at(g) = *k
			x.slots[i] = slot{hash, uint32(g) + 1}
			return g
		}
		if s.hash == hash && *x.keys.at(int32(s.ref - 1)) == *k {
			return int32(s.ref - 1)
		}
	}
}

// bytes returns the memory that x takes.
func (x *index) bytes() int64 {
	return x.keys.bytes() + 8*int64(len(x.slots)) + 4*int64(cap(x.hash)) + 8*int64(cap(x.cand))
}
