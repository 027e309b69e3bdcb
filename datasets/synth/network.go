package synth

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"net/netip"

	"toolkit/flow"
)

// A host is a place in network.addrs.
type host int32

// A network is who and what there is to talk.
type network struct {
	addrs []netip.Addr

	clients     []host // inside; the first ones are the actors of the anomalies
	servers     []host // inside; the first two are the resolvers
	callers     []host // outside, contacting servers
	peers       []host // clients that are contacted too
	sites       []host // outside, contacted
	dark        []host // inside and unused: only scanned
	drop, bot   host   // outside: where exfiltrated data and beacons go
	common      []uint16
	unusual     []uint16 // ports without a service
	callsOut    int      // so many of the servers are sources too
	clientPower picker   // how active clients are
	rng         *rand.Rand
	taken       map[netip.Addr]bool
}

// Actors of the anomalies: places in network.clients.
const (
	actorWorst = iota
	actorVertical
	actorHorizontal
	actorSlow
	actorFlood
	actorInfected
)

var actors = []string{
	actorWorst:      "192.168.100.96",
	actorVertical:   "192.168.100.23",
	actorHorizontal: "192.168.111.58",
	actorSlow:       "192.168.100.177",
	actorFlood:      "192.168.111.140",
	actorInfected:   "192.168.100.212",
}

// The addresses of documentation (RFC 5737) stand for the bad ones outside.
const (
	dropAddr = "203.0.113.77"
	botAddr  = "198.51.100.23"
)

// Blacklist returns addresses known to be bad: that of the beacon, and others
// that no record has.
func Blacklist() []netip.Addr {
	var list []netip.Addr
	for _, a := range []string{botAddr, "198.51.100.99", "203.0.113.5", "203.0.113.200"} {
		list = append(list, netip.MustParseAddr(a))
	}
	return list
}

// A service is a port of a server.
type service struct {
	port  uint16
	proto flow.Proto
}

var (
	dnsService = service{53, flow.UDP}

	// What servers inside offer to clients, and outside.
	serverServices = []service{
		{443, flow.TCP}, {3306, flow.TCP}, {22, flow.TCP}, {445, flow.TCP}, {8080, flow.TCP}, {5672, flow.TCP}, {389, flow.TCP}, {143, flow.TCP},
		{25, flow.TCP}, {88, flow.TCP}, {139, flow.TCP}, {3389, flow.TCP}, {161, flow.UDP}, {514, flow.UDP}, {9200, flow.TCP}, {8125, flow.UDP},
	}
	publicServices = []service{{443, flow.TCP}, {443, flow.TCP}, {80, flow.TCP}, {25, flow.TCP}, {22, flow.TCP}, {1194, flow.UDP}}
	peerServices   = []service{{445, flow.TCP}, {5353, flow.UDP}, {139, flow.TCP}, {1900, flow.UDP}, {22, flow.TCP}}

	// What sites outside are contacted for, apart from 443/tcp.
	siteServices = []service{
		{80, flow.TCP}, {80, flow.TCP}, {80, flow.TCP}, {443, flow.UDP}, {443, flow.UDP}, {5228, flow.TCP}, {993, flow.TCP}, {8443, flow.TCP},
		{123, flow.UDP}, {587, flow.TCP}, {22, flow.TCP},
	}
)

const (
	scannedPort = 23    // of the horizontal scan
	botPort     = 8443  // of the beacon
	dropPort    = 30233 // of the exfiltration
)

