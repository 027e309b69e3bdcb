package flow

import (
	"bytes"
	"fmt"
	"strconv"
)

// A Proto is an IP protocol number, as IANA assigns them.
type Proto uint8

// The protocols that the toolkit asks for by name.
const (
	ICMP   Proto = 1
	IGMP   Proto = 2
	TCP    Proto = 6
	UDP    Proto = 17
	ICMPv6 Proto = 58
)

// protoNames are the IANA keywords, in lower case, of the protocols met in
// flow logs. A protocol without a name here is written as its number.
var protoNames = map[Proto]string{
	0: "hopopt", ICMP: "icmp", IGMP: "igmp", 3: "ggp", 4: "ipv4", 5: "st", TCP: "tcp", 8: "egp", 9: "igp", 12: "pup",
	UDP: "udp", 22: "xns-idp", 27: "rdp", 29: "iso-tp4", 33: "dccp", 36: "xtp", 41: "ipv6", 43: "ipv6-route", 44: "ipv6-frag",
	45: "idrp", 46: "rsvp", 47: "gre", 50: "esp", 51: "ah", ICMPv6: "ipv6-icmp", 59: "ipv6-nonxt", 60: "ipv6-opts",
	73: "rspf", 81: "vmtp", 88: "eigrp", 89: "ospf", 94: "ipip", 97: "etherip", 98: "encap", 103: "pim", 108: "ipcomp",
	112: "vrrp", 115: "l2tp", 118: "stp", 121: "smp", 124: "isis", 132: "sctp", 133: "fc", 136: "udplite", 137: "mpls-in-ip",
}

// protoWords are the words that sources use for protocols: the names above,
// and those for what runs over one of them.
var protoWords = func() map[string]Proto {
	m := map[string]Proto{"icmp6": ICMPv6, "icmpv6": ICMPv6, "rtp": UDP, "rtcp": UDP, "udt": UDP, "ipnip": 4, "ospfigp": 89}
	for p, name := range protoNames {
		m[name] = p
	}
	return m
}()

// linkProtos are the words for traffic that is not carried by IP.
var linkProtos = map[string]bool{
	"arp": true, "rarp": true, "llc": true, "lldp": true, "man": true, "ipx": true, "spx": true, "ipx/spx": true, "stp": true,
	"loop": true, "eth": true, "ether": true, "cdp": true, "unas": true, "lacp": true, "eapol": true, "rarp-reply": true,
}

func (p Proto) String() string {
	if name, ok := protoNames[p]; ok {
		return name
	}
	return strconv.Itoa(int(p))
}

// parseProto reads a protocol's name, in any case, or its number.
func parseProto(b []byte) (Proto, error) {
	switch string(b) { // the common ones, without a copy
	case "tcp":
		return TCP, nil
	case "udp":
		return UDP, nil
	case "icmp":
		return ICMP, nil
	}
	word := string(bytes.ToLower(b))
	if linkProtos[word] {
		return 0, fmt.Errorf("%w: %s", ErrNotIP, b)
	}
	if p, ok := protoWords[word]; ok {
		return p, nil
	}
	if n, err := strconv.ParseUint(word, 10, 8); err == nil {
		return Proto(n), nil
	}
	return 0, &valueError{string(b), "an IP protocol"}
}
