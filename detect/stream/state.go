package stream

import (
	"fmt"
	"maps"
	"slices"

	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/flow"
)

// Save writes all that the stream has seen and holds. It is called between
// batches.
func (s *Stream) Save(w *state.Writer) {
	w.Int(s.records)
	s.sorter.save(w)
	w.Len(len(s.watched))
	for _, x := range s.watched {
		w.String(x.Name)
		w.Len(len(x.pending))
		for _, a := range x.pending {
			detect.SaveAlert(w, a)
		}
		own := state.Writer{Hosts: w.Hosts}
		x.Watcher.Save(&own)
		w.String(string(own.Bytes)) // with its length, so that one that reads too much is found out
	}
}

// Load takes in what Save wrote of a stream with the same watchers, in one
// that has seen nothing; what is damaged is reported by r.Err.
func (s *Stream) Load(r *state.Reader) {
	s.records = r.Int()
	s.sorter.load(r)
	if r.Len(1) != len(s.watched) {
		r.Fail()
		return
	}
	for _, x := range s.watched {
		if r.String() != x.Name {
			r.Fail()
		}
		x.pending = nil
		for range r.Len(40) {
			x.pending = append(x.pending, detect.LoadAlert(r))
		}
		own := state.Reader{Bytes: []byte(r.String()), Hosts: r.Hosts}
		if r.Err() != nil {
			return
		}
		x.Watcher.Load(&own)
		if own.Err() != nil || len(own.Bytes) > 0 {
			r.Fail()
			return
		}
	}
}

// Renumber forgets the addresses that no watcher keeps any more and numbers
// the others anew in hosts, which is what numbers the addresses of the stream.
// It is called between batches, when no number is in anyone's hands. What is
// kept of the stream passes through bytes, a watcher at a time, so that it takes
// as long as Save and Load, and as much memory besides as the largest of them.
// An error is one of New; nothing has changed then.
func (s *Stream) Renumber(hosts *flow.Hosts) error {
	fresh := make([]detect.Watcher, len(s.watched))
	for i, x := range s.watched {
		var err error
		if fresh[i], err = x.New(); err != nil {
			return err
		}
	}
	old := *hosts
	hosts.Reset()
	var bytes []byte
	through := func(save func(*state.Writer), load func(*state.Reader)) {
		w := &state.Writer{Bytes: bytes[:0], Hosts: &old}
		save(w)
		r := &state.Reader{Bytes: w.Bytes, Hosts: hosts}
		if load(r); r.Err() != nil || len(r.Bytes) > 0 {
			panic(fmt.Sprintf("stream: what was saved does not load: %v, %d bytes left", r.Err(), len(r.Bytes)))
		}
		bytes = w.Bytes
	}
	for i, x := range s.watched {
		through(func(w *state.Writer) {
			x.Watcher.Save(w)
			x.Watcher = nil // is garbage from here on
		}, fresh[i].Load)
		x.Watcher = fresh[i]
	}
	through(func(w *state.Writer) {
		s.sorter.save(w)
		clear(s.sorter.slots)
		s.sorter.held = 0
	}, s.sorter.load)
	return nil
}

func (s *sorter) save(w *state.Writer) {
	w.Int(s.latest)
	w.Int(s.frontier)
	w.Int(s.dropped)
	w.Int(s.needed)
	w.Int(s.moved)
	w.Len(len(s.slots))
	for _, n := range slices.Sorted(maps.Keys(s.slots)) {
		b := s.slots[n]
		w.Int(n)
		w.Bool(b.Duration != nil)
		w.Bool(b.PacketsUp != nil)
		w.Bool(b.FlagsUp != nil)
		w.Len(b.Len())
		for i := range b.Len() {
			w.Int(b.Number(i) - b.Seq)
			w.Int(b.Time[i] - n*s.slot)
			w.Int(int64(b.Proto[i]))
			w.Int(int64(b.State[i]))
			w.Host(b.Src[i])
			w.Host(b.Dst[i])
			w.Int(int64(b.SrcPort[i]))
			w.Int(int64(b.DstPort[i]))
			w.Int(b.BytesUp[i])
			w.Int(b.BytesDown[i])
			if b.Duration != nil {
				w.Int(b.Duration[i])
			}
			if b.PacketsUp != nil {
				w.Int(b.PacketsUp[i])
				w.Int(b.PacketsDown[i])
			}
			if b.FlagsUp != nil {
				w.Int(int64(b.FlagsUp[i]))
				w.Int(int64(b.FlagsDown[i]))
			}
		}
		w.Int(b.Seq)
	}
}

func (s *sorter) load(r *state.Reader) {
	s.latest, s.frontier, s.dropped, s.needed, s.moved = r.Int(), r.Int(), r.Int(), r.Int(), r.Int()
	for range r.Len(13) {
		n := r.Int()
		duration, packets, flags := r.Bool(), r.Bool(), r.Bool()
		b := &flow.Batch{Hosts: r.Hosts}
		for range r.Len(12) {
			b.Order = append(b.Order, r.Int())
			b.Time = append(b.Time, n*s.slot+r.Int())
			b.Proto, b.State = append(b.Proto, flow.Proto(r.Int())), append(b.State, flow.State(r.Int()))
			b.Src, b.Dst = append(b.Src, r.Host()), append(b.Dst, r.Host())
			b.SrcPort, b.DstPort = append(b.SrcPort, uint16(r.Int())), append(b.DstPort, uint16(r.Int()))
			b.BytesUp, b.BytesDown = append(b.BytesUp, r.Int()), append(b.BytesDown, r.Int())
			if duration {
				b.Duration = append(b.Duration, r.Int())
			}
			if packets {
				b.PacketsUp, b.PacketsDown = append(b.PacketsUp, r.Int()), append(b.PacketsDown, r.Int())
			}
			if flags {
				b.FlagsUp, b.FlagsDown = append(b.FlagsUp, flow.Flags(r.Int())), append(b.FlagsDown, flow.Flags(r.Int()))
			}
			if r.Err() != nil {
				return
			}
			if b.State[b.Len()-1] >= flow.NumStates {
				r.Fail()
			}
		}
		b.Seq = r.Int()
		for i := range b.Order {
			b.Order[i] += b.Seq
		}
		if b.Len() == 0 || s.slots[n] != nil {
			r.Fail()
			return
		}
		s.slots[n] = b
		s.held += slotCost + b.Len()
	}
}
