package ports

import (
	"math/bits"
	"slices"

	"toolkit/detect/state"
)

// A set is distinct ports: a short list, or a bit for each port.
type set struct {
	n    int
	list []uint16
	bits *[1 << 10]uint64
}

// short is how many ports are looked for one by one.
const short = 32

// add adds a port and tells whether it is new.
func (s *set) add(port uint16) bool {
	if s.bits == nil {
		if slices.Contains(s.list, port) {
			return false
		}
		if s.n++; s.n <= short {
			s.list = append(s.list, port)
			return true
		}
		s.bits = new([1 << 10]uint64)
		for _, p := range s.list {
			s.bits[p/64] |= 1 << (p % 64)
		}
		s.list = nil
		s.bits[port/64] |= 1 << (port % 64)
		return true
	}
	word, bit := &s.bits[port/64], uint64(1)<<(port%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	s.n++
	return true
}

func (s *set) bytes() int64 {
	if s.bits != nil {
		return 8 << 10
	}
	return 2 * int64(cap(s.list))
}

func (s *set) all(yield func(uint16) bool) {
	for _, p := range s.list {
		if !yield(p) {
			return
		}
	}
	if s.bits == nil {
		return
	}
	for i, word := range s.bits {
		for ; word != 0; word &= word - 1 {
			if !yield(uint16(i*64 + bits.TrailingZeros64(word))) {
				return
			}
		}
	}
}

func (s *set) save(w *state.Writer) {
	w.Len(s.n)
	for p := range s.all {
		w.Int(int64(p))
	}
}

func (s *set) load(r *state.Reader) {
	*s = set{}
	for range r.Len(1) {
		if p := r.Int(); p < 0 || p > 1<<16-1 || !s.add(uint16(p)) {
			r.Fail()
		}
	}
}
