// Package untrusted looks into files of others before a library reads them.
// The libraries for Arrow and Parquet allocate what a file says of its own
// size without a look at how long it is, which can end the process in a way
// that can't be recovered from.
package untrusted

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	flatbuffers "github.com/google/flatbuffers/go"
)

// ErrArrow is what is wrong with an Arrow file whose numbers don't fit its size.
var ErrArrow = errors.New("damaged Arrow file: what it says of its own size can't be true")

// PackedRatio is how much longer what is unpacked can be, at the most: a column
// of one value shrinks to next to nothing, but not the metadata of its records.
const PackedRatio = 4096

// ArrowFile sees to it that no count or length in the metadata of an Arrow IPC
// file is beyond what a file of its size can hold. It tells whether bodies are
// packed. Slots are those of the vtables of Arrow's File.fbs, Schema.fbs and
// Message.fbs.
func ArrowFile(r io.ReaderAt, size int64) (packed bool, err error) {
	defer recovered(&err)
	const magic = "ARROW1"
	tail, head := make([]byte, 4+len(magic)), make([]byte, len(magic))
	if size < int64(len(magic)+2+len(tail)) {
		return false, errors.New("not an Arrow file: too short")
	}
	if _, err := r.ReadAt(head, 0); err != nil {
		return false, fmt.Errorf("reading Arrow: %w", err)
	}
	if string(head) != magic {
		return false, errors.New("not an Arrow file")
	}
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil {
		return false, fmt.Errorf("reading Arrow: %w", err)
	}
	n := int64(int32(binary.LittleEndian.Uint32(tail)))
	if string(tail[4:]) != magic || n <= 4 || n > size-int64(len(tail)) {
		return false, ErrArrow
	}
	data := make([]byte, n)
	if _, err := r.ReadAt(data, size-int64(len(tail))-n); err != nil {
		return false, fmt.Errorf("reading Arrow: %w", err)
	}
	left := size // of the file, which blocks share: one that is there twice could be there a million times
	footer := rootOf(data)
	if schema, ok := footer.table(6); ok {
		schema.schema()
	}
	for _, slot := range []flatbuffers.VOffsetT{8, 10} { // dictionaries, record batches
		at, count := footer.vector(slot, blockLen)
		for i := range count {
			of, took, err := checkBlock(r, size, footer.Bytes[int(at)+i*blockLen:])
			if err != nil {
				return false, err
			}
			if left -= took; left < 0 {
				return false, ErrArrow
			}
			packed = packed || of
		}
	}
	return packed, nil
}

const blockLen = 24

// checkBlock checks the message that a block of the footer points at, and returns
// how long it is.
func checkBlock(r io.ReaderAt, size int64, block []byte) (packed bool, took int64, err error) {
	offset, body := int64(binary.LittleEndian.Uint64(block)), int64(binary.LittleEndian.Uint64(block[16:]))
	meta := int64(int32(binary.LittleEndian.Uint32(block[8:])))
	if offset < 0 || meta < 12 || body < 0 || offset > size || meta > size-offset || body > size-offset-meta {
		return false, 0, ErrArrow
	}
	data := make([]byte, meta)
	if _, err := r.ReadAt(data, offset); err != nil {
		return false, 0, fmt.Errorf("reading Arrow: %w", err)
	}
	if binary.LittleEndian.Uint32(data) == 0xffffffff { // a continuation marker before the length
		data = data[4:]
	}
	packed, err = batch(rootOf(data[4:]), body, size)
	return packed, meta + body, err
}

// ArrowMessage checks a message of a stream: its metadata, before which no
// length stands. It returns how long its body says to be, and whether that is packed.
func ArrowMessage(meta []byte) (body int64, packed bool, err error) {
	defer recovered(&err)
	message := rootOf(meta)
	if body = message.GetInt64Slot(10, 0); body < 0 {
		return 0, false, ErrArrow
	}
	if message.GetByteSlot(6, 0) == 1 {
		header, ok := message.table(8)
		if !ok {
			return 0, false, ErrArrow
		}
		header.schema()
		return body, false, nil
	}
	packed, err = batch(message, body, max(body, 1<<17)) // of columns of nulls alone there is no body
	return body, packed, err
}

