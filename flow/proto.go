package flow

import (
	"math"
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
	for p, name := range ianaNames {
		m[name] = p
	}
	for name, p := range otherNames {
		m[name] = p
	}
	for p, name := range protoNames {
		m[name] = p
	}
	return m
}()

// ianaNames are the other keywords of IANA's registry of protocol numbers, as
// /etc/protocols of the BSDs and Argus write them: UNSW-NB15 has all of them.
var ianaNames = map[Proto]string{
	4: "ip", 7: "cbt", 10: "bbn-rcc", 11: "nvp", 13: "argus", 14: "emcon", 15: "xnet", 16: "chaos", 18: "mux", 19: "dcn", 20: "hmp", 21: "prm",
	23: "trunk-1", 24: "trunk-2", 25: "leaf-1", 26: "leaf-2", 28: "irtp", 30: "netblt", 31: "mfe-nsp", 32: "merit-inp",
	34: "3pc", 35: "idpr", 37: "ddp", 38: "idpr-cmtp", 39: "tp++", 40: "il", 42: "sdrp", 48: "mhrp", 49: "bna", 52: "i-nlsp", 53: "swipe",
	54: "narp", 55: "mobile", 56: "tlsp", 57: "skip", 59: "ipv6-no", 62: "cftp", 64: "sat-expak", 65: "kryptolan", 66: "rvd", 67: "ippc",
	69: "sat-mon", 70: "visa", 71: "ipcv", 72: "cpnx", 74: "wsn", 75: "pvp", 76: "br-sat-mon", 77: "sun-nd", 78: "wb-mon", 79: "wb-expak",
	80: "iso-ip", 82: "secure-vmtp", 83: "vines", 84: "ttp", 85: "nsfnet-igp", 86: "dgp", 87: "tcf", 90: "sprite-rpc", 91: "larp", 92: "mtp",
	93: "ax.25", 95: "micp", 96: "aes-sp3-d", 100: "gmtp", 101: "ifmp", 102: "pnni", 104: "aris", 105: "scps", 106: "qnx", 107: "a/n",
	109: "snp", 110: "compaq-peer", 111: "ipx-n-ip", 113: "pgm", 116: "ddx", 117: "iatp", 119: "srp", 120: "uti", 122: "sm", 123: "ptp",
	125: "fire", 126: "crtp", 127: "crudp", 128: "sccopmce", 129: "iplt", 130: "sps", 131: "pipe", 135: "mobility",
}

// otherNames are what some of them are called elsewhere.
var otherNames = map[string]Proto{"sep": 33, "ib": 40, "st2": 5, "pri-enc": 99, "zero": 0, "cphb": 73}

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
	if n, ok := digits(b); ok && n <= math.MaxUint8 {
		return Proto(n), nil
	}
	var lower [32]byte
	word := lower[:min(len(b), len(lower))] // longer ones are none
	for i := range word {
		word[i] = b[i]
		if c := b[i]; 'A' <= c && c <= 'Z' {
			word[i] = c | 0x20
		}
	}
	if p, ok := protoWords[string(word)]; ok && len(b) == len(word) {
		return p, nil
	}
	if linkProtos[string(word)] && len(b) == len(word) {
		return 0, &skipError{ErrNotIP, string(word)}
	}
	return 0, &valueError{string(b), "an IP protocol"}
}