// newNetwork draws the network for a shape.
func newNetwork(s shape, rng *rand.Rand) *network {
	n := &network{rng: rng, taken: map[netip.Addr]bool{}}
	n.bot, n.drop = n.add(netip.MustParseAddr(botAddr)), n.add(netip.MustParseAddr(dropAddr))
	for _, a := range actors {
		n.clients = append(n.clients, n.add(netip.MustParseAddr(a)))
	}

	n.callsOut = s.sources * 4 / 100
	callers := s.sources * 18 / 100
	for len(n.clients) < s.sources-callers-n.callsOut {
		n.clients = append(n.clients, n.draw(clientNets))
	}
	for range callers {
		n.callers = append(n.callers, n.draw(siteNets))
	}
	for i := range 4 + s.destinations*13/1000 {
		n.servers = append(n.servers, n.add(offset("10.2.1.1", i)))
	}
	n.callsOut = min(n.callsOut, len(n.servers))
	n.peers = n.clients[len(n.clients)-min(len(n.clients)-1, s.destinations*4/100):]
	for i := range s.destinations / 5 {
		n.dark = append(n.dark, n.add(offset("10.200.0.1", i)))
	}
	for range max(1, s.destinations-len(n.servers)-len(n.peers)-len(n.dark)-2) {
		n.sites = append(n.sites, n.draw(siteNets))
	}

	// A few clients make most of the traffic, the worst host before all.
	rank := rng.Perm(len(n.clients))
	n.clientPower = newPicker(len(n.clients), func(i int) float64 {
		if i == actorWorst {
			return 1
		}
		return math.Pow(float64(2+rank[i]), -0.9)
	})
	n.drawPorts(s.ports)
	return n
}

var (
	clientNets = []netip.Prefix{netip.MustParsePrefix("192.168.100.0/24"), netip.MustParsePrefix("192.168.111.0/24"), netip.MustParsePrefix("10.1.0.0/16")}
	siteNets   = []netip.Prefix{
		netip.MustParsePrefix("23.0.0.0/9"), netip.MustParsePrefix("52.0.0.0/10"), netip.MustParsePrefix("74.192.0.0/10"),
		netip.MustParsePrefix("104.16.0.0/12"), netip.MustParsePrefix("151.101.0.0/16"), netip.MustParsePrefix("199.0.0.0/9"),
	}
)

// add appends an address.
func (n *network) add(a netip.Addr) host {
	n.taken[a] = true
	n.addrs = append(n.addrs, a)
	return host(len(n.addrs) - 1)
}

// draw appends a new address out of one of nets.
func (n *network) draw(nets []netip.Prefix) host {
	for {
		p := nets[n.rng.IntN(len(nets))]
		b := p.Addr().As4()
		base := binary.BigEndian.Uint32(b[:])
		binary.BigEndian.PutUint32(b[:], base+n.rng.Uint32N(1<<(32-p.Bits())))
		if a := netip.AddrFrom4(b); b[3] != 0 && b[3] != 255 && !n.taken[a] {
			return n.add(a)
		}
	}
}

// offset returns the i-th address from the one written as text on, leaving
// out those that end in .0 or .255.
func offset(text string, i int) netip.Addr {
	b := netip.MustParseAddr(text).As4()
	base := binary.BigEndian.Uint32(b[:])
	binary.BigEndian.PutUint32(b[:], base+uint32(i/254)*256+uint32(i%254))
	return netip.AddrFrom4(b)
}

// drawPorts sets the ports: those of the services, and unusual ones, mostly
// below 1024, until there are count.
func (n *network) drawPorts(count int) {
	seen := map[uint16]bool{}
	use := func(list *[]uint16, port uint16) {
		if !seen[port] {
			seen[port] = true
			*list = append(*list, port)
		}
	}
	for _, list := range [][]service{{dnsService}, serverServices, publicServices, peerServices, siteServices} {
		for _, s := range list {
			use(&n.common, s.port)
		}
	}
	for _, port := range []uint16{scannedPort, botPort, dropPort} {
		use(&n.common, port)
	}
	for len(n.unusual) < max(1, count-len(n.common)) {
		if n.rng.IntN(10) < 6 && len(n.unusual) < 600 {
			use(&n.unusual, uint16(1+n.rng.IntN(1023)))
		} else {
			use(&n.unusual, uint16(1024+n.rng.IntN(48_000)))
		}
	}
}
