// Package dedup finds records that are the same as one before, among all of a
// stream, in bounded memory.
package dedup

import (
	"encoding/binary"
	"runtime"

	"github.com/zeebo/xxh3"

	"toolkit/flow"
)

// A Filter counts records that are the same as one before them, in all that is
// read of them but the label: time, addresses, ports, protocol, state, bytes,
// duration, packets and flags. Hashes of 64 bits (xxh3) stand for records: of n
// different records two are taken for one with a probability of n²/2⁶⁵, one in
// 3,700 for a hundred million. A record costs about 0.1 µs, and 11 to 22 bytes
// of memory if it is none; beyond Seen.Limit, 1.6 bytes of memory and 8 of a
// temporary file, up to four times as many as fit in memory and more, and past that
// reading ends with a *FullError.
type Filter struct {
	Drop bool // whether they are dropped
	Seen Set
	N    int64 // how many there were

	hashes []uint64
	rows   []int32
}

// Source yields the records of src, whose addresses have to be numbers in the
// same Hosts, without those that are dropped. The others keep their numbers.
func (f *Filter) Source(src flow.Source) flow.Source {
	return func(yield func(*flow.Batch, error) bool) {
		defer f.Seen.Close()
		for b, err := range src {
			if err == nil {
				if b, err = f.filter(b); err != nil {
					yield(nil, err)
					return
				}
				if b.Len() == 0 {
					continue
				}
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

// filter returns what is left of b.
func (f *Filter) filter(b *flow.Batch) (*flow.Batch, error) {
	if err := f.Count(b); err != nil {
		return nil, err
	}
	if f.Drop && len(f.rows) < b.Len() {
		return b.Take(f.rows), nil
	}
	return b, nil
}

// Count adds the records of b that are the same as one before to f.N.
func (f *Filter) Count(b *flow.Batch) error {
	f.hashes = hashes(f.hashes[:0], b)
	var touched uint64
	const ahead = 64
	f.rows = f.rows[:0]
	for i, h := range f.hashes {
		if i%ahead == 0 {
			for _, h := range f.hashes[i:min(i+ahead, len(f.hashes))] {
				touched += f.Seen.Touch(h)
			}
		}
		there, err := f.Seen.Add(h)
		if err != nil {
			return err
		}
		if there {
			f.N++
		} else {
			f.rows = append(f.rows, int32(i))
		}
	}
	runtime.KeepAlive(touched)
	return nil
}

// hashes appends the hash of each record of b.
func hashes(to []uint64, b *flow.Batch) []uint64 {
	le := binary.LittleEndian
	var r [64]byte
	for i, t := range b.Time {
		le.PutUint64(r[:], uint64(t))
		le.PutUint32(r[8:], uint32(b.Src[i]))
		le.PutUint32(r[12:], uint32(b.Dst[i]))
		le.PutUint16(r[16:], b.SrcPort[i])
		le.PutUint16(r[18:], b.DstPort[i])
		r[20], r[21] = byte(b.Proto[i]), byte(b.State[i])
		if b.FlagsUp != nil {
			r[22], r[23] = byte(b.FlagsUp[i]), byte(b.FlagsDown[i])
		}
		le.PutUint64(r[24:], uint64(b.BytesUp[i]))
		le.PutUint64(r[32:], uint64(b.BytesDown[i]))
		if b.Duration != nil {
			le.PutUint64(r[40:], uint64(b.Duration[i]))
		}
		if b.PacketsUp != nil {
			le.PutUint64(r[48:], uint64(b.PacketsUp[i]))
			le.PutUint64(r[56:], uint64(b.PacketsDown[i]))
		}
		to = append(to, xxh3.Hash(r[:]))
	}
	return to
}
