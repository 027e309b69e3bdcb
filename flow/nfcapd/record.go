package nfcapd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"time"

	"toolkit/flow"
)

// Kinds of records.
const (
	extensionMap = 2  // of layout 1: what is in a record besides
	common       = 10 // of layout 1: a flow
	v3           = 11 // of layout 2: a flow, in elements
)

var (
	errShort = errors.New("a record that ends early")
	errOver  = fmt.Errorf("a count is more than %d", int64(math.MaxInt64))
)

// A decoder makes records of a block.
type decoder struct {
	out  *flow.Out
	maps map[uint16][]uint16 // of layout 1: what each that records need says is in them
	n    int                 // records so far
}

// record takes a flow; others, of exporters and samplers, are passed over.
func (d *decoder) record(kind uint16, data []byte) {
	var r flow.Record
	var twoWay, ok bool
	switch kind {
	case extensionMap:
		define(d.maps, data)
		return
	case common:
		r, twoWay, ok = d.layout1(data)
	case v3:
		r, twoWay, ok = layout2(data)
	case 1:
		d.bad(errors.New("a record of nfdump 1.5; write the file again with nfdump -w"))
		return
	default:
		return
	}
	switch {
	case !ok:
		d.bad(errShort)
	case r.BytesUp < 0 || r.BytesDown < 0 || r.PacketsUp < 0 || r.PacketsDown < 0:
		d.bad(errOver)
	case !r.Src.Addr().IsValid() || !r.Dst.Addr().IsValid():
		d.bad(flow.NotFlow("record without addresses"))
	default:
		r.State = flow.StateOf(r, twoWay)
		d.n++
		d.out.Batch().Append(r)
	}
}

// bad says what is wrong with a record.
func (d *decoder) bad(err error) {
	d.n++
	d.out.Bad(d.n, nil, err)
}

// extensionSize is how long each extension of layout 1 is (nffile.h).
var extensionSize = map[uint16]int{4: 4, 5: 8, 6: 4, 7: 8, 8: 4, 9: 4, 10: 16, 11: 4, 12: 16, 13: 4, 14: 4, 15: 8, 16: 4, 17: 8, 18: 4, 19: 8}

// The extensions that are read: what went the other way, in 4 or 8 bytes.
const outPackets4, outPackets8, outBytes4, outBytes8 = 14, 15, 16, 17

func (d *decoder) layout1(data []byte) (r flow.Record, twoWay, ok bool) {
	if len(data) < 36 {
		return r, false, false
	}
	flags := le.Uint16(data[4:])
	first := time.Unix(int64(le.Uint32(data[12:])), int64(le.Uint16(data[8:]))*1e6)
	last := time.Unix(int64(le.Uint32(data[16:])), int64(le.Uint16(data[10:]))*1e6)
	r.FlagsUp, r.Proto = flow.Flags(data[21]), flow.Proto(data[22])
	srcPort, dstPort := le.Uint16(data[24:]), le.Uint16(data[26:])
	rest := data[32:]
	number := func(long bool) int64 {
		n := 4
		if long {
			n = 8
		}
		if len(rest) < n {
			ok = false
			return 0
		}
		var v uint64
		if long {
			v = le.Uint64(rest)
		} else {
			v = uint64(le.Uint32(rest))
		}
		rest = rest[n:]
		return int64(v)
	}
	ok = true
	size := 8
	if flags&1 != 0 {
		size = 32
	}
	if len(rest) < size {
		return r, false, false
	}
	src, dst := addresses(rest[:size])
	rest = rest[size:]
	r.PacketsUp, r.BytesUp = number(flags&2 != 0), number(flags&4 != 0)
	for _, e := range d.maps[le.Uint16(data[6:])] {
		switch e {
		case outPackets4, outPackets8:
			r.PacketsDown = number(e == outPackets8)
		case outBytes4, outBytes8:
			r.BytesDown = number(e == outBytes8)
		default:
			n, known := extensionSize[e]
			if !known || n > len(rest) {
				rest = nil // all that is needed of what follows is known to be 0
				break
			}
			rest = rest[n:]
		}
		if rest == nil {
			break
		}
	}
	return finish(r, src, dst, srcPort, dstPort, first, last), r.PacketsDown > 0, ok
}

// addresses reads two addresses of either kind, words of the machine's order.
func addresses(b []byte) (src, dst netip.Addr) {
	if len(b) == 8 {
		var a [8]byte
		binary.BigEndian.PutUint32(a[:], le.Uint32(b))
		binary.BigEndian.PutUint32(a[4:], le.Uint32(b[4:]))
		return netip.AddrFrom4([4]byte(a[:4])), netip.AddrFrom4([4]byte(a[4:]))
	}
	var a [32]byte
	for i := 0; i < 32; i += 8 {
		binary.BigEndian.PutUint64(a[i:], le.Uint64(b[i:]))
	}
	return netip.AddrFrom16([16]byte(a[:16])), netip.AddrFrom16([16]byte(a[16:]))
}

// Elements of layout 2 that are read (nfxV3.h).
const genericFlow, ipv4Flow, ipv6Flow, countFlow = 1, 2, 3, 5

func layout2(data []byte) (r flow.Record, twoWay, ok bool) {
	if len(data) < 12 {
		return r, false, false
	}
	var src, dst netip.Addr
	var srcPort, dstPort uint16
	var first, last time.Time
	elements := int(le.Uint16(data[4:]))
	for rest := data[12:]; elements > 0; elements-- {
		if len(rest) < 4 {
			return r, false, false
		}
		kind, size := le.Uint16(rest), int(le.Uint16(rest[2:]))
		if size < 4 || size > len(rest) {
			return r, false, false
		}
		e := rest[4:size]
		rest = rest[size:]
		switch {
		case kind == genericFlow && len(e) >= 48:
			first, last = time.UnixMilli(int64(le.Uint64(e))), time.UnixMilli(int64(le.Uint64(e[8:])))
			r.PacketsUp, r.BytesUp = int64(le.Uint64(e[24:])), int64(le.Uint64(e[32:]))
			srcPort, dstPort = le.Uint16(e[40:]), le.Uint16(e[42:])
			r.Proto, r.FlagsUp = flow.Proto(e[44]), flow.Flags(e[45])
		case kind == ipv4Flow && len(e) >= 8:
			src, dst = addresses(e[:8])
		case kind == ipv6Flow && len(e) >= 32:
			src, dst = addresses(e[:32])
		case kind == countFlow && len(e) >= 24:
			r.PacketsDown, r.BytesDown = int64(le.Uint64(e[8:])), int64(le.Uint64(e[16:]))
		}
	}
	return finish(r, src, dst, srcPort, dstPort, first, last), r.PacketsDown > 0, true
}

func finish(r flow.Record, src, dst netip.Addr, srcPort, dstPort uint16, first, last time.Time) flow.Record {
	if r.Proto == flow.ICMP || r.Proto == flow.ICMPv6 {
		srcPort = 0 // the port of the destination is type and code
	}
	r.Src, r.Dst = netip.AddrPortFrom(src, srcPort), netip.AddrPortFrom(dst, dstPort)
	if y := first.Year(); y < 1678 || y > 2261 {
		first, last = time.Unix(0, 0), time.Unix(0, 0)
	}
	r.Time = first.UTC()
	r.Duration = max(last.Sub(first), 0)
	return r
}
