package features

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"net/netip"
	"slices"
	"unsafe"

	"toolkit/flow"
)

// A traffic keeps the flow tuples of each group and how many records each
// has: all that the distributions of the batch table are worked out from.
//
// A group's tuples are a log of its records, as those of one batch come one
// after another; equal ones are put together when the log is full, and before
// it is read.
type traffic struct {
	hosts   *flow.Hosts
	records bool // X per Y counts records, as the seed did, not distinct X
	log     [][]entry
	held    int64     // entries that there is room for in all logs
	spare   [][]entry // empty logs of leastLog entries, of groups that were forgotten
	set     pairSet
	err     error
}

// An entry is a flow tuple and how many records it has.
type entry struct {
	src, dst         flow.Host
	srcPort, dstPort uint16
	proto            flow.Proto
	n                uint32
}

func (e *entry) tuple() (a, b uint64) {
	return uint64(e.src)<<32 | uint64(e.dst), uint64(e.srcPort)<<32 | uint64(e.dstPort)<<16 | uint64(e.proto)
}

// A perDist is a distribution over a group: how many values of one kind go
// with each value of another.
type perDist struct {
	name, doc string
	x, y      func(e *entry) uint64
}

func ofConn(e *entry) uint64    { return uint64(e.src)<<32 | uint64(e.dst) }
func ofSrc(e *entry) uint64     { return uint64(e.src) }
func ofDst(e *entry) uint64     { return uint64(e.dst) }
func ofDstPort(e *entry) uint64 { return uint64(e.dstPort) }
func ofSrcPort(e *entry) uint64 { return uint64(e.srcPort) }

var perDists = []perDist{
	{"dst_port_per_conn", "destination ports of a pair of addresses", ofDstPort, ofConn},
	{"dst_port_per_dst_ip", "destination ports of a destination address", ofDstPort, ofDst},
	{"src_ip_per_dst_ip", "source addresses of a destination address", ofSrc, ofDst},
	{"dst_port_per_src_ip", "destination ports of a source address", ofDstPort, ofSrc},
	{"dst_ip_per_src_ip", "destination addresses of a source address", ofDst, ofSrc},
	{"dst_ip_per_dst_port", "destination addresses of a destination port", ofDst, ofDstPort},
	{"src_ip_per_dst_port", "source addresses of a destination port", ofSrc, ofDstPort},
}

// The parts of a traffic: these counts, then for each of perDists the
// perStats.
const (
	partDstPorts = iota
	partSrcPorts
	partDstIPs
	partSrcIPs
	partConns
	partFlows
	partFlowsPerConn
	trafficCounts
)

// A perStat is a number that a distribution is summed up by.
type perStat struct {
	name, doc string
	of        func(sorted []float64) float64
}

func quantileStat(name, doc string, p float64) perStat {
	return perStat{name, doc, func(sorted []float64) float64 { return Quantile(sorted, p) }}
}

var perStats = []perStat{
	{"max", "Largest", func(sorted []float64) float64 { return sorted[len(sorted)-1] }},
	{"mean", "Mean", func(sorted []float64) float64 {
		var s float64
		for _, v := range sorted {
			s += v
		}
		return s / float64(len(sorted))
	}},
	quantileStat("perc25", "25th percentile of the", 0.25),
	quantileStat("perc50", "Median", 0.50),
	quantileStat("perc75", "75th percentile of the", 0.75),
	quantileStat("perc90", "90th percentile of the", 0.90),
}

// trafficOf gathers the distributions, of records if the seed's counting is
// wanted.
func trafficOf(records bool) *Gather {
	return &Gather{Parts: trafficCounts + len(perDists)*len(perStats), approx: approxTraffic, New: func(h *flow.Hosts, _ *Rows) Aggregate {
		return &traffic{hosts: h, records: records}
	}}
}

