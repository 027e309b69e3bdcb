package features

import (
	"math/bits"
	"slices"
)

// An extent is what keys are made of: how much there is to tell them apart by.
type extent struct {
	first, last int64 // windows
	seen        key   // all bits of ports and of states
	protos      [256]bool
}

// note takes in the keys of groups from on.
func (t *Builder) note(from int) {
	x := &t.extent
	if from == 0 && t.index.n > 0 {
		w := t.key(0).window
		x.first, x.last = w, w
	}
	for g := int32(from); g < int32(t.index.n); g++ {
		k := t.key(g)
		x.first, x.last = min(x.first, k.window), max(x.last, k.window)
		x.seen.srcPort, x.seen.dstPort, x.seen.state = x.seen.srcPort|k.srcPort, x.seen.dstPort|k.dstPort, x.seen.state|k.state
		x.protos[k.proto] = true
	}
}

// sorted returns the groups that have a row, or all, in the order of their
// keys, rank being that of addresses.
func (t *Builder) sorted(rank []uint32, all bool) []int32 {
	order := make([]int32, 0, t.index.n)
	for g := range int32(t.index.n) {
		if all || t.windows == nil || t.windows.Analysed(t.key(g).window) {
			order = append(order, g)
		}
	}
	if len(order) < 2 {
		return order
	}
	x := &t.extent
	fields := []keyField{{bits.Len64(uint64(x.last) - uint64(x.first)), func(k *key) uint64 { return uint64(k.window) - uint64(x.first) }}}
	if x.seen.state != 0 {
		fields = append(fields, keyField{stateBits, func(k *key) uint64 { return uint64(k.state) }})
	}
	var proto [256]uint64 // the rank of each
	protos := 0
	for p, seen := range x.protos {
		if proto[p] = uint64(protos); seen {
			protos++
		}
	}
	ports := func(k *key) uint64 { return uint64(k.srcPort)<<16 | uint64(k.dstPort) }
	fields = append(fields,
		keyField{bits.Len(uint(protos - 1)), func(k *key) uint64 { return proto[k.proto] }},
		keyField{bits.Len64(ports(&x.seen)), ports})
	if t.addresses() != [2]bool{} {
		width := bits.Len(uint(max(len(rank), 1) - 1))
		fields = append(fields, keyField{2 * width, func(k *key) uint64 { return uint64(rank[k.src])<<width | uint64(rank[k.dst]) }})
	}
	fields = slices.DeleteFunc(fields, func(f keyField) bool { return f.width == 0 })
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
	const digit, values = 11, 1 << 11
	var from [(64 + digit - 1) / digit][values]int32 // of each digit, how many words have each value
	digits := (width + digit - 1) / digit
	for _, w := range s.word {
		for d := range digits {
			from[d][w>>(d*digit)&(values-1)]++
		}
	}
	for d := range digits {
		of, at := &from[d], int32(0)
		for v, n := range of {
			of[v] = at
			at += n
		}
		for i, w := range s.word {
			v := w >> (d * digit) & (values - 1)
			s.spareWord[of[v]], s.spare[of[v]] = w, s.order[i]
			of[v]++
		}
		s.word, s.spareWord, s.order, s.spare = s.spareWord, s.word, s.spare, s.order
	}
}
