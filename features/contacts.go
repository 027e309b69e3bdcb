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
	in    bool // the address is the destination, its peers are sources
	of    lists[contactKey]
	v     slab[contact]

	keys   []contactKey // of the batch
	hash   []uint32
	number []int32

	// Worked out when they are needed, of all that has been gathered by then.
	peers, ports *since
}

type contactKey struct {
	group    int32
	of, peer flow.Host
	port     uint16
}

func (k *contactKey) hash() uint32 {
	return hash3(uint64(k.group)<<16|uint64(k.port), uint64(k.of), uint64(k.peer))
}

// hash3 mixes all bits of three numbers below 2^48, 2^32 and 2^32.
func hash3(a, b, c uint64) uint32 {
	h := (b<<32 | c) * 0x9e3779b97f4a7c15
	h ^= h >> 32
	h = (h + a) * 0xbf58476d1ce4e5b9
	h ^= h >> 29
	return uint32(h * 0x94d049bb133111eb >> 32)
}

// A contact is how many records a key has, and the time of the earliest.
type contact struct{ n, first int64 }

func (c *contact) add(n, first int64) {
	if c.n == 0 {
		c.first = first
	}
	c.n, c.first = c.n+n, min(c.first, first)
}

func contactsOf(in bool) *Gather {
	reach := reachOf(in)
	approx := func(f Feature) (Feature, string, bool) {
		f.Gather = reach
		switch f.Part {
		case partPeers, partPorts:
			return f, countError, true
		case partPortsPerPeerMean, partPeersPerPortMean:
			return f, "of two counts, each " + countError, true
		case partNewPeers, partNewPorts:
			return f, "the difference of two counts over all windows so far, each " + countError, true
		}
		return leftOut(f)
	}
	return &Gather{Parts: contactParts, approx: approx, New: func(h *flow.Hosts, _ *Rows) Aggregate { return &contacts{hosts: h, in: in} }}
}

func (c *contacts) Grow(n int) { c.of.grow(n) }

func (c *contacts) Add(b *flow.Batch, group []int32) {
	of, peer := b.Src, b.Dst
	if c.in {
		of, peer = peer, of
	}
	c.keys, c.hash, c.number = resize(c.keys, len(group)), resize(c.hash, len(group)), resize(c.number, len(group))
	for i, g := range group {
		k := contactKey{g, of[i], peer[i], b.DstPort[i]}
		c.keys[i], c.hash[i] = k, k.hash()
	}
	c.of.lookup(c.keys, c.hash, group, c.number)
	c.v.grow(c.of.n)
	for i, k := range c.number {
		c.v.at(k).add(1, b.Time[i])
	}
	c.peers, c.ports = nil, nil
}

// A known is an address and a peer or a port of it.
type known struct {
	of   flow.Host
	with uint32
}

func (k known) hash() uint32 { return hash3(0, uint64(k.of), uint64(k.with)) }

func knownPeer(k *contactKey) known { return known{k.of, uint32(k.peer)} }
func knownPort(k *contactKey) known { return known{k.of, uint32(k.port)} }

// A since tells when each known was first seen, in any group.
type since struct {
	index[known]
	first slab[int64]
}

func (c *contacts) since(what func(*contactKey) known) *since {
	s := new(since)
	for i := range int32(c.of.n) {
		k, at, n := what(c.of.keys.of(i)), c.v.at(i).first, s.n
		j := s.of(k, k.hash())
		s.first.grow(s.n)
		if first := s.first.at(j); s.n > n || at < *first {
			*first = at
		}
	}
	return s
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
	if c.peers == nil && cols[partNewPeers] != nil {
		c.peers = c.since(knownPeer)
	}
	if c.ports == nil && cols[partNewPorts] != nil {
		c.ports = c.since(knownPort)
	}
	var t tallier
	for _, g := range order {
		peers := t.tally(c, g, knownPeer, c.peers)
		ports := t.tally(c, g, knownPort, c.ports)
		pairs := float64(len(t.seen))
		number(partPeers, peers.distinct)
		number(partPorts, ports.distinct)
		number(partPortsPerPeerMax, peers.most)
		real(partPortsPerPeerMean, pairs/float64(max(peers.distinct, 1)))
		number(partPeersPerPortMax, ports.most)
		real(partPeersPerPortMean, pairs/float64(max(ports.distinct, 1)))
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

// A tallier counts the contacts of a group, reusing its memory.
type tallier struct {
	seen   []seen
	counts []int64
}

// A seen is a contact and what it is counted under.
type seen struct {
	known
	contact
}

// tally counts the contacts of group g by what they are of. since, if not nil,
// tells when each of all groups was first seen.
func (t *tallier) tally(c *contacts, g int32, what func(*contactKey) known, since *since) tallied {
	t.seen, t.counts = t.seen[:0], t.counts[:0]
	records := int64(0)
	c.of.each(g, func(k int32) {
		t.seen = append(t.seen, seen{what(c.of.keys.of(k)), *c.v.at(k)})
		records += c.v.at(k).n
	})
	slices.SortFunc(t.seen, func(a, b seen) int {
		return cmp.Compare(uint64(a.of)<<32|uint64(a.with), uint64(b.of)<<32|uint64(b.with))
	})
	var all tallied
	for lo := 0; lo < len(t.seen); {
		k, hi := t.seen[lo].known, lo
		n, first := int64(0), t.seen[lo].first
		for ; hi < len(t.seen) && t.seen[hi].known == k; hi++ {
			n, first = n+t.seen[hi].n, min(first, t.seen[hi].first)
		}
		all.distinct++
		all.most = max(all.most, hi-lo)
		if since != nil && *since.first.at(since.of(k, k.hash())) == first {
			all.fresh++
		}
		t.counts = append(t.counts, n)
		lo = hi
	}
	all.entropy = entropyOf(t.counts, records)
	return all
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
	dst = binary.AppendVarint(dst, c.of.count(g))
	c.of.each(g, func(i int32) {
		k, v := c.of.keys.of(i), c.v.at(i)
		dst = appendAddr(dst, c.hosts.Addr(k.of))
		dst = appendAddr(dst, c.hosts.Addr(k.peer))
		dst = binary.BigEndian.AppendUint16(dst, k.port)
		dst = binary.AppendVarint(dst, v.n)
		dst = binary.AppendVarint(dst, v.first)
	})
	return dst
}

func (c *contacts) MergeState(g int32, src []byte) ([]byte, error) {
	c.peers, c.ports = nil, nil
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
		if n < 1 {
			return src, errState
		}
		if first, src, err = varint(src); err == nil {
			i := c.of.of(k, k.hash(), g)
			c.v.grow(c.of.n)
			c.v.at(i).add(n, first)
		}
	}
	return src, err
}

func (c *contacts) Bytes() int64 {
	const batch = int64(unsafe.Sizeof(contactKey{})) + 4 + 4 // bytes a record
	return c.of.bytes() + c.v.bytes() + batch*int64(cap(c.keys))
}
