package track

import (
	"hash/maphash"
	"math/bits"

	"toolkit/flow"
)

// seed makes hashes differ from process to process, so that nobody can choose
// addresses that collide. No order depends on them.
var (
	seed         = maphash.MakeSeed()
	seed1, seed2 = maphash.Comparable(seed, 1), maphash.Comparable(seed, 2)
)

// hashOf hashes keys of addresses by two words, all others as maps do.
func hashOf[K comparable](k K) uint32 {
	switch k := any(k).(type) {
	case Key:
		return hash(uint64(k.Src)|uint64(k.Dst)<<32, uint64(k.SrcPort)|uint64(k.DstPort)<<16|uint64(k.Proto)<<32|uint64(k.Kind)<<40)
	case flow.Host:
		return hash(uint64(k), 0)
	}
	return uint32(maphash.Comparable(seed, k))
}

// hash multiplies and folds, as wyhash does.
func hash(a, b uint64) uint32 {
	hi, lo := bits.Mul64(a^seed1, b^seed2)
	hi, lo = bits.Mul64(hi^seed1, lo^seed2)
	return uint32(hi ^ lo)
}

// An index finds entries by the hash of their key: open addressing in slots of
// eight bytes, so that a look-up misses the cache once here and once in the
// entry, which is wanted anyway.
type index struct {
	slots []slot
	n     int
}

// A slot is free if entry is 0.
type slot struct {
	hash  uint32
	entry int32
}

// add puts in an entry that is not there.
func (x *index) add(hash uint32, entry int32) {
	if 8*(x.n+1) > 5*len(x.slots) {
		old := x.slots
		x.slots, x.n = make([]slot, max(16, 2*len(old))), 0
		for _, s := range old {
			if s.entry != 0 {
				x.put(s)
			}
		}
	}
	x.put(slot{hash, entry})
}

func (x *index) put(s slot) {
	mask := uint32(len(x.slots) - 1)
	p := s.hash & mask
	for x.slots[p].entry != 0 {
		p = (p + 1) & mask
	}
	x.slots[p] = s
	x.n++
}

// remove takes out an entry that is there. Those behind it move up, so that
// every entry can still be reached from where its hash points to.
func (x *index) remove(hash uint32, entry int32) {
	mask := uint32(len(x.slots) - 1)
	p := hash & mask
	for x.slots[p].entry != entry {
		p = (p + 1) & mask
	}
	for q := (p + 1) & mask; x.slots[q].entry != 0; q = (q + 1) & mask {
		if home := x.slots[q].hash & mask; (q-home)&mask >= (q-p)&mask {
			x.slots[p] = x.slots[q]
			p = q
		}
	}
	x.slots[p] = slot{}
	x.n--
}
