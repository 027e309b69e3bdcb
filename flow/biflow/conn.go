package biflow

import (
	"math"

	"toolkit/flow"
)

// A conn is a connection that is held. Direction 0 is from a to b of its key.
type conn struct {
	key         key
	use         uint32 // how many connections had its place before
	dir         [2]side
	begin, last int64 // the earliest time, and the latest end
	older       int32 // of the same key, none if there is none
	slot        int64 // when it is given out, as it was when it was put there
	records     int64
	label       flow.LabelID
	labelSeq    int64
	hasDuration bool
	hasPackets  bool
	hasFlags    bool
}

// A side is what one direction has sent.
type side struct {
	seen             bool
	first            int64 // time of the earliest record
	seq              int64 // number of it
	srcPort, dstPort uint16
	state            flow.State
	bytes, packets   int64
	flags            flow.Flags
}

// due is when the connection is given out.
func (c *conn) due(j *Joiner) int64 {
	if t := c.last + 2*int64(j.Window); t > c.last {
		return t
	}
	return math.MaxInt64
}

// join adds row i of b, which goes in direction d.
func (c *conn) join(b *flow.Batch, i, d int) {
	s, seq, t := &c.dir[d], b.Number(i), b.Time[i]
	c.records++
	if !s.seen || s.after(t, seq) {
		s.seen, s.first, s.seq, s.state = true, t, seq, b.State[i]
		s.srcPort, s.dstPort = b.SrcPort[i], b.DstPort[i]
	}
	s.bytes = sum(s.bytes, b.BytesUp[i])
	if b.PacketsUp != nil {
		s.packets, c.hasPackets = sum(s.packets, b.PacketsUp[i]), true
	}
	if b.FlagsUp != nil {
		s.flags, c.hasFlags = s.flags|b.FlagsUp[i], true
	}
	c.hasDuration = c.hasDuration || b.Duration != nil
	if b.Label != nil && b.Label[i] != 0 && (c.label == 0 || seq < c.labelSeq) {
		c.label, c.labelSeq = b.Label[i], seq
	}
}

// after tells whether the first record of s comes after one of that time and
// number.
func (s *side) after(t, seq int64) bool { return t < s.first || t == s.first && seq < s.seq }

// over tells whether s has sent more than can be counted.
func (s *side) over() bool { return s.bytes < 0 || s.packets < 0 }

// absorb adds what o has, of the same key.
func (c *conn) absorb(o *conn) {
	for d := range c.dir {
		s, of := &c.dir[d], o.dir[d]
		if !of.seen {
			continue
		}
		bytes, packets, flags := sum(s.bytes, of.bytes), sum(s.packets, of.packets), s.flags|of.flags
		if !s.seen || s.after(of.first, of.seq) {
			*s = of
		}
		s.bytes, s.packets, s.flags = bytes, packets, flags
	}
	if o.label != 0 && (c.label == 0 || o.labelSeq < c.labelSeq) {
		c.label, c.labelSeq = o.label, o.labelSeq
	}
	c.begin, c.last, c.records = min(c.begin, o.begin), max(c.last, o.last), c.records+o.records
	c.hasDuration, c.hasPackets, c.hasFlags = c.hasDuration || o.hasDuration, c.hasPackets || o.hasPackets, c.hasFlags || o.hasFlags
}

// sum adds two counts, and is negative once that is too large.
func sum(a, b int64) int64 {
	if a < 0 {
		return a
	}
	return a + b
}

// source returns the direction of the connection, and its number.
func (c *conn) source() (d int, seq int64) {
	a, b := &c.dir[0], &c.dir[1]
	if !a.seen || b.seen && a.after(b.first, b.seq) {
		return 1, b.seq
	}
	return 0, a.seq
}
