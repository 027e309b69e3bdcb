package synth

import (
	"math"
	"math/rand/v2"
	"net/netip"

	"toolkit/flow"
)

// A record is what a bin holds before it is put into a batch.
type record struct {
	src, dst             host
	sourcePort, destPort uint16
	proto                flow.Proto
	state                flow.State
	kind                 uint8
	up, down             int64
}

// Source generates the records of c, in order of time, with new numbers in
// hosts and labels where they first occur. With nil labels the batches have
// none, with nil hosts an own Hosts. Each use of the Source begins anew.
func (c Config) Source(hosts *flow.Hosts, labels *flow.Labels) flow.Source {
	return func(yield func(*flow.Batch, error) bool) {
		if c.Records < 1 {
			return
		}
		if hosts == nil {
			hosts = new(flow.Hosts)
		}
		g := &generator{plan: newPlan(c), rng: rand.New(rand.NewPCG(c.Seed, recordStream))}
		e := &emitter{b: &flow.Batch{Hosts: hosts, Labels: labels}, addrs: g.addrs, number: make([]flow.Host, len(g.addrs))}
		for bin := range g.bins {
			g.fill(bin)
			for second := range g.second {
				at := (int64(start-start%binSeconds) + int64(bin*binSeconds+second)) * 1e9
				for i := range g.second[second] {
					e.append(at, &g.second[second][i])
					if e.b.Len() == flow.BatchSize {
						if !yield(e.b, nil) {
							return
						}
						e.b.Reset(e.b.Seq + int64(e.b.Len()))
					}
				}
			}
		}
		if e.b.Len() > 0 {
			yield(e.b, nil)
		}
	}
}

// A generator draws the records of a plan bin by bin.
type generator struct {
	*plan
	rng       *rand.Rand
	up, down  sizer
	next      int     // of pairs, that have not begun
	nextTimed int     // of timed
	going     []*pair // that have begun and not ended
	second    [binSeconds][]record
}

// fill draws the records of a bin, which follows the one before.
func (g *generator) fill(bin int) {
	for i := range g.second {
		g.second[i] = g.second[i][:0]
	}
	for ; g.next < len(g.pairs) && g.pairs[g.next].first == bin; g.next++ {
		g.going = append(g.going, &g.pairs[g.next])
	}
	from, to := g.seconds(bin)
	kept := g.going[:0]
	for _, p := range g.going {
		for n := g.count(p, bin); n > 0; n-- {
			second := from + g.rng.IntN(to-from)
			if bin == 0 && p == &g.pairs[0] {
				second = from // so that there is a record at start
			}
			g.second[second] = append(g.second[second], g.draw(p))
		}
		if p.last > bin {
			kept = append(kept, p)
		}
	}
	g.going = kept
	for ; g.nextTimed < len(g.timed) && g.binOf(g.timed[g.nextTimed].second) == bin; g.nextTimed++ {
		t := &g.timed[g.nextTimed]
		r := record{src: t.src, dst: t.dst, sourcePort: t.sourcePort, destPort: t.service.port, proto: t.service.proto, kind: t.kind}
		g.content(&r, true)
		second := (start + t.second) % binSeconds
		g.second[second] = append(g.second[second], r)
	}
}

// count returns how many records p has in a bin. Bins with records are drawn
// by selection sampling (Knuth 1969, algorithm S), so that there are as many
// as planned, the first and the last among them; what is over one record a
// bin is shared out geometrically, the last bin taking the rest.
func (g *generator) count(p *pair, bin int) int {
	switch {
	case bin == p.last:
		return p.records
	case bin > p.first && g.rng.IntN(p.last-bin) >= p.active-1:
		return 0
	}
	n := 1
	if more := p.records - p.active; more > 0 {
		mean := float64(more) / float64(p.active)
		n += min(more, int(g.rng.ExpFloat64()/math.Log1p(1/mean)))
	}
	p.active--
	return n
}

// Every sixth connection of ordinary traffic lasts longer than the others,
// every sixth of these longer still, and so on: a few have very many records.
const lasting = 6

// draw draws the next record of p: of a new connection, so that there are as
// many as planned, or of one of those opened last.
func (g *generator) draw(p *pair) record {
	open := p.opened == 0 || g.rng.IntN(p.records) < p.tuples
	p.records--
	k := p.opened
	if open {
		p.opened++
		p.tuples--
	} else {
		k -= 1 + g.rng.IntN(min(p.opened, profiles[p.kind].recent))
		for every := lasting; p.kind < numOrdinary && k > 0 && g.rng.IntN(8) < 5; every *= lasting {
			k -= k % every
		}
	}
	port, s := p.connection(k)
	r := record{src: p.src, dst: p.dst, sourcePort: port, destPort: s.port, proto: s.proto, kind: p.kind}
	g.content(&r, open)
	return r
}

// content draws the state and bytes of r. Ordinary connections are new or
// connecting in their first record only.
func (g *generator) content(r *record, open bool) {
	f := &profiles[r.kind]
	r.state = f.of(r.proto).draw(g.rng)
	if r.kind < numOrdinary && !open && (r.state == flow.New || r.state == flow.Connecting) {
		r.state = flow.Established
	}
	up, down := g.up.draw(f.up, g.rng), g.down.draw(f.down, g.rng)
	if f.scaled {
		up, down = up*g.scaleUp, down*g.scaleDown
	}
	if r.kind < numOrdinary && r.proto == flow.TCP && (r.state == flow.New || r.state == flow.Connecting) {
		up, down = float64(60*(1+g.rng.IntN(3))), 60
	}
	if r.state == flow.New || r.kind == dosFlood {
		down = 0
	}
	r.up, r.down = int64(up), int64(down)
}

// An emitter puts records into a batch.
type emitter struct {
	b      *flow.Batch
	addrs  []netip.Addr
	number []flow.Host // in b.Hosts, plus 1; 0 for hosts that have not occurred
}

func (e *emitter) append(at int64, r *record) {
	b := e.b
	b.Time = append(b.Time, at)
	b.Proto = append(b.Proto, r.proto)
	b.State = append(b.State, r.state)
	b.Src = append(b.Src, e.host(r.src))
	b.Dst = append(b.Dst, e.host(r.dst))
	b.SrcPort = append(b.SrcPort, r.sourcePort)
	b.DstPort = append(b.DstPort, r.destPort)
	b.BytesUp = append(b.BytesUp, r.up)
	b.BytesDown = append(b.BytesDown, r.down)
	if b.Labels != nil {
		b.Label = append(b.Label, b.Labels.Of(profiles[r.kind].label))
	}
}

func (e *emitter) host(h host) flow.Host {
	if e.number[h] == 0 {
		e.number[h] = e.b.Hosts.Of(e.addrs[h]) + 1
	}
	return e.number[h] - 1
}
