package track

import (
	"encoding/binary"

	"toolkit/detect/state"
)

// Records is a list of record numbers in the order in which they were added,
// in two or three bytes each. It keeps at most MaxRecords, the first ones, and
// counts all. The zero Records is empty.
type Records struct {
	N     int64 // how many were added
	bytes []byte
	last  int64
}

// MaxRecords is how many record numbers an alert's subject is followed by:
// enough to find the traffic again, and bounded on an endless stream.
const MaxRecords = 1 << 16

// Add adds a record.
func (r *Records) Add(number int64) {
	if r.N < MaxRecords {
		r.bytes = binary.AppendVarint(r.bytes, number-r.last)
		r.last = number
	}
	r.N++
}

// All returns the numbers kept.
func (r *Records) All() []int64 {
	out := make([]int64, 0, min(r.N, MaxRecords))
	last := int64(0)
	for b := r.bytes; len(b) > 0; {
		d, n := binary.Varint(b)
		b = b[n:]
		last += d
		out = append(out, last)
	}
	return out
}

// Take returns the numbers kept and empties r.
func (r *Records) Take() []int64 {
	out := r.All()
	*r = Records{bytes: r.bytes[:0]}
	return out
}

// Bytes returns what r points to takes.
func (r *Records) Bytes() int64 { return int64(cap(r.bytes)) }

// Save writes r.
func (r *Records) Save(w *state.Writer) {
	w.Int(r.N)
	w.Ints(r.All())
}

// Load replaces r by what Save wrote.
func (r *Records) Load(rd *state.Reader) {
	n := rd.Int()
	*r = Records{}
	for _, number := range rd.Ints() {
		r.Add(number)
	}
	if n < r.N || n > r.N && r.N < MaxRecords {
		rd.Fail()
	}
	r.N = n
}
