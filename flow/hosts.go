package flow

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	"toolkit/internal/pages"
)

// A Host is an address's number in a Hosts: small, dense and quick to hash.
type Host uint32

// Hosts numbers addresses in the order in which they are first seen.
// The zero Hosts is empty and ready to use. It is not safe for concurrent
// use. An address takes about 30 bytes, and as much again for each way in which
// its text was read.
type Hosts struct {
	addrs [][16]byte // IPv4 mapped to IPv6
	slots []hostSlot // open addressing

	// What was read, as it was read, spares parsing it again: short texts as
	// two words.
	short  []textSlot
	shorts int
	long   map[string]Host
}

type hostSlot struct {
	hash uint32
	ref  uint32 // number, plus 1; 0 if the slot is free
}

// A textSlot is a text of up to 16 bytes, the first the lowest, zeros behind
// the last; it is free if the text is empty.
type textSlot struct {
	lo, hi uint64
	n      uint32
	host   Host
}

const shortText = 16

// Of returns the number of a, a new one if need be. An IPv4 address mapped to
// IPv6 counts as the IPv4 address, and zones are dropped.
func (h *Hosts) Of(a netip.Addr) Host {
	b := a.As16()
	if 4*(len(h.addrs)+1) > 3*len(h.slots) {
		h.grow()
	}
	hash := uint32(mix(binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])) >> 32)
	mask := uint32(len(h.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := &h.slots[i]
		if s.ref == 0 {
			h.addrs = append(h.addrs, b)
			*s = hostSlot{hash, uint32(len(h.addrs))}
			return Host(s.ref - 1)
		}
		if s.hash == hash && h.addrs[s.ref-1] == b {
			return Host(s.ref - 1)
		}
	}
}

func (h *Hosts) grow() {
	old := h.slots
	h.slots = make([]hostSlot, max(64, 2*len(old)))
	pages.Touch(h.slots)
	mask := uint32(len(h.slots) - 1)
	for _, s := range old {
		if s.ref != 0 {
			i := s.hash & mask
			for h.slots[i].ref != 0 {
				i = (i + 1) & mask
			}
			h.slots[i] = s
		}
	}
}

func mix(a, b uint64) uint64 {
	x := a * 0x9e3779b97f4a7c15
	x ^= x >> 32
	x = (x + b) * 0xd6e8feb86659fd93
	x ^= x >> 32
	return x * 0xbf58476d1ce4e5b9
}

// parse returns the number of the address written as text.
func (h *Hosts) parse(text []byte) (Host, error) {
	if len(text) > shortText {
		if id, ok := h.long[string(text)]; ok {
			return id, nil
		}
		id, err := h.parseNew(text)
		if err == nil {
			if h.long == nil {
				h.long = make(map[string]Host)
			}
			h.long[string(text)] = id
		}
		return id, err
	}
	var b [shortText]byte
	copy(b[:], text)
	lo, hi := binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])
	if id, ok := h.ofText(lo, hi, len(text)); ok {
		return id, nil
	}
	id, err := h.parseNew(text)
	if err == nil {
		h.keepText(lo, hi, len(text), id)
	}
	return id, err
}

// ofText returns the number of the address that was written so.
func (h *Hosts) ofText(lo, hi uint64, n int) (Host, bool) {
	if len(h.short) == 0 {
		return 0, false
	}
	mask := uint64(len(h.short) - 1)
	for i := mix(lo, hi) >> 32 & mask; ; i = (i + 1) & mask {
		s := &h.short[i]
		if s.lo == lo && s.hi == hi && s.n == uint32(n) {
			return s.host, n > 0
		}
		if s.n == 0 {
			return 0, false
		}
	}
}

func (h *Hosts) keepText(lo, hi uint64, n int, id Host) {
	if 2*(h.shorts+1) > len(h.short) {
		old := h.short
		h.short = make([]textSlot, max(64, 2*len(old)))
		pages.Touch(h.short)
		for _, s := range old {
			if s.n != 0 {
				*h.freeText(s.lo, s.hi) = s
			}
		}
	}
	h.shorts++
	*h.freeText(lo, hi) = textSlot{lo, hi, uint32(n), id}
}

func (h *Hosts) freeText(lo, hi uint64) *textSlot {
	mask := uint64(len(h.short) - 1)
	i := mix(lo, hi) >> 32 & mask
	for h.short[i].n != 0 {
		i = (i + 1) & mask
	}
	return &h.short[i]
}

func (h *Hosts) parseNew(text []byte) (Host, error) {
	a, err := netip.ParseAddr(string(text))
	if err != nil || !plainZone(a.Zone()) {
		return 0, &valueError{string(text), "an IP address"}
	}
	return h.Of(a), nil
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
func (h *Hosts) Addr(id Host) netip.Addr { return netip.AddrFrom16(h.addrs[id]).Unmap() }

// Len returns how many addresses h has numbered.
func (h *Hosts) Len() int { return len(h.addrs) }

// Bytes returns the memory that h takes, about.
func (h *Hosts) Bytes() int64 {
	const mapEntry = 96 // with its text
	return 16*int64(cap(h.addrs)) + 8*int64(len(h.slots)) + 24*int64(len(h.short)) + mapEntry*int64(len(h.long))
}

// Ranks returns the place of each address in numeric order, IPv4 before IPv6,
// and the addresses in that order: tables are sorted by it, since the numbers
// themselves depend on the order of the records.
func (h *Hosts) Ranks() (rank []uint32, sorted []netip.Addr) {
	type place struct {
		v6     bool
		hi, lo uint64
		id     Host
	}
	order := make([]place, h.Len())
	for i, b := range h.addrs {
		order[i] = place{h.Addr(Host(i)).Is6(), binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:]), Host(i)}
	}
	slices.SortFunc(order, func(a, b place) int {
		switch {
		case a.v6 != b.v6:
			if b.v6 {
				return -1
			}
			return 1
		case a.hi != b.hi:
			return cmp.Compare(a.hi, b.hi)
		}
		return cmp.Compare(a.lo, b.lo)
	})
	rank, sorted = make([]uint32, len(order)), make([]netip.Addr, len(order))
	for r, p := range order {
		rank[p.id], sorted[r] = uint32(r), h.Addr(p.id)
	}
	return rank, sorted
}

// Reset empties h: no number holds any more.
func (h *Hosts) Reset() { *h = Hosts{} }
