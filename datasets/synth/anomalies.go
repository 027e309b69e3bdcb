package synth

import (
	"cmp"
	"math"
	"slices"
)

// Shares of all records that anomalies have. Those of the slow scan and of
// the beacon are bounds: time between records says how many there are.
const (
	verticalShare   = 0.012
	horizontalShare = 0.006
	slowShare       = 0.02
	floodShare      = 0.03
	exfilShare      = 0.001
	beaconShare     = 0.01
	worstShare      = 0.0944
)

// plant adds the anomalies to the plan.
func (p *plan) plant() {
	count := func(share float64) int { return int(math.Round(share * float64(p.records))) }
	p.plantVerticalScan(count(verticalShare))
	p.plantHorizontalScan(count(horizontalShare))
	p.plantFlood(count(floodShare))
	p.plantExfiltration(count(exfilShare))
	p.plantWorstHost(count(worstShare))
	p.plantSlowScan(count(slowShare))
	p.plantBeacon(count(beaconShare))
	slices.SortStableFunc(p.timed, func(a, b timed) int { return cmp.Compare(a.second, b.second) })
}

// server returns the i-th server of those that are no resolvers.
func (n *network) server(i int) host { return n.servers[2+i%(len(n.servers)-2)] }

// when returns a random bin to begin something of that many bins, neither in
// the first nor in the last tenth of the time.
func (p *plan) when(bins int) int {
	return p.bins/10 + p.rng.IntN(max(1, p.bins*8/10-bins))
}

// scaled returns what n bins of the default configuration's are of this one's.
func (p *plan) scaled(n int) int { return n * p.bins / 423 }

// plantVerticalScan has one source try many ports of one destination in
// about 80 s, each several times, and always from the same port.
func (p *plan) plantVerticalScan(records int) {
	if records == 0 {
		return
	}
	ports := slices.Concat(p.common, p.unusual)
	bins := min(p.scaled(8), records)
	first := p.when(bins)
	p.pairs = append(p.pairs, pair{
		src: p.clients[actorVertical], dst: p.server(3), kind: verticalScan,
		ports: ports, step: 0, first: first, last: first + bins - 1,
		active: bins, tuples: min(records, len(ports)*72/100, maxTuples), records: records,
	})
}

// plantHorizontalScan has one source try one port of a fifth of all
// destinations in about 90 s, each about twice, in the order of addresses.
func (p *plan) plantHorizontalScan(records int) {
	targets := min(records, len(p.dark))
	bins := p.scaled(9)
	first := p.when(bins)
	for i := range targets {
		n := records*(i+1)/targets - records*i/targets
		bin := first + i*bins/targets
		p.pairs = append(p.pairs, pair{
			src: p.clients[actorHorizontal], dst: p.dark[i], kind: horizontalScan,
			ports: []uint16{scannedPort}, step: 1, first: bin, last: bin,
			active: 1, tuples: 1, records: n,
		})
	}
}

// plantFlood has one source open half-connections to one web server, each
// from another port, in about 40 s.
func (p *plan) plantFlood(records int) {
	if records == 0 {
		return
	}
	bins := min(p.scaled(4), records)
	first := p.when(bins)
	p.pairs = append(p.pairs, pair{
		src: p.clients[actorFlood], dst: p.server(1), kind: dosFlood,
		ports: []uint16{80}, step: 1, first: first, last: first + bins - 1,
		active: bins, tuples: min(records, maxTuples), records: records,
	})
}

// plantExfiltration has the infected host send megabytes to one address in
// few long connections in about 25 min.
func (p *plan) plantExfiltration(records int) {
	if records == 0 {
		return
	}
	bins := p.scaled(150)
	first := p.when(bins)
	p.pairs = append(p.pairs, pair{
		src: p.clients[actorInfected], dst: p.drop, kind: exfiltration,
		ports: []uint16{dropPort}, step: 1, first: first, last: first + bins - 1,
		active: min(bins, max(1, records/2)), tuples: min(maxTuples, max(1, records/14)), records: records,
	})
	p.pairs[len(p.pairs)-1].single()
}

// single cuts p to one bin if only one has records.
func (p *pair) single() {
	if p.active == 1 {
		p.last = p.first
	}
}

// widely is how many hosts the worst host tries on very many ports each: with
// the target of the vertical scan they are 15.
const widely = 14

// plantWorstHost has one host try many unusual ports of some hosts inside,
// and a few of others, all the time. Nearly all fails.
func (p *plan) plantWorstHost(records int) {
	var targets []host
	for _, h := range slices.Concat(p.servers, p.peers) {
		if h != p.server(3) && h != p.clients[actorWorst] {
			targets = append(targets, h)
		}
	}
	targets = targets[:min(len(targets), 4*widely+p.destinations/100, records)]
	if len(targets) == 0 {
		return
	}
	weight := make([]float64, len(targets))
	for i := range weight {
		if weight[i] = 0.4 / float64(max(1, len(targets)-widely)); i < widely {
			weight[i] = 0.6 / widely
		}
	}
	one, any := func(int) int { return 1 }, func(int) int { return math.MaxInt32 }
	tuples := apportion(max(len(targets), records/4), weight, one, func(int) int { return maxTuples })
	all := apportion(records, weight, func(i int) int { return tuples[i] }, any)
	bins := p.bins * 85 / 100
	active := apportion(max(len(targets), records/4), weight, one, func(i int) int { return min(bins, all[i]) })
	for i, h := range targets {
		first := p.rng.IntN(p.bins - bins)
		p.pairs = append(p.pairs, pair{
			src: p.clients[actorWorst], dst: h, kind: worstHost,
			ports: p.unusual, offset: len(p.unusual) * i / widely, step: 1, first: first, last: first + bins - 1,
			active: active[i], tuples: tuples[i], records: all[i],
		})
		p.pairs[len(p.pairs)-1].single()
	}
}

// plantSlowScan has one source try a port of one of five servers every 10 to
// 40 s, all the time.
func (p *plan) plantSlowScan(most int) {
	if most == 0 {
		return
	}
	const servers = 5
	gap := max(25, p.span()/most)
	ports := p.rng.Perm(len(p.unusual))
	for i, t := 0, p.rng.IntN(gap); t < p.span(); i++ {
		p.timed = append(p.timed, timed{
			second: t, src: p.clients[actorSlow], dst: p.server(4 + i%servers), kind: slowScan,
			sourcePort: uint16(portRanges[0].low + i%portRanges[0].width),
			service:    service{p.unusual[ports[i%len(ports)]], 6},
		})
		t += gap*2/5 + p.rng.IntN(gap*6/5+1)
	}
}

// plantBeacon has the infected host report to one address every 30 s, give or
// take a tenth.
func (p *plan) plantBeacon(most int) {
	if most == 0 {
		return
	}
	gap := max(30, p.span()/most)
	for i, t := 0, p.rng.IntN(gap); t < p.span(); i++ {
		p.timed = append(p.timed, timed{
			second: t, src: p.clients[actorInfected], dst: p.bot, kind: beacon,
			sourcePort: uint16(portRanges[1].low + i%portRanges[1].width),
			service:    service{botPort, 6},
		})
		t += gap - gap/10 + p.rng.IntN(2*(gap/10)+1)
	}
}
