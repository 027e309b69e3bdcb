package flow

import (
	"net/netip"
	"slices"
	"time"
)

// BatchSize is how many records a source puts in a batch at the most.
const BatchSize = 4096

// A Batch is a run of records, one slice for each field. All slices have the
// same length. Row i is record Seq+i, unless Order says otherwise.
type Batch struct {
	Seq                int64
	Order              []int64 // the number of each record where they have been put in another order; nil for Seq, Seq+1, …
	Time               []int64 // Unix nanoseconds
	Proto              []Proto
	State              []State
	Src, Dst           []Host
	SrcPort, DstPort   []uint16
	BytesUp, BytesDown []int64
	Label              []LabelID // nil where the source has none

	// What some sources say besides. Each is nil where the source has none of
	// it; where it has, a record without it has 0.
	Duration               []int64 // nanoseconds from the first packet to the last
	PacketsUp, PacketsDown []int64
	FlagsUp, FlagsDown     []Flags // TCP flags sent by Src, and by Dst; 0 for what is not of TCP

	Hosts  *Hosts  // what Src and Dst are numbers in
	Labels *Labels // what Label is numbers in; nil if Label is
}

// Len returns the number of records in b.
func (b *Batch) Len() int { return len(b.Time) }

// Number returns the number of the record in row i.
func (b *Batch) Number(i int) int64 {
	if b.Order != nil {
		return b.Order[i]
	}
	return b.Seq + int64(i)
}

// Record returns row i of b.
func (b *Batch) Record(i int) Record {
	r := Record{
		Seq:       b.Number(i),
		Time:      time.Unix(0, b.Time[i]).UTC(),
		Proto:     b.Proto[i],
		State:     b.State[i],
		Src:       netip.AddrPortFrom(b.Hosts.Addr(b.Src[i]), b.SrcPort[i]),
		Dst:       netip.AddrPortFrom(b.Hosts.Addr(b.Dst[i]), b.DstPort[i]),
		BytesUp:   b.BytesUp[i],
		BytesDown: b.BytesDown[i],
	}
	if b.Label != nil {
		r.Label = b.Labels.Name(b.Label[i])
	}
	if b.Duration != nil {
		r.Duration = time.Duration(b.Duration[i])
	}
	if b.PacketsUp != nil {
		r.PacketsUp, r.PacketsDown = b.PacketsUp[i], b.PacketsDown[i]
	}
	if b.FlagsUp != nil {
		r.FlagsUp, r.FlagsDown = b.FlagsUp[i], b.FlagsDown[i]
	}
	return r
}

// Append adds r to b. A label is kept only if b.Labels is set; a duration,
// packets and flags are from the first record that has them; r.Seq counts only for the
// first record.
func (b *Batch) Append(r Record) {
	if b.Hosts == nil {
		b.Hosts = new(Hosts)
	}
	if b.Len() == 0 {
		b.Seq = r.Seq
	}
	b.addDuration(int64(r.Duration), r.Duration != 0)
	b.addPackets(r.PacketsUp, r.PacketsDown, r.PacketsUp != 0 || r.PacketsDown != 0)
	b.addFlags(r.FlagsUp, r.FlagsDown, r.FlagsUp != 0 || r.FlagsDown != 0)
	b.Time = append(b.Time, r.Time.UnixNano())
	b.Proto = append(b.Proto, r.Proto)
	b.State = append(b.State, r.State)
	b.Src = append(b.Src, b.Hosts.Of(r.Src.Addr()))
	b.Dst = append(b.Dst, b.Hosts.Of(r.Dst.Addr()))
	b.SrcPort = append(b.SrcPort, r.Src.Port())
	b.DstPort = append(b.DstPort, r.Dst.Port())
	b.BytesUp = append(b.BytesUp, r.BytesUp)
	b.BytesDown = append(b.BytesDown, r.BytesDown)
	if b.Labels != nil {
		b.Label = append(b.Label, b.Labels.Of(r.Label))
	}
}

// addDuration appends a duration, which is the first if has is set for the
// first time. It comes before the record's time, whose number is that of the
// records before.
func (b *Batch) addDuration(d int64, has bool) {
	if has && b.Duration == nil {
		b.Duration = make([]int64, b.Len(), max(b.Len(), BatchSize))
	}
	if b.Duration != nil {
		b.Duration = append(b.Duration, d)
	}
}

// addPackets does for packets what addDuration does.
func (b *Batch) addPackets(up, down int64, has bool) {
	if has && b.PacketsUp == nil {
		b.PacketsUp = make([]int64, b.Len(), max(b.Len(), BatchSize))
		b.PacketsDown = make([]int64, b.Len(), max(b.Len(), BatchSize))
	}
	if b.PacketsUp != nil {
		b.PacketsUp = append(b.PacketsUp, up)
		b.PacketsDown = append(b.PacketsDown, down)
	}
}

