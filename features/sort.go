package features

import (
	"math/bits"
	"slices"

	"toolkit/internal/pages"
)

// An extent is what tuples are made of: how much there is to tell them apart by.
type extent struct {
	seen   tuple // all bits of ports and of states
	protos [256]bool
}

// note takes in the tuples from number from on.
func (t *Builder) note(from int) {
	x, tuples := &t.extent, t.groups.tuples.keys.view()
	for i := int32(from); i < int32(t.groups.tuples.n); i++ {
		k := tuples.of(i)
		x.seen.srcPort, x.seen.dstPort, x.seen.state = x.seen.srcPort|k.srcPort, x.seen.dstPort|k.dstPort, x.seen.state|k.state
		x.protos[k.proto] = true
	}
}

// sorted returns the groups that have a row, or all, in the order of their
// keys, rank being that of addresses.
func (t *Builder) sorted(rank []uint32, all bool) []int32 {
	tuples := t.sortedTuples(rank)
	if t.windows == nil {
		return tuples
	}
	place := make([]uint32, len(tuples))
	for i, of := range tuples {
		place[of] = uint32(i)
	}
	windows := t.groups.windows.keys.view()
	order := make([]int32, 0, t.groups.len())
	var first, last int64
	for g := range int32(t.groups.len()) {
		at := windows.of(g).at
		if all || t.windows.Analysed(at) {
			if len(order) == 0 {
				first, last = at, at
			}
			first, last = min(first, at), max(last, at)
			order = append(order, g)
		}
	}
	var fields []keyField[window]
	if t.groups.late { // otherwise those of a tuple are numbered in their order
		fields = append(fields, keyField[window]{bits.Len64(uint64(last) - uint64(first)), func(w *window) uint64 { return uint64(w.at) - uint64(first) }})
	}
	fields = append(fields, keyField[window]{bits.Len(uint(max(len(tuples), 1) - 1)), func(w *window) uint64 { return uint64(place[w.tuple]) }})
	return sortByKeys(order, fields, windows)
}

// sortedTuples returns all tuples in their order.
func (t *Builder) sortedTuples(rank []uint32) []int32 {
	order := make([]int32, t.groups.tuples.n)
	for i := range order {
		order[i] = int32(i)
	}
	x := &t.extent
	var fields []keyField[tuple]
	if x.seen.state != 0 {
		fields = append(fields, keyField[tuple]{stateBits, func(k *tuple) uint64 { return uint64(k.state) }})
	}
	var proto [256]uint64 // the rank of each
	protos := 0
	for p, seen := range x.protos {
		if proto[p] = uint64(protos); seen {
			protos++
		}
	}
	ports := func(k *tuple) uint64 { return uint64(k.srcPort)<<16 | uint64(k.dstPort) }
	fields = append(fields,
		keyField[tuple]{bits.Len(uint(max(protos, 1) - 1)), func(k *tuple) uint64 { return proto[k.proto] }},
		keyField[tuple]{bits.Len64(ports(&x.seen)), ports})
	if t.addresses() != [2]bool{} {
		width := bits.Len(uint(max(len(rank), 1) - 1))
		fields = append(fields, keyField[tuple]{2 * width, func(k *tuple) uint64 { return uint64(rank[k.src])<<width | uint64(rank[k.dst]) }})
	}
	return sortByKeys(order, fields, t.groups.tuples.keys.view())
}

// A keyField is a part of a key: its lowest width bits count.
type keyField[K any] struct {
	width int
	of    func(k *K) uint64
}

// sortByKeys sorts groups by the fields of their keys, the least significant
// first; what is equal stays in its order.
func sortByKeys[K any](order []int32, fields []keyField[K], keys view[K]) []int32 {
	fields = slices.DeleteFunc(fields, func(f keyField[K]) bool { return f.width == 0 })
	n := len(order)
	if n < 2 || len(fields) == 0 {
		return order
	}
	memory := make([]sortItem, 2*n)
	pages.Large(memory)
	s := sorter{memory[:n], memory[n:]}
	for i := range s.items {
		s.items[i].at = int32(i) // in order
	}
	for len(fields) > 0 {
		// As many fields as fit are one word.
		few, width := 0, 0
		for few < len(fields) && width+fields[few].width <= 64 {
			width += fields[few].width
			few++
		}
		for i := range s.items {
			k, w, at := keys.of(order[s.items[i].at]), uint64(0), 0
			for _, f := range fields[:few] {
				w |= f.of(k) << at
				at += f.width
			}
			s.items[i].word = w
		}
		s.sort(width)
		fields = fields[few:]
	}
	sorted := make([]int32, n)
	for i, of := range s.items {
		sorted[i] = order[of.at]
	}
	return sorted
}

// A sorter sorts items by their words, digit by digit.
type sorter struct{ items, spare []sortItem }

// A sortItem is the place of a group, and what it is sorted by.
type sortItem struct {
	word uint64
	at   int32
}

// sort sorts by the lowest width bits of the words, what is equal in the order
// that it had.
func (s *sorter) sort(width int) {
	const digit, values = 11, 1 << 11
	var from [(64 + digit - 1) / digit][values]int32 // of each digit, how many words have each value
	digits := (width + digit - 1) / digit
	for _, of := range s.items {
		for d := range digits {
			from[d][of.word>>(d*digit)&(values-1)]++
		}
	}
	for d := range digits {
		of, at := &from[d], int32(0)
		for v, n := range of {
			of[v] = at
			at += n
		}
		for _, item := range s.items {
			v := item.word >> (d * digit) & (values - 1)
			s.spare[of[v]] = item
			of[v]++
		}
		s.items, s.spare = s.spare, s.items
	}
}
