// Package filter selects records by expressions in nfdump's words:
//
//	src net 192.168.0.0/16 and (port 53 or port in [80 443]) and bytes > 1M
//
// A primitive tests one thing: proto, ip (or host), net, port, icmp-type, icmp-code, bytes,
// packets, duration, bps, pps, bpp, flags, state, label, ipv4, ipv6, any. src or dst before ip,
// net and port tests one side, in or out before bytes and packets one direction, and
// neither both. They are combined by not (!), and (&&), or (||) and parentheses; # begins
// a comment.
package filter

import (
	"toolkit/flow"
)

// A Filter tells which records are kept.
type Filter struct {
	text string
	test test
	rows []int32
}

// A test tells whether row i of b fits.
type test func(b *flow.Batch, i int) bool

// Parse reads an expression. An error is an *Error, which points at the mistake.
func Parse(text string) (*Filter, error) {
	p := &parser{text: text}
	if err := p.scan(); err != nil {
		return nil, err
	}
	t, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.end() {
		return nil, p.wrong("want and, or, or the end")
	}
	return &Filter{text: text, test: t}, nil
}

// String returns the expression.
func (f *Filter) String() string { return f.text }

// Rows returns the rows of b that fit, in order. They hold until the next call.
func (f *Filter) Rows(b *flow.Batch) []int32 {
	f.rows = f.rows[:0]
	for i := range b.Len() {
		if f.test(b, i) {
			f.rows = append(f.rows, int32(i))
		}
	}
	return f.rows
}
