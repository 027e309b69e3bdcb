package filter

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"toolkit/flow"
)

// words are what a primitive can begin with.
const words = "any, proto, ip, host, net, port, src, dst, bytes, packets, duration, bps, pps, bpp, flags, state, label, ipv4, ipv6"

// side says whose address or port is tested.
type side int

const (
	either side = iota
	src
	dst
	both
)

func (p *parser) primitive() (test, error) {
	s := either
	switch {
	case p.take("src"):
		s = src
		if p.take("and") {
			if !p.take("dst") {
				return nil, p.wrong("want dst")
			}
			s = both
		} else if p.take("or") && !p.take("dst") {
			return nil, p.wrong("want dst")
		} else if p.n > 0 && p.words[p.n-1].text == "dst" {
			s = either
		}
	case p.take("dst"):
		s = dst
	}
	switch {
	case p.take("ip", "host"):
		return p.addresses(s, false)
	case p.take("net"):
		return p.addresses(s, true)
	case p.take("port"):
		return p.ports(s)
	case s != either:
		return nil, p.wrong("want ip, host, net or port")
	case p.take("any"):
		return func(*flow.Batch, int) bool { return true }, nil
	case p.take("ipv4", "inet"):
		return func(b *flow.Batch, i int) bool { return b.Hosts.Addr(b.Src[i]).Is4() }, nil
	case p.take("ipv6", "inet6"):
		return func(b *flow.Batch, i int) bool { return !b.Hosts.Addr(b.Src[i]).Is4() }, nil
	case p.take("proto"):
		return p.protocol()
	case p.take("flags"):
		return p.flags()
	case p.take("state"):
		return p.state()
	case p.take("label"):
		return p.label()
	}
	for _, q := range quantities {
		if p.take(q.names...) {
			return p.quantity(q.of)
		}
	}
	return nil, p.wrong("want one of %s, not or (", words)
}

// list reads one value, or several in [ ] behind in.
func (p *parser) list(one func() error) error {
	if !p.take("in") {
		return one()
	}
	if !p.take("[") {
		return p.wrong("want [ and a list of values")
	}
	for {
		if err := one(); err != nil {
			return err
		}
		p.take(",")
		if p.take("]") {
			return nil
		}
	}
}

func (p *parser) addresses(s side, nets bool) (test, error) {
	var list []netip.Prefix
	err := p.list(func() error {
		text := p.peek()
		if a, err := netip.ParseAddr(text); err == nil && !nets {
			a = a.Unmap().WithZone("")
			list = append(list, netip.PrefixFrom(a, a.BitLen()))
			p.n++
			return nil
		}
		n, err := parseNet(text)
		if err != nil || !nets && !strings.Contains(text, "/") {
			if nets {
				return p.wrong("want a network, such as 192.168.0.0/16")
			}
			return p.wrong("want an IP address")
		}
		list = append(list, n)
		p.n++
		return nil
	})
	in := func(a netip.Addr) bool {
		for _, n := range list {
			if n.Contains(a) {
				return true
			}
		}
		return false
	}
	return sides(s,
		func(b *flow.Batch, i int) bool { return in(b.Hosts.Addr(b.Src[i])) },
		func(b *flow.Batch, i int) bool { return in(b.Hosts.Addr(b.Dst[i])) }), err
}

// parseNet reads a network, whose address may be shortened: 10/8, 172.16/12.
func parseNet(text string) (netip.Prefix, error) {
	addr, bits, ok := strings.Cut(text, "/")
	if ok && !strings.Contains(addr, ":") {
		for strings.Count(addr, ".") < 3 {
			addr += ".0"
		}
	}
	n, err := netip.ParsePrefix(addr + "/" + bits)
	return n.Masked(), err
}

func sides(s side, ofSrc, ofDst test) test {
	switch s {
	case src:
		return ofSrc
	case dst:
		return ofDst
	case both:
		return func(b *flow.Batch, i int) bool { return ofSrc(b, i) && ofDst(b, i) }
	}
	return func(b *flow.Batch, i int) bool { return ofSrc(b, i) || ofDst(b, i) }
}

func (p *parser) ports(s side) (test, error) {
	compare, err := p.comparison()
	if err != nil {
		return nil, err
	}
	var list []float64
	err = p.list(func() error {
		v, err := strconv.ParseUint(p.peek(), 10, 16)
		if err != nil {
			return p.wrong("want a port, 0 to 65535")
		}
		list = append(list, float64(v))
		p.n++
		return nil
	})
	fits := func(port uint16) bool {
		return slices.ContainsFunc(list, func(v float64) bool { return compare(float64(port), v) })
	}
	return sides(s,
		func(b *flow.Batch, i int) bool { return fits(b.SrcPort[i]) },
		func(b *flow.Batch, i int) bool { return fits(b.DstPort[i]) }), err
}

// comparison reads a sign; equality if there is none.
func (p *parser) comparison() (func(x, y float64) bool, error) {
	switch {
	case p.take(">", "gt"):
		return func(x, y float64) bool { return x > y }, nil
	case p.take(">=", "ge"):
		return func(x, y float64) bool { return x >= y }, nil
	case p.take("<", "lt"):
		return func(x, y float64) bool { return x < y }, nil
	case p.take("<=", "le"):
		return func(x, y float64) bool { return x <= y }, nil
	case p.take("!="):
		return func(x, y float64) bool { return x != y }, nil
	}
	p.take("=", "==", "eq")
	return func(x, y float64) bool { return x == y }, nil
}

func (p *parser) protocol() (test, error) {
	p.take("=", "==")
	var list [256]bool
	err := p.list(func() error {
		v, err := flow.ParseProto(p.peek())
		if err != nil {
			return p.wrong("want a protocol, such as tcp or 6")
		}
		list[v] = true
		p.n++
		return nil
	})
	return func(b *flow.Batch, i int) bool { return list[b.Proto[i]] }, err
}

// flags tests that either side has sent all of these flags.
func (p *parser) flags() (test, error) {
	p.take("=", "==")
	f, err := flow.ParseFlags(strings.ToUpper(p.peek()))
	if err != nil || p.end() {
		return nil, p.wrong("want TCP flags as letters of CEUAPRSF")
	}
	p.n++
	return func(b *flow.Batch, i int) bool {
		return b.FlagsUp != nil && (b.FlagsUp[i]&f == f || b.FlagsDown[i]&f == f)
	}, nil
}

func (p *parser) state() (test, error) {
	p.take("=", "==")
	var list [flow.NumStates]bool
	err := p.list(func() error {
		i := slices.Index(flow.States(), p.peek())
		if i < 0 {
			return p.wrong("want one of %s", strings.Join(flow.States(), ", "))
		}
		list[i] = true
		p.n++
		return nil
	})
	return func(b *flow.Batch, i int) bool { return list[b.State[i]] }, err
}

// label compares with the whole label, case and all.
func (p *parser) label() (test, error) {
	p.take("=", "==")
	var list []string
	err := p.list(func() error {
		if p.end() {
			return p.wrong("want a label")
		}
		list = append(list, p.words[p.n].text)
		p.n++
		return nil
	})
	return func(b *flow.Batch, i int) bool {
		name := ""
		if b.Label != nil {
			name = b.Labels.Name(b.Label[i])
		}
		return slices.Contains(list, name)
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
	compare, err := p.comparison()
	if err != nil {
		return nil, err
	}
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
	return func(b *flow.Batch, i int) bool { return compare(of(b, i), v*scale) }, nil
}
