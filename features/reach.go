package features

import (
	"cmp"
	"encoding/binary"
	"slices"
	"unsafe"

	"toolkit/flow"
)

// A reaching is contacts in bounded memory: how many peers and ports a group's
// address has, how many of both together, and how many are new. What is new in
// a window is by how many the peers so far become more by those of the window,
// the windows of an address taken in the order of time.
type reaching struct {
	hosts  *flow.Hosts
	hashes hashes
	in     bool
	v      slab[reached]
	n      int   // groups
	held   int64 // bytes of what cards hold
	fresh  []fresh
}

type reached struct {
	of                     flow.Host
	first                  int64
	seen                   bool
	peers, ports, contacts card
}

// fresh is how many peers and ports of a group are new.
type fresh struct{ peers, ports int64 }

func reachOf(in bool) *Gather {
	return &Gather{Parts: contactParts, New: func(h *flow.Hosts, _ *Rows) Aggregate {
		return &reaching{hosts: h, hashes: hashes{hosts: h}, in: in}
	}}
}

func (c *reaching) Grow(n int) {
	c.v.grow(n)
	c.n = max(c.n, n)
}

func (c *reaching) Add(b *flow.Batch, group []int32) {
	of, peer := b.Src, b.Dst
	if c.in {
		of, peer = peer, of
	}
	c.fresh = nil
	for i, g := range group {
		r := c.at(g, of[i], b.Time[i])
		h, port := c.hashes.of(peer[i]), uint64(b.DstPort[i])
		c.held += r.peers.add(h) + r.ports.add(hashWords(port, 0, 0)) + r.contacts.add(hashWords(h, port, 0))
	}
}

// at returns what is known of group g, which has a record of that address and
// time.
func (c *reaching) at(g int32, of flow.Host, time int64) *reached {
	r := c.v.at(g)
	switch {
	case !r.seen:
		r.seen, r.of, r.first = true, of, time
		return r
	case r.of != of && c.hosts.Addr(of).Less(c.hosts.Addr(r.of)):
		r.of = of // groups of tables are of one address; others have the lowest
	}
	r.first = min(r.first, time)
	return r
}

func (c *reaching) Bytes() int64 {
	return c.v.bytes() + c.held + 8*int64(cap(c.hashes.hash)) + int64(cap(c.fresh))*int64(unsafe.Sizeof(fresh{}))
}

// news works out what is new in each group.
func (c *reaching) news() {
	c.fresh = make([]fresh, c.n)
	order := make([]int32, 0, c.n)
	for g := range int32(c.n) {
		if c.v.at(g).seen {
			order = append(order, g)
		}
	}
	slices.SortFunc(order, func(i, j int32) int {
		a, b := c.v.at(i), c.v.at(j)
		return cmp.Or(cmp.Compare(a.of, b.of), cmp.Compare(a.first, b.first), cmp.Compare(i, j))
	})
	var peers, ports card
	for k, g := range order {
		r := c.v.at(g)
		if k == 0 || c.v.at(order[k-1]).of != r.of {
			peers, ports = card{}, card{}
		}
		p, q := peers.count(), ports.count()
		peers.merge(&r.peers)
		ports.merge(&r.ports)
		c.fresh[g] = fresh{max(0, peers.count()-p), max(0, ports.count()-q)}
	}
}

func (c *reaching) Emit(order []int32, cols []*Column) {
	if c.fresh == nil && (cols[partNewPeers] != nil || cols[partNewPorts] != nil) {
		c.news()
	}
	for _, g := range order {
		r := c.v.at(g)
		var is fresh
		if c.fresh != nil {
			is = c.fresh[g]
		}
		peers, ports, contacts := r.peers.count(), r.ports.count(), float64(r.contacts.count())
		for part, col := range cols {
			if col == nil {
				continue
			}
			switch part {
			case partPeers:
				col.Ints = append(col.Ints, peers)
			case partPorts:
				col.Ints = append(col.Ints, ports)
			case partNewPeers:
				col.Ints = append(col.Ints, is.peers)
			case partNewPorts:
				col.Ints = append(col.Ints, is.ports)
			case partPortsPerPeerMean:
				col.Floats = append(col.Floats, contacts/float64(max(peers, 1)))
			case partPeersPerPortMean:
				col.Floats = append(col.Floats, contacts/float64(max(ports, 1)))
			}
		}
	}
}

func (c *reaching) AppendState(dst []byte, g int32) []byte {
	r := c.v.at(g)
	if !r.seen {
		return append(dst, 0)
	}
	dst = appendAddr(append(dst, 1), c.hosts.Addr(r.of))
	dst = binary.AppendVarint(dst, r.first)
	return r.contacts.appendState(r.ports.appendState(r.peers.appendState(dst)))
}

func (c *reaching) MergeState(g int32, src []byte) (_ []byte, err error) {
	if len(src) == 0 || src[0] > 1 {
		return src, errState
	}
	seen := src[0] == 1
	if src = src[1:]; !seen {
		return src, nil
	}
	if len(src) < 16 {
		return src, errState
	}
	of := c.hosts.Of(parseAddr(src))
	first, src, err := varint(src[16:])
	if err != nil {
		return src, err
	}
	c.fresh = nil
	r := c.at(g, of, first)
	for _, k := range []*card{&r.peers, &r.ports, &r.contacts} {
		var grown int64
		if src, grown, err = k.mergeState(src); err != nil {
			return src, err
		}
		c.held += grown
	}
	return src, nil
}