// addFlags does for TCP flags what addDuration does.
func (b *Batch) addFlags(up, down Flags, has bool) {
	if has && b.FlagsUp == nil {
		b.FlagsUp = make([]Flags, b.Len(), max(b.Len(), BatchSize))
		b.FlagsDown = make([]Flags, b.Len(), max(b.Len(), BatchSize))
	}
	if b.FlagsUp != nil {
		b.FlagsUp = append(b.FlagsUp, up)
		b.FlagsDown = append(b.FlagsDown, down)
	}
}

// CopyTo makes to the same as b, in memory of its own.
func (b *Batch) CopyTo(to *Batch) {
	*to = Batch{
		Seq: b.Seq, Order: copyTo(to.Order, b.Order), Time: copyTo(to.Time, b.Time), Proto: copyTo(to.Proto, b.Proto), State: copyTo(to.State, b.State),
		Src: copyTo(to.Src, b.Src), Dst: copyTo(to.Dst, b.Dst), SrcPort: copyTo(to.SrcPort, b.SrcPort), DstPort: copyTo(to.DstPort, b.DstPort),
		BytesUp: copyTo(to.BytesUp, b.BytesUp), BytesDown: copyTo(to.BytesDown, b.BytesDown), Label: copyTo(to.Label, b.Label),
		Duration:  copyTo(to.Duration, b.Duration),
		PacketsUp: copyTo(to.PacketsUp, b.PacketsUp), PacketsDown: copyTo(to.PacketsDown, b.PacketsDown),
		FlagsUp: copyTo(to.FlagsUp, b.FlagsUp), FlagsDown: copyTo(to.FlagsDown, b.FlagsDown),
		Hosts: b.Hosts, Labels: b.Labels,
	}
}

// copyTo returns a copy of from, in the memory of to if there is room; nil of nil.
func copyTo[T any](to, from []T) []T {
	if from == nil {
		return nil
	}
	return append(to[:0], from...)
}

// extend gives b n rows, the first of which are those that it has. It does so
// for the fields that every record has alone.
func (b *Batch) extend(n int) {
	b.Time = slices.Grow(b.Time, max(n-len(b.Time), 0))[:n]
	b.Proto = slices.Grow(b.Proto, max(n-len(b.Proto), 0))[:n]
	b.State = slices.Grow(b.State, max(n-len(b.State), 0))[:n]
	b.Src = slices.Grow(b.Src, max(n-len(b.Src), 0))[:n]
	b.Dst = slices.Grow(b.Dst, max(n-len(b.Dst), 0))[:n]
	b.SrcPort = slices.Grow(b.SrcPort, max(n-len(b.SrcPort), 0))[:n]
	b.DstPort = slices.Grow(b.DstPort, max(n-len(b.DstPort), 0))[:n]
	b.BytesUp = slices.Grow(b.BytesUp, max(n-len(b.BytesUp), 0))[:n]
	b.BytesDown = slices.Grow(b.BytesDown, max(n-len(b.BytesDown), 0))[:n]
}

// Reset empties b, keeping its memory, for records from seq on.
func (b *Batch) Reset(seq int64) {
	b.Seq, b.Order = seq, nil
	b.Time = b.Time[:0]
	b.Proto, b.State = b.Proto[:0], b.State[:0]
	b.Src, b.Dst = b.Src[:0], b.Dst[:0]
	b.SrcPort, b.DstPort = b.SrcPort[:0], b.DstPort[:0]
	b.BytesUp, b.BytesDown = b.BytesUp[:0], b.BytesDown[:0]
	b.Label = b.Label[:0]
	b.Duration, b.PacketsUp, b.PacketsDown = b.Duration[:0], b.PacketsUp[:0], b.PacketsDown[:0]
	b.FlagsUp, b.FlagsDown = b.FlagsUp[:0], b.FlagsDown[:0]
}

// Slice returns rows i to j-1 of b. It shares b's memory: windows are cut
// from batches without copying a record.
func (b *Batch) Slice(i, j int) *Batch {
	s := &Batch{
		Seq:  b.Seq + int64(i),
		Time: b.Time[i:j], Proto: b.Proto[i:j], State: b.State[i:j],
		Src: b.Src[i:j], Dst: b.Dst[i:j], SrcPort: b.SrcPort[i:j], DstPort: b.DstPort[i:j],
		BytesUp: b.BytesUp[i:j], BytesDown: b.BytesDown[i:j],
		Hosts: b.Hosts, Labels: b.Labels,
	}
	if b.Label != nil {
		s.Label = b.Label[i:j]
	}
	if b.Duration != nil {
		s.Duration = b.Duration[i:j]
	}
	if b.PacketsUp != nil {
		s.PacketsUp, s.PacketsDown = b.PacketsUp[i:j], b.PacketsDown[i:j]
	}
	if b.FlagsUp != nil {
		s.FlagsUp, s.FlagsDown = b.FlagsUp[i:j], b.FlagsDown[i:j]
	}
	if b.Order != nil {
		s.Order = b.Order[i:j]
	}
	return s
}
