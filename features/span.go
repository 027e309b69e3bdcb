package features

import (
	"encoding/binary"

	"toolkit/flow"
)

// span gathers when a group was first and last seen, and the states of its
// first and last record: parts time_first_seen, time_last_seen, time_flow,
// first_state, last_state. Records go by time, those of equal time by their
// place in the input.
var span = &Gather{Parts: 5, New: func(_ *flow.Hosts, rows *Rows) Aggregate { return &spans{cellsOf[firstLast](rows)} }}

type spans struct{ v cells[firstLast] }

// A firstLast is the first and the last moment of a group; zero for none.
type firstLast struct{ first, last moment }

// A moment is a record's place in time.
type moment struct {
	time  int64
	place int64 // number of the record, state, and 1: for one record, above that of any before it
}

const (
	stateBits = 3
	placeBits = stateBits + 1
)

func momentOf(time, number int64, state flow.State) moment {
	return moment{time, number<<placeBits | int64(state)<<1 | 1}
}

func (m moment) number() int64     { return m.place >> placeBits }
func (m moment) state() flow.State { return flow.State(m.place >> 1 & (1<<stateBits - 1)) }

func (m moment) before(n moment) bool {
	return m.time < n.time || m.time == n.time && m.place < n.place
}

func (f *firstLast) add(first, last moment) {
	if f.first.place == 0 {
		f.first, f.last = first, last
		return
	}
	if first.before(f.first) {
		f.first = first
	}
	if f.last.before(last) {
		f.last = last
	}
}

func (s *spans) Grow(n int) { s.v.rows.grow(n) }
func (s *spans) Add(b *flow.Batch, group []int32) {
	rows := s.v.view()
	for i, g := range group {
		m := momentOf(b.Time[i], b.Number(i), b.State[i])
		rows.of(g).add(m, m)
	}
}

func (s *spans) Bytes() int64 { return 0 }

func (s *spans) Emit(order []int32, cols []*Column) {
	var rows [gatherLen]firstLast
	for len(order) > 0 {
		n := min(len(order), gatherLen)
		s.v.gather(rows[:n], order[:n])
		number := func(part int, of func(f *firstLast) int64) {
			if c := cols[part]; c != nil {
				for i := range rows[:n] {
					c.Ints = append(c.Ints, of(&rows[i]))
				}
			}
		}
		number(0, func(f *firstLast) int64 { return flow.FloorDiv(f.first.time, 1e3) })
		number(1, func(f *firstLast) int64 { return flow.FloorDiv(f.last.time, 1e3) })
		number(2, func(f *firstLast) int64 { return (f.last.time - f.first.time) / 1e9 })
		state := func(part int, of func(f *firstLast) moment) {
			if c := cols[part]; c != nil {
				c.Dict = flow.States()
				for i := range rows[:n] {
					c.Codes = append(c.Codes, uint32(of(&rows[i]).state()))
				}
			}
		}
		state(3, func(f *firstLast) moment { return f.first })
		state(4, func(f *firstLast) moment { return f.last })
		order = order[n:]
	}
}

func (s *spans) AppendState(dst []byte, g int32) []byte {
	for _, m := range [...]moment{s.v.of(g).first, s.v.of(g).last} {
		dst = binary.AppendVarint(dst, m.time)
		dst = binary.AppendVarint(dst, m.number())
		dst = append(dst, byte(m.state()))
	}
	return dst
}

func (s *spans) MergeState(g int32, src []byte) (_ []byte, err error) {
	var m [2]moment
	for i := range m {
		var time, number int64
		if time, src, err = varint(src); err != nil {
			return src, err
		}
		if number, src, err = varint(src); err != nil {
			return src, err
		}
		if len(src) == 0 || flow.State(src[0]) >= flow.NumStates {
			return src, errState
		}
		m[i], src = momentOf(time, number, flow.State(src[0])), src[1:]
	}
	s.v.of(g).add(m[0], m[1])
	return src, nil
}
