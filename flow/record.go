package flow

import (
	"iter"
	"net/netip"
	"time"
)

// A Record is one flow record: what a source says of one connection.
// It is the form for tests, messages and single records; loops over many
// records use the slices of a Batch.
type Record struct {
	Seq       int64 // place among the data lines of the input, from 0
	Time      time.Time
	Proto     Proto
	State     State
	Src, Dst  netip.AddrPort
	BytesUp   int64  // from Src to Dst
	BytesDown int64  // from Dst to Src
	Label     string // "" if there is none

	// 0 where the source says nothing of them.
	Duration               time.Duration // from the first packet to the last
	PacketsUp, PacketsDown int64         // from Src to Dst, and back
	FlagsUp, FlagsDown     Flags         // of TCP, likewise
}

// A Source yields batches of records until its end or its first lasting
// error.
//
// A *SyntaxError stands for one record that can't be used and does not end
// the stream; any other error does. The batch is the source's own: it holds
// until the next one is asked for.
type Source = iter.Seq2[*Batch, error]
