package flow

import (
	"bytes"
	"errors"
	"fmt"
)

const (
	maxLine = 1 << 20 // bytes of a line with its end; longer ones are not read
	maxText = 4 << 10 // bytes of a line that a SyntaxError keeps
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// A row is one record on its way from a line into a batch.
type row struct {
	time             int64
	proto            Proto
	state            State
	src, dst         Host
	srcPort, dstPort uint16
	up, down         int64
	label            LabelID

	hasDuration, hasPackets, hasFlags bool // whether the source says anything of these
	duration                          int64
	packetsUp, packetsDown            int64
	flagsUp, flagsDown                Flags
}

// A parseFunc reads a line into r. The line, which has lost its end and isn't
// empty, holds until the call returns. An error means that the line is
// no record; unless it is errNoRecord or a fatalError, the line should have
// been one.
type parseFunc func(line []byte, r *row) error

// A runFunc appends the records of the first lines of data to b, in which there is
// room for one at least, and returns how many lines it has read and where the next
// one begins: none if the first is for a parseFunc to read.
type runFunc func(data []byte, b *Batch) (lines, next int)

// errNoRecord is what a parseFunc returns for a comment or a header.
var errNoRecord = errors.New("no record")

// A fatalError is an error after which no line can be read.
type fatalError struct{ error }

var errLongLine = fmt.Errorf("the line is longer than %d bytes", maxLine)

// trimLine cuts off the line's end and, before the first line, the byte order
// mark.
func trimLine(line []byte, first bool) []byte {
	line = bytes.TrimSuffix(line, []byte{'\n'})
	line = bytes.TrimSuffix(line, []byte{'\r'})
	if first {
		line = bytes.TrimPrefix(line, byteOrderMark)
	}
	return line
}

// add appends r to b. Labels begin with the first row that has one.
func (b *Batch) add(r *row, labels *Labels) {
	if r.label != 0 && b.Label == nil {
		b.Labels, b.Label = labels, make([]LabelID, b.Len(), BatchSize)
	}
	if b.Label != nil {
		b.Label = append(b.Label, r.label)
	}
	b.addDuration(r.duration, r.hasDuration)
	b.addPackets(r.packetsUp, r.packetsDown, r.hasPackets)
	b.addFlags(r.flagsUp, r.flagsDown, r.hasFlags)
	b.Time = append(b.Time, r.time)
	b.Proto = append(b.Proto, r.proto)
	b.State = append(b.State, r.state)
	b.Src = append(b.Src, r.src)
	b.Dst = append(b.Dst, r.dst)
	b.SrcPort = append(b.SrcPort, r.srcPort)
	b.DstPort = append(b.DstPort, r.dstPort)
	b.BytesUp = append(b.BytesUp, r.up)
	b.BytesDown = append(b.BytesDown, r.down)
}
