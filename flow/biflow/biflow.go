// Package biflow joins records of one direction to records of both, as nfdump
// -b does: exporters of NetFlow and sFlow write each direction of a connection,
// and each part of a long one, as a record of its own.
package biflow

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"toolkit/flow"
)

// DefaultWindow is the default of Joiner.Window: exporters end a flow that goes
// on after a minute to half an hour, mostly within five.
const DefaultWindow = 5 * time.Minute

// Bytes is about what a connection that is held takes.
const Bytes = 384

// A Joiner joins the records of a stream. The records of a connection have the
// same addresses, ports and protocol, in one order or the other, and come within
// Window of each other: from the end of one to the beginning of the next. ICMP has no
// ports: a request and an answer of its kind are the two directions. Records
// that tell of an answer already are passed on as they are.
//
// The side whose first record began first, of records of the same time the one
// that came first, is the source; its first record gives the connection its
// number. Bytes, packets and flags are those of all records of a direction; the
// time is the earliest, the duration up to the latest end; the label is the
// first that there is. The state follows from the flags of both sides, or from
// the answer; of a connection without an answer it is that of its first record,
// and new where that is unknown.
//
// Connections are held until the end of the stream, or for as long as there is
// room, those that ended first leaving first; of a live stream until records
// begin two windows behind its end. Up to then, the order in which records come makes no
// difference, and how they are cut into batches never does.
type Joiner struct {
	Window time.Duration

	// Live has connections given out while the stream goes on, though there is
	// room for them.
	Live bool

	// Limit is how many connections are held at the most, 0 for any number: those
	// that ended first are given out before their time.
	Limit int

	Stats Stats

	open   map[key]int32 // the latest connection of the key
	held   int
	ended  bool
	slabs  []*[slabSize]conn
	places int32 // of slabs that have been taken
	free   []int32
	slots  map[int64][]place // connections by when they are given out, in slots of time
	order  ints              // the numbers of slots
	width  int64             // of a slot, nanoseconds
	now    int64             // when the latest record began
	out    *flow.Batch
	labels *flow.Labels
	err    error
}

// Stats count what has become of records.
type Stats struct {
	Joined      int64 `json:"joined"`      // records that were joined to others
	Connections int64 `json:"connections"` // what they were joined to
	Alone       int64 `json:"alone"`       // records of one direction without another
	Passed      int64 `json:"passed"`      // records that told of an answer already
	Early       int64 `json:"early"`       // connections that were given out early, for want of memory
}

func (s Stats) String() string {
	text := fmt.Sprintf("%d records were joined to %d connections; %d have no other direction or part; %d told of both directions already", s.Joined, s.Connections, s.Alone, s.Passed)
	if s.Early > 0 {
		text += fmt.Sprintf("; %d connections were ended early, for want of --memory", s.Early)
	}
	return text
}

// ErrOverflow is wrapped where a connection has more bytes or packets than can
// be counted.
var ErrOverflow = errors.New("a sum is too large")

// A place is that of a connection, and that may have become another's.
type place struct {
	at  int32
	use uint32
}

// slotsPerWindow is how finely times of giving out are told apart.
const slotsPerWindow = 16

// Source yields what src becomes, whose addresses are numbers in hosts. It can
// be used once.
func (j *Joiner) Source(src flow.Source, hosts *flow.Hosts) flow.Source {
	if j.Window <= 0 {
		j.Window = DefaultWindow
	}
	j.width = max(int64(j.Window)/slotsPerWindow, 1)
	j.open, j.slots, j.now = make(map[key]int32), make(map[int64][]place), math.MinInt64
	return func(yield func(*flow.Batch, error) bool) {
		j.out = &flow.Batch{Hosts: hosts}
		flush := func() bool {
			ok := j.out.Len() == 0 || yield(j.out, nil)
			*j.out = flow.Batch{Hosts: hosts}
			return ok
		}
		for b, err := range src {
			if b != nil && b.Labels != nil {
				j.labels = b.Labels
			}
			if err != nil {
				if !yield(nil, err) || !errors.As(err, new(*flow.SyntaxError)) {
					return
				}
				continue
			}
			for i := range b.Len() {
				j.add(b, i)
				if j.err != nil {
					if flush() {
						yield(nil, j.err)
					}
					return
				}
				if j.out.Len() >= flow.BatchSize && !flush() {
					return
				}
			}
			if !flush() { // rather than wait for more
				return
			}
		}
		for j.ended = true; len(j.order) > 0; {
			j.release(j.order[0])
			if j.out.Len() >= flow.BatchSize && !flush() {
				return
			}
		}
		flush()
	}
}

// add takes in row i of b.
func (j *Joiner) add(b *flow.Batch, i int) {
	t := b.Time[i]
	if j.Live && t > j.now {
		j.now = t
		for len(j.order) > 0 && j.order[0] < flow.FloorDiv(t, j.width) {
			j.release(j.order[0])
		}
	}
	if b.BytesDown[i] > 0 || b.PacketsDown != nil && b.PacketsDown[i] > 0 {
		j.Stats.Passed++
		j.out.AppendFrom(b, i, i+1)
		return
	}
	k, d := keyOf(b, i)
	var duration int64
	if b.Duration != nil {
		duration = b.Duration[i]
	}
	end := t + duration
	if end < t { // past the year 2262
		end = math.MaxInt64
	}
	at := j.find(k, t, end)
	c := j.at(at)
	fresh := c.records == 0
	c.join(b, i, d)
	c.begin, c.last = min(c.begin, t), max(c.last, end)
	for c.older >= 0 && j.near(c.begin, j.at(c.older).last) { // they were told apart before this record came
		old := j.at(c.older)
		c.absorb(old)
		j.drop(c.older)
		c.older = old.older
	}
	if fresh {
		j.put(at)
	}
	if c.dir[0].over() || c.dir[1].over() {
		j.err = fmt.Errorf("joining directions: %w: more than %d bytes or packets in one connection", ErrOverflow, int64(math.MaxInt64))
	}
}

