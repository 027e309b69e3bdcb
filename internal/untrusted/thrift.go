package untrusted

import (
	"bufio"
	"io"
	"math"
)

// A thriftWalk walks through what the compact protocol of Thrift has written,
// and keeps nothing of it. No length may be beyond what is left.
type thriftWalk struct {
	r     *bufio.Reader
	left  int64
	items uint64 // of all lists so far
}

// maxItems is how many there can be: of a hundred columns in ten thousand groups of
// rows there are some.
const maxItems = 4 << 20

func (t *thriftWalk) byte() (byte, error) {
	if t.left <= 0 {
		return 0, ErrParquet
	}
	t.left--
	b, err := t.r.ReadByte()
	if err == io.EOF {
		err = ErrParquet
	}
	return b, err
}

func (t *thriftWalk) uvarint() (v uint64, err error) {
	for shift := 0; shift < 64; shift += 7 {
		b, err := t.byte()
		if err != nil {
			return 0, err
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v, nil
		}
	}
	return 0, ErrParquet
}

func (t *thriftWalk) varint() (int64, error) {
	v, err := t.uvarint()
	return int64(v>>1) ^ -int64(v&1), err
}

func (t *thriftWalk) skip(n uint64) error {
	if n > uint64(t.left) || n > math.MaxInt32 {
		return ErrParquet
	}
	t.left -= int64(n)
	_, err := t.r.Discard(int(n))
	if err == io.EOF {
		err = ErrParquet
	}
	return err
}

// structure walks through a struct, and tells number of its whole numbers and
// truths, and of those of the structs in it, by the number of the field that
// they are in, 0 at first, and their own.
func (t *thriftWalk) structure(depth int, parent int16, number func(parent, field int16, v int64)) error {
	if depth > 32 {
		return ErrParquet
	}
	for id := int16(0); ; {
		head, err := t.byte()
		switch {
		case err != nil:
			return err
		case head == 0:
			return nil
		case head>>4 != 0:
			id += int16(head >> 4)
		default:
			v, err := t.varint()
			if err != nil {
				return err
			}
			id = int16(v)
		}
		switch kind := head & 0xf; kind {
		case 1, 2: // a truth is in its type
			number(parent, id, int64(2-kind))
		case 4, 5, 6:
			v, err := t.varint()
			if err != nil {
				return err
			}
			number(parent, id, v)
		case 12:
			in, of := id, number
			if depth > 0 {
				in, of = -1, func(int16, int16, int64) {}
			}
			if err := t.structure(depth+1, in, of); err != nil {
				return err
			}
		default:
			if err := t.value(kind, depth); err != nil {
				return err
			}
		}
	}
}

// value walks through a value of that type in a list, or one of a field that is
// no number.
func (t *thriftWalk) value(kind byte, depth int) error {
	switch kind {
	case 1, 2, 3:
		_, err := t.byte()
		return err
	case 4, 5, 6:
		_, err := t.uvarint()
		return err
	case 7:
		return t.skip(8)
	case 8: // bytes
		n, err := t.uvarint()
		if err != nil {
			return err
		}
		return t.skip(n)
	case 9, 10: // a list, a set
		return t.list(depth + 1)
	case 12:
		return t.structure(depth+1, -1, func(int16, int16, int64) {})
	}
	return ErrParquet // a map, of which Parquet has none, or no type
}

func (t *thriftWalk) list(depth int) error {
	head, err := t.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = t.uvarint(); err != nil {
			return err
		}
	}
	// Each takes a byte at the least, and hundreds once it is read.
	if t.items += n; n > uint64(t.left) || t.items > maxItems || depth > 32 {
		return ErrParquet
	}
	for range n {
		if err := t.value(head&0xf, depth); err != nil {
			return err
		}
	}
	return nil
}
