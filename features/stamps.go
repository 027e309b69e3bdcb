package features

import "unsafe"

// A stamp is the time and the size of a record of a meeting.
type stamp struct {
	time    int64
	size    uint32 // bytes up, the largest number for more
	meeting int32
}

// stamps keep what happened when at meetings. They are kept as they come, and
// put side by side by meeting when they are asked for.
type stamps struct {
	fresh   slab[stamp]
	n       int // of fresh
	ordered []stamp
	from    []int // of each meeting: where its stamps begin in ordered
}

func (s *stamps) keep(v stamp) {
	s.fresh.grow(s.n + 1)
	*s.fresh.at(int32(s.n)) = v
	s.n++
}

// arrange puts the stamps of so many meetings in order. What is waited for of
// memory overlaps, other than in a list for each.
func (s *stamps) arrange(meetings int) {
	if s.n == 0 && len(s.from) == meetings+1 {
		return
	}
	from := make([]int, meetings+2) // of meeting m at m+1 until it is filled
	each := func(f func(v *stamp)) {
		for i := range s.ordered {
			f(&s.ordered[i])
		}
		for i := range s.n {
			f(s.fresh.at(int32(i)))
		}
	}
	each(func(v *stamp) { from[v.meeting+2]++ })
	for m := range meetings {
		from[m+2] += from[m+1]
	}
	ordered := make([]stamp, len(s.ordered)+s.n)
	each(func(v *stamp) {
		ordered[from[v.meeting+1]] = *v
		from[v.meeting+1]++
	})
	*s = stamps{ordered: ordered, from: from[:meetings+1]}
}

// of returns the stamps of a meeting, once they are arranged.
func (s *stamps) of(meeting int32) []stamp { return s.ordered[s.from[meeting]:s.from[meeting+1]] }

// bytes returns the memory that s takes.
func (s *stamps) bytes() int64 {
	return s.fresh.bytes() + int64(cap(s.ordered))*int64(unsafe.Sizeof(stamp{})) + 8*int64(cap(s.from))
}
