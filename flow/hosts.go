package flow

import (
	"cmp"
	"net/netip"
	"slices"
)

// A Host is an address's number in a Hosts: small, dense and quick to hash.
type Host uint32

// Hosts numbers addresses in the order in which they are first seen.
// The zero Hosts is empty and ready to use. It is not safe for concurrent
// use.
type Hosts struct {
	ids   map[netip.Addr]Host
	text  map[string]Host // what was read, as it was read: spares parsing it again
	addrs []netip.Addr
}

// Of returns the number of a, a new one if need be. An IPv4 address mapped to
// IPv6 counts as the IPv4 address, and zones are dropped.
func (h *Hosts) Of(a netip.Addr) Host {
	a = a.Unmap().WithZone("")
	id, ok := h.ids[a]
	if !ok {
		if h.ids == nil {
			h.ids = make(map[netip.Addr]Host)
		}
		id = Host(len(h.addrs))
		h.ids[a] = id
		h.addrs = append(h.addrs, a)
	}
	return id
}

// parse returns the number of the address written as text.
func (h *Hosts) parse(text []byte) (Host, error) {
	if id, ok := h.text[string(text)]; ok {
		return id, nil
	}
	a, err := netip.ParseAddr(string(text))
	if err != nil || !plainZone(a.Zone()) {
		return 0, &valueError{string(text), "an IP address"}
	}
	if h.text == nil {
		h.text = make(map[string]Host)
	}
	id := h.Of(a)
	h.text[string(text)] = id
	return id, nil
}

// plainZone tells whether a zone could be the name of an interface: netip
// takes any text for one, also quotes and line ends that belong to no address.
func plainZone(zone string) bool {
	for i := range len(zone) {
		if c := zone[i]; c <= ' ' || c == '"' || c == 0x7f {
			return false
		}
	}
	return true
}

// Addr returns the address with number id.
func (h *Hosts) Addr(id Host) netip.Addr { return h.addrs[id] }

// Len returns how many addresses h has numbered.
func (h *Hosts) Len() int { return len(h.addrs) }

// Ranks returns the place of each address in numeric order, IPv4 before IPv6,
// and the addresses in that order: tables are sorted by it, since the numbers
// themselves depend on the order of the records.
func (h *Hosts) Ranks() (rank []uint32, sorted []netip.Addr) {
	order := make([]Host, h.Len())
	for i := range order {
		order[i] = Host(i)
	}
	slices.SortFunc(order, func(a, b Host) int {
		x, y := h.addrs[a], h.addrs[b]
		if c := cmp.Compare(x.BitLen(), y.BitLen()); c != 0 {
			return c
		}
		return x.Compare(y)
	})
	rank, sorted = make([]uint32, len(order)), make([]netip.Addr, len(order))
	for r, id := range order {
		rank[id], sorted[r] = uint32(r), h.addrs[id]
	}
	return rank, sorted
}
