package synth

import (
	"math"
	"math/rand/v2"

	"toolkit/flow"
)

// A profile is how the connections of a kind of pair behave.
type profile struct {
	label    string      // of its records; "" for ordinary traffic
	up, down size        // bytes of a record with an answer
	scaled   bool        // whether bytes are scaled to reach the shape's sums
	states   *stateShare // nil: ordinaryTCP or ordinaryUDP
	recent   int         // a record goes on with one of so many connections opened last
}

// Labels of the planted anomalies.
const (
	VerticalScan   = "vertical_scan"
	HorizontalScan = "horizontal_scan"
	SlowScan       = "slow_scan"
	DoSFlood       = "dos_flood"
	Exfiltration   = "exfiltration"
	Beacon         = "beacon"
	WorstHost      = "worst_host"
)

// Labels returns the labels of all planted anomalies.
func Labels() []string {
	return []string{VerticalScan, HorizontalScan, SlowScan, DoSFlood, Exfiltration, Beacon, WorstHost}
}

// Kinds of pairs, by their place in profiles.
const (
	dns = iota
	web
	internal
	inbound
	numOrdinary // those above are ordinary traffic

	verticalScan = iota - 1
	horizontalScan
	slowScan
	dosFlood
	exfiltration
	beacon
	worstHost
)

// The sizes of DNS are those of the Zeek log of an office network that RITA's
// proxy_rolling test data is (mean of the logarithm 4.1 and 4.9, deviation
// 0.4 of the answers). The others were chosen to give the quantiles that
// docs/synthetic.md lists.
var profiles = [...]profile{
	dns:      {up: size{median: 60, sigma: 0.4}, down: size{median: 130, sigma: 0.4}, recent: 2},
	web:      {up: size{800, 1.3, 0.06, 100e3}, down: size{2500, 1.6, 0.06, 120e3}, scaled: true, recent: 8},
	internal: {up: size{700, 1.5, 0.08, 100e3}, down: size{900, 1.5, 0.08, 120e3}, scaled: true, recent: 8},
	inbound:  {up: size{500, 1.0, 0.04, 100e3}, down: size{4000, 1.6, 0.06, 120e3}, scaled: true, recent: 8},

	verticalScan:   {label: VerticalScan, up: size{median: 60}, down: size{median: 40}, recent: 20, states: &stateShare{flow.Reset: 0.92, flow.Established: 0.08}},
	horizontalScan: {label: HorizontalScan, up: size{median: 60}, down: size{median: 40}, recent: 1, states: &stateShare{flow.New: 0.95, flow.Reset: 0.05}},
	slowScan:       {label: SlowScan, up: size{median: 60}, down: size{median: 40}, recent: 1, states: &stateShare{flow.Reset: 0.85, flow.New: 0.15}},
	dosFlood:       {label: DoSFlood, up: size{median: 66, sigma: 0.1}, down: size{median: 60}, recent: 100, states: &stateShare{flow.New: 0.84, flow.Connecting: 0.16}},
	exfiltration:   {label: Exfiltration, up: size{median: 5.3e6, sigma: 0.4}, down: size{median: 6000, sigma: 0.3}, recent: 1, states: &stateShare{flow.Established: 0.9, flow.Closed: 0.1}},
	beacon:         {label: Beacon, up: size{median: 320, sigma: 0.02}, down: size{median: 195, sigma: 0.02}, recent: 1, states: &stateShare{flow.Closed: 1}},
	worstHost:      {label: WorstHost, up: size{median: 120, sigma: 0.8}, down: size{median: 40, sigma: 0.8}, recent: 20, states: &stateShare{flow.Reset: 0.54, flow.New: 0.42, flow.Connecting: 0.01, flow.Established: 0.03}},
}

// A stateShare is the probability of each state.
type stateShare [flow.NumStates]float64

var (
	ordinaryTCP = stateShare{flow.Established: 0.72, flow.Closed: 0.13, flow.New: 0.11, flow.Reset: 0.02, flow.Connecting: 0.012, flow.Closing: 0.008}
	ordinaryUDP = stateShare{flow.Established: 0.92, flow.New: 0.08}
)

// of returns the shares for a connection over proto.
func (f *profile) of(proto flow.Proto) *stateShare {
	switch {
	case f.states != nil:
		return f.states
	case proto == flow.TCP:
		return &ordinaryTCP
	}
	return &ordinaryUDP
}

func (s *stateShare) draw(rng *rand.Rand) flow.State {
	u := rng.Float64()
	last := flow.Established
	for state, p := range s {
		if p == 0 {
			continue
		}
		last = flow.State(state)
		if u < p {
			break
		}
		u -= p
	}
	return last
}

// A size is a distribution of bytes: log-normal, but with probability tail
// from a Pareto distribution that begins at tailMin.
type size struct {
	median, sigma float64
	tail, tailMin float64
}

// The Pareto tail has the exponent 1.1 and is cut off where it has grown 300-fold.
const (
	paretoAlpha = 1.1
	paretoCut   = 300
)

// mean returns the mean of the distribution.
func (s size) mean() float64 {
	body := s.median * math.Exp(s.sigma*s.sigma/2)
	tail := s.tailMin * paretoAlpha / (paretoAlpha - 1) * (1 - math.Pow(paretoCut, 1-paretoAlpha)) / (1 - math.Pow(paretoCut, -paretoAlpha))
	return (1-s.tail)*body + s.tail*tail
}

// A sizer draws sizes. Quantiles of the tail come from the additive
// recurrence with the golden ratio instead of independent draws: so few
// records carry so many of the bytes that sums would else differ by several
// per cent from seed to seed.
type sizer struct{ quantile float64 }

func (z *sizer) draw(s size, rng *rand.Rand) float64 {
	if s.tail > 0 && rng.Float64() < s.tail {
		z.quantile += math.Phi - 1
		if z.quantile >= 1 {
			z.quantile--
		}
		return s.tailMin * math.Pow(1-z.quantile*(1-math.Pow(paretoCut, -paretoAlpha)), -1/paretoAlpha)
	}
	if s.sigma == 0 {
		return s.median
	}
	return s.median * math.Exp(s.sigma*rng.NormFloat64())
}
