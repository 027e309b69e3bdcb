package features

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"unsafe"

	"toolkit/flow"
)

// What contacts are gathered: of the sources of a group's records with the
// destinations, and of the destinations with the sources.
var (
	outContacts = contactsOf(false)
	inContacts  = contactsOf(true)
)

// The parts of contacts.
const (
	partPeers = iota
	partPorts
	partPortsPerPeerMax
	partPortsPerPeerMean
	partPeersPerPortMax
	partPeersPerPortMean
	partNewPeers
	partNewPorts
	partPeerEntropy
	partPortEntropy
	contactParts
)

// A contacts keeps with whom a group's addresses spoke on which destination
// ports, how often, and since when. What is new is told at the end: a peer is
// new in the group that has the earliest of all records between the two, so
// that groups may be gathered in any order. All windows of an address must
// have been merged into one contacts for that.
type contacts struct {
	hosts *flow.Hosts
	in    bool    // the address is the destination, its peers are sources
	head  []int32 // by group: its first entry, plus 1
	entry []contact
	index map[contactKey]int32
}

type contactKey struct {
	group    int32
	of, peer flow.Host
	port     uint16
}

type contact struct {
	contactKey
	next  int32 // in the list of its group, plus 1
	n     int64 // records
	first int64 // time of the earliest
}

func contactsOf(in bool) *Gather {
	return &Gather{Parts: contactParts, New: func(h *flow.Hosts) Aggregate {
		return &contacts{hosts: h, in: in, index: make(map[contactKey]int32)}
	}}
}

func (c *contacts) Grow(n int) { c.head = grow(c.head, n) }

func (c *contacts) Add(b *flow.Batch, group []int32) {
	of, peer := b.Src, b.Dst
	if c.in {
		of, peer = peer, of
	}
	for i, g := range group {
		c.add(contactKey{g, of[i], peer[i], b.DstPort[i]}, 1, b.Time[i])
	}
}

func (c *contacts) add(k contactKey, n, first int64) {
	i, ok := c.index[k]
	if !ok {
		i = int32(len(c.entry))
		c.index[k] = i
		c.entry = append(c.entry, contact{contactKey: k, next: c.head[k.group], first: first})
		c.head[k.group] = i + 1
	}
	e := &c.entry[i]
	e.n, e.first = e.n+n, min(e.first, first)
}

// A known is an address and a peer or a port of it.
type known struct {
	of   flow.Host
	with uint32
}

func knownPeer(e *contact) known { return known{e.of, uint32(e.peer)} }
func knownPort(e *contact) known { return known{e.of, uint32(e.port)} }

// since returns when each was first seen, in any group.
func (c *contacts) since(what func(*contact) known) map[known]int64 {
	first := make(map[known]int64)
	for i := range c.entry {
		e := &c.entry[i]
		k := what(e)
		if t, ok := first[k]; !ok || e.first < t {
			first[k] = e.first
		}
	}
	return first
}

func (c *contacts) Emit(order []int32, cols []*Column) {
	number := func(part, v int) {
		if col := cols[part]; col != nil {
			col.Ints = append(col.Ints, int64(v))
		}
	}
	real := func(part int, v float64) {
		if col := cols[part]; col != nil {
			col.Floats = append(col.Floats, v)
		}
	}
	var newPeer, newPort map[known]int64
	if cols[partNewPeers] != nil {
		newPeer = c.since(knownPeer)
	}
	if cols[partNewPorts] != nil {
		newPort = c.since(knownPort)
	}
	var es []*contact
	for _, g := range order {
		es = es[:0]
		records := int64(0)
		for i := c.head[g]; i != 0; i = c.entry[i-1].next {
			e := &c.entry[i-1]
			es = append(es, e)
			records += e.n
		}
		peers := tally(es, knownPeer, newPeer, records)
		ports := tally(es, knownPort, newPort, records)
		number(partPeers, peers.distinct)
		number(partPorts, ports.distinct)
		number(partPortsPerPeerMax, peers.most)
		real(partPortsPerPeerMean, float64(len(es))/float64(max(peers.distinct, 1)))
		number(partPeersPerPortMax, ports.most)
		real(partPeersPerPortMean, float64(len(es))/float64(max(ports.distinct, 1)))
		number(partNewPeers, peers.fresh)
		number(partNewPorts, ports.fresh)
		real(partPeerEntropy, peers.entropy)
		real(partPortEntropy, ports.entropy)
	}
}

