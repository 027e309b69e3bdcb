package columnar

import (
	"encoding/binary"
	"fmt"
	"io"

	"toolkit/internal/untrusted"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// messages reads the messages of an Arrow stream, each of which is checked
// before the library sees it. It is an ipc.MessageReader.
type messages struct {
	r     io.Reader
	whole bool // the stream is in a file, where something has to follow it

	msg  *ipc.Message
	body []byte
	mem  *untrusted.Allocator
	size int64 // bytes of messages so far
	err  error // what was returned last
	mark bool  // lengths have a mark before them, as of version 0.15 on
}

const (
	maxMetadata = 64 << 20 // bytes
	freeBody    = 64 << 20 // bytes that are allocated before they are there
)

func (m *messages) Message() (*ipc.Message, error) {
	var msg *ipc.Message
	msg, m.err = m.next()
	if m.msg != nil {
		m.msg.Release()
	}
	m.msg = msg
	return msg, m.err
}

func (m *messages) next() (*ipc.Message, error) {
	var word [4]byte
	length := func() (uint32, error) {
		_, err := io.ReadFull(m.r, word[:])
		return binary.LittleEndian.Uint32(word[:]), err
	}
	n, err := length()
	switch {
	case err == io.EOF && !m.whole: // a stream may end without a mark
		return nil, io.EOF
	case err != nil:
		return nil, early(err)
	case n == 0xffffffff:
		m.mark = true
		if n, err = length(); err != nil {
			return nil, early(err)
		}
	case m.mark && m.whole: // some writers have no mark between the stream and the footer
		return nil, io.EOF
	}
	if n == 0 {
		return nil, io.EOF
	}
	if n > maxMetadata {
		return nil, untrusted.ErrArrow
	}
	meta, err := m.take(nil, int64(n))
	if err != nil {
		return nil, err
	}
	size, packed, err := untrusted.ArrowMessage(meta)
	if err != nil {
		return nil, err
	}
	if m.body, err = m.take(m.body, size); err != nil {
		return nil, err
	}
	m.size += int64(n) + size
	if m.mem != nil {
		if packed {
			m.mem.Left += untrusted.PackedRatio * size
		} else {
			m.mem.Left += 64 * size
		}
	}
	return ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(m.body)), nil
}

// take reads n bytes into buf, which grows as they come.
func (m *messages) take(buf []byte, n int64) ([]byte, error) {
	buf = buf[:0]
	for int64(len(buf)) < n {
		k := len(buf)
		step := int(min(n-int64(k), max(freeBody, int64(k))))
		if cap(buf)-k < step {
			buf = append(make([]byte, 0, k+step), buf...)
		}
		buf = buf[:k+step]
		if _, err := io.ReadFull(m.r, buf[k:]); err != nil {
			return nil, early(err)
		}
	}
	return buf, nil
}

func early(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("the Arrow data ends early: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// Retain and Release are those of an ipc.MessageReader; the collector sees to
// the rest.
func (m *messages) Retain()  {}
func (m *messages) Release() {}
