package features

import (
	"math/bits"

	"toolkit/internal/pages"
)

// sets are sets of numbers below the largest uint32, each by open addressing.
type sets struct {
	of    [][]uint32 // a number plus 1, 0 for none; the last slot counts them
	small [][]uint32 // free, of leastSet slots
	slots int64      // of all, free ones too
}

const (
	leastSet = 16 // slots of a new set
	setsOnce = 1 << 10
)

// begin returns the number of a new, empty set.
func (s *sets) begin() uint32 {
	if len(s.small) == 0 {
		// Small sets are many: they are allocated together.
		slots := make([]uint32, setsOnce*leastSet)
		pages.Touch(slots)
		s.slots += int64(len(slots))
		for ; len(slots) > 0; slots = slots[leastSet:] {
			s.small = append(s.small, slots[:leastSet:leastSet])
		}
	}
	last := len(s.small) - 1
	s.of, s.small = append(s.of, s.small[last]), s.small[:last]
	return uint32(len(s.of) - 1)
}

// insert puts v into a set.
func (s *sets) insert(number, v uint32) {
	set := s.of[number]
	last := len(set) - 1
	i, found := place(set, v)
	if found {
		return
	}
	set[i] = v + 1
	if set[last]++; 2*int(set[last]) < last {
		return
	}
	bigger := make([]uint32, 2*len(set))
	for _, u := range set[:last] {
		if u != 0 {
			i, _ := place(bigger, u-1)
			bigger[i] = u
		}
	}
	bigger[len(bigger)-1] = set[last]
	s.of[number] = bigger
	s.slots += int64(len(bigger))
	if len(set) == leastSet {
		clear(set)
		s.small = append(s.small, set)
	} else {
		s.slots -= int64(len(set))
	}
}

// place returns where v lies in a set, or where it would.
func place(set []uint32, v uint32) (i int, found bool) {
	last := uint32(len(set) - 1)
	hi, _ := bits.Mul32(v*0x9e3779b1, last)
	for set[hi] != 0 {
		if set[hi] == v+1 {
			return int(hi), true
		}
		if hi++; hi == last {
			hi = 0
		}
	}
	return int(hi), false
}

// count returns how many numbers are in a set.
func (s *sets) count(number uint32) int64 {
	set := s.of[number]
	return int64(set[len(set)-1])
}

// each yields the numbers in a set.
func (s *sets) each(number uint32, yield func(v uint32)) {
	set := s.of[number]
	for _, v := range set[:len(set)-1] {
		if v != 0 {
			yield(v - 1)
		}
	}
}

// bytes returns the memory that s takes.
func (s *sets) bytes() int64 { return 4*s.slots + 24*int64(cap(s.of)+cap(s.small)) }
