package evaluate

import "slices"

const (
	radixBits   = 11
	radixDigits = (64 + radixBits - 1) / radixBits
	radixFew    = 4 << radixBits // below this, clearing the histograms costs more than it saves
)

// radixSort sorts keys, with scratch of the same length to write to: several
// times faster than by comparison for the millions of scores of a method. A
// digit that all keys share takes no pass, so few different scores are quick.
func radixSort(keys, scratch []uint64) {
	if len(keys) < radixFew {
		slices.Sort(keys)
		return
	}
	var count [radixDigits][1 << radixBits]int
	for _, k := range keys {
		for d := range count {
			count[d][k>>(d*radixBits)&(1<<radixBits-1)]++
		}
	}
	from, to := keys, scratch[:len(keys)]
	for d := range count {
		shift := d * radixBits
		next := &count[d]
		if next[from[0]>>shift&(1<<radixBits-1)] == len(from) {
			continue
		}
		at := 0
		for i, n := range next {
			next[i] = at
			at += n
		}
		for _, k := range from {
			i := k >> shift & (1<<radixBits - 1)
			to[next[i]] = k
			next[i]++
		}
		from, to = to, from
	}
	if &from[0] != &keys[0] {
		copy(keys, from)
	}
}
