package features

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"toolkit/flow"
)

// A volume counts the records of a group by class, and adds up their bytes:
// all whole numbers of a row of a table at once, side by side in memory. Its
// parts are volumeCount, volumeUp, volumeDown, and volumeClass plus the class.
type volume[C counters] struct {
	v       cells[volumeRow[C]]
	classes func(dst []uint8, b *flow.Batch)
	class   []uint8
	err     error
}

// The parts of a volume.
const (
	volumeCount = iota
	volumeUp
	volumeDown
	volumeClass
)

// counters are the records of a group by class.
type counters interface{ [4]uint32 | [8]uint32 }

type volumeRow[C counters] struct {
	count    C
	up, down int64
}

// The classes of protocols.
const (
	classOther = iota
	classTCP
	classUDP
)

var (
	// volumeByState counts the records in each flow.State.
	volumeByState = &Gather{Parts: volumeClass + 8, New: func(_ *flow.Hosts, rows *Rows) Aggregate {
		return &volume[[8]uint32]{v: cellsOf[volumeRow[[8]uint32]](rows), classes: func(dst []uint8, b *flow.Batch) {
			for i, s := range b.State {
				dst[i] = uint8(s) & 7
			}
		}}
	}}

	// volumeByProto counts the records of TCP, of UDP, and of other protocols.
	volumeByProto = &Gather{Parts: volumeClass + 4, New: func(_ *flow.Hosts, rows *Rows) Aggregate {
		of := [256]uint8{flow.TCP: classTCP, flow.UDP: classUDP}
		return &volume[[4]uint32]{v: cellsOf[volumeRow[[4]uint32]](rows), classes: func(dst []uint8, b *flow.Batch) {
			for i, p := range b.Proto {
				dst[i] = of[p]
			}
		}}
	}}
)

// ErrOverflow is that a sum or a count is past what its column can hold.
var ErrOverflow = errors.New("the sum is more than a column can hold")

func (a *volume[C]) Grow(n int) { a.v.rows.grow(n) }

func (a *volume[C]) Add(b *flow.Batch, group []int32) {
	a.class = resize(a.class, len(group))
	a.classes(a.class, b)
	var over int64
	full := false
	rows := a.v.view()
	for i, g := range group {
		r := rows.of(g)
		c := &r.count[a.class[i]%uint8(len(r.count))]
		*c++
		full = full || *c == 0
		x, y := b.BytesUp[i], b.BytesDown[i]
		up, down := r.up+x, r.down+y
		over |= (up^r.up)&(up^x) | (down^r.down)&(down^y)
		r.up, r.down = up, down
	}
	a.note(full, over < 0)
}

// note remembers an overflow.
func (a *volume[C]) note(records, bytes bool) {
	switch {
	case a.err != nil:
	case records:
		a.err = fmt.Errorf("%w: more than %d records of one kind in a row of the table", ErrOverflow, uint32(math.MaxUint32))
	case bytes:
		a.err = fmt.Errorf("%w: more than %d bytes in a row of the table", ErrOverflow, int64(math.MaxInt64))
	}
}

func (a *volume[C]) Err() error { return a.err }

func (a *volume[C]) Emit(order []int32, cols []*Column) {
	var rows [gatherLen]volumeRow[C]
	for len(order) > 0 {
		n := min(len(order), gatherLen)
		a.v.gather(rows[:n], order[:n])
		for part, c := range cols {
			if c != nil {
				c.Ints = appendPart(c.Ints, rows[:n], part)
			}
		}
		order = order[n:]
	}
}

// appendPart appends to dst one part of each row.
func appendPart[C counters](dst []int64, rows []volumeRow[C], part int) []int64 {
	n := len(dst)
	dst = slices.Grow(dst, len(rows))[:n+len(rows)]
	to := dst[n:]
	switch part {
	case volumeCount:
		for i := range rows {
			sum := int64(0)
			for k := range len(rows[i].count) {
				sum += int64(rows[i].count[k])
			}
			to[i] = sum
		}
	case volumeUp:
		for i := range rows {
			to[i] = rows[i].up
		}
	case volumeDown:
		for i := range rows {
			to[i] = rows[i].down
		}
	default:
		k := part - volumeClass
		for i := range rows {
			to[i] = int64(rows[i].count[k])
		}
	}
	return dst
}

func (a *volume[C]) AppendState(dst []byte, g int32) []byte {
	r := a.v.of(g)
	for k := range len(r.count) {
		dst = binary.AppendVarint(dst, int64(r.count[k]))
	}
	return binary.AppendVarint(binary.AppendVarint(dst, r.up), r.down)
}

func (a *volume[C]) MergeState(g int32, src []byte) (_ []byte, err error) {
	r := a.v.of(g)
	var v int64
	for k := range len(r.count) {
		if v, src, err = varint(src); err != nil {
			return src, err
		}
		if v < 0 || v > math.MaxUint32 {
			return src, errState
		}
		a.note(v+int64(r.count[k]) > math.MaxUint32, false)
		r.count[k] += uint32(v)
	}
	for _, sum := range []*int64{&r.up, &r.down} {
		if v, src, err = varint(src); err != nil {
			return src, err
		}
		s := *sum + v
		a.note(false, (s^*sum)&(s^v) < 0)
		*sum = s
	}
	return src, a.err
}

func (a *volume[C]) Bytes() int64 { return int64(cap(a.class)) }

// growFor returns v with room for n elements more.
func growFor[T any](v []T, n int) []T {
	if cap(v)-len(v) >= n {
		return v
	}
	return append(make([]T, 0, len(v)+n), v...)
}