// approxTraffic keeps the counts: ports exactly, of which there are 65,536 at
// the most.
func approxTraffic(f Feature) (Feature, string, bool) {
	by := map[int]*Gather{partSrcIPs: approxSrcIPs, partDstIPs: approxDstIPs, partConns: approxConns, partFlows: approxFlows}
	switch f.Part {
	case partDstPorts:
		return gatheredBy(dstPorts, 0, "")(f)
	case partSrcPorts:
		return gatheredBy(srcPorts, 0, "")(f)
	case partSrcIPs, partDstIPs, partConns, partFlows:
		return gatheredBy(by[f.Part], 0, countError)(f)
	case partFlowsPerConn:
		f.Gather, f.Part, f.From = nil, 0, func(t *Table, c *Column) {
			flows, conns := t.Column("count_flows").Ints, t.Column("count_conns").Ints
			for i := range flows {
				c.Floats = append(c.Floats, float64(flows[i])/float64(conns[i]))
			}
		}
		return f, "count_flows / count_conns, each " + countError, true
	}
	return leftOut(f)
}

func (t *traffic) Grow(n int) { t.log = grow(t.log, n) }

func (t *traffic) Add(b *flow.Batch, group []int32) {
	for i, g := range group {
		t.add(g, entry{b.Src[i], b.Dst[i], b.SrcPort[i], b.DstPort[i], b.Proto[i], 1})
	}
}

// compactFrom is how long a log is at the least when equal tuples in it are
// put together before it grows.
const compactFrom = 1024

func (t *traffic) add(g int32, e entry) {
	l := t.log[g]
	if len(l) == cap(l) {
		t.held -= int64(cap(l))
		if len(l) >= compactFrom {
			l = t.compact(l)
		}
		if 2*len(l) >= cap(l) {
			l = append(t.room(2*cap(l)), l...)
		}
		t.held += int64(cap(l))
	}
	t.log[g] = append(l, e)
}

// leastLog is how many entries a new log has room for.
const leastLog = 4

// room returns an empty log for so many entries, at least leastLog.
func (t *traffic) room(n int) []entry {
	if last := len(t.spare) - 1; last >= 0 && n <= leastLog {
		l := t.spare[last]
		t.spare = t.spare[:last]
		return l
	}
	return make([]entry, 0, max(leastLog, n))
}

// compact puts equal tuples together.
func (t *traffic) compact(l []entry) []entry {
	t.set.reset(len(l))
	n := 0
	for _, e := range l {
		i, isNew := t.set.add(e.tuple())
		if isNew {
			l[n] = e
			n++
			continue
		}
		if l[i].n += e.n; l[i].n < e.n {
			t.err = fmt.Errorf("%w: more than %d records of one flow tuple in a window", ErrOverflow, uint32(math.MaxUint32))
		}
	}
	return l[:n]
}

func (t *traffic) tuples(g int32) []entry {
	t.log[g] = t.compact(t.log[g])
	return t.log[g]
}

func (t *traffic) Err() error { return t.err }

func (t *traffic) Emit(order []int32, cols []*Column) {
	w := counter{set: &t.set}
	for _, g := range order {
		es := t.tuples(g)
		conns, flows := w.distinct(es, ofConn), len(es)
		for part, v := range [...]int{
			partDstPorts: w.distinct(es, ofDstPort), partSrcPorts: w.distinct(es, ofSrcPort),
			partDstIPs: w.distinct(es, ofDst), partSrcIPs: w.distinct(es, ofSrc), partConns: conns, partFlows: flows,
		} {
			if c := cols[part]; c != nil {
				c.Ints = append(c.Ints, int64(v))
			}
		}
		if c := cols[partFlowsPerConn]; c != nil {
			c.Floats = append(c.Floats, float64(flows)/float64(conns))
		}
		for i, d := range perDists {
			w.count(es, d, t.records)
			for j, s := range perStats {
				if c := cols[trafficCounts+i*len(perStats)+j]; c != nil {
					c.Floats = append(c.Floats, s.of(w.counts))
				}
			}
		}
	}
}

// A counter counts over the entries of a group, reusing its memory.
type counter struct {
	set    *pairSet
	y      []int32   // the number of each entry's y
	counts []float64 // ascending, one for each y
}

func (c *counter) distinct(es []entry, y func(*entry) uint64) int {
	c.set.reset(len(es))
	for i := range es {
		c.set.add(y(&es[i]), 0)
	}
	return c.set.n
}

