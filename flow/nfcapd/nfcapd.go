package nfcapd

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"toolkit/flow"
)

// Format reads files of both layouts.
var Format = &flow.Format{
	Name: "nfcapd", Doc: "binary files of nfcapd and nfdump -w, layouts 1 (nfdump 1.6) and 2 (1.7)",
	Detect: func(head []byte) bool {
		return len(head) >= 4 && le.Uint16(head) == magic && (le.Uint16(head[2:]) == 1 || le.Uint16(head[2:]) == 2)
	},
	Read: read,
}

var le = binary.LittleEndian

const (
	magic    = 0xa50c
	header1  = 140 + 136 // the file's header and its statistics
	header2  = 40
	maxBlock = 64 << 20 // bytes of a block, unpacked; nfdump's are 1 MiB or so
)

// How blocks are packed.
const (
	packedNot = iota
	packedLZO
	packedBZ2
	packedLZ4
	packedZSTD
)

func read(r io.Reader, in flow.Input) flow.Source {
	f := &reader{r: bufio.NewReaderSize(r, 256<<10)}
	return flow.Blocks[block]{
		Next:    f.next,
		Decoder: func(flow.Input) func(*block, *flow.Out) { return decode },
		At:      func(_ int, err error) error { return fmt.Errorf("%s: %w", in.Name, err) },
	}.Source(in)
}

// A reader reads the blocks of a file.
type reader struct {
	r      io.Reader
	layout int // 0 before the header
	packed int
	left   int            // blocks, of layout 2
	n      int            // blocks so far
	maps   *extensionMaps // of layout 1, those of the last block and before
}

// A block is one of records.
type block struct {
	n      int // from 1
	layout int
	packed int
	count  uint32 // of records, which there may be less of
	buf    bytes.Buffer

	before, maps *extensionMaps // of layout 1: those of the blocks before, and with its own
}

// next reads the next block of records.
func (f *reader) next(b *block) error {
	if f.layout == 0 {
		if err := f.header(); err != nil {
			return err
		}
	}
	for {
		f.n++
		switch records, err := f.block(b); {
		case err == io.EOF:
			return err
		case err != nil:
			return fmt.Errorf("block %d: %w", f.n, err)
		case records:
			b.n, b.layout = f.n, f.layout
			if f.layout == 1 {
				b.before, b.maps = f.maps, newMaps()
				f.maps = b.maps
			}
			return nil
		}
	}
}

func (f *reader) header() error {
	head := make([]byte, header1)
	if _, err := io.ReadFull(f.r, head[:header2]); err != nil {
		return short(err)
	}
	switch f.layout = int(le.Uint16(head[2:])); {
	case le.Uint16(head) != magic || f.layout < 1 || f.layout > 2:
		return errors.New("not a file of nfcapd")
	case f.layout == 2:
		f.packed, f.left = int(head[16]), int(le.Uint32(head[36:]))
		if head[17] != 0 {
			return errors.New("the file is encrypted; write it again with nfdump -w")
		}
		return nil
	}
	switch flags := le.Uint32(head[4:]); {
	case flags&0x01 != 0:
		f.packed = packedLZO
	case flags&0x08 != 0:
		f.packed = packedBZ2
	case flags&0x10 != 0:
		f.packed = packedLZ4
	}
	f.maps = newMaps()
	close(f.maps.known)
	_, err := io.ReadFull(f.r, head[header2:])
	return short(err)
}

// short says of an end that comes too early what it is.
func short(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("the file ends early: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// block reads a block, and tells whether it is of records; io.EOF at the end.
func (f *reader) block(b *block) (records bool, err error) {
	var head [12]byte
	if f.layout == 2 && f.left == 0 {
		return false, io.EOF // what follows is of the file itself
	}
	f.left--
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		if err == io.EOF && f.layout == 1 {
			return false, io.EOF
		}
		return false, short(err)
	}
	size := le.Uint32(head[4:])
	kind, flags := le.Uint16(head[8:]), le.Uint16(head[10:])
	if size > maxBlock {
		return false, fmt.Errorf("it is %d bytes long, more than %d: the file is damaged", size, maxBlock)
	}
	b.buf.Reset() // it grows as data comes, which damaged files may have none of
	if _, err := io.CopyN(&b.buf, f.r, int64(size)); err != nil {
		return false, short(err)
	}
	b.count, b.packed = le.Uint32(head[:]), f.packed
	if flags&1 != 0 { // this one is not
		b.packed = packedNot
	}
	// Others are of an array, or of the file itself.
	return f.layout == 2 && kind == 3 || f.layout == 1 && kind == 2, nil
}

// decode unpacks a block and makes records of it.
func decode(b *block, out *flow.Out) {
	data, err := unpack(b.buf.Bytes(), b.packed)
	d := &decoder{out: out, maps: map[uint16][]uint16{}}
	if b.layout == 1 {
		d.maps = b.maps.follow(b.before, data, b.count)
	}
	if err == nil {
		err = each(data, b.count, d.record)
	}
	out.Lines(d.n)
	if err != nil {
		out.Fatal(0, fmt.Errorf("block %d: %w", b.n, err))
	}
}

// each hands the records of a block, count or as many as there are, to take.
func each(data []byte, count uint32, take func(kind uint16, record []byte)) error {
	for ; count > 0 && len(data) >= 4; count-- {
		kind, size := le.Uint16(data), int(le.Uint16(data[2:]))
		if size < 4 || size > len(data) {
			return fmt.Errorf("a record of %d bytes where there are %d: the file is damaged", size, len(data))
		}
		take(kind, data[:size])
		data = data[size:]
	}
	return nil
}

// unpack returns what a block holds.
func unpack(data []byte, packed int) ([]byte, error) {
	var r io.Reader
	switch packed {
	case packedNot:
		return data, nil
	case packedLZO:
		out, err := lzo1x(data, maxBlock)
		if err != nil {
			return nil, fmt.Errorf("unpacking with LZO: %w", err)
		}
		return out, nil
	case packedBZ2:
		r = bzip2.NewReader(bytes.NewReader(data))
	case packedZSTD:
		z, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBlock))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		r = z
	case packedLZ4:
		for size := 4 << 20; ; size *= 2 {
			out := make([]byte, size)
			n, err := lz4.UncompressBlock(data, out)
			switch {
			case err == nil:
				return out[:n], nil
			case !errors.Is(err, lz4.ErrInvalidSourceShortBuffer) || size >= maxBlock:
				return nil, fmt.Errorf("unpacking with LZ4: %w", err)
			}
		}
	default:
		return nil, fmt.Errorf("it is packed in a way that is not known (%d); write the file again with nfdump -w", packed)
	}
	out, err := io.ReadAll(io.LimitReader(r, maxBlock+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("unpacking: %w", err)
	case len(out) > maxBlock:
		return nil, fmt.Errorf("it is longer than %d bytes when unpacked", maxBlock)
	}
	return out, nil
}
