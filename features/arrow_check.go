package features

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	flatbuffers "github.com/google/flatbuffers/go"
)

// checkArrow sees to it that no count or length in the metadata of an Arrow
// file is beyond what a file of its size can hold. The library allocates what
// such a number says without looking, which can end the process in a way that
// can't be recovered from. Slots are those of the vtables of Arrow's
// File.fbs, Schema.fbs and Message.fbs. It tells whether bodies are packed.
func checkArrow(r io.ReaderAt, size int64) (packed bool, err error) {
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
		return false, errDamaged
	}
	data := make([]byte, n)
	if _, err := r.ReadAt(data, size-int64(len(tail))-n); err != nil {
		return false, fmt.Errorf("reading Arrow: %w", err)
	}
	footer := rootOf(data)
	if schema, ok := footer.table(6); ok {
		schema.fields(6, 0)
		schema.vector(8, 4)
	}
	for _, slot := range []flatbuffers.VOffsetT{8, 10} { // dictionaries, record batches
		at, count := footer.vector(slot, blockLen)
		for i := range count {
			of, err := checkBlock(r, size, footer.Bytes[int(at)+i*blockLen:])
			if err != nil {
				return false, err
			}
			packed = packed || of
		}
	}
	return packed, nil
}

const blockLen = 24

// packedRatio is how much longer what is unpacked can be, at the most: a column
// of one value shrinks to next to nothing, but not the metadata of its records.
const packedRatio = 4096

// checkBlock checks the message that a block of the footer points at.
func checkBlock(r io.ReaderAt, size int64, block []byte) (packed bool, err error) {
	offset, body := int64(binary.LittleEndian.Uint64(block)), int64(binary.LittleEndian.Uint64(block[16:]))
	meta := int64(int32(binary.LittleEndian.Uint32(block[8:])))
	if offset < 0 || meta < 12 || body < 0 || offset > size || meta > size-offset || body > size-offset-meta {
		return false, errDamaged
	}
	data := make([]byte, meta)
	if _, err := r.ReadAt(data, offset); err != nil {
		return false, fmt.Errorf("reading Arrow: %w", err)
	}
	if binary.LittleEndian.Uint32(data) == 0xffffffff { // a continuation marker before the length
		data = data[4:]
	}
	message := rootOf(data[4:])
	header, ok := message.table(8)
	if !ok {
		return false, errDamaged
	}
	if message.GetByteSlot(6, 0) == 2 { // a dictionary batch: its data is a record batch
		if header, ok = header.table(6); !ok {
			return false, errDamaged
		}
	}
	limit := 8 * uint64(size) // values take a bit at the least
	if _, packed = header.table(10); packed {
		limit *= packedRatio
	}
	at, count := header.vector(6, 16)
	for i := range count {
		if node := header.Bytes[int(at)+16*i:]; binary.LittleEndian.Uint64(node) > limit || binary.LittleEndian.Uint64(node[8:]) > limit {
			return false, errDamaged
		}
	}
	at, count = header.vector(8, 16)
	for i := range count {
		if buf := header.Bytes[int(at)+16*i:]; binary.LittleEndian.Uint64(buf) > uint64(body) || binary.LittleEndian.Uint64(buf[8:]) > uint64(body) {
			return false, errDamaged
		}
	}
	if uint64(header.GetInt64Slot(4, 0)) > limit {
		return false, errDamaged
	}
	return packed, nil
}

var errDamaged = errors.New("damaged Arrow file: what it says of its own size can't be true")

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
		panic(errDamaged)
	}
	return at, count
}

// fields checks the vector of schema fields in a slot, and their children.
func (t fbTable) fields(slot flatbuffers.VOffsetT, depth int) {
	if depth > 64 {
		panic(errDamaged) // offsets that lead back would never end
	}
	at, count := t.vector(slot, 4)
	for i := range count {
		f := fbTable{flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(at + flatbuffers.UOffsetT(4*i))}}
		f.fields(14, depth+1)
		f.vector(16, 4)
	}
}
