package features

import "unsafe"

const (
	slabBits = 12
	slabLen  = 1 << slabBits
)

// A slab is a growing array whose elements never move: growing copies nothing,
// and there are never an old and a new array in memory at once.
type slab[T any] struct {
	chunks []*[slabLen]T
	spare  []*[slabLen]T // of what was forgotten
}

// grow makes room for elements 0 to n-1; new ones are zero.
func (s *slab[T]) grow(n int) {
	for len(s.chunks)<<slabBits < n {
		if last := len(s.spare) - 1; last >= 0 {
			c := s.spare[last]
			s.spare = s.spare[:last]
			clear(c[:])
			s.chunks = append(s.chunks, c)
			continue
		}
		c := new([slabLen]T)
		// A page that is read before it is written is faulted in twice.
		for i := 0; i < slabLen; i += slabLen / 64 {
			c[i] = *new(T)
		}
		s.chunks = append(s.chunks, c)
	}
}

// at returns element i, for which there must be room.
func (s *slab[T]) at(i int32) *T { return &s.chunks[uint32(i)>>slabBits][uint32(i)&(slabLen-1)] }

// gather copies elements to dst, one for each of which. What it waits for of
// memory overlaps, as nothing else is done meanwhile.
func (s *slab[T]) gather(dst []T, which []int32) {
	for i, g := range which {
		dst[i] = *s.at(g)
	}
}

// gatherLen is how many elements are gathered at a time where each is looked
// at more than once.
const gatherLen = 256

// bytes returns the memory that s takes.
func (s *slab[T]) bytes() int64 {
	var t T
	return int64(len(s.chunks)) * (slabLen*int64(unsafe.Sizeof(t)) + 8)
}
