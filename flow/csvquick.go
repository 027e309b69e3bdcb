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

// quick reads the line of a record as most are written: with the second of
// the record before, TCP or UDP, one of the seed's states, and addresses that
// have been read before. It returns false, having promised nothing of r, if
// the line is any other, also if it is wrong.
func (p *csvReader) quick(line []byte, r *row) bool {
	const date = len(p.clock.text)
	end := len(line)
	// Words are read whole, past the line's end where memory allows.
	b := line[:min(cap(line), end+blockPad)]
	if len(b) < date+1+4+8+2*shortText || b[date] != ',' || !sameDate(b, &p.clock.text) {
		return false
	}
	r.time = p.clock.ns
	switch binary.LittleEndian.Uint32(b[date+1:]) {
	case tcpWord:
		r.proto = TCP
	case udpWord:
		r.proto = UDP
	default:
		return false
	}
	at := date + 1 + 4
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
		return false
	}
	var ok bool
	if r.src, at, ok = p.quickHost(b, at); !ok {
		return false
	}
	if r.srcPort, at, ok = quickPort(b, at); !ok {
		return false
	}
	if r.dst, at, ok = p.quickHost(b, at); !ok {
		return false
	}
	if r.dstPort, at, ok = quickPort(b, at); !ok || at >= end {
		return false
	}
	if r.up, at, ok = quickNumber(line, at); !ok || at >= end || line[at] != ',' {
		return false
	}
	r.down, at, ok = quickNumber(line, at+1)
	return ok && at == end
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
	v := uint32(0)
	for i := 0; i < 6 && at+i < len(b); i++ {
		d := uint32(b[at+i]) - '0'
		if d > 9 {
			return uint16(v), at + i + 1, i > 0 && b[at+i] == ',' && v <= 0xffff
		}
		v = v*10 + d
	}
	return 0, at, false
}

// quickNumber returns the number of up to 18 digits at b[at:] and where it
// ends.
func quickNumber(b []byte, at int) (v int64, end int, ok bool) {
	i := at
	for ; i < len(b); i++ {
		d := int64(b[i]) - '0'
		if uint64(d) > 9 {
			break
		}
		v = v*10 + d
	}
	return v, i, i > at && i-at <= 18
}
