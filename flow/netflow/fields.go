package netflow

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"time"

	"toolkit/flow"
)

// fields is what is gathered of a data record.
type fields struct {
	src, dst             netip.Addr
	srcPort, dstPort     uint16
	proto                uint8
	icmp                 uint16 // type·256 + code
	hasICMP              bool
	up, down             int64
	packetsUp, packetsDw int64
	twoWay               bool // the record tells of both directions
	flagsUp, flagsDown   flow.Flags
	start, end           time.Time
	first, last          int64 // ms of uptime, -1 for none
	duration             time.Duration
	over                 bool // a count is more than a record can hold
}

// The elements that are read, by IANA's numbers for IPFIX, of which the first
// 127 are those of NetFlow v9 (RFC 3954, 7012).
const (
	octetDelta, packetDelta, protocolID, tcpControl = 1, 2, 4, 6
	sourcePort, sourceIPv4, destPort, destIPv4      = 7, 8, 11, 12
	lastSwitched, firstSwitched                     = 21, 22
	outBytes, outPackets                            = 23, 24
	sourceIPv6, destIPv6, icmpTypeCode4             = 27, 28, 32
	octetTotal, packetTotal                         = 85, 86
	icmpTypeCode6                                   = 139
	startSeconds, endSeconds                        = 150, 151
	startMillis, endMillis, startMicros, endMicros  = 152, 153, 154, 155
	startNanos, endNanos, startDelta, endDelta      = 156, 157, 158, 159
	durationMillis, durationMicros                  = 161, 162
	initiatorOctets, responderOctets                = 231, 232
	observationMillis                               = 323
	initiatorPackets, responderPackets              = 298, 299
)

const reversePEN = 29305 // of the other direction's elements (RFC 5103)

func number(b []byte) (n uint64) {
	for _, c := range b[max(0, len(b)-8):] {
		n = n<<8 | uint64(c)
	}
	return n
}

// count reads a count; one that a record can't hold makes it none.
func (a *fields) count(b []byte) int64 {
	n := number(b)
	a.over = a.over || n > math.MaxInt64
	return int64(n)
}

// times multiplies a count of sampled traffic by what it stands for.
func (a *fields) times(n uint32, rate int64) int64 {
	a.over = a.over || int64(n) > math.MaxInt64/rate
	return int64(n) * rate
}

var errOver = fmt.Errorf("a count is more than %d", int64(math.MaxInt64))

