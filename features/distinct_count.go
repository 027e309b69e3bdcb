package features

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"toolkit/flow"
)

// What values of records are counted exactly.
var (
	dstPorts  = distinctOf(func(dst []uint32, b *flow.Batch) { widen(dst, b.DstPort) })
	srcPorts  = distinctOf(func(dst []uint32, b *flow.Batch) { widen(dst, b.SrcPort) })
	protocols = distinctOf(func(dst []uint32, b *flow.Batch) { widen(dst, b.Proto) })
)

func widen[T ~uint8 | ~uint16](dst []uint32, v []T) {
	for i, x := range v {
		dst[i] = uint32(x)
	}
}

// distinctOf counts the values, below the largest uint32, that of puts into
// dst, one for each record.
func distinctOf(of func(dst []uint32, b *flow.Batch)) *Gather {
	return &Gather{Parts: 1, New: func(*flow.Hosts) Aggregate { return &distinct{of: of} }}
}

// A distinct counts the values that a group has seen, exactly. Most groups
// have few: these lie in the group's own row, and only more have a set.
type distinct struct {
	of    func(dst []uint32, b *flow.Batch)
	v     slab[fewValues]
	many  [][]uint32 // sets by open addressing: a value plus 1, 0 for none
	slots int64      // of all sets
	value []uint32   // of the batch
}

// fewValues are the values of a group: n of them in v, or if there are more
// than fit, v[0] is the number of their set.
type fewValues struct {
	n uint32
	v [few]uint32
}

const few = 3

func (d *distinct) Grow(n int) { d.v.grow(n) }

func (d *distinct) Add(b *flow.Batch, group []int32) {
	d.value = resize(d.value, len(group))
	d.of(d.value, b)
	for i, g := range group {
		r, v := d.v.at(g), d.value[i]
		if r.n != 0 && r.n <= few && r.v[0] == v { // what a record mostly is: like the one before
			continue
		}
		d.add(r, v)
	}
}

func (d *distinct) add(r *fewValues, v uint32) {
	switch {
	case r.n > few:
		if d.insert(r.v[0], v) {
			r.n++
		}
	case slices.Contains(r.v[:r.n], v):
	case r.n < few:
		r.v[r.n] = v
		r.n++
	default:
		d.many = append(d.many, make([]uint32, 4*(few+1)))
		d.slots += 4 * (few + 1)
		s := uint32(len(d.many) - 1)
		for _, old := range r.v {
			d.insert(s, old)
		}
		d.insert(s, v)
		r.v[0] = s
		r.n++
	}
}

// insert puts v into set s and tells whether it was not there. A set's last
// slot is never used: it counts the values.
func (d *distinct) insert(s, v uint32) bool {
	set := d.many[s]
	last := len(set) - 1
	if i, found := place(set, v); found {
		return false
	} else {
		set[i] = v + 1
	}
	if set[last]++; 2*int(set[last]) >= last {
		bigger := make([]uint32, 2*len(set))
		for _, u := range set[:last] {
			if u != 0 {
				i, _ := place(bigger, u-1)
				bigger[i] = u
			}
		}
		bigger[len(bigger)-1] = set[last]
		d.many[s] = bigger
		d.slots += int64(len(set))
	}
	return true
}

// place returns where v lies in a set, or where it would.
func place(set []uint32, v uint32) (i int, found bool) {
	last := uint32(len(set) - 1)
	hi, _ := bits.Mul32(v*0x9e3779b1, last)
	for set[hi] != 0 {
		if set[hi] == v+1 {
			return int(hi), true
		}
		if hi++; hi == last {
			hi = 0
		}
	}
	return int(hi), false
}

func (d *distinct) Emit(order []int32, cols []*Column) {
	c := cols[0]
	c.Ints = growFor(c.Ints, len(order))
	for _, g := range order {
		c.Ints = append(c.Ints, int64(d.v.at(g).n))
	}
}

func (d *distinct) AppendState(dst []byte, g int32) []byte {
	r := d.v.at(g)
	dst = binary.AppendVarint(dst, int64(r.n))
	if r.n <= few {
		for _, v := range r.v[:r.n] {
			dst = binary.AppendVarint(dst, int64(v))
		}
		return dst
	}
	set := d.many[r.v[0]]
	for _, v := range set[:len(set)-1] {
		if v != 0 {
			dst = binary.AppendVarint(dst, int64(v-1))
		}
	}
	return dst
}

func (d *distinct) MergeState(g int32, src []byte) ([]byte, error) {
	m, src, err := varint(src)
	for ; err == nil && m > 0; m-- {
		var v int64
		if v, src, err = varint(src); err == nil {
			d.add(d.v.at(g), uint32(v))
		}
	}
	return src, err
}

func (d *distinct) Bytes() int64 {
	return d.v.bytes() + 4*d.slots + 24*int64(cap(d.many)) + 4*int64(cap(d.value))
}
