package flow

import "net/netip"

// private are the ranges that IANA's special-purpose registries say are not
// globally reachable (RFC 6890 and its updates), with the exceptions that
// Python's ipaddress.is_private made up to 3.11: the seed's meaning of a
// private address.
var private = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/29", "192.0.0.170/31",
	"192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"::/128", "::1/128", "100::/64", "2001::/23", "2001:db8::/32", "fc00::/7", "fe80::/10",
)

func prefixes(text ...string) []netip.Prefix {
	ps := make([]netip.Prefix, len(text))
	for i, s := range text {
		ps[i] = netip.MustParsePrefix(s)
	}
	return ps
}

// Private tells whether a is an address that is not reachable from the
// Internet: private, loopback, link-local, documentation or reserved.
func Private(a netip.Addr) bool {
	for _, p := range private {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
