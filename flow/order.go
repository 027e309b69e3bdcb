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
	}
	for i, row := range rows {
		t.Order[i] = b.Number(int(row))
	}
	return t
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
