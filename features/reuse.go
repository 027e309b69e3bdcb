package features

import "unsafe"

// A reuser is an Aggregate that can forget all groups and keep their memory
// aside, which Bytes does not count, for those that come: tables that are made
// of runs are gathered a chunk after another.
type reuser interface{ reuse() }

// A toucher is an Aggregate whose groups lie apart in memory. It reads from each
// of these: what would be waited for one after another, as their states are
// written, is waited for at once. What it returns means nothing.
type toucher interface{ touch(groups []int32) byte }

// reuse takes all elements from s.
func (s *slab[T]) reuse() {
	s.spare = append(s.spare, s.chunks...)
	clear(s.chunks)
	s.chunks = s.chunks[:0]
}

func (s *slab[T]) touch(elements []int32) (sum byte) {
	for _, i := range elements {
		sum += *(*byte)(unsafe.Pointer(s.at(i)))
	}
	return sum
}

// reuse takes all keys from x.
func (x *index[K]) reuse() {
	x.keys.reuse()
	clear(x.slots)
	x.n = 0
}

func (a *volume[C]) reuse()                      { a.v.reuse() }
func (a *volume[C]) touch(groups []int32) byte   { return a.v.touch(groups) }
func (s *spans) reuse()                          { s.v.reuse() }
func (s *spans) touch(groups []int32) byte       { return s.v.touch(groups) }
func (d *distinct[T]) touch(groups []int32) byte { return d.v.touch(groups) }

func (d *distinct[T]) reuse() {
	d.v.reuse()
	d.many = sets{}
}

func (a *amounting) reuse() {
	for _, r := range a.of {
		if r == nil {
			continue
		}
		for i := range r {
			if cap(r[i].values) > leastLog {
				r[i].values = nil
			}
		}
		a.spare = append(a.spare, r)
	}
	clear(a.of)
	a.of, a.held = a.of[:0], 0
}

func (t *traffic) reuse() {
	for g, l := range t.log {
		if cap(l) == leastLog {
			t.spare = append(t.spare, l[:0])
		}
		t.log[g] = nil
	}
	t.log, t.held = t.log[:0], 0
}

// reuse forgets all groups of t and keeps what memory it can.
func (t *Builder) reuse() {
	t.index.reuse()
	for i, g := range t.gathers {
		if a, ok := t.aggs[i].(reuser); ok {
			a.reuse()
		} else {
			t.aggs[i] = g.New(t.hosts)
		}
	}
}

// touch reads from all that t knows of these groups.
func (t *Builder) touch(groups []int32) (sum byte) {
	for _, a := range t.aggs {
		if a, ok := a.(toucher); ok {
			sum += a.touch(groups)
		}
	}
	return sum
}
