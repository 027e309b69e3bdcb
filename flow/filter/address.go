package filter

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"toolkit/flow"
)

// side says whose address or port is tested.
type side int

const (
	either side = iota
	src
	dst
	both
)

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
		if bits, ok := p.mask(); nets && ok {
			n, err = parseNet(text + "/" + strconv.Itoa(bits))
			p.n++
		}
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
	in := contains(list)
	return sides(s,
		func(b *flow.Batch, i int) bool { return in(b.Hosts.Addr(b.Src[i])) },
		func(b *flow.Batch, i int) bool { return in(b.Hosts.Addr(b.Dst[i])) }), err
}

// mask returns the length of the netmask that stands behind the next word, if
// one does: 16 for 255.255.0.0.
func (p *parser) mask() (bits int, ok bool) {
	if p.n+1 >= len(p.words) {
		return 0, false
	}
	a, err := netip.ParseAddr(p.words[p.n+1].text)
	if err != nil || !a.Is4() {
		return 0, false
	}
	b := a.As4()
	bits, length := net.IPMask(b[:]).Size()
	return bits, length > 0
}

// contains returns what tells whether an address is in one of the networks: of
// many, in the time of a look-up for each length of prefix that there is.
func contains(list []netip.Prefix) func(netip.Addr) bool {
	if len(list) < 8 {
		return func(a netip.Addr) bool {
			return slices.ContainsFunc(list, func(n netip.Prefix) bool { return n.Contains(a) })
		}
	}
	var lengths []int
	set := make(map[netip.Prefix]bool)
	for _, n := range list {
		set[n] = true
		if !slices.Contains(lengths, n.Bits()) {
			lengths = append(lengths, n.Bits())
		}
	}
	return func(a netip.Addr) bool {
		return slices.ContainsFunc(lengths, func(bits int) bool {
			n, err := a.Prefix(bits)
			return err == nil && set[n]
		})
	}
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
