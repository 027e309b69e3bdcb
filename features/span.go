package features

import (
	"encoding/binary"

	"toolkit/flow"
)

// span gathers when a group was first and last seen, and the states of its
// first and last record: parts time_first_seen, time_last_seen, time_flow,
// first_state, last_state. Records go by time, those of equal time by their
// place in the input.
var span = &Gather{Parts: 5, New: func(*flow.Hosts) Aggregate { return new(spans) }}

type spans struct{ v []firstLast }

type firstLast struct {
	seen        bool
	first, last moment
}

// A moment is a record's place in time.
type moment struct {
	time, seq int64
	state     flow.State
}

func (m moment) before(n moment) bool {
	return m.time < n.time || m.time == n.time && m.seq < n.seq
}

func (f *firstLast) add(first, last moment) {
	if !f.seen || first.before(f.first) {
		f.first = first
	}
	if !f.seen || f.last.before(last) {
		f.last = last
	}
	f.seen = true
}

func (s *spans) Grow(n int) { s.v = grow(s.v, n) }
func (s *spans) Add(b *flow.Batch, group []int32) {
	for i, g := range group {
		m := moment{b.Time[i], b.Seq + int64(i), b.State[i]}
		s.v[g].add(m, m)
	}
}

func (s *spans) Emit(order []int32, cols []*Column) {
	for _, g := range order {
		f := s.v[g]
		for part, v := range [...]int64{flow.FloorDiv(f.first.time, 1e3), flow.FloorDiv(f.last.time, 1e3), (f.last.time - f.first.time) / 1e9} {
			if c := cols[part]; c != nil {
				c.Ints = append(c.Ints, v)
			}
		}
		for part, st := range [...]flow.State{f.first.state, f.last.state} {
			if c := cols[3+part]; c != nil {
				c.Dict, c.Codes = flow.States(), append(c.Codes, uint32(st))
			}
		}
	}
}

func (s *spans) AppendState(dst []byte, g int32) []byte {
	for _, m := range [...]moment{s.v[g].first, s.v[g].last} {
		dst = binary.AppendVarint(dst, m.time)
		dst = binary.AppendVarint(dst, m.seq)
		dst = append(dst, byte(m.state))
	}
	return dst
}

func (s *spans) MergeState(g int32, src []byte) (_ []byte, err error) {
	var m [2]moment
	for i := range m {
		if m[i].time, src, err = varint(src); err != nil {
			return src, err
		}
		if m[i].seq, src, err = varint(src); err != nil {
			return src, err
		}
		if len(src) == 0 || flow.State(src[0]) >= flow.NumStates {
			return src, errState
		}
		m[i].state, src = flow.State(src[0]), src[1:]
	}
	s.v[g].add(m[0], m[1])
	return src, nil
}
