package synth

import "math"

// A Config says what to generate. The same Config gives the same records.
type Config struct {
	Records int // exact; there are none if it is below 1
	Seed    uint64
}

// Default returns the configuration that the shape was taken from.
func Default() Config { return Config{Records: 142_373, Seed: 1} }

const (
	start      = 1485534282 // 2017-01-27 16:24:42 UTC
	binSeconds = 10
)

// A shape is what the records add up to.
type shape struct {
	records               int
	bins                  int // of 10 s, aligned to the epoch; the first is cut off at start and the last after one second
	sources, destinations int // distinct addresses
	ports                 int // distinct destination ports
	pairs, tuples         int // distinct (source, destination) and (…, ports, protocol)
	samples               int // bins from the first to the last of each pair, summed
	active                int // those of them with records
	up, down              float64
}

// shape returns the shape for c.Records: tuples, samples, active bins and
// bytes in proportion to it. Up to the default size the time span stays and
// destinations grow in proportion, sources with the power 2/3; above it, span
// and addresses grow with the square root. Ports grow with the fourth root.
func (c Config) shape() shape {
	r := float64(c.Records) / float64(Default().Records)
	times := func(n int, factor float64) int { return max(1, int(math.Round(float64(n)*factor))) }
	span, hosts, sources := 1.0, r, math.Pow(r, 2.0/3)
	if r > 1 {
		span, hosts, sources = math.Sqrt(r), math.Sqrt(r), math.Sqrt(r)
	}
	return shape{
		records:      c.Records,
		bins:         1 + times(422, span),
		sources:      times(218, sources),
		destinations: times(2273, hosts),
		ports:        times(474, math.Sqrt(math.Sqrt(r))),
		pairs:        times(3325, hosts),
		tuples:       times(47_334, r),
		samples:      times(342_093, r),
		active:       times(45_500, r),
		up:           4_040_512_881 * r,
		down:         4_547_933_614 * r,
	}
}

// seconds returns the part of bin that has records, in seconds from start of
// the bin: the first and the last bin are not whole.
func (s shape) seconds(bin int) (from, to int) {
	switch {
	case bin == 0:
		return start % binSeconds, binSeconds
	case bin == s.bins-1:
		return 0, 1
	}
	return 0, binSeconds
}
