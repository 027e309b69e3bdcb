package biflow

import (
	"bytes"
	"cmp"

	"toolkit/flow"
)

// A key is a connection, whichever way its records go. It has addresses and not
// their numbers, which may be others when it is given out.
type key struct {
	a, b   [16]byte
	pa, pb uint16
	proto  flow.Proto
}

// answers are the types of ICMP messages that answer those of another type
// (RFC 792, RFC 4443).
var answers = map[flow.Proto]map[byte]byte{
	flow.ICMP:   {0: 8, 14: 13, 16: 15, 18: 17},
	flow.ICMPv6: {129: 128},
}

// An end is an address and a port.
type end struct {
	addr [16]byte
	port uint16
}

func (e end) compare(o end) int {
	return cmp.Or(bytes.Compare(e.addr[:], o.addr[:]), cmp.Compare(e.port, o.port))
}

// keyOf returns the connection of row i of b, and the direction in which it goes. An
// answer of ICMP has the number of its request as the port of its source.
func keyOf(b *flow.Batch, i int) (k key, dir int) {
	src := end{b.Hosts.Addr(b.Src[i]).As16(), b.SrcPort[i]}
	dst := end{b.Hosts.Addr(b.Dst[i]).As16(), b.DstPort[i]}
	if of := answers[b.Proto[i]]; of != nil && src.port == 0 {
		if request, ok := of[byte(dst.port>>8)]; ok {
			src.port, dst.port = uint16(request)<<8|dst.port&0xff, 0
		}
	}
	if src.compare(dst) > 0 {
		src, dst, dir = dst, src, 1
	}
	return key{src.addr, dst.addr, src.port, dst.port, b.Proto[i]}, dir
}