// batch checks a message with a record batch or a dictionary, of a file of size
// bytes.
func batch(message fbTable, body, size int64) (packed bool, err error) {
	header, ok := message.table(8)
	if !ok {
		return false, ErrArrow
	}
	if message.GetByteSlot(6, 0) == 2 { // a dictionary batch: its data is a record batch
		if header, ok = header.table(6); !ok {
			return false, ErrArrow
		}
	}
	limit := 8 * uint64(size) // values take a bit at the least
	if _, packed = header.table(10); packed {
		limit *= PackedRatio
	}
	at, count := header.vector(6, 16)
	for i := range count {
		if node := header.Bytes[int(at)+16*i:]; binary.LittleEndian.Uint64(node) > limit || binary.LittleEndian.Uint64(node[8:]) > limit {
			return false, ErrArrow
		}
	}
	at, count = header.vector(8, 16)
	for i := range count {
		if buf := header.Bytes[int(at)+16*i:]; binary.LittleEndian.Uint64(buf) > uint64(body) || binary.LittleEndian.Uint64(buf[8:]) > uint64(body) {
			return false, ErrArrow
		}
	}
	if uint64(header.GetInt64Slot(4, 0)) > limit {
		return false, ErrArrow
	}
	return packed, nil
}

// recovered makes the panics of flatbuffers, on offsets that are wrong, errors.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = ErrArrow
	}
}

// A fbTable is a flatbuffers table whose vectors are checked. Its methods
// panic, as those of flatbuffers do, on what lies outside the buffer.
type fbTable struct{ flatbuffers.Table }

func rootOf(data []byte) fbTable {
	return fbTable{flatbuffers.Table{Bytes: data, Pos: flatbuffers.GetUOffsetT(data)}}
}

func (t fbTable) table(slot flatbuffers.VOffsetT) (fbTable, bool) {
	o := flatbuffers.UOffsetT(t.Offset(slot))
	if o == 0 {
		return fbTable{}, false
	}
	return fbTable{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(t.Pos + o)}}, true
}

// vector returns where the vector in a slot begins and how many items of that
// size it has.
func (t fbTable) vector(slot flatbuffers.VOffsetT, item int) (at flatbuffers.UOffsetT, count int) {
	o := flatbuffers.UOffsetT(t.Offset(slot))
	if o == 0 {
		return 0, 0
	}
	at, count = t.Vector(o), t.VectorLen(o)
	if count < 0 || int(at) > len(t.Bytes) || count > (len(t.Bytes)-int(at))/item {
		panic(ErrArrow)
	}
	return at, count
}

// schema checks the fields and the metadata of a schema.
func (t fbTable) schema() {
	left := len(t.Bytes) / 4 // an offset each
	t.fields(6, 0, &left)
	t.vector(8, 4)
}

// fields checks the vector of schema fields in a slot, and their children. No
// more than *left are looked at: offsets that lead back would never end.
func (t fbTable) fields(slot flatbuffers.VOffsetT, depth int, left *int) {
	at, count := t.vector(slot, 4)
	if *left -= count; *left < 0 || depth > 64 {
		panic(ErrArrow)
	}
	for i := range count {
		f := fbTable{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(at + flatbuffers.UOffsetT(4*i))}}
		f.fields(14, depth+1, left)
		f.vector(16, 4)
	}
}

// An Allocator is one of Arrow's that panics, where it can be recovered from,
// before a damaged length takes all memory.
type Allocator struct {
	Of interface {
		Allocate(size int) []byte
		Reallocate(size int, b []byte) []byte
		Free(b []byte)
	}
	Left int64 // bytes that may still be allocated
}

func (a *Allocator) take(n int) {
	if a.Left -= int64(n); a.Left < 0 {
		panic("a length in it is far beyond its size")
	}
}

func (a *Allocator) Allocate(size int) []byte {
	a.take(max(size, -size))
	return a.Of.Allocate(size)
}

func (a *Allocator) Reallocate(size int, b []byte) []byte {
	a.take(size - len(b))
	return a.Of.Reallocate(size, b)
}

func (a *Allocator) Free(b []byte) { a.Of.Free(b) }
