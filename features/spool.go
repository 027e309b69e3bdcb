package features

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"toolkit/internal/tempfile"
)

// A spool is a long list of numbers that is written once and read once, from
// the front: in memory until it is sent to a file.
type spool struct {
	chunks [][]uint32
	n      int64 // in chunks
	file   *os.File
	w      *bufio.Writer
	buf    []byte
	err    error
}

const spoolChunk = 16 << 10

func (s *spool) append(vs []int32) {
	if s.file != nil {
		s.write(vs)
		return
	}
	for len(vs) > 0 {
		last := len(s.chunks) - 1
		if last < 0 || len(s.chunks[last]) == spoolChunk {
			s.chunks = append(s.chunks, make([]uint32, 0, spoolChunk))
			last++
		}
		m := min(len(vs), spoolChunk-len(s.chunks[last]))
		for _, v := range vs[:m] {
			s.chunks[last] = append(s.chunks[last], uint32(v))
		}
		s.n, vs = s.n+int64(m), vs[m:]
	}
}

func (s *spool) write(vs []int32) {
	if s.err != nil {
		return
	}
	s.buf = s.buf[:0]
	for _, v := range vs {
		s.buf = binary.LittleEndian.AppendUint32(s.buf, uint32(v))
	}
	_, s.err = s.w.Write(s.buf)
}

// send moves what there is to a new temporary file in dir, and all that comes.
func (s *spool) send(dir string) error {
	if s.file != nil || s.err != nil {
		return s.err
	}
	if s.file, s.err = tempfile.Create(dir); s.err != nil {
		return s.err
	}
	s.w = bufio.NewWriterSize(s.file, 64<<10)
	for _, c := range s.chunks {
		vs := make([]int32, len(c))
		for i, v := range c {
			vs[i] = int32(v)
		}
		s.write(vs)
	}
	s.chunks, s.n = nil, 0
	return s.err
}

// bytes returns the memory that s takes.
func (s *spool) bytes() int64 { return 4 * spoolChunk * int64(len(s.chunks)) }

// reader returns what reads s from the front. Nothing may be appended any more.
func (s *spool) reader() (*spoolReader, error) {
	if s.file == nil {
		return &spoolReader{chunks: s.chunks}, nil
	}
	if s.err == nil {
		s.err = s.w.Flush()
	}
	if s.err == nil {
		_, s.err = s.file.Seek(0, io.SeekStart)
	}
	if s.err != nil {
		return nil, fmt.Errorf("writing a temporary file: %w", s.err)
	}
	return &spoolReader{r: bufio.NewReaderSize(s.file, 64<<10)}, nil
}

func (s *spool) close() {
	if s.file != nil {
		s.file.Close()
	}
}

type spoolReader struct {
	chunks [][]uint32
	at     int // in chunks[0]
	r      *bufio.Reader
	buf    []byte
}

// read fills dst with the next numbers.
func (s *spoolReader) read(dst []uint32) error {
	if s.r != nil {
		s.buf = resize(s.buf, 4*len(dst))
		if _, err := io.ReadFull(s.r, s.buf); err != nil {
			return fmt.Errorf("reading a temporary file: %w", err)
		}
		for i := range dst {
			dst[i] = binary.LittleEndian.Uint32(s.buf[4*i:])
		}
		return nil
	}
	for len(dst) > 0 {
		m := copy(dst, s.chunks[0][s.at:])
		dst, s.at = dst[m:], s.at+m
		if s.at == len(s.chunks[0]) {
			s.chunks, s.at = s.chunks[1:], 0
		}
	}
	return nil
}
