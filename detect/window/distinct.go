package window

import "math/bits"

// A Scratch is what windows are counted in, kept from one to the next. It is
// empty when a Kind's Vector gets it.
type Scratch struct {
	Counts [5]Counts
	Sets   [2]Set
}

func (s *Scratch) reset() {
	for i := range s.Counts {
		s.Counts[i].reset()
	}
	for i := range s.Sets {
		s.Sets[i].Reset()
	}
}

func (s *Scratch) bytes() (n int64) {
	for i := range s.Counts {
		n += s.Counts[i].set.Bytes() + 4*int64(cap(s.Counts[i].n))
	}
	for i := range s.Sets {
		n += s.Sets[i].Bytes()
	}
	return n
}

// Counts counts numbers.
type Counts struct {
	set Set
	n   []int32 // by number in set
}

// Add counts one more v and returns how many there are now.
func (c *Counts) Add(v uint64) int32 {
	id, fresh := c.set.Add(v)
	if fresh {
		c.n = append(c.n, 0)
	}
	c.n[id]++
	return c.n[id]
}

// Distinct returns how many numbers there are.
func (c *Counts) Distinct() int { return len(c.n) }

// All yields how often there is each number.
func (c *Counts) All(yield func(n int32) bool) {
	for _, n := range c.n {
		if !yield(n) {
			return
		}
	}
}

func (c *Counts) reset() {
	c.set.Reset()
	c.n = c.n[:0]
}

// A Set is a set of numbers, itself numbered in the order in which they came:
// open addressing in a slice that is at most half full.
type Set struct {
	slots   []uint32 // number in members + 1, 0 for a free slot
	members []uint64
}

// Add puts v in. It returns its number in s and whether it is new.
func (s *Set) Add(v uint64) (id int, fresh bool) {
	if 2*(len(s.members)+1) > len(s.slots) {
		s.slots = make([]uint32, max(64, 2*len(s.slots)))
		for id, m := range s.members {
			*s.place(m) = uint32(id + 1)
		}
	}
	p := s.place(v)
	if *p != 0 {
		return int(*p - 1), false
	}
	s.members = append(s.members, v)
	*p = uint32(len(s.members))
	return len(s.members) - 1, true
}

// place returns where v is, or the free slot where it belongs.
func (s *Set) place(v uint64) *uint32 {
	mask := uint64(len(s.slots) - 1)
	p := v * 0x9e3779b97f4a7c15 >> (64 - uint(bits.Len64(mask)))
	for s.slots[p] != 0 && s.members[s.slots[p]-1] != v {
		p = (p + 1) & mask
	}
	return &s.slots[p]
}

// Len returns how many numbers there are.
func (s *Set) Len() int { return len(s.members) }

// Reset empties s; what has been much larger than it was needed is let go.
func (s *Set) Reset() {
	if len(s.slots) > 1024 && 16*len(s.members) < len(s.slots) {
		*s = Set{}
	}
	clear(s.slots)
	s.members = s.members[:0]
}

// Bytes returns the memory that s takes.
func (s *Set) Bytes() int64 { return 4*int64(cap(s.slots)) + 8*int64(cap(s.members)) }
