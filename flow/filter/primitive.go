package filter

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"toolkit/flow"
)

// words are what a primitive can begin with.
const words = "any, proto, ip, host, net, port, src, dst, icmp-type, icmp-code, bytes, packets, in, out, duration, bps, pps, bpp, flags, state, label, ipv4, ipv6"

// absent are words of nfdump for what no record has here.
var absent = strings.Fields("as prev next bgpnext router if tos mask vlan mac mpls ident engine exporter flows count geo ttl tun fwdstat flowdir payload")

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
	case slices.Contains(absent, p.peek()):
		return nil, p.wrong("which nfdump knows but records here don't have; there are %s", words)
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
	case p.take("icmp-type"), p.two("icmp", "type"):
		return p.icmp(func(kind, _ uint16) uint16 { return kind })
	case p.take("icmp-code"), p.two("icmp", "code"):
		return p.icmp(func(_, code uint16) uint16 { return code })
	case p.take("in"):
		return p.direction(0)
	case p.take("out"):
		return p.direction(1)
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
	if _, err := flow.ParseProto(p.peek()); err == nil {
		return nil, p.wrong("want proto before it")
	}
	if _, err := netip.ParseAddr(p.peek()); err == nil {
		return nil, p.wrong("want ip before it")
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

// allFlags are those of nfdump's X.
const allFlags = flow.FIN | flow.SYN | flow.RST | flow.PSH | flow.ACK | flow.URG

// flags tests that either side has sent all of these flags; of a number, these
// alone. Behind not it is none of these, as in nfdump, where flags S and not flags
// AFRPU finds what sent a SYN and nothing else. What has no flags sent none.
func (p *parser) flags() (test, error) {
	p.take("=", "==")
	if n, err := strconv.ParseUint(p.peek(), 0, 8); err == nil {
		p.n++
		f := flow.Flags(n)
		return func(b *flow.Batch, i int) bool {
			return b.FlagsUp != nil && (b.FlagsUp[i] == f || f != 0 && b.FlagsDown[i] == f)
		}, nil
	}
	text := strings.ToUpper(p.peek())
	f, err := flow.ParseFlags(text)
	if text == "X" {
		f, err = allFlags, nil
	}
	if err != nil || p.end() {
		return nil, p.wrong("want TCP flags as letters of CEUAPRSF, X for all of UAPRSF, or as a number")
	}
	p.n++
	if p.negated {
		return func(b *flow.Batch, i int) bool { return b.FlagsUp != nil && (b.FlagsUp[i]|b.FlagsDown[i])&f != 0 }, nil
	}
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
