package features

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"toolkit/flow"
)

// What values of records are counted exactly.
var (
	dstPorts  = distinctOf(func(dst []uint16, b *flow.Batch) { copy(dst, b.DstPort) })
	srcPorts  = distinctOf(func(dst []uint16, b *flow.Batch) { copy(dst, b.SrcPort) })
	protocols = distinctOf(func(dst []uint16, b *flow.Batch) {
		for i, p := range b.Proto {
			dst[i] = uint16(p)
		}
	})
)

// distinctOf counts the values that of puts into dst, one for each record.
func distinctOf(of func(dst []uint16, b *flow.Batch)) *Gather {
	return &Gather{Parts: 1, New: func(_ *flow.Hosts, rows *Rows) Aggregate {
		return &distinct[uint16]{of: of, v: cellsOf[fewValues[uint16]](rows)}
	}}
}

// A distinct counts the values, below the largest uint32, that a group has
// seen, exactly. Most groups have few: these lie in the group's own row, and
// only more have a set.
type distinct[T uint16 | uint32] struct {
	of    func(dst []T, b *flow.Batch)
	v     cells[fewValues[T]]
	many  sets
	value []T // of the batch
}

// fewValues are the values of a group: n of them in v, or if n is more than
// fit, v has the number of their set, half of it each in v[0] and v[1].
type fewValues[T uint16 | uint32] struct {
	n T
	v [few]T
}

const few = 3

func (r *fewValues[T]) set() uint32 { return uint32(r.v[0])&0xffff | uint32(r.v[1])<<16 }

func (d *distinct[T]) Grow(n int) { d.v.rows.grow(n) }

func (d *distinct[T]) Add(b *flow.Batch, group []int32) {
	d.value = resize(d.value, len(group))
	d.of(d.value, b)
	rows := d.v.view()
	for i, g := range group {
		r, v := rows.of(g), d.value[i]
		if r.n != 0 && r.n <= few && r.v[0] == v { // what a record mostly is: like the one before
			continue
		}
		d.add(r, v)
	}
}

func (d *distinct[T]) add(r *fewValues[T], v T) {
	switch {
	case r.n > few:
		d.many.insert(r.set(), uint32(v))
	case slices.Contains(r.v[:r.n], v):
	case r.n < few:
		r.v[r.n] = v
		r.n++
	default:
		s := d.many.begin()
		for _, old := range r.v {
			d.many.insert(s, uint32(old))
		}
		d.many.insert(s, uint32(v))
		r.n, r.v[0], r.v[1] = few+1, T(s), T(s>>16)
	}
}

// count returns how many values a group has seen.
func (d *distinct[T]) count(r *fewValues[T]) int64 {
	if r.n > few {
		return d.many.count(r.set())
	}
	return int64(r.n)
}

// values yields what a group has seen.
func (d *distinct[T]) values(g int32, yield func(v uint32)) {
	r := d.v.of(g)
	if r.n > few {
		d.many.each(r.set(), yield)
		return
	}
	for _, v := range r.v[:r.n] {
		yield(uint32(v))
	}
}

func (d *distinct[T]) Emit(order []int32, cols []*Column) {
	var rows [gatherLen]fewValues[T]
	for c := cols[0]; len(order) > 0; {
		n := min(len(order), gatherLen)
		d.v.gather(rows[:n], order[:n])
		for i := range rows[:n] {
			c.Ints = append(c.Ints, d.count(&rows[i]))
		}
		order = order[n:]
	}
}

func (d *distinct[T]) AppendState(dst []byte, g int32) []byte {
	dst = binary.AppendVarint(dst, d.count(d.v.of(g)))
	d.values(g, func(v uint32) { dst = binary.AppendVarint(dst, int64(v)) })
	return dst
}

func (d *distinct[T]) MergeState(g int32, src []byte) ([]byte, error) {
	m, src, err := varint(src)
	for ; err == nil && m > 0; m-- {
		var v int64
		if v, src, err = varint(src); err == nil {
			d.add(d.v.of(g), T(v))
		}
	}
	return src, err
}

func (d *distinct[T]) Bytes() int64 {
	return d.many.bytes() + int64(cap(d.value))*int64(unsafe.Sizeof(T(0)))
}
