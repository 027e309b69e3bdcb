package features

import (
	"unsafe"

	"toolkit/internal/pages"
)

const (
	slabBits = 12
	slabLen  = 1 << slabBits
)

// A slab is a growing array whose elements never move: growing copies nothing,
// and there are never an old and a new array in memory at once.
type slab[T any] struct{ chunks []*[slabLen]T }

// grow makes room for elements 0 to n-1; new ones are zero.
func (s *slab[T]) grow(n int) {
	for len(s.chunks)<<slabBits < n {
		c := new([slabLen]T)
		pages.Touch(c[:])
		s.chunks = append(s.chunks, c)
	}
}

// at returns element i, for which there must be room.
func (s *slab[T]) at(i int32) *T { return &s.chunks[uint32(i)>>slabBits][uint32(i)&(slabLen-1)] }

// bytes returns the memory that s takes.
func (s *slab[T]) bytes() int64 {
	var t T
	return int64(len(s.chunks)) * (slabLen*int64(unsafe.Sizeof(t)) + 8)
}
