package thresholds

import (
	"encoding/binary"
	"math"
	"math/bits"
	"net/netip"

	"toolkit/detect/track"
)

// names are the features, in the order of host.values.
var names = [...]string{"num_conns", "bytes_up", "bytes_dw", "num_peers", "num_dst_ports"}

// least is what a threshold is at the least, in the order of names: what is
// less hurts nobody.
var least = [...]float64{100, 1e6, 1e6, 20, 20}

const (
	forget       = 0.05 // weight of the present window
	meanAbsolute = 1.25 // a normal distribution's standard deviation by its mean absolute one, √(π/2)
)

// A host is what is known of an address in one direction.
type host struct {
	since   int64
	windows int64 // with records
	marks   [len(names)]mark
	season  *season // nil before a day has been seen

	// Of the present window:
	up, down     int64
	peers, ports counter
	records      track.Records
}

// A mark is what is usual of one feature, in logarithms.
type mark struct{ level, deviation float64 }

func (h *host) values() [len(names)]float64 {
	return [...]float64{float64(h.records.N), float64(h.up), float64(h.down), h.peers.count(), h.ports.count()}
}

// A season is what is usual at each hour of the day (UTC), in logarithms; 0
// where nothing is known.
type season [24][len(names)]float32

func (s *season) level(hour, feature int) float64 { return float64(s[hour][feature]) }

func (s *season) learn(hour, feature int, x float64) {
	v := &s[hour][feature]
	if *v == 0 {
		*v = float32(x)
	} else {
		*v += forget * (float32(x) - *v)
	}
}

// A counter counts distinct numbers, about: Whang's linear counting.
type counter [8]uint64

func (c *counter) set(hash uint64) {
	hash >>= 64 - 9
	c[hash>>6] |= 1 << (hash & 63)
}

func (c *counter) addPort(p uint16) { c.set((uint64(p) + 1) * 0x9e3779b97f4a7c15) }

// add adds an address by its bytes: numbers of addresses differ from process
// to process.
func (c *counter) add(a netip.Addr) {
	b := a.As16()
	x := binary.BigEndian.Uint64(b[:8])*0xff51afd7ed558ccd ^ binary.BigEndian.Uint64(b[8:])
	x ^= x >> 32
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 29
	c.set(x * 0xbf58476d1ce4e5b9)
}

func (c *counter) count() float64 {
	const size = 512
	free := size
	for _, word := range c {
		free -= bits.OnesCount64(word)
	}
	return math.Round(-size * math.Log(max(0.5, float64(free))/size))
}
