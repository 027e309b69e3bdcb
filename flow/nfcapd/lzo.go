package nfcapd

import "errors"

var errLZO = errors.New("the data is damaged")

// lzo1x unpacks LZO1X, up to limit bytes. It follows the description of the
// format in the Linux kernel's Documentation/staging/lzo.rst.
func lzo1x(in []byte, limit int) ([]byte, error) {
	var out []byte
	pos := 0
	damaged := false
	next := func() int {
		if pos >= len(in) {
			damaged = true
			return 0
		}
		pos++
		return int(in[pos-1])
	}
	// long reads a length that goes on: zero bytes are 255 each.
	long := func(base int) int {
		n := base
		for {
			b := next()
			if damaged || n > limit {
				damaged = true
				return 0
			}
			if b != 0 {
				return n + b
			}
			n += 255
		}
	}
	literals := func(n int) {
		if damaged || n > len(in)-pos || len(out)+n > limit {
			damaged = true
			return
		}
		out = append(out, in[pos:pos+n]...)
		pos += n
	}
	match := func(distance, n int) {
		if damaged || distance > len(out) || len(out)+n > limit {
			damaged = true
			return
		}
		for range n {
			out = append(out, out[len(out)-distance])
		}
	}
	state := 0 // literals that the last instruction copied: 0 to 3, 4 for more
	if len(in) > 0 && in[0] > 17 {
		n := next() - 17
		literals(n)
		state = min(n, 4)
	}
	for !damaged {
		c := next()
		trailing := 0
		switch {
		case damaged:
		case c >= 64:
			d := next()<<3 + c>>2&7 + 1
			match(d, c>>5+1)
			trailing = c & 3
		case c >= 32:
			n := c&31 + 2
			if c&31 == 0 {
				n = long(31) + 2
			}
			lo := next()
			d := next()<<8 | lo
			match(d>>2+1, n)
			trailing = d & 3
		case c >= 16:
			n := c&7 + 2
			if c&7 == 0 {
				n = long(7) + 2
			}
			lo := next()
			d := next()<<8 | lo
			distance := 16384 + (c&8)<<11 + d>>2
			if distance == 16384 {
				if damaged || n != 3 {
					return nil, errLZO
				}
				return out, nil
			}
			match(distance, n)
			trailing = d & 3
		case state == 0:
			n := c + 3
			if c == 0 {
				n = long(15) + 3
			}
			literals(n)
			state = 4
			continue
		case state == 4:
			match(next()<<2+c>>2+2049, 3)
			trailing = c & 3
		default:
			match(next()<<2+c>>2+1, 2)
			trailing = c & 3
		}
		literals(trailing)
		state = trailing
	}
	return nil, errLZO
}
