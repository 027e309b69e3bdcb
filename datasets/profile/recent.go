package profile

import "toolkit/flow"

// A Recent counts records that are the same as one of about the last 16,000
// different ones, in time, addresses, ports, protocol, state and bytes. It takes 128 KiB and
// some ns a record, where a Profile remembers all there is memory for; hashes of 64 bits stand for
// records, of which two are hardly ever equal by chance.
type Recent struct {
	Repeats int64
	last    [1 << recentBits]uint64 // the latest hash that begins with each number
}

const recentBits = 14

// Add takes in the records of b, whose addresses are numbers in the same Hosts
// as those of others.
func (r *Recent) Add(b *flow.Batch) {
	const k1, k2 = 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f
	for i, t := range b.Time {
		// Two chains, which a processor works on side by side.
		x := (uint64(t) ^ uint64(b.Src[i])<<32) * k1
		y := (uint64(b.Dst[i])<<32 ^ uint64(b.SrcPort[i])<<16 ^ uint64(b.DstPort[i])) * k2
		x = (x ^ x>>29 ^ uint64(b.BytesUp[i])) * k2
		y = (y ^ y>>31 ^ uint64(b.BytesDown[i]) ^ uint64(b.Proto[i])<<56 ^ uint64(b.State[i])<<48) * k1
		h := (x ^ x>>32 ^ y) * k1
		h = h ^ h>>29 | 1
		if at := &r.last[h>>(64-recentBits)]; *at == h {
			r.Repeats++
		} else {
			*at = h
		}
	}
}
