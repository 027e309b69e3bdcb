package flow

import "net/netip"

// Group tells whether a is not one host's: a multicast address, the limited
// broadcast, or an IPv4 address that ends in 255, as the broadcast addresses of
// nearly all networks do. What is sent to such is not a connection, and no
// answer is missing.
func Group(a netip.Addr) bool {
	if a.Is4() {
		b := a.As4()
		return b[0]&0xf0 == 0xe0 || b[3] == 255
	}
	return a.IsMulticast()
}
