package synth

import (
	"math"
	"slices"

	"toolkit/flow"
)

// connect returns about count pairs of ordinary traffic, different from each
// other and from those of the plan, such that each source and each
// destination has one. The first one is of a client and a resolver.
func (p *plan) connect(count int) []pair {
	taken := map[[2]host]bool{}
	for i := range p.pairs {
		taken[[2]host{p.pairs[i].src, p.pairs[i].dst}] = true
	}
	for _, t := range p.timed {
		taken[[2]host{t.src, t.dst}] = true
	}
	var pairs []pair
	add := func(kind uint8, src, dst host, power float64, services ...service) bool {
		key := [2]host{src, dst}
		if taken[key] || src == dst {
			return false
		}
		taken[key] = true
		q := pair{src: src, dst: dst, kind: kind, step: 1, power: power * math.Exp(0.8*p.rng.NormFloat64())}
		for k := range q.services {
			q.services[k] = services[k%len(services)]
		}
		pairs = append(pairs, q)
		return true
	}

	sources := slices.Concat(p.clients, p.servers[len(p.servers)-p.callsOut:])
	strength := make(map[host]float64, len(sources))
	for i, h := range sources {
		if i < len(p.clients) {
			strength[h] = p.clientPower.weight(i)
		} else {
			strength[h] = 0.1
		}
	}
	client := func() host { return p.clients[p.clientPower.pick(p.rng)] }

	for i, h := range sources {
		add(dns, h, p.servers[0], strength[h], dnsService)
		if i%2 == 0 {
			add(dns, h, p.servers[1], strength[h]/2, dnsService)
		}
	}
	for _, h := range p.callers {
		s := min(len(p.servers)-1, 2+p.rng.IntN(len(publicServices)))
		add(inbound, h, p.servers[s], p.rng.ExpFloat64(), publicServices[(s+4)%len(publicServices)])
		if p.rng.IntN(2) == 0 {
			add(inbound, h, p.servers[2%len(p.servers)], p.rng.ExpFloat64(), publicServices[0])
		}
	}
	inside := slices.Concat(p.servers[2:], p.peers) // clients are met with each resolver already
	offer := func(i int) service {
		if i < len(p.servers)-2 {
			return serverServices[i%len(serverServices)]
		}
		return peerServices[i%len(peerServices)]
	}
	popular := newPicker(len(inside), func(i int) float64 { return 1 / float64(1+i) })
	for i := range inside {
		for h := client(); !add(internal, h, inside[i], strength[h], offer(i)); { // anomalies have not taken all clients
			h = client()
		}
	}
	for range count * 9 / 100 {
		h, i := client(), popular.pick(p.rng)
		add(internal, h, inside[i], strength[h], offer(i))
	}
	for _, site := range p.sites {
		h := client()
		if p.rng.IntN(50) == 0 {
			h = sources[p.rng.IntN(len(sources))]
		}
		add(web, h, site, strength[h], p.siteServices()...)
	}
	popular = newPicker(len(p.sites), func(i int) float64 { return 1 / float64(1+i) })
	for try := 0; len(pairs) < count && try < 4*count; try++ {
		h, site := client(), p.sites[popular.pick(p.rng)]
		add(web, h, site, 2*strength[h], p.siteServices()...)
	}
	return pairs
}

var https = service{443, flow.TCP}

// siteServices draws what a site is contacted for.
func (p *plan) siteServices() []service {
	other := siteServices[p.rng.IntN(len(siteServices))]
	switch u := p.rng.IntN(100); {
	case u < 60:
		return []service{https}
	case u < 75:
		return []service{https, https, https, other}
	}
	return []service{other}
}