// find returns the connection of a key that a record from t to end is of, which
// may be a new one. Those of a key are linked from the latest to the earliest.
func (j *Joiner) find(k key, t, end int64) int32 {
	head, ok := j.open[k]
	if !ok {
		head = none
	}
	newer, at := none, head
	for at >= 0 && !j.near(j.at(at).begin, end) {
		newer, at = at, j.at(at).older
	}
	if at >= 0 && j.near(t, j.at(at).last) {
		return at
	}
	if j.Limit > 0 && j.held >= j.Limit {
		for j.held >= j.Limit {
			before := j.held
			j.release(j.order[0])
			j.Stats.Early += int64(before - j.held)
		}
		return j.find(k, t, end)
	}
	fresh := j.take()
	*j.at(fresh) = conn{key: k, use: j.at(fresh).use + 1, begin: math.MaxInt64, last: math.MinInt64, older: at}
	if newer >= 0 {
		j.at(newer).older = fresh
	} else {
		j.open[k] = fresh
	}
	return fresh
}

// near tells whether what begins at a is of the same connection as what ends at
// b, or has not ended then.
func (j *Joiner) near(a, b int64) bool { return far(a, b) <= int64(j.Window) }

// far returns how far a is behind b, 0 if it is not.
func far(a, b int64) int64 {
	if a <= b {
		return 0
	}
	if d := a - b; d > 0 {
		return d
	}
	return math.MaxInt64
}

// slabSize is how many connections get their memory at once.
const slabSize = 1024

func (j *Joiner) at(i int32) *conn { return &j.slabs[i/slabSize][i%slabSize] }

// none is no connection.
const none int32 = -1

// take returns a free place among the connections.
func (j *Joiner) take() int32 {
	j.held++
	if n := len(j.free); n > 0 {
		at := j.free[n-1]
		j.free = j.free[:n-1]
		return at
	}
	if j.places%slabSize == 0 {
		j.slabs = append(j.slabs, new([slabSize]conn))
	}
	j.places++
	return j.places - 1
}

// put puts a connection in the slot in which it is to be given out.
func (j *Joiner) put(at int32) {
	c := j.at(at)
	c.slot = flow.FloorDiv(c.due(j), j.width)
	if _, ok := j.slots[c.slot]; !ok {
		j.order.push(c.slot)
	}
	j.slots[c.slot] = append(j.slots[c.slot], place{at, c.use})
}

// release gives out what is due in the first slot, in the order of numbers, and
// puts elsewhere what has gone on since.
func (j *Joiner) release(slot int64) {
	j.order.pop()
	list := j.slots[slot]
	delete(j.slots, slot)
	due := list[:0]
	for _, r := range list {
		c := j.at(r.at)
		if c.use != r.use || c.records == 0 { // it has been given out
			continue
		}
		if flow.FloorDiv(c.due(j), j.width) > slot {
			j.put(r.at)
			continue
		}
		due = append(due, r)
	}
	slices.SortFunc(due, func(x, y place) int {
		_, a := j.at(x.at).source()
		_, b := j.at(y.at).source()
		return cmp.Compare(a, b)
	})
	for _, r := range due {
		j.give(r.at)
	}
}

// give gives out a connection and frees its place.
func (j *Joiner) give(at int32) {
	c := j.at(at)
	d, seq := c.source()
	up, down := &c.dir[d], &c.dir[1-d]
	src, dst := c.key.a, c.key.b
	if d == 1 {
		src, dst = dst, src
	}
	r := flow.Row{
		Seq: seq, Time: c.begin, Duration: far(c.last, c.begin), Proto: c.key.proto, Src: j.host(src), Dst: j.host(dst),
		SrcPort: up.srcPort, DstPort: up.dstPort, BytesUp: up.bytes, BytesDown: down.bytes, PacketsUp: up.packets, PacketsDown: down.packets,
		FlagsUp: up.flags, FlagsDown: down.flags, Label: c.label, HasDuration: c.hasDuration, HasPackets: c.hasPackets, HasFlags: c.hasFlags,
	}
	r.State = r.JoinedState(up.state, down.seen)
	j.out.AppendRow(r, j.labels)
	if c.records == 1 {
		j.Stats.Alone++
	} else {
		j.Stats.Joined += c.records
		j.Stats.Connections++
	}
	if !j.ended {
		j.unlink(at)
	}
	j.drop(at)
}

// drop frees the place of a connection.
func (j *Joiner) drop(at int32) {
	j.at(at).records = 0
	j.free = append(j.free, at)
	j.held--
}

// unlink takes a connection from those of its key.
func (j *Joiner) unlink(at int32) {
	c := j.at(at)
	head := j.open[c.key]
	switch {
	case head != at:
		for j.at(head).older != at {
			head = j.at(head).older
		}
		j.at(head).older = c.older
	case c.older < 0:
		delete(j.open, c.key)
	default:
		j.open[c.key] = c.older
	}
}

func (j *Joiner) host(a [16]byte) flow.Host { return j.out.Hosts.Of(netip.AddrFrom16(a).Unmap()) }
