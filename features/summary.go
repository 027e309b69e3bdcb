package features

import (
	"fmt"
	"math"
	"time"

	"toolkit/flow"
)

// A Summary says what was seen of the records as a whole.
type Summary struct {
	Records    int64
	OutOfOrder int64 // records older than one before them
	First      time.Time
	Last       time.Time
	BytesUp    int64
	BytesDown  int64
	Labelled   int64 // records with a label
	Spills     int   // how often memory was short
}

// note sums up what doesn't belong to a table.
func (x *Extractor) note(b *flow.Batch) {
	s := &x.summary
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	if s.Records > 0 {
		first, last = s.First.UnixNano(), s.Last.UnixNano()
	}
	for i, t := range b.Time {
		if t < last {
			s.OutOfOrder++
		}
		first, last = min(first, t), max(last, t)
		up, down := s.BytesUp+b.BytesUp[i], s.BytesDown+b.BytesDown[i]
		if (up^s.BytesUp)&(up^b.BytesUp[i])|(down^s.BytesDown)&(down^b.BytesDown[i]) < 0 && x.err == nil {
			x.err = fmt.Errorf("%w: more than %d bytes in all records", ErrOverflow, int64(math.MaxInt64))
		}
		s.BytesUp, s.BytesDown = up, down
	}
	if x.Records {
		x.noteNumbers(b)
	}
	for _, l := range b.Label {
		if l != 0 {
			s.Labelled++
		}
	}
	if x.Records {
		x.noteLabels(b)
	}
	s.Records += int64(b.Len())
	if b.Len() > 0 {
		s.First, s.Last = time.Unix(0, first).UTC(), time.Unix(0, last).UTC()
	}
}

// Summary returns what has been seen so far.
func (x *Extractor) Summary() Summary { return x.summary }
