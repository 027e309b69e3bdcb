package flow

import (
	"cmp"
	"slices"
)

// ByTime returns the records of b in the order of time, those of the same time
// in the order they have in b: b itself if that is its order, else a copy with
// the numbers of its records in Order.
func (b *Batch) ByTime() *Batch {
	if slices.IsSorted(b.Time) {
		return b
	}
	rows := make([]int32, b.Len())
	for i := range rows {
		rows[i] = int32(i)
	}
	slices.SortStableFunc(rows, func(i, j int32) int { return cmp.Compare(b.Time[i], b.Time[j]) })
	return b.Take(rows)
}

// Take returns a copy of the given rows of b, in that order.
func (b *Batch) Take(rows []int32) *Batch {
	t := &Batch{
		Seq: b.Seq, Order: make([]int64, len(rows)), Hosts: b.Hosts, Labels: b.Labels,
		Time: takeRows(b.Time, rows), Proto: takeRows(b.Proto, rows), State: takeRows(b.State, rows),
		Src: takeRows(b.Src, rows), Dst: takeRows(b.Dst, rows), SrcPort: takeRows(b.SrcPort, rows), DstPort: takeRows(b.DstPort, rows),
		BytesUp: takeRows(b.BytesUp, rows), BytesDown: takeRows(b.BytesDown, rows), Label: takeRows(b.Label, rows),
		Duration: takeRows(b.Duration, rows), PacketsUp: takeRows(b.PacketsUp, rows), PacketsDown: takeRows(b.PacketsDown, rows),
		FlagsUp: takeRows(b.FlagsUp, rows), FlagsDown: takeRows(b.FlagsDown, rows),
	}
	for i, row := range rows {
		t.Order[i] = b.Number(int(row))
	}
	return t
}

// AppendFrom appends rows i to j-1 of c, whose Hosts and Labels are those of b
// from then on, and keeps their numbers in Order. What not every source has
// begins with the first batch that has it.
func (b *Batch) AppendFrom(c *Batch, i, j int) {
	if b.Len() == 0 && i < j {
		b.Seq = c.Number(i)
	}
	if c.Labels != nil {
		b.Labels = c.Labels
	}
	b.Hosts = c.Hosts
	n := b.Len()
	b.Label = appendOptional(b.Label, n, c.Label, i, j)
	b.Duration = appendOptional(b.Duration, n, c.Duration, i, j)
	b.PacketsUp = appendOptional(b.PacketsUp, n, c.PacketsUp, i, j)
	b.PacketsDown = appendOptional(b.PacketsDown, n, c.PacketsDown, i, j)
	b.FlagsUp = appendOptional(b.FlagsUp, n, c.FlagsUp, i, j)
	b.FlagsDown = appendOptional(b.FlagsDown, n, c.FlagsDown, i, j)
	for row := i; row < j; row++ {
		b.Order = append(b.Order, c.Number(row))
	}
	b.Time = append(b.Time, c.Time[i:j]...)
	b.Proto, b.State = append(b.Proto, c.Proto[i:j]...), append(b.State, c.State[i:j]...)
	b.Src, b.Dst = append(b.Src, c.Src[i:j]...), append(b.Dst, c.Dst[i:j]...)
	b.SrcPort, b.DstPort = append(b.SrcPort, c.SrcPort[i:j]...), append(b.DstPort, c.DstPort[i:j]...)
	b.BytesUp, b.BytesDown = append(b.BytesUp, c.BytesUp[i:j]...), append(b.BytesDown, c.BytesDown[i:j]...)
}

// appendOptional appends values i to j-1 of from to the n of to; those that
// are not there are zero.
func appendOptional[T any](to []T, n int, from []T, i, j int) []T {
	if from == nil {
		if to != nil {
			to = append(to, make([]T, j-i)...)
		}
		return to
	}
	if to == nil {
		to = make([]T, n, max(n, j-i))
	}
	return append(to, from[i:j]...)
}

func takeRows[T any](of []T, rows []int32) []T {
	if of == nil {
		return nil
	}
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = of[row]
	}
	return out
}
