package features

import (
	"encoding/binary"

	"toolkit/flow"
)

// What values of records are counted exactly.
var (
	dstPorts  = distinctOf(func(b *flow.Batch, i int) uint32 { return uint32(b.DstPort[i]) })
	srcPorts  = distinctOf(func(b *flow.Batch, i int) uint32 { return uint32(b.SrcPort[i]) })
	protocols = distinctOf(func(b *flow.Batch, i int) uint32 { return uint32(b.Proto[i]) })
)

func distinctOf(of func(b *flow.Batch, i int) uint32) *Gather {
	return &Gather{Parts: 1, New: func(*flow.Hosts) Aggregate { return &distinct{of: of} }}
}

// A distinct counts the values that a group has seen, exactly. The values of
// a group are a list in one slab; most groups have few, and only those with
// many are looked up by hash.
type distinct struct {
	of    func(b *flow.Batch, i int) uint32
	head  []int32 // by group: its first value in the slab, plus 1
	n     []int32 // by group: how many values
	value []uint32
	next  []int32
	many  map[uint64]struct{} // group and value, of groups with more than fewValues
}

const fewValues = 12

func (d *distinct) Grow(n int) { d.head, d.n = grow(d.head, n), grow(d.n, n) }

func (d *distinct) Add(b *flow.Batch, group []int32) {
	for i, g := range group {
		d.add(g, d.of(b, i))
	}
}

func (d *distinct) add(g int32, v uint32) {
	key := uint64(g)<<32 | uint64(v)
	if d.n[g] > fewValues {
		if _, ok := d.many[key]; ok {
			return
		}
		d.many[key] = struct{}{}
	} else {
		for e := d.head[g]; e != 0; e = d.next[e-1] {
			if d.value[e-1] == v {
				return
			}
		}
	}
	d.value, d.next = append(d.value, v), append(d.next, d.head[g])
	d.head[g] = int32(len(d.value))
	if d.n[g]++; d.n[g] == fewValues+1 {
		if d.many == nil {
			d.many = make(map[uint64]struct{})
		}
		for e := d.head[g]; e != 0; e = d.next[e-1] {
			d.many[uint64(g)<<32|uint64(d.value[e-1])] = struct{}{}
		}
	}
}

func (d *distinct) Emit(order []int32, cols []*Column) {
	for _, g := range order {
		cols[0].Ints = append(cols[0].Ints, int64(d.n[g]))
	}
}

func (d *distinct) AppendState(dst []byte, g int32) []byte {
	dst = binary.AppendVarint(dst, int64(d.n[g]))
	for e := d.head[g]; e != 0; e = d.next[e-1] {
		dst = binary.AppendVarint(dst, int64(d.value[e-1]))
	}
	return dst
}

func (d *distinct) MergeState(g int32, src []byte) ([]byte, error) {
	m, src, err := varint(src)
	for ; err == nil && m > 0; m-- {
		var v int64
		if v, src, err = varint(src); err == nil {
			d.add(g, uint32(v))
		}
	}
	return src, err
}
