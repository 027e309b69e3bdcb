package flow

import (
	"encoding/binary"
	"math/bits"
)

const (
	commas = 0x2c2c2c2c2c2c2c2c
	lows   = 0x0101010101010101
	highs  = 0x8080808080808080
)

// comma returns how many of the 8 bytes of w, the lowest first, stand before
// the first comma: 8 if there is none.
func comma(w uint64) int {
	w ^= commas
	return bits.TrailingZeros64((w-lows)&^w&highs) >> 3
}

// word returns a text of up to 8 bytes as the lowest bytes of a number.
func word(s string) (w uint64) {
	for i := range len(s) {
		w |= uint64(s[i]) << (8 * i)
	}
	return w
}

// The beginnings of the texts of protocols and states, with the comma behind.
var (
	tcpWord, udpWord = uint32(word("tcp,")), uint32(word("udp,"))
	newWord          = word("new,")
	resetWord        = word("reset,")
	closedWord       = word("closed,")
	closingWord      = word("closing,")
	connectingWord   = word("connecti")
	establishedWord  = word("establis")
)

// run reads lines as most are written, one after another from the start of data:
// with the second of the record before, TCP or UDP, one of the seed's states,
// addresses that have been read before, and a line end. It appends their records
// to b, as many as it has room for, and returns how many they are and where the
// next line begins. It stops before a line that is any other, also if it is wrong.
func (p *csvReader) run(data []byte, b *Batch) (lines, next int) {
	n := b.Len()
	b.extend(BatchSize)
	var r row
	for n < len(b.Time) {
		end := p.quick(data, next, &r)
		if end == 0 {
			break
		}
		b.Time[n], b.Proto[n], b.State[n] = p.clock.ns, r.proto, r.state
		b.Src[n], b.Dst[n], b.SrcPort[n], b.DstPort[n] = r.src, r.dst, r.srcPort, r.dstPort
		b.BytesUp[n], b.BytesDown[n] = r.up, r.down
		next = end
		lines, n = lines+1, n+1
	}
	b.extend(n)
	return lines, next
}

// quick reads the line at data[at:], but for its time, into r, and returns where
// the next line begins: 0 if the line is not of the kind that run reads.
func (p *csvReader) quick(data []byte, at int, r *row) (next int) {
	const date = len(p.clock.text)
	end := len(data)
	// Words are read whole, past the line's end where memory allows.
	b := data[:min(cap(data), end+blockPad)]
	if len(b)-at < date+1+4+8+4 || b[at+date] != ',' || !sameDate(b[at:], &p.clock.text) {
		return 0
	}
	at += date + 1
	switch binary.LittleEndian.Uint32(b[at:]) {
	case tcpWord:
		r.proto = TCP
	case udpWord:
		r.proto = UDP
	default:
		return 0
	}
	at += 4
	w := binary.LittleEndian.Uint64(b[at:])
	switch {
	case w == establishedWord && binary.LittleEndian.Uint32(b[at+8:]) == hedWord:
		r.state, at = Established, at+12
	case w == connectingWord && binary.LittleEndian.Uint32(b[at+7:]) == ingWord:
		r.state, at = Connecting, at+11
	case w == closingWord:
		r.state, at = Closing, at+8
	case w&(1<<56-1) == closedWord:
		r.state, at = Closed, at+7
	case w&(1<<48-1) == resetWord:
		r.state, at = Reset, at+6
	case w&(1<<32-1) == newWord:
		r.state, at = New, at+4
	default:
		return 0
	}
	var ok bool
	if r.src, at, ok = p.quickHost(b, at); !ok {
		return 0
	}
	if r.srcPort, at, ok = quickPort(b, at); !ok {
		return 0
	}
	if r.dst, at, ok = p.quickHost(b, at); !ok {
		return 0
	}
	if r.dstPort, at, ok = quickPort(b, at); !ok {
		return 0
	}
	if r.up, at, ok = quickNumber(b, at); !ok || b[at] != ',' {
		return 0
	}
	if r.down, at, ok = quickNumber(b, at+1); !ok {
		return 0
	}
	if at < end && b[at] == '\r' {
		at++
	}
	if at >= end || b[at] != '\n' {
		return 0
	}
	return at + 1
}

var hedWord, ingWord = uint32(word("hed,")), uint32(word("ing,"))

// sameDate tells whether b begins with text, by words of which the last two
// overlap.
func sameDate(b []byte, text *[19]byte) bool {
	word := binary.LittleEndian.Uint64
	return word(b)^word(text[:])|word(b[8:])^word(text[8:])|word(b[11:])^word(text[11:]) == 0
}

// quickHost returns the number of the address at b[at:] and where the next
// field begins.
func (p *csvReader) quickHost(b []byte, at int) (Host, int, bool) {
	if at+shortText > len(b) {
		return 0, at, false
	}
	lo, hi := binary.LittleEndian.Uint64(b[at:]), binary.LittleEndian.Uint64(b[at+8:])
	n := comma(lo)
	if n < 8 {
		lo, hi = lo&(1<<(8*n)-1), 0
	} else {
		m := comma(hi)
		if m == 8 {
			return 0, at, false
		}
		n, hi = 8+m, hi&(1<<(8*m)-1)
	}
	h, ok := p.hosts.ofText(lo, hi, n)
	return h, at + n + 1, ok
}

// quickPort returns the port at b[at:], which a comma ends, and where the
// next field begins.
func quickPort(b []byte, at int) (uint16, int, bool) {
	if at+8 > len(b) {
		return 0, at, false
	}
	v, n := leadingDigits(binary.LittleEndian.Uint64(b[at:]))
	end := at + n
	return uint16(v), end + 1, uint(n-1) < 5 && v <= 0xffff && b[end] == ','
}

// quickNumber returns the number of up to 18 digits at b[at:] and where it
// ends, before the end of b.
func quickNumber(b []byte, at int) (v int64, end int, ok bool) {
	if at+8 > len(b) {
		return 0, at, false
	}
	few, n := leadingDigits(binary.LittleEndian.Uint64(b[at:]))
	v, end = int64(few), at+n
	if n == 8 {
		for ; end < len(b); end++ {
			d := int64(b[end]) - '0'
			if uint64(d) > 9 {
				break
			}
			v = v*10 + d
		}
	}
	return v, end, uint(end-at-1) < 18 && end < len(b)
}

// leadingDigits returns the number that the first bytes of w, the lowest first, are the
// decimal digits of, and how many these are, up to 8.
func leadingDigits(w uint64) (v uint64, n int) {
	w ^= '0' * lows
	others := (w + (0x7f-9)*lows | w) & highs // the high bit of bytes above 9
	n = bits.TrailingZeros64(others) >> 3
	w <<= 64 - 8*n // zeros in front
	w = w*10 + w>>8
	return ((w&0x000000ff000000ff)*(100+1000000<<32) + (w>>16&0x000000ff000000ff)*(1+10000<<32)) >> 32, n
}