// count leaves in c.counts, for each y, the number of its distinct x, or of
// its records.
func (c *counter) count(es []entry, d perDist, records bool) {
	c.set.reset(len(es))
	c.y = resize(c.y, len(es))
	for i := range es {
		c.y[i], _ = c.set.add(d.y(&es[i]), 0)
	}
	c.counts = resize(c.counts, c.set.n)
	clear(c.counts)
	if records {
		for i := range es {
			c.counts[c.y[i]] += float64(es[i].n)
		}
	} else {
		c.set.reset(len(es))
		for i := range es {
			if _, isNew := c.set.add(uint64(c.y[i]), d.x(&es[i])); isNew {
				c.counts[c.y[i]]++
			}
		}
	}
	slices.Sort(c.counts)
}

// A pairSet numbers distinct pairs of numbers in the order in which they are
// added. Resetting it costs nothing.
type pairSet struct {
	all   []pairSlot
	slots []pairSlot // as many of all as the pairs of this round need: few stay in the cache
	shift uint8
	round uint32 // slots of other rounds are free
	n     int
}

type pairSlot struct {
	a, b  uint64
	round uint32
	id    int32
}

// reset empties s and makes room for n pairs.
func (s *pairSet) reset(n int) {
	s.n = 0
	s.round++
	if s.round == 0 {
		clear(s.all)
		s.round = 1
	}
	size := minSlots
	for size < 2*n {
		size *= 2
	}
	if size > len(s.all) {
		s.all = make([]pairSlot, size)
	}
	s.slots = s.all[:size]
	s.shift = uint8(64 - bits.TrailingZeros(uint(size)))
}

// add returns the number of the pair, and whether it is new.
func (s *pairSet) add(a, b uint64) (id int32, isNew bool) {
	h := a * 0x9e3779b97f4a7c15
	h ^= h >> 32
	h = (h + b) * 0xd6e8feb86659fd93
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	for i := h >> s.shift; ; i = (i + 1) & uint64(len(s.slots)-1) {
		p := &s.slots[i]
		if p.round != s.round {
			*p = pairSlot{a, b, s.round, int32(s.n)}
			s.n++
			return p.id, true
		}
		if p.a == a && p.b == b {
			return p.id, false
		}
	}
}

func (t *traffic) AppendState(dst []byte, g int32) []byte {
	es := t.tuples(g)
	dst = binary.AppendVarint(dst, int64(len(es)))
	for _, e := range es {
		dst = appendAddr(dst, t.hosts.Addr(e.src))
		dst = appendAddr(dst, t.hosts.Addr(e.dst))
		dst = binary.BigEndian.AppendUint16(dst, e.srcPort)
		dst = binary.BigEndian.AppendUint16(dst, e.dstPort)
		dst = append(dst, byte(e.proto))
		dst = binary.AppendVarint(dst, int64(e.n))
	}
	return dst
}

func (t *traffic) MergeState(g int32, src []byte) ([]byte, error) {
	m, src, err := varint(src)
	for ; err == nil && m > 0; m-- {
		const fixed = 16 + 16 + 2 + 2 + 1
		if len(src) < fixed {
			return src, errState
		}
		e := entry{
			src: t.hosts.Of(parseAddr(src)), dst: t.hosts.Of(parseAddr(src[16:])),
			srcPort: binary.BigEndian.Uint16(src[32:]), dstPort: binary.BigEndian.Uint16(src[34:]), proto: flow.Proto(src[36]),
		}
		var n int64
		if n, src, err = varint(src[fixed:]); err == nil {
			if n < 1 || n > math.MaxUint32 {
				return src, errState
			}
			e.n = uint32(n)
			t.add(g, e)
		}
	}
	return src, err
}

func (t *traffic) Bytes() int64 {
	return t.held*int64(unsafe.Sizeof(entry{})) + 24*int64(cap(t.log)) + int64(len(t.set.all))*int64(unsafe.Sizeof(pairSlot{}))
}

// appendAddr appends a as 16 bytes, IPv4 mapped to IPv6.
func appendAddr(dst []byte, a netip.Addr) []byte {
	b := a.As16()
	return append(dst, b[:]...)
}

func parseAddr(b []byte) netip.Addr { return netip.AddrFrom16([16]byte(b[:16])).Unmap() }
