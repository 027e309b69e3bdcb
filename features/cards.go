package features

import (
	"encoding/binary"

	"toolkit/flow"

	"github.com/zeebo/xxh3"
)

// What is counted of records in bounded memory, for whatever is seen: the
// approximate counterparts of srcIPs, dstIPs, and of counts of traffic.
var (
	approxSrcIPs = cardsOf(func(h *hashes, b *flow.Batch, i int) uint64 { return h.of(b.Src[i]) })
	approxDstIPs = cardsOf(func(h *hashes, b *flow.Batch, i int) uint64 { return h.of(b.Dst[i]) })
	approxConns  = cardsOf(func(h *hashes, b *flow.Batch, i int) uint64 { return hashWords(h.of(b.Src[i]), h.of(b.Dst[i]), 0) })
	approxFlows  = cardsOf(func(h *hashes, b *flow.Batch, i int) uint64 {
		return hashWords(h.of(b.Src[i]), h.of(b.Dst[i]), uint64(b.SrcPort[i])<<32|uint64(b.DstPort[i])<<16|uint64(b.Proto[i]))
	})
)

// hashes are those of addresses, by their numbers: the same for an address in
// every process.
type hashes struct {
	hosts *flow.Hosts
	hash  []uint64
}

func (h *hashes) of(host flow.Host) uint64 {
	for n := len(h.hash); n <= int(host); n++ {
		a := h.hosts.Addr(flow.Host(n)).As16()
		h.hash = append(h.hash, xxh3.Hash(a[:]))
	}
	return h.hash[host]
}

func hashWords(a, b, c uint64) uint64 {
	var buf [24]byte
	binary.LittleEndian.PutUint64(buf[:], a)
	binary.LittleEndian.PutUint64(buf[8:], b)
	binary.LittleEndian.PutUint64(buf[16:], c)
	return xxh3.Hash(buf[:])
}

// cardsOf counts the distinct hashes that records have.
func cardsOf(hash func(h *hashes, b *flow.Batch, i int) uint64) *Gather {
	return &Gather{Parts: 1, New: func(h *flow.Hosts, _ *Rows) Aggregate { return &cards{hashes: hashes{hosts: h}, hash: hash} }}
}

type cards struct {
	hashes hashes
	hash   func(h *hashes, b *flow.Batch, i int) uint64
	v      slab[card]
	held   int64 // bytes of what cards hold
}

func (c *cards) Grow(n int) { c.v.grow(n) }

func (c *cards) Add(b *flow.Batch, group []int32) {
	for i, g := range group {
		c.held += c.v.at(g).add(c.hash(&c.hashes, b, i))
	}
}

func (c *cards) Bytes() int64 { return c.v.bytes() + c.held + 8*int64(cap(c.hashes.hash)) }

func (c *cards) Emit(order []int32, cols []*Column) {
	col := cols[0]
	col.Ints = growFor(col.Ints, len(order))
	for _, g := range order {
		col.Ints = append(col.Ints, c.v.at(g).count())
	}
}

func (c *cards) AppendState(dst []byte, g int32) []byte { return c.v.at(g).appendState(dst) }

func (c *cards) MergeState(g int32, src []byte) (_ []byte, err error) {
	var grown int64
	src, grown, err = c.v.at(g).mergeState(src)
	c.held += grown
	return src, err
}
