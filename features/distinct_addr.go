package features

import (
	"encoding/binary"

	"toolkit/flow"
)

// What addresses of records are counted exactly.
var (
	srcIPs = distinctAddrs(approxSrcIPs, func(b *flow.Batch) []flow.Host { return b.Src })
	dstIPs = distinctAddrs(approxDstIPs, func(b *flow.Batch) []flow.Host { return b.Dst })
)

// distinctAddrs counts the addresses at one end of the records; approx does so
// in bounded memory.
func distinctAddrs(approx *Gather, end func(*flow.Batch) []flow.Host) *Gather {
	return &Gather{Parts: 1, approx: gatheredBy(approx, 0, countError), New: func(h *flow.Hosts, rows *Rows) Aggregate {
		return &addrs{hosts: h, distinct: distinct[uint32]{v: cellsOf[fewValues[uint32]](rows), of: func(dst []uint32, b *flow.Batch) {
			for i, h := range end(b) {
				dst[i] = uint32(h)
			}
		}}}
	}}
}

// An addrs counts addresses by their numbers, and writes them down as they are.
type addrs struct {
	distinct[uint32]
	hosts *flow.Hosts
}

func (a *addrs) AppendState(dst []byte, g int32) []byte {
	dst = binary.AppendVarint(dst, a.count(a.v.of(g)))
	a.values(g, func(v uint32) { dst = appendAddr(dst, a.hosts.Addr(flow.Host(v))) })
	return dst
}

func (a *addrs) MergeState(g int32, src []byte) ([]byte, error) {
	m, src, err := varint(src)
	for ; err == nil && m > 0; m-- {
		if len(src) < 16 {
			return src, errState
		}
		a.add(a.v.of(g), uint32(a.hosts.Of(parseAddr(src))))
		src = src[16:]
	}
	return src, err
}
