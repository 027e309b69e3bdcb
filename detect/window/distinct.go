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
		n += 4 * int64(cap(s.Counts[i].n)+cap(s.Counts[i].used))
	}
	for i := range s.Sets {
		n += s.Sets[i].Bytes()
	}
	return n
}

// Counts counts small numbers, such as those of addresses and ports, each in
// its place of a slice.
type Counts struct {
	n    []int32
	used []uint32 // the numbers that there are
}

// Add counts one more v and returns how many there are now.
func (c *Counts) Add(v uint32) int32 {
	if int(v) >= len(c.n) {
		c.n = append(c.n, make([]int32, int(v)+1-len(c.n))...)
	}
	if c.n[v]++; c.n[v] == 1 {
		c.used = append(c.used, v)
	}
	return c.n[v]
}

// Distinct returns how many numbers there are.
func (c *Counts) Distinct() int { return len(c.used) }

// All yields how often there is each number.
func (c *Counts) All(yield func(n int32) bool) {
	for _, v := range c.used {
		if !yield(c.n[v]) {
			return
		}
	}
}

func (c *Counts) reset() {
	for _, v := range c.used {
		c.n[v] = 0
	}
	c.used = c.used[:0]
}

// A Set is a set of numbers, itself numbered in the order in which they came:
// open addressing in a slice that is at most half full.
type Set struct {
	slots []member
	n     int
}

type member struct {
	v  uint64
	id uint32 // + 1, 0 for a free slot
}

// Add puts v in. It returns its number in s and whether it is new.
func (s *Set) Add(v uint64) (id int, fresh bool) {
	if 2*(s.n+1) > len(s.slots) {
		old := s.slots
		s.slots = make([]member, max(64, 2*len(old)))
		for _, m := range old {
			if m.id != 0 {
				*s.place(m.v) = m
			}
		}
	}
	m := s.place(v)
	if m.id != 0 {
		return int(m.id - 1), false
	}
	s.n++
	*m = member{v, uint32(s.n)}
	return s.n - 1, true
}

// place returns where v is, or the free slot where it belongs.
func (s *Set) place(v uint64) *member {
	mask := uint64(len(s.slots) - 1)
	p := v * 0x9e3779b97f4a7c15 >> (64 - uint(bits.Len64(mask)))
	for s.slots[p].id != 0 && s.slots[p].v != v {
		p = (p + 1) & mask
	}
	return &s.slots[p]
}

// Len returns how many numbers there are.
func (s *Set) Len() int { return s.n }

// Reset empties s; what has been much larger than it was needed is let go.
func (s *Set) Reset() {
	if len(s.slots) > 1024 && 16*s.n < len(s.slots) {
		s.slots = nil
	}
	clear(s.slots)
	s.n = 0
}

// Bytes returns the memory that s takes.
func (s *Set) Bytes() int64 { return 16 * int64(cap(s.slots)) }
