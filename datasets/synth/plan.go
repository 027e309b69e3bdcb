package synth

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"toolkit/flow"
)

// A pair is a source and a destination, and what is left to draw of the
// records between them.
type pair struct {
	src, dst host
	kind     uint8 // place in profiles

	// The k-th connection goes from port low + (from + k·step) mod width to
	// services[k mod 4], or where that is not set to ports[(offset + k) mod len].
	// No two are equal, since there are fewer than width.
	services        [4]service
	ports           []uint16
	offset          int
	low, width      int
	from, step      int
	first, last     int     // bins with records
	active          int     // bins with records still to come
	tuples, records int     // connections and records still to come
	opened          int     // connections so far
	power           float64 // how active the pair is, among those of its kind
}

func (p *pair) bins() int { return p.last - p.first + 1 }

// connection returns the ports and protocol of the k-th connection of p.
func (p *pair) connection(k int) (sourcePort uint16, s service) {
	if s = p.services[k%len(p.services)]; s.port == 0 {
		s = service{p.ports[(p.offset+k)%len(p.ports)], flow.TCP}
	}
	return uint16(p.low + (p.from+k*p.step)%p.width), s
}

// maxTuples keeps the connections of a pair within the narrowest port range.
const maxTuples = 16_000

// A timed record is one whose second was planned.
type timed struct {
	second     int // since start
	src, dst   host
	kind       uint8
	sourcePort uint16
	service    service
}

// A plan is all that is decided before the first record.
type plan struct {
	shape
	*network
	pairs              []pair  // by first bin; the very first one spans all bins
	timed              []timed // by second
	scaleUp, scaleDown float64 // for profiles that are scaled
}

// Streams of random numbers of a seed.
const (
	planStream   = 1
	recordStream = 2
)

func newPlan(c Config) *plan {
	rng := rand.New(rand.NewPCG(c.Seed, planStream))
	s := c.shape()
	p := &plan{shape: s, network: newNetwork(s, rng)}
	p.plant()
	planted := len(p.pairs)

	left := s // what is left for ordinary traffic
	for i := range p.pairs {
		q := &p.pairs[i]
		left.samples -= q.bins()
		left.active -= q.active
		left.tuples -= q.tuples
		left.records -= q.records
	}
	samples, active := p.timedBins()
	left.samples -= samples
	left.active -= active
	left.tuples -= len(p.timed)
	left.records -= len(p.timed)
	left.pairs -= planted

	p.pairs = append(p.ordinary(left), p.pairs...)
	p.sourcePorts()
	p.scale()
	slices.SortStableFunc(p.pairs, func(a, b pair) int { return cmp.Compare(a.first, b.first) })
	return p
}

// timedBins returns the bins from first to last of each pair of timed
// records, summed, and how many of them have records.
func (p *plan) timedBins() (samples, active int) {
	type span struct{ first, last int }
	spans := map[[2]host]span{}
	for _, t := range p.timed {
		key, bin := [2]host{t.src, t.dst}, p.binOf(t.second)
		s, seen := spans[key]
		switch {
		case !seen:
			s.first = bin
			active++
			samples++
		case s.last < bin:
			active++
			samples += bin - s.last
		}
		s.last = bin
		spans[key] = s
	}
	return samples, active
}

// binOf returns the bin of a second since start.
func (s shape) binOf(second int) int { return (start%binSeconds + second) / binSeconds }

// span returns the seconds between the first and the last record.
func (s shape) span() int { return (s.bins-1)*binSeconds - start%binSeconds }

// share is the part of ordinary traffic that a kind of pair has.
var share = [numOrdinary]struct{ records, tuples, samples, active float64 }{
	dns:      {0.30, 0.42, 0.27, 0.36},
	web:      {0.42, 0.34, 0.50, 0.40},
	internal: {0.16, 0.14, 0.17, 0.14},
	inbound:  {0.12, 0.10, 0.06, 0.10},
}

