package flow

import (
	"encoding/binary"
	"math"
	"net/netip"
)

// What follows reads numbers that are numbers already, as what is called alike
// reads their text. It returns false for those that are rare or wrong: they are
// read as text then.
//
// per is how many nanoseconds the column's unit is, 0 for any that is told by the
// number.

func (c *cell) startNumber(r *row, v, per int64) (ok bool) {
	r.time, ok = momentNumber(v, per)
	return ok
}

func (c *cell) endNumber(_ *row, v, per int64) (ok bool) {
	c.endTime, ok = momentNumber(v, per)
	c.hasEnd = ok
	return ok
}

func momentNumber(v, per int64) (int64, bool) {
	switch {
	case per != 0:
	case v < 0:
		return 0, false
	case v < 1e11:
		per = 1e9
	case v < 1e14:
		per = 1e6
	case v < 1e17:
		per = 1e3
	default:
		per = 1
	}
	return scaled(v, per)
}

func (c *cell) startReal(r *row, v float64, per int64) (ok bool) {
	r.time, ok = momentReal(v, per)
	return ok
}

func (c *cell) endReal(_ *row, v float64, per int64) (ok bool) {
	c.endTime, ok = momentReal(v, per)
	c.hasEnd = ok
	return ok
}

// momentReal takes seconds of which the shortest decimal number that stands for v
// has no more than microseconds: below 2^33 floating-point numbers lie closer than
// these, so that no two stand for one.
func momentReal(v float64, per int64) (int64, bool) {
	us := math.Round(v * 1e6)
	if per != 0 && per != 1e9 || !(v >= 0 && v < 1<<33) || us/1e6 != v {
		return 0, false
	}
	return int64(us) * 1e3, true
}

// scaled returns v times per, if that is not too much.
func scaled(v, per int64) (int64, bool) {
	ns := v * per
	if v > -1<<32 && v < 1<<32 {
		return ns, true
	}
	return ns, ns/per == v && ns != math.MinInt64
}

func (c *cell) durationNumber(r *row, v, per int64) (ok bool) {
	r.duration, ok = scaled(v, per)
	r.hasDuration = true
	return ok && v >= 0
}

// durationReal takes seconds of which the shortest decimal number that stands for
// v has no more than nanoseconds: up to 15 digits name one number and no other.
func (c *cell) durationReal(r *row, v float64, per int64) bool {
	ns := math.Round(v * 1e9)
	if per != 1e9 || !(ns >= 0 && ns < 1e15) || ns/1e9 != v {
		return false
	}
	r.duration, r.hasDuration = int64(ns), true
	return true
}

func (c *cell) protoNumber(r *row, v, _ int64) bool {
	r.proto = Proto(v)
	return uint64(v) <= math.MaxUint8
}

func (c *cell) srcPortNumber(r *row, v, _ int64) bool {
	r.srcPort = uint16(v)
	return uint64(v) <= math.MaxUint16
}

func (c *cell) dstPortNumber(r *row, v, _ int64) bool {
	r.dstPort = uint16(v)
	return uint64(v) <= math.MaxUint16
}

func countNumber(to *int64, v int64) bool {
	if v >= 0 {
		*to = v
	}
	return v >= 0
}

func (c *cell) bytesUpNumber(_ *row, v, _ int64) bool     { return countNumber(&c.bytesAll.up, v) }
func (c *cell) bytesDownNumber(_ *row, v, _ int64) bool   { return countNumber(&c.bytesAll.down, v) }
func (c *cell) bytesBothNumber(_ *row, v, _ int64) bool   { return countNumber(&c.bytesAll.both, v) }
func (c *cell) packetsUpNumber(_ *row, v, _ int64) bool   { return countNumber(&c.packetAll.up, v) }
func (c *cell) packetsDownNumber(_ *row, v, _ int64) bool { return countNumber(&c.packetAll.down, v) }
func (c *cell) packetsBothNumber(_ *row, v, _ int64) bool { return countNumber(&c.packetAll.both, v) }

func (c *cell) flagsUpNumber(r *row, v, _ int64) bool {
	r.flagsUp, r.hasFlags = Flags(v), true
	return uint64(v) <= math.MaxUint16
}

func (c *cell) flagsDownNumber(r *row, v, _ int64) bool {
	r.flagsDown, r.hasFlags = Flags(v), true
	return uint64(v) <= math.MaxUint16
}

func (c *cell) srcNumber(r *row, v, _ int64) (ok bool) {
	r.src, ok = c.hostNumber(v)
	return ok
}

func (c *cell) dstNumber(r *row, v, _ int64) (ok bool) {
	r.dst, ok = c.hostNumber(v)
	return ok
}

// hostNumber takes an IPv4 address as a number, which may be a signed one of 32
// bits. No text has that.
func (c *cell) hostNumber(v int64) (Host, bool) {
	if c.asHost != nil || v < math.MinInt32 || v > math.MaxUint32 {
		return 0, false
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(v))
	return c.hosts.Of(netip.AddrFrom4(b)), true
}
