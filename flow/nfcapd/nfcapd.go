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

// A reader reads one file.
type reader struct {
	r      io.Reader
	layout int
	packed int
	blocks int // that are left, of layout 2
	buf    bytes.Buffer

	emit func(flow.Record)
	bad  func(error)
	exts map[uint16][]uint16 // of layout 1: what each map says is in a record
}

func read(r io.Reader, in flow.Input) flow.Source {
	return func(yield func(*flow.Batch, error) bool) {
		if in.Hosts == nil {
			in.Hosts = new(flow.Hosts)
		}
		b := &flow.Batch{Hosts: in.Hosts}
		seq, stopped, n := in.Seq, false, 0
		flush := func() {
			if b.Len() > 0 && !stopped {
				stopped = !yield(b, nil)
			}
			b.Reset(seq)
		}
		b.Reset(seq)
		f := &reader{r: bufio.NewReaderSize(r, 256<<10), exts: map[uint16][]uint16{}}
		f.emit = func(rec flow.Record) {
			rec.Seq = seq
			b.Append(rec)
			n++
			if seq++; b.Len() == flow.BatchSize {
				flush()
			}
		}
		f.bad = func(err error) {
			n++
			seq++
			flush()
			if !stopped {
				stopped = !yield(nil, &flow.SyntaxError{File: in.Name, Line: n, Err: err})
			}
		}
		err := f.header()
		for block := 1; err == nil && !stopped; block++ {
			if err = f.block(); err != nil && err != io.EOF {
				err = fmt.Errorf("block %d: %w", block, err)
			}
		}
		flush()
		if !stopped && err != io.EOF {
			yield(nil, fmt.Errorf("%s: %w", in.Name, err))
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
		f.packed, f.blocks = int(head[16]), int(le.Uint32(head[36:]))
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

// block reads a block of records; io.EOF at the end.
func (f *reader) block() error {
	var head [12]byte
	if f.layout == 2 && f.blocks == 0 {
		return io.EOF // what follows is of the file itself
	}
	f.blocks--
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		if err == io.EOF && f.layout == 1 {
			return io.EOF
		}
		return short(err)
	}
	records, size := le.Uint32(head[:]), le.Uint32(head[4:])
	kind, flags := le.Uint16(head[8:]), le.Uint16(head[10:])
	if size > maxBlock {
		return fmt.Errorf("it is %d bytes long, more than %d: the file is damaged", size, maxBlock)
	}
	f.buf.Reset() // it grows as data comes, which damaged files may have none of
	if _, err := io.CopyN(&f.buf, f.r, int64(size)); err != nil {
		return short(err)
	}
	data := f.buf.Bytes()
	if f.layout == 2 && kind != 3 || f.layout == 1 && kind != 2 {
		return nil // of an array, of the file itself
	}
	packed := f.packed
	if flags&1 != 0 { // this one is not
		packed = packedNot
	}
	data, err := unpack(data, packed)
	if err != nil {
		return err
	}
	for ; records > 0 && len(data) >= 4; records-- {
		kind, size := le.Uint16(data), int(le.Uint16(data[2:]))
		if size < 4 || size > len(data) {
			return fmt.Errorf("a record of %d bytes where there are %d: the file is damaged", size, len(data))
		}
		f.record(kind, data[:size])
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
