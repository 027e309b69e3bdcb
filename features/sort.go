package features

import (
	"cmp"
	"math/bits"
	"slices"
)

// sorted returns the groups that have a row, or all, in the order of their
// keys, rank being that of addresses.
func (t *Builder) sorted(rank []uint32, all bool) []int32 {
	order := make([]int32, 0, t.index.n)
	first, last := int64(0), int64(-1) // windows
	for g := range int32(t.index.n) {
		w := t.key(g).window
		if all || t.windows == nil || t.windows.Analysed(w) {
			if len(order) == 0 {
				first, last = w, w
			}
			first, last = min(first, w), max(last, w)
			order = append(order, g)
		}
	}
	if len(order) == 0 {
		return order
	}
	// All of a key in one word, if it fits: addresses by rank, in no more bits
	// than there are addresses for, and only what the kind of table looks at.
	host := bits.Len(uint(max(len(rank), 1) - 1))
	addresses := t.addresses() != [2]bool{}
	if !addresses {
		host = 0
	}
	var seen key // all bits of what is small
	for _, g := range order {
		k := t.key(g)
		seen.srcPort, seen.dstPort, seen.proto, seen.state = seen.srcPort|k.srcPort, seen.dstPort|k.dstPort, seen.proto|k.proto, seen.state|k.state
	}
	drop := 0
	if seen.state == 0 {
		drop = stateBits
	}
	small, span := bits.Len64(seen.small()>>drop), bits.Len64(uint64(last)-uint64(first))
	if 2*host+small+span <= 64 {
		word := make([]uint64, len(order))
		for i, g := range order {
			k := t.key(g)
			w := uint64(0)
			if host > 0 {
				w = uint64(rank[k.src])<<host | uint64(rank[k.dst])
			}
			w = w<<small | k.small()>>drop
			word[i] = w<<span | (uint64(k.window) - uint64(first))
		}
		return radix(word, order, 2*host+small+span)
	}
	if !addresses {
		rank = []uint32{0} // of the addresses that keys do not have
	}
	type wide struct {
		hosts, ports uint64
		window       int64
		g            int32
	}
	words := make([]wide, len(order))
	for i, g := range order {
		k := t.key(g)
		words[i] = wide{uint64(rank[k.src])<<32 | uint64(rank[k.dst]), k.small(), k.window, g}
	}
	slices.SortFunc(words, func(a, b wide) int {
		switch {
		case a.hosts != b.hosts:
			return cmp.Compare(a.hosts, b.hosts)
		case a.ports != b.ports:
			return cmp.Compare(a.ports, b.ports)
		}
		return cmp.Compare(a.window, b.window)
	})
	for i, w := range words {
		order[i] = w.g
	}
	return order
}

// radix returns order sorted by word, of which the lowest width bits count, and
// ruins both.
func radix(word []uint64, order []int32, width int) []int32 {
	const digit = 11
	word2, order2 := make([]uint64, len(word)), make([]int32, len(order))
	for at := 0; at < width; at += digit {
		var from [1<<digit + 1]int
		for _, w := range word {
			from[w>>at&(1<<digit-1)+1]++
		}
		for d := range from[1:] {
			from[d+1] += from[d]
		}
		for i, w := range word {
			d := w >> at & (1<<digit - 1)
			to := from[d]
			from[d]++
			word2[to], order2[to] = w, order[i]
		}
		word, word2, order, order2 = word2, word, order2, order
	}
	return order
}