// ordinary returns the pairs of ordinary traffic, which add up to left.
func (p *plan) ordinary(left shape) []pair {
	pairs := p.connect(left.pairs)
	pairs = pairs[:min(len(pairs), max(1, left.records/3))]

	// Each kind's weights add up to 1, so that its share does not depend on
	// how many pairs it has.
	weights := func(share func(kind uint8) float64, of func(q *pair) float64) []float64 {
		w, sum := make([]float64, len(pairs)), [numOrdinary]float64{}
		for i := range pairs {
			w[i] = of(&pairs[i])
			sum[pairs[i].kind] += w[i]
		}
		for i := range pairs {
			w[i] *= share(pairs[i].kind) / sum[pairs[i].kind]
		}
		return w
	}
	one := func(int) int { return 1 }

	// The first pair spans all bins, if it has records for the first and the
	// last one. No other reaches the last one, which is one second long.
	whole, longest := p.bins, p.bins-12
	if left.records == 1 {
		whole = 1
	}
	bins := apportion(left.samples,
		weights(func(k uint8) float64 { return share[k].samples }, func(*pair) float64 { return math.Exp(1.8 * p.rng.NormFloat64()) }),
		func(i int) int {
			if i == 0 {
				return whole
			}
			return 1
		},
		func(i int) int {
			if i == 0 {
				return whole
			}
			return longest
		})
	for i := range pairs {
		q := &pairs[i]
		if i > 0 {
			q.first = p.rng.IntN(p.bins - bins[i])
		}
		q.last = q.first + bins[i] - 1
	}

	active := apportion(left.active,
		weights(func(k uint8) float64 { return share[k].active }, func(q *pair) float64 { return float64(q.bins()) * math.Sqrt(q.power) }),
		func(i int) int { return min(2, pairs[i].bins()) }, func(i int) int { return pairs[i].bins() })
	power := func(q *pair) float64 { return q.power }
	tuples := apportion(left.tuples,
		weights(func(k uint8) float64 { return share[k].tuples }, power), one, func(int) int { return maxTuples })
	records := apportion(left.records,
		weights(func(k uint8) float64 { return share[k].records }, power),
		func(i int) int { return max(active[i], tuples[i]) }, func(int) int { return math.MaxInt32 })
	for i := range pairs {
		pairs[i].active, pairs[i].tuples, pairs[i].records = active[i], tuples[i], records[i]
	}
	return pairs
}

// portRanges are those that systems take source ports from (Linux, Windows,
// and address translation), with the share of connections that make the
// number of distinct source ports that of the shape.
var portRanges = []struct {
	low, width int
	share      float64
}{
	{32768, 28232, 0.42},
	{49152, 16384, 0.30},
	{1024, 64512, 0.28},
}

// sourcePorts gives each source a range of source ports, the one that lacks
// most connections to the source with most left.
func (p *plan) sourcePorts() {
	tuples := make([]int, len(p.addrs))
	for i := range p.pairs {
		tuples[p.pairs[i].src] += p.pairs[i].tuples
	}
	bySize := make([]host, len(p.addrs))
	for i := range bySize {
		bySize[i] = host(i)
	}
	slices.SortStableFunc(bySize, func(a, b host) int { return cmp.Compare(tuples[b], tuples[a]) })
	rangeOf := make([]int, len(p.addrs))
	given := make([]float64, len(portRanges))
	for _, h := range bySize {
		best := 0
		for r := range portRanges {
			if given[r]/portRanges[r].share < given[best]/portRanges[best].share {
				best = r
			}
		}
		rangeOf[h] = best
		given[best] += float64(tuples[h])
	}
	for i := range p.pairs {
		q := &p.pairs[i]
		r := portRanges[rangeOf[q.src]]
		q.low, q.width, q.from = r.low, r.width, p.rng.IntN(r.width)
		if q.step != 0 {
			for q.step = p.rng.IntN(r.width); gcd(q.step, r.width) != 1; {
				q.step = p.rng.IntN(r.width)
			}
		}
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// scale sets the factors that make the expected sums of bytes those of the
// shape.
func (p *plan) scale() {
	var fixedUp, fixedDown, scaledUp, scaledDown float64
	for i := range p.pairs {
		q := &p.pairs[i]
		f := &profiles[q.kind]
		up, down := f.up.mean(), f.down.mean()
		if q.kind >= numOrdinary {
			fixedUp += float64(q.records) * up
			continue
		}
		states := f.of(q.services[0].proto)
		answered := float64(q.records) - float64(q.tuples)*(states[flow.New]+states[flow.Connecting])
		if f.scaled {
			scaledUp += answered * up
			scaledDown += answered * down
		} else {
			fixedUp += float64(q.records) * up
			fixedDown += answered * down
		}
	}
	p.scaleUp = max(0, p.up-fixedUp) / max(1, scaledUp)
	p.scaleDown = max(0, p.down-fixedDown) / max(1, scaledDown)
}
