package filter

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"toolkit/flow"
)

// A sign is a comparison.
type sign string

const (
	equal   sign = "="
	unequal sign = "!="
)

// sign reads a comparison; equality if there is none.
func (p *parser) sign() sign {
	switch {
	case p.take(">", "gt"):
		return ">"
	case p.take(">=", "ge"):
		return ">="
	case p.take("<", "lt"):
		return "<"
	case p.take("<=", "le"):
		return "<="
	case p.take("!=", "ne"):
		return unequal
	}
	p.take("=", "==", "eq")
	return equal
}

func (s sign) compare(x, y float64) bool {
	switch s {
	case ">":
		return x > y
	case ">=":
		return x >= y
	case "<":
		return x < y
	case "<=":
		return x <= y
	case unequal:
		return x != y
	}
	return x == y
}

// numbers reads a comparison with a number, or a list of numbers that one is to be
// equal to.
func (p *parser) numbers(most uint64, what string) (fits func(uint16) bool, s sign, err error) {
	s = p.sign()
	var list []float64
	one := func() error {
		v, err := strconv.ParseUint(p.peek(), 10, 64)
		if err != nil || v > most {
			return p.wrong("want %s, 0 to %d", what, most)
		}
		list = append(list, float64(v))
		p.n++
		return nil
	}
	if s == equal {
		err = p.list(one)
	} else {
		err = one()
	}
	return func(n uint16) bool {
		return slices.ContainsFunc(list, func(v float64) bool { return s.compare(float64(n), v) })
	}, s, err
}

func (p *parser) ports(s side) (test, error) {
	fits, sign, err := p.numbers(math.MaxUint16, "a port")
	if sign == unequal && s == either { // one of two ports nearly always is another
		s = both
	}
	return sides(s,
		func(b *flow.Batch, i int) bool { return fits(b.SrcPort[i]) },
		func(b *flow.Batch, i int) bool { return fits(b.DstPort[i]) }), err
}

// icmp tests the type or code of an ICMP message. Where a source gives both in one
// number, type·256 + code, it is the destination's port, and the other is 0.
func (p *parser) icmp(of func(kind, code uint16) uint16) (test, error) {
	fits, _, err := p.numbers(math.MaxUint8, "a number")
	return func(b *flow.Batch, i int) bool {
		if b.Proto[i] != flow.ICMP && b.Proto[i] != flow.ICMPv6 {
			return false
		}
		kind, code := b.SrcPort[i], b.DstPort[i]
		if kind == 0 {
			kind, code = code>>8, code&0xff
		}
		return fits(of(kind, code))
	}, err
}

// quantities are what can be compared with a number. What a source does not
// give is 0.
var quantities = []struct {
	names []string
	of    func(b *flow.Batch, i int) float64
}{
	{[]string{"bytes"}, bytesOf},
	{[]string{"packets"}, packetsOf},
	{[]string{"duration"}, func(b *flow.Batch, i int) float64 { return 1e3 * secondsOf(b, i) }},
	{[]string{"bps"}, func(b *flow.Batch, i int) float64 { return per(8*bytesOf(b, i), secondsOf(b, i)) }},
	{[]string{"pps"}, func(b *flow.Batch, i int) float64 { return per(packetsOf(b, i), secondsOf(b, i)) }},
	{[]string{"bpp"}, func(b *flow.Batch, i int) float64 { return per(bytesOf(b, i), packetsOf(b, i)) }},
}

// direction reads bytes or packets of one direction: 0 from the source, 1 back.
func (p *parser) direction(d int) (test, error) {
	switch {
	case p.take("bytes"):
		return p.quantity(func(b *flow.Batch, i int) float64 { return float64([...][]int64{b.BytesUp, b.BytesDown}[d][i]) })
	case p.take("packets"):
		return p.quantity(func(b *flow.Batch, i int) float64 {
			if b.PacketsUp == nil {
				return 0
			}
			return float64([...][]int64{b.PacketsUp, b.PacketsDown}[d][i])
		})
	}
	return nil, p.wrong("want bytes or packets")
}

func bytesOf(b *flow.Batch, i int) float64 { return float64(b.BytesUp[i]) + float64(b.BytesDown[i]) }

func packetsOf(b *flow.Batch, i int) float64 {
	if b.PacketsUp == nil {
		return 0
	}
	return float64(b.PacketsUp[i]) + float64(b.PacketsDown[i])
}

func secondsOf(b *flow.Batch, i int) float64 {
	if b.Duration == nil {
		return 0
	}
	return float64(b.Duration[i]) / 1e9
}

func per(x, y float64) float64 {
	if y == 0 {
		return 0
	}
	return x / y
}

func (p *parser) quantity(of func(*flow.Batch, int) float64) (test, error) {
	s := p.sign()
	text := p.peek()
	scale := 1.0
	if n := len(text); n > 1 {
		if i := strings.IndexByte("kmgt", text[n-1]); i >= 0 {
			scale = math.Pow(1000, float64(i+1))
			text = text[:n-1]
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, p.wrong("want a number, such as 1500, 1e6 or 10M")
	}
	p.n++
	return func(b *flow.Batch, i int) bool { return s.compare(of(b, i), v*scale) }, nil
}