// A tallied says of a group's peers how many there are, the largest number of
// ports of one, how many are new, and how evenly records are spread over
// them; or the same of ports.
type tallied struct {
	distinct, most, fresh int
	entropy               float64
}

// tally sorts the entries of a group by what they are of, and counts. since is
// when each of all groups was first seen.
func tally(es []*contact, what func(*contact) known, since map[known]int64, records int64) tallied {
	slices.SortFunc(es, func(a, b *contact) int {
		x, y := what(a), what(b)
		return cmp.Or(cmp.Compare(x.of, y.of), cmp.Compare(x.with, y.with))
	})
	var t tallied
	var counts []int64
	for lo := 0; lo < len(es); {
		k, hi := what(es[lo]), lo
		n, first := int64(0), es[lo].first
		for ; hi < len(es) && what(es[hi]) == k; hi++ {
			n, first = n+es[hi].n, min(first, es[hi].first)
		}
		t.distinct++
		t.most = max(t.most, hi-lo)
		if t0, ok := since[k]; ok && t0 == first {
			t.fresh++
		}
		counts = append(counts, n)
		lo = hi
	}
	t.entropy = entropyOf(counts, records)
	return t
}

// entropyOf returns the Shannon entropy, in nats, of counts that add up to n.
// It is the same for any order of the counts, which it sorts.
func entropyOf(counts []int64, n int64) float64 {
	if n == 0 || len(counts) == 1 {
		return 0
	}
	slices.Sort(counts)
	var s float64
	for _, c := range counts {
		s += float64(c) * math.Log(float64(c))
	}
	return max(0, math.Log(float64(n))-s/float64(n))
}

func (c *contacts) AppendState(dst []byte, g int32) []byte {
	n := int64(0)
	for i := c.head[g]; i != 0; i = c.entry[i-1].next {
		n++
	}
	dst = binary.AppendVarint(dst, n)
	for i := c.head[g]; i != 0; i = c.entry[i-1].next {
		e := &c.entry[i-1]
		dst = appendAddr(dst, c.hosts.Addr(e.of))
		dst = appendAddr(dst, c.hosts.Addr(e.peer))
		dst = binary.BigEndian.AppendUint16(dst, e.port)
		dst = binary.AppendVarint(dst, e.n)
		dst = binary.AppendVarint(dst, e.first)
	}
	return dst
}

func (c *contacts) MergeState(g int32, src []byte) ([]byte, error) {
	m, src, err := varint(src)
	for ; err == nil && m > 0; m-- {
		const fixed = 16 + 16 + 2
		if len(src) < fixed {
			return src, errState
		}
		k := contactKey{g, c.hosts.Of(parseAddr(src)), c.hosts.Of(parseAddr(src[16:])), binary.BigEndian.Uint16(src[32:])}
		var n, first int64
		if n, src, err = varint(src[fixed:]); err != nil {
			return src, err
		}
		if first, src, err = varint(src); err == nil {
			c.add(k, n, first)
		}
	}
	return src, err
}

func (c *contacts) Bytes() int64 {
	return 4*int64(cap(c.head)) + int64(cap(c.entry))*int64(unsafe.Sizeof(contact{})) + mapBytes(c.index)
}

// mapBytes returns the memory that a map takes, about: its tables are half to
// seven eighths full, with a byte a slot beside the key and the value.
func mapBytes[K comparable, V any](m map[K]V) int64 {
	var k K
	var v V
	return int64(len(m)) * int64(unsafe.Sizeof(k)+unsafe.Sizeof(v)+1) * 3 / 2
}
