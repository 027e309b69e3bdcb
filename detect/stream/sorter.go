package stream

import (
	"maps"
	"math"
	"slices"
	"time"

	"toolkit/flow"
)

// A sorter holds records back until they can be given out in the order of
// time, those of the same time in the order of their numbers.
//
// It holds them in slots of time. The watermark is the latest time seen less
// the lateness allowed, rounded down to a slot; slots before it are given out
// as soon as a record moves it, and when there is no room the oldest slot is.
// A record from before what has been given out is late, and dropped; but if
// its connection had not ended by then, as logs tell of connections when they
// end, it is moved to the time from which on records are given out. All of this is decided record by record, so that it does not depend on how the
// stream is cut into batches.
type sorter struct {
	slot int64 // length of a slot in nanoseconds
	late int64 // lateness allowed; negative for any
	room int   // records to hold, about

	slots    map[int64]*flow.Batch // by number, in the order of arrival
	held     int                   // what they take of the room
	latest   int64                 // the latest time seen
	frontier int64                 // no record from before it is given out any more
	dropped  int64                 // late records
	needed   int64                 // the lateness that would have kept those that lateness would have
	moved    int64                 // records given another time
}

// slotCost is what a slot takes of the room besides its records.
const slotCost = 32

// recordBytes is about what a record that is held takes.
const recordBytes = 64

func newSorter(slot, late time.Duration, room int) *sorter {
	return &sorter{
		slot: int64(slot), late: int64(late), room: max(room, 2*slotCost),
		slots: make(map[int64]*flow.Batch), latest: math.MinInt64, frontier: math.MinInt64,
	}
}

// add takes in the records of b. Whenever the frontier moves on it calls
// release with the row of b that moved it: what take gives is to be taken
// then.
func (s *sorter) add(b *flow.Batch, release func(row int)) {
	for i := 0; i < b.Len(); {
		if w := s.watermark(max(s.latest, b.Time[i])); w > s.frontier {
			s.frontier = w
			release(i)
		}
		s.latest = max(s.latest, b.Time[i])
		t := b.Time[i]
		if t < s.frontier {
			if b.Duration == nil || b.Duration[i] < s.frontier-t {
				s.dropped++
				if by := s.latest - t; by > s.late && s.late >= 0 {
					s.needed = max(s.needed, by)
				}
				i++
				continue
			}
			t = s.frontier
		}
		n := flow.FloorDiv(t, s.slot)
		slot := s.slots[n]
		if slot == nil && s.held+slotCost >= s.room || s.held >= s.room {
			s.makeRoom()
			release(i)
			continue
		}
		if slot == nil {
			slot = &flow.Batch{}
			s.slots[n] = slot
			s.held += slotCost
		}
		// The rows that follow and change nothing but the slot.
		j := i + 1
		for end := min(b.Len(), i+s.room-s.held); t == b.Time[i] && j < end; j++ {
			t := b.Time[j]
			if t < s.frontier || t < n*s.slot || t >= (n+1)*s.slot {
				break
			}
			if t > s.latest {
				if s.watermark(t) > s.frontier {
					break
				}
				s.latest = t
			}
		}
		slot.AppendFrom(b, i, j)
		if t != b.Time[i] {
			slot.Time[slot.Len()-1] = t
			s.moved++
		}
		s.held += j - i
		i = j
	}
}

// watermark returns the time from which on records may come, by the lateness
// allowed, when the latest time is that.
func (s *sorter) watermark(latest int64) int64 {
	if s.late < 0 || latest < math.MinInt64+s.late+s.slot {
		return math.MinInt64
	}
	return flow.FloorDiv(latest-s.late, s.slot) * s.slot
}

// makeRoom moves the frontier behind the oldest slots, an eighth of all.
// Records of the latest time given out may still follow.
func (s *sorter) makeRoom() {
	free := 0
	for _, n := range slices.Sorted(maps.Keys(s.slots)) {
		free += slotCost + s.slots[n].Len()
		s.frontier = max(s.frontier, slices.Max(s.slots[n].Time))
		if free >= s.room/8 {
			break
		}
	}
}

// take yields the slots from before the frontier, and that of it if it has no
// record behind it, in order, in batches of flow.BatchSize at the most; with
// all set it yields all there are. The batches are the caller's.
func (s *sorter) take(all bool, yield func(*flow.Batch)) {
	out := &flow.Batch{}
	for _, n := range slices.Sorted(maps.Keys(s.slots)) {
		held := s.slots[n]
		if !all && n*s.slot >= s.frontier && slices.Max(held.Time) > s.frontier {
			break
		}
		delete(s.slots, n)
		s.held -= slotCost + held.Len()
		for held, i := held.ByTime(), 0; i < held.Len(); {
			j := min(held.Len(), i+flow.BatchSize-out.Len())
			out.AppendFrom(held, i, j)
			if i = j; out.Len() == flow.BatchSize {
				yield(out)
				out = &flow.Batch{}
			}
		}
	}
	if out.Len() > 0 {
		yield(out)
	}
}
