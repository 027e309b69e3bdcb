package features

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	"toolkit/flow"
)

// A traffic keeps the flow tuples of each group and how many records each
// has: all that the distributions of the batch table are worked out from.
type traffic struct {
	hosts   *flow.Hosts
	records bool // X per Y counts records, as the seed did, not distinct X
	head    []int32
	entry   []entry
	index   map[entryKey]int32
}

type entryKey struct {
	group            int32
	src, dst         flow.Host
	srcPort, dstPort uint16
	proto            flow.Proto
}

type entry struct {
	entryKey
	n    int64
	next int32 // in the list of its group, plus 1
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
	return &Gather{Parts: trafficCounts + len(perDists)*len(perStats), New: func(h *flow.Hosts) Aggregate {
		return &traffic{hosts: h, records: records, index: make(map[entryKey]int32)}
	}}
}

func (t *traffic) Grow(n int) { t.head = grow(t.head, n) }

func (t *traffic) Add(b *flow.Batch, group []int32) {
	for i, g := range group {
		t.add(entryKey{g, b.Src[i], b.Dst[i], b.SrcPort[i], b.DstPort[i], b.Proto[i]}, 1)
	}
}

func (t *traffic) add(k entryKey, n int64) {
	i, ok := t.index[k]
	if !ok {
		i = int32(len(t.entry))
		t.index[k] = i
		t.entry = append(t.entry, entry{entryKey: k, next: t.head[k.group]})
		t.head[k.group] = i + 1
	}
	t.entry[i].n += n
}

func (t *traffic) Emit(order []int32, cols []*Column) {
	var (
		es []*entry
		w  counter
	)
	for _, g := range order {
		es = es[:0]
		for i := t.head[g]; i != 0; i = t.entry[i-1].next {
			es = append(es, &t.entry[i-1])
		}
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
	xy     []xyCount
	counts []float64 // ascending, one for each y
}

type xyCount struct {
	y, x uint64
	n    int64
}

func (c *counter) sort(es []*entry, x, y func(*entry) uint64) {
	c.xy = c.xy[:0]
	for _, e := range es {
		c.xy = append(c.xy, xyCount{y(e), x(e), e.n})
	}
	slices.SortFunc(c.xy, func(a, b xyCount) int { return cmp.Or(cmp.Compare(a.y, b.y), cmp.Compare(a.x, b.x)) })
}

func (c *counter) distinct(es []*entry, y func(*entry) uint64) int {
	c.sort(es, func(*entry) uint64 { return 0 }, y)
	n := 0
	for i, v := range c.xy {
		if i == 0 || v.y != c.xy[i-1].y {
			n++
		}
	}
	return n
}

// count leaves in c.counts, for each y, the number of its distinct x, or of
// its records.
func (c *counter) count(es []*entry, d perDist, records bool) {
	c.sort(es, d.x, d.y)
	c.counts = c.counts[:0]
	for i, v := range c.xy {
		if i == 0 || v.y != c.xy[i-1].y {
			c.counts = append(c.counts, 0)
		}
		last := &c.counts[len(c.counts)-1]
		switch {
		case records:
			*last += float64(v.n)
		case i == 0 || v.y != c.xy[i-1].y || v.x != c.xy[i-1].x:
			*last++
		}
	}
	slices.Sort(c.counts)
}

func (t *traffic) AppendState(dst []byte, g int32) []byte {
	n := int64(0)
	for i := t.head[g]; i != 0; i = t.entry[i-1].next {
		n++
	}
	dst = binary.AppendVarint(dst, n)
	for i := t.head[g]; i != 0; i = t.entry[i-1].next {
		e := &t.entry[i-1]
		dst = appendAddr(dst, t.hosts.Addr(e.src))
		dst = appendAddr(dst, t.hosts.Addr(e.dst))
		dst = binary.BigEndian.AppendUint16(dst, e.srcPort)
		dst = binary.BigEndian.AppendUint16(dst, e.dstPort)
		dst = append(dst, byte(e.proto))
		dst = binary.AppendVarint(dst, e.n)
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
		k := entryKey{
			group: g, src: t.hosts.Of(parseAddr(src)), dst: t.hosts.Of(parseAddr(src[16:])),
			srcPort: binary.BigEndian.Uint16(src[32:]), dstPort: binary.BigEndian.Uint16(src[34:]), proto: flow.Proto(src[36]),
		}
		var n int64
		if n, src, err = varint(src[fixed:]); err == nil {
			t.add(k, n)
		}
	}
	return src, err
}

// appendAddr appends a as 16 bytes, IPv4 mapped to IPv6.
func appendAddr(dst []byte, a netip.Addr) []byte {
	b := a.As16()
	return append(dst, b[:]...)
}

func parseAddr(b []byte) netip.Addr { return netip.AddrFrom16([16]byte(b[:16])).Unmap() }
