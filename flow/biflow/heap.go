package biflow

import "container/heap"

// ints is a heap of numbers, the smallest first.
type ints []int64

func (h ints) Len() int           { return len(h) }
func (h ints) Less(i, j int) bool { return h[i] < h[j] }
func (h ints) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *ints) Push(x any)        { *h = append(*h, x.(int64)) }
func (h *ints) Pop() any {
	x := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return x
}

func (h *ints) push(n int64) { heap.Push(h, n) }
func (h *ints) pop() int64   { return heap.Pop(h).(int64) }
