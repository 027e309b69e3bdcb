// Package state writes down what detectors have seen, and reads it back: in
// bytes that mean the same to every process, since addresses are written and
// not their numbers.
//
// A [Writer] never fails. A [Reader] keeps its first error and returns zeros
// from then on, so that callers check [Reader.Err] once, at the end; lengths
// are checked against what is left before anything is allocated by them.
package state

import (
	"encoding/binary"
	"errors"
	"math"
	"net/netip"

	"toolkit/flow"
)

// ErrCorrupt is what a Reader reports of bytes that no Writer wrote.
var ErrCorrupt = errors.New("state is cut short or damaged")

// A Writer appends values to Bytes.
type Writer struct {
	Bytes []byte
	Hosts *flow.Hosts // what addresses are numbers in
}

// Int appends v in 1 to 10 bytes, fewer for small ones.
func (w *Writer) Int(v int64) { w.Bytes = binary.AppendVarint(w.Bytes, v) }

// Len appends a length, which is not negative.
func (w *Writer) Len(n int) { w.Bytes = binary.AppendUvarint(w.Bytes, uint64(n)) }

// Float appends v in 8 bytes.
func (w *Writer) Float(v float64) {
	w.Bytes = binary.LittleEndian.AppendUint64(w.Bytes, math.Float64bits(v))
}

// Bool appends v in a byte.
func (w *Writer) Bool(v bool) {
	b := byte(0)
	if v {
		b = 1
	}
	w.Bytes = append(w.Bytes, b)
}

// String appends s and its length.
func (w *Writer) String(s string) {
	w.Len(len(s))
	w.Bytes = append(w.Bytes, s...)
}

// Host appends the address that h is the number of.
func (w *Writer) Host(h flow.Host) { w.Addr(w.Hosts.Addr(h)) }

// Addr appends an address without its zone, or an invalid one.
func (w *Writer) Addr(a netip.Addr) {
	b := a.AsSlice()
	w.Bytes = append(append(w.Bytes, byte(len(b))), b...)
}

// Floats appends values and their number.
func (w *Writer) Floats(vs []float64) {
	w.Len(len(vs))
	for _, v := range vs {
		w.Float(v)
	}
}

// Ints appends values and their number, each as its distance from the one
// before: ascending ones take few bytes.
func (w *Writer) Ints(vs []int64) {
	w.Len(len(vs))
	last := int64(0)
	for _, v := range vs {
		w.Int(v - last)
		last = v
	}
}

// A Reader takes values off the front of Bytes.
type Reader struct {
	Bytes []byte
	Hosts *flow.Hosts // what numbers addresses

	err error
}

// Err returns ErrCorrupt if anything read so far was not what a Writer wrote.
func (r *Reader) Err() error { return r.err }

// Fail makes Err report ErrCorrupt: for values that can't be.
func (r *Reader) Fail() {
	r.err = ErrCorrupt
	r.Bytes = nil
}

// take returns the next n bytes.
func (r *Reader) take(n int) []byte {
	if n < 0 || n > len(r.Bytes) {
		r.Fail()
		return nil
	}
	b := r.Bytes[:n]
	r.Bytes = r.Bytes[n:]
	return b
}

// Int returns the next value, 0 after an error.
func (r *Reader) Int() int64 {
	v, n := binary.Varint(r.Bytes)
	if n <= 0 {
		r.Fail()
		return 0
	}
	r.Bytes = r.Bytes[n:]
	return v
}

// Len returns a number of values that take at least size bytes each; it fails
// if so many can't be left.
func (r *Reader) Len(size int) int {
	v, n := binary.Uvarint(r.Bytes)
	if n <= 0 || v > uint64(len(r.Bytes)-n)/uint64(max(size, 1)) {
		r.Fail()
		return 0
	}
	r.Bytes = r.Bytes[n:]
	return int(v)
}

// Float returns the next value, 0 after an error.
func (r *Reader) Float() float64 {
	if b := r.take(8); b != nil {
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	return 0
}

// Bool returns the next value, false after an error.
func (r *Reader) Bool() bool {
	b := r.take(1)
	if b != nil && b[0] > 1 {
		r.Fail()
	}
	return b != nil && b[0] == 1
}

// String returns the next value, "" after an error.
func (r *Reader) String() string { return string(r.take(r.Len(1))) }

// Host returns the number in r.Hosts of the next address.
func (r *Reader) Host() flow.Host {
	a := r.Addr()
	if !a.IsValid() {
		r.Fail()
		return 0
	}
	return r.Hosts.Of(a)
}

// Addr returns the next address, which may be an invalid one.
func (r *Reader) Addr() netip.Addr {
	n := r.take(1)
	if n == nil || n[0] == 0 {
		return netip.Addr{}
	}
	a, ok := netip.AddrFromSlice(r.take(int(n[0])))
	if !ok {
		r.Fail()
	}
	return a
}

// Floats returns the next values.
func (r *Reader) Floats() []float64 {
	vs := make([]float64, r.Len(8))
	for i := range vs {
		vs[i] = r.Float()
	}
	return vs
}

// Ints returns the next values.
func (r *Reader) Ints() []int64 {
	vs := make([]int64, r.Len(1))
	last := int64(0)
	for i := range vs {
		last += r.Int()
		vs[i] = last
	}
	return vs
}
