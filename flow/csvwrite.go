package flow

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"time"
)

// A CSVWriter writes records in the seed's nine columns, without a header, as
// format csv reads them. Durations, packets and labels have no column there.
type CSVWriter struct {
	w      *bufio.Writer
	line   []byte
	hosts  *Hosts
	addrs  []string // by number in hosts; "" for what has not been written yet
	time   int64    // of the record before: most share it
	stamp  string
	failed error
}

// NewCSVWriter returns a CSVWriter to w, which Flush has to end.
func NewCSVWriter(w io.Writer) *CSVWriter { return &CSVWriter{w: bufio.NewWriterSize(w, 64<<10)} }

// Write writes the records of b.
func (c *CSVWriter) Write(b *Batch) error {
	if b.Hosts != c.hosts {
		c.hosts, c.addrs = b.Hosts, nil
	}
	if n := b.Hosts.Len() - len(c.addrs); n > 0 {
		c.addrs = append(c.addrs, make([]string, n)...)
	}
	for i, t := range b.Time {
		if t != c.time || c.stamp == "" {
			c.time, c.stamp = t, time.Unix(0, t).UTC().Format("2006-01-02 15:04:05.999999999")
		}
		c.line = append(c.line[:0], c.stamp...)
		c.line = append(append(c.line, ','), b.Proto[i].String()...)
		c.line = append(append(c.line, ','), b.State[i].String()...)
		c.line = append(append(c.line, ','), c.addr(b.Src[i])...)
		c.line = strconv.AppendUint(append(c.line, ','), uint64(b.SrcPort[i]), 10)
		c.line = append(append(c.line, ','), c.addr(b.Dst[i])...)
		c.line = strconv.AppendUint(append(c.line, ','), uint64(b.DstPort[i]), 10)
		c.line = strconv.AppendInt(append(c.line, ','), b.BytesUp[i], 10)
		c.line = strconv.AppendInt(append(c.line, ','), b.BytesDown[i], 10)
		if _, err := c.w.Write(append(c.line, '\n')); err != nil && c.failed == nil {
			c.failed = fmt.Errorf("writing records: %w", err)
		}
	}
	return c.failed
}

func (c *CSVWriter) addr(h Host) string {
	if c.addrs[h] == "" {
		c.addrs[h] = c.hosts.Addr(h).String()
	}
	return c.addrs[h]
}

// Flush writes what has been held back.
func (c *CSVWriter) Flush() error {
	if err := c.w.Flush(); err != nil && c.failed == nil {
		c.failed = fmt.Errorf("writing records: %w", err)
	}
	return c.failed
}
