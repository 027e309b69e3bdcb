package features

import "math/bits"

// sorted returns the groups that have a row, or all, in the order of their
// keys, rank being that of addresses.
func (t *Builder) sorted(rank []uint32, all bool) []int32 {
	order := make([]int32, 0, t.index.n)
	first, last := int64(0), int64(-1) // windows
	var seen key                       // all bits of what is small
	for g := range int32(t.index.n) {
		k := t.key(g)
		if !all && t.windows != nil && !t.windows.Analysed(k.window) {
			continue
		}
		if len(order) == 0 {
			first, last = k.window, k.window
		}
		first, last = min(first, k.window), max(last, k.window)
		seen.srcPort, seen.dstPort, seen.proto, seen.state = seen.srcPort|k.srcPort, seen.dstPort|k.dstPort, seen.proto|k.proto, seen.state|k.state
		order = append(order, g)
	}
	if len(order) < 2 {
		return order
	}
	drop := 0 // of what is small, if no key has a state
	if seen.state == 0 {
		drop = stateBits
	}
	fields := []keyField{
		{bits.Len64(uint64(last) - uint64(first)), func(k *key) uint64 { return uint64(k.window) - uint64(first) }},
		{bits.Len64(seen.small() >> drop), func(k *key) uint64 { return k.small() >> drop }},
	}
	if t.addresses() != [2]bool{} {
		width := bits.Len(uint(max(len(rank), 1) - 1))
		fields = append(fields, keyField{2 * width, func(k *key) uint64 { return uint64(rank[k.src])<<width | uint64(rank[k.dst]) }})
	}
	return sortByKeys(order, fields, t.key)
}

// A keyField is a part of a key: its lowest width bits count.
type keyField struct {
	width int
	of    func(k *key) uint64
}

// sortByKeys sorts groups, in ascending order, by the fields of their keys,
// the least significant first.
func sortByKeys(order []int32, fields []keyField, keyOf func(g int32) *key) []int32 {
	n := len(order)
	s := sorter{order: make([]int32, n), spare: make([]int32, n), word: make([]uint64, n), spareWord: make([]uint64, n)}
	for i := range s.order {
		s.order[i] = int32(i) // in order
	}
	for len(fields) > 0 {
		// As many fields as fit are one word.
		few, width := 0, 0
		for few < len(fields) && width+fields[few].width <= 64 {
			width += fields[few].width
			few++
		}
		for i, g := range order {
			k, w, at := keyOf(g), uint64(0), 0
			for _, f := range fields[:few] {
				w |= f.of(k) << at
				at += f.width
			}
			s.spareWord[i] = w
		}
		for i, at := range s.order {
			s.word[i] = s.spareWord[at]
		}
		s.sort(width)
		fields = fields[few:]
	}
	for i, at := range s.order {
		s.order[i] = order[at]
	}
	return s.order
}

// A sorter sorts groups by words, digit by digit.
type sorter struct {
	order, spare    []int32
	word, spareWord []uint64 // of order
}

// sort sorts by the lowest width bits of the words, what is equal in the order
// that it had.
func (s *sorter) sort(width int) {
	const digit = 11
	for at := 0; at < width; at += digit {
		var from [1<<digit + 1]int
		for _, w := range s.word {
			from[w>>at&(1<<digit-1)+1]++
		}
		for d := range from[1:] {
			from[d+1] += from[d]
		}
		for i, w := range s.word {
			d := w >> at & (1<<digit - 1)
			to := from[d]
			from[d]++
			s.spareWord[to], s.spare[to] = w, s.order[i]
		}
		s.word, s.spareWord, s.order, s.spare = s.spareWord, s.word, s.spare, s.order
	}
}
