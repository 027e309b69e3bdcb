package dedup

import "toolkit/flow"

// A Recent counts records that are the same, as a Filter has it, as one of about the
// last 16,000 different ones. It takes 128 KiB and some ns a record, where a Filter
// remembers all of them.
type Recent struct {
	N int64 // how many there were

	last   [1 << recentBits]uint64 // the latest hash that begins with each number
	hashes []uint64
}

const recentBits = 14

// Add takes in the records of b, whose addresses are numbers in the same Hosts
// as those of others.
func (r *Recent) Add(b *flow.Batch) {
	r.hashes = hashes(r.hashes[:0], b)
	for _, h := range r.hashes {
		h |= 1 // 0 is none
		if at := &r.last[h>>(64-recentBits)]; *at == h {
			r.N++
		} else {
			*at = h
		}
	}
}

// Source yields the records of src and adds them to r on the way.
func (r *Recent) Source(src flow.Source) flow.Source {
	return func(yield func(*flow.Batch, error) bool) {
		for b, err := range src {
			if err == nil {
				r.Add(b)
			}
			if !yield(b, err) {
				return
			}
		}
	}
}
