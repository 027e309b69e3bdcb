package flow

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// What packed data begins with.
var (
	gzipMagic  = []byte{0x1f, 0x8b, 0x08}
	zstdMagic  = []byte{0x28, 0xb5, 0x2f, 0xfd}
	bzip2Magic = []byte("BZh")
	xzMagic    = []byte{0xfd, '7', 'z', 'X', 'Z', 0}
	lz4Magic   = []byte{0x04, 0x22, 0x4d, 0x18}
)

// DefaultUnpackRatio is the default of Options.UnpackRatio: logs pack to a
// fiftieth at the best, a bomb to less than a thousandth.
const DefaultUnpackRatio = 500

// A limit says which packed data is refused: what unpacks to more than ratio
// times its size, once that is longer than free bytes.
type limit struct{ ratio, free int64 }

// unpackLimit returns the limit that is asked for.
func (o *Options) unpackLimit() limit {
	return limit{cmp.Or(o.UnpackRatio, DefaultUnpackRatio), 256 << 20}
}

// A plainReader reads data that is not packed.
type plainReader struct{ io.Reader }

func (plainReader) Close() error { return nil }

// unpack returns what r holds, unpacked if it is packed with gzip, zstd, bzip2,
// xz or lz4, which it sees by its first bytes, up to most; a plainReader if it
// is not. If ahead is set, a goroutine unpacks while the rest is read; Close
// waits for its end.
func unpack(r io.Reader, most limit, ahead bool) (io.ReadCloser, error) {
	packed := &countReader{r: r}
	raw := bufio.NewReaderSize(packed, 64<<10)
	magic, err := raw.Peek(len(xzMagic))
	if err != nil && err != io.EOF {
		return nil, err
	}
	var u *unpacker
	switch {
	case bytes.HasPrefix(magic, gzipMagic):
		z, err := gzip.NewReader(raw)
		if err != nil {
			return nil, unpackError("gzip", err)
		}
		u = &unpacker{kind: "gzip", r: z, close: z.Close}
	case bytes.HasPrefix(magic, zstdMagic):
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, unpackError("zstd", err)
		}
		u = &unpacker{kind: "zstd", r: z, close: func() error { z.Close(); return nil }}
	case bytes.HasPrefix(magic, bzip2Magic):
		u = &unpacker{kind: "bzip2", r: bzip2.NewReader(raw), close: func() error { return nil }}
	case bytes.HasPrefix(magic, xzMagic):
		z, err := xz.NewReader(raw)
		if err != nil {
			return nil, unpackError("xz", err)
		}
		u = &unpacker{kind: "xz", r: z, close: func() error { return nil }}
	case bytes.HasPrefix(magic, lz4Magic):
		u = &unpacker{kind: "lz4", r: lz4.NewReader(raw), close: func() error { return nil }}
	default:
		return plainReader{raw}, nil
	}
	u.packed, u.limit = packed, most
	if ahead {
		return newReadAhead(u), nil
	}
	return u, nil
}

// An unpacker says of errors what was being unpacked.
type unpacker struct {
	kind  string
	r     io.Reader
	close func() error

	packed *countReader
	n      int64 // bytes unpacked
	limit  limit
}

// A countReader counts what is read through it.
type countReader struct {
	r io.Reader
	n int64
}

func (c *countReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if u.n += int64(n); u.n > u.limit.free && u.n/u.limit.ratio > u.packed.n {
		return n, fmt.Errorf("%d bytes of %s data are %d or more when unpacked, more than %d times as many: this looks like a decompression bomb; raise --unpack-ratio if it is none", u.packed.n, u.kind, u.n, u.limit.ratio)
	}
	if err != nil && err != io.EOF {
		err = unpackError(u.kind, err)
	}
	return n, err
}

func (u *unpacker) Close() error { return u.close() }

func unpackError(kind string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the %s-compressed data ends early: %w", kind, err)
	}
	return fmt.Errorf("unpacking with %s: %w", kind, err)
}

// A readAhead reads in a goroutine of its own, a few blocks ahead.
type readAhead struct {
	r      io.ReadCloser
	full   chan block
	free   chan []byte
	stop   chan struct{} // closed when no more is wanted
	ended  chan struct{} // closed when the goroutine has returned
	now    block         // what is being handed out
	unused []byte        // what is left of it
}

// A block is what was read at once, and the error behind it.
type block struct {
	data []byte
	err  error
}

func newReadAhead(r io.ReadCloser) *readAhead {
	const blocks, size = 3, 256 << 10
	a := &readAhead{
		r: r, full: make(chan block, blocks), free: make(chan []byte, blocks),
		stop: make(chan struct{}), ended: make(chan struct{}),
	}
	for range blocks {
		a.free <- make([]byte, size)
	}
	go a.run()
	return a
}

// run fills blocks until the end, an error or Close. It never waits to send,
// as full has room for all the blocks there are.
func (a *readAhead) run() {
	defer close(a.ended)
	for {
		select {
		case <-a.stop:
			return
		case buf := <-a.free:
			n, err := io.ReadFull(a.r, buf)
			if err == io.ErrUnexpectedEOF { // of ReadFull: the last block is a short one
				err = io.EOF
			}
			a.full <- block{buf[:n], err}
			if err != nil {
				return
			}
		}
	}
}

func (a *readAhead) Read(p []byte) (int, error) {
	for len(a.unused) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.now.data != nil {
			a.free <- a.now.data[:cap(a.now.data)]
		}
		a.now = <-a.full
		a.unused = a.now.data
	}
	n := copy(p, a.unused)
	a.unused = a.unused[n:]
	return n, nil
}

func (a *readAhead) Close() error {
	close(a.stop)
	<-a.ended
	return a.r.Close()
}