func addr4(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

func (a *fields) take(element uint16, b []byte, ex exported) {
	switch element {
	case octetDelta, octetTotal, initiatorOctets:
		a.up = max(a.up, a.count(b))
	case packetDelta, packetTotal, initiatorPackets:
		a.packetsUp = max(a.packetsUp, a.count(b))
	case outBytes, responderOctets:
		a.down, a.twoWay = a.count(b), a.twoWay || element == responderOctets || a.count(b) > 0
	case outPackets, responderPackets:
		a.packetsDw, a.twoWay = a.count(b), a.twoWay || element == responderPackets || a.count(b) > 0
	case protocolID:
		a.proto = uint8(number(b))
	case tcpControl:
		a.flagsUp = flow.Flags(number(b))
	case sourcePort:
		a.srcPort = uint16(number(b))
	case destPort:
		a.dstPort = uint16(number(b))
	case icmpTypeCode4, icmpTypeCode6:
		a.icmp, a.hasICMP = uint16(number(b)), true
	case sourceIPv4, sourceIPv6:
		a.address(&a.src, b)
	case destIPv4, destIPv6:
		a.address(&a.dst, b)
	case firstSwitched:
		a.first = int64(uint32(number(b)))
	case lastSwitched:
		a.last = int64(uint32(number(b)))
	case startSeconds:
		a.start = time.Unix(a.count(b), 0)
	case endSeconds:
		a.end = time.Unix(a.count(b), 0)
	case startMillis, observationMillis:
		a.start = time.UnixMilli(a.count(b))
	case endMillis:
		a.end = time.UnixMilli(a.count(b))
	case startMicros, startNanos:
		a.start = ntp(b)
	case endMicros, endNanos:
		a.end = ntp(b)
	case startDelta:
		a.start = ex.at.Add(-time.Duration(uint32(number(b))) * time.Microsecond)
	case endDelta:
		a.end = ex.at.Add(-time.Duration(uint32(number(b))) * time.Microsecond)
	case durationMillis:
		a.duration = time.Duration(uint32(number(b))) * time.Millisecond
	case durationMicros:
		a.duration = time.Duration(uint32(number(b))) * time.Microsecond
	}
}

// reverse takes an element of the other direction.
func (a *fields) reverse(element uint16, b []byte) {
	switch element {
	case octetDelta, octetTotal:
		a.down, a.twoWay = a.count(b), true
	case packetDelta, packetTotal:
		a.packetsDw, a.twoWay = a.count(b), true
	case tcpControl:
		a.flagsDown = flow.Flags(number(b))
	}
}

// address takes an address, unless there is one already and this is zero: some
// exporters send both kinds, of which one is used.
func (a *fields) address(to *netip.Addr, b []byte) {
	if ip, ok := netip.AddrFromSlice(b); ok && (!to.IsValid() || !ip.IsUnspecified()) {
		*to = ip
	}
}

// ntp reads a time in NTP's format of 64 bits (RFC 5905).
func ntp(b []byte) time.Time {
	if len(b) != 8 {
		return time.Time{}
	}
	const since1900 = 2208988800
	return time.Unix(int64(binary.BigEndian.Uint32(b))-since1900, int64(uint64(binary.BigEndian.Uint32(b[4:]))*1e9>>32))
}

// finish makes a record of what was gathered. One without addresses, such as of
// options, of NAT or of a wireless client, is of no flow.
func (d *decoder) finish(a *fields, ex exported) {
	if !a.src.IsValid() || !a.dst.IsValid() {
		d.bad("data record", flow.NotFlow("without addresses"))
		return
	}
	if a.over {
		d.bad("data record", errOver)
		return
	}
	if a.first >= 0 {
		// Uptime is 32 bits of ms: a flow may have begun before it ran over.
		since := func(ms int64) time.Time {
			ago := int32(uint32(ex.uptime.Milliseconds()) - uint32(ms))
			return ex.at.Add(-time.Duration(ago) * time.Millisecond)
		}
		a.start = since(a.first)
		if a.last >= 0 {
			a.end = since(a.last)
		}
	}
	if a.start.IsZero() && !a.end.IsZero() {
		a.start = a.end.Add(-a.duration)
	}
	if a.start.IsZero() {
		a.start = ex.at
	}
	if !a.end.IsZero() {
		a.duration = max(a.end.Sub(a.start), 0)
	}
	if a.hasICMP && a.dstPort == 0 {
		a.dstPort = a.icmp
	}
	r := flow.Record{
		Time: a.start.UTC(), Proto: flow.Proto(a.proto),
		Src: netip.AddrPortFrom(a.src, a.srcPort), Dst: netip.AddrPortFrom(a.dst, a.dstPort),
		BytesUp: a.up, BytesDown: a.down, Duration: a.duration, PacketsUp: a.packetsUp, PacketsDown: a.packetsDw,
		FlagsUp: a.flagsUp, FlagsDown: a.flagsDown,
	}
	if y := r.Time.Year(); y < 1678 || y > 2261 {
		d.bad("data record", &timeError{r.Time})
		return
	}
	r.State = flow.StateOf(r, a.twoWay)
	d.emit(r)
}

type timeError struct{ t time.Time }

func (e *timeError) Error() string {
	return "the time " + e.t.Format(time.RFC3339) + " is not of the years 1678 to 2261"
}
