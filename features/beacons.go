package features

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"unsafe"

	"toolkit/flow"
)

// beacons gathers how regular the records of a source with each of its
// destinations are.
var beacons = &Gather{Parts: beaconParts, approx: leftOut, New: func(h *flow.Hosts, _ *Rows) Aggregate {
	return &beaconing{hosts: h}
}}

// The parts of beacons.
const (
	partBeaconScore = iota
	partBeaconPeer
	partBeaconConns
	partBeaconGap
	beaconParts
)

// A beacon has so many times at least, and not so many records that they are
// a session's rather than a beacon's: RITA's strobes, of one a second.
const (
	beaconTimes   = 8
	beaconRecords = 86_400
	beaconSpacing = 1e9 // nanoseconds a record, on the average, at least
)

// beaconDoc says what beacon_score is.
const beaconDoc = "the mean of the regularities of the gaps between their times and of their bytes_up, " +
	"times the smaller of median gap / mean gap and its inverse, which tells bursts. " +
	"The regularity of values with quartiles q1, q2, q3 is the mean of 1 − abs(q1 + q3 − 2·q2) / (q3 − q1) (Bowley's skewness; 1 if q1 = q3) " +
	"and max(0, 1 − MAD / q2), MAD being the median of abs(x − q2), as RITA scores beacons. " +
	"It is 0 of less than 8 distinct times, or of more than one record a second."

// A beaconing keeps the times and sizes of the records of each group's
// addresses with each destination.
type beaconing struct {
	hosts  *flow.Hosts
	of     lists[meetingKey]
	n      slab[int64] // records of each meeting, of which stamps are kept up to beaconRecords
	stamps stamps

	keys   []meetingKey // of the batch
	hash   []uint32
	number []int32

	rank  []uint32 // of the hosts that texts are of
	texts []string
}

type meetingKey struct {
	group    int32
	src, dst flow.Host
}

func (k *meetingKey) hash() uint32 { return hash3(uint64(k.group), uint64(k.src), uint64(k.dst)) }

func (c *beaconing) Grow(n int) { c.of.grow(n) }

func (c *beaconing) Add(b *flow.Batch, group []int32) {
	c.keys, c.hash, c.number = resize(c.keys, len(group)), resize(c.hash, len(group)), resize(c.number, len(group))
	for i, g := range group {
		k := meetingKey{g, b.Src[i], b.Dst[i]}
		c.keys[i], c.hash[i] = k, k.hash()
	}
	c.of.lookup(c.keys, c.hash, group, c.number)
	c.n.grow(c.of.n)
	for i, m := range c.number {
		c.add(m, b.Time[i], uint32(min(b.BytesUp[i], math.MaxUint32)))
	}
}

// add counts a record of a meeting, and keeps its stamp if the meeting can
// still be a beacon's.
func (c *beaconing) add(m int32, time int64, size uint32) {
	n := c.n.at(m)
	*n++
	if *n <= beaconRecords {
		c.stamps.keep(stamp{time, size, m})
	}
}

func (c *beaconing) Emit(order []int32, cols []*Column) {
	if peer := cols[partBeaconPeer]; peer != nil {
		if len(c.rank) < c.hosts.Len() {
			c.rank, c.texts = addresses(c.hosts)
		}
		peer.Dict = c.texts
	}
	c.stamps.arrange(c.of.n)
	var w regular
	for _, g := range order {
		best, score, gap := int32(-1), 0.0, 0.0
		c.of.each(g, func(m int32) {
			s, q := w.score(*c.n.at(m), c.stamps.of(m))
			if s > score || s == score && best >= 0 && c.before(m, best) {
				best, score, gap = m, s, q
			}
		})
		if col := cols[partBeaconScore]; col != nil {
			col.Floats = append(col.Floats, score)
		}
		for part, put := range [...]func(*Column){
			partBeaconPeer:  func(col *Column) { col.AppendCode(c.rank[c.of.keys.of(best).dst]) },
			partBeaconConns: func(col *Column) { col.AppendInt(*c.n.at(best)) },
			partBeaconGap:   func(col *Column) { col.AppendFloat(gap) },
		} {
			switch col := cols[part]; {
			case put == nil || col == nil:
			case best < 0:
				col.AppendNull()
			default:
				put(col)
			}
		}
	}
}

// before orders meetings that are equally regular, by their addresses.
func (c *beaconing) before(a, b int32) bool {
	x, y := c.of.keys.of(a), c.of.keys.of(b)
	return cmp.Or(c.hosts.Addr(x.dst).Compare(c.hosts.Addr(y.dst)), c.hosts.Addr(x.src).Compare(c.hosts.Addr(y.src))) < 0
}

// A regular works out how regular meetings are, reusing its memory.
type regular struct{ v []float64 }

// score returns how regular a meeting of n records is, 0 if it can't be a
// beacon's, and the median of the gaps between its times in seconds. It sorts
// the stamps.
func (w *regular) score(n int64, stamps []stamp) (score, gap float64) {
	if n < beaconTimes || n > beaconRecords {
		return 0, 0
	}
	slices.SortFunc(stamps, func(a, b stamp) int { return cmp.Compare(a.time, b.time) })
	first, last := stamps[0].time, stamps[len(stamps)-1].time
	if float64(last)-float64(first) < float64(n-1)*beaconSpacing {
		return 0, 0
	}
	w.v = w.v[:0]
	for i, s := range stamps[1:] {
		if d := s.time - stamps[i].time; d > 0 {
			w.v = append(w.v, float64(d)/1e9)
		}
	}
	if len(w.v)+1 < beaconTimes {
		return 0, 0
	}
	mean := float64(last-first) / 1e9 / float64(len(w.v))
	times, gap := regularity(w.v)
	w.v = w.v[:0]
	for _, s := range stamps {
		w.v = append(w.v, float64(s.size))
	}
	sizes, _ := regularity(w.v)
	return (times + sizes) / 2 * min(gap/mean, mean/gap), gap
}

// regularity returns how little values differ from their median, and how
// evenly they lie about it, 0 to 1, and the median: Bowley's skewness and the
// median absolute deviation, as RITA (Active Countermeasures) scores beacons.
// It changes v.
func regularity(v []float64) (score, median float64) {
	slices.Sort(v)
	q1, q2, q3 := Quantile(v, 0.25), Quantile(v, 0.5), Quantile(v, 0.75)
	skew := 0.0
	if q3 > q1 {
		skew = (q1 + q3 - 2*q2) / (q3 - q1)
	}
	for i, x := range v {
		v[i] = math.Abs(x - q2)
	}
	slices.Sort(v)
	spread := 0.0 // of values that are all 0
	if mad := Quantile(v, 0.5); mad > 0 {
		spread = min(1, mad/q2)
	}
	return (1 - math.Abs(skew) + 1 - spread) / 2, q2
}

func (c *beaconing) AppendState(dst []byte, g int32) []byte {
	c.stamps.arrange(c.of.n)
	dst = binary.AppendVarint(dst, c.of.count(g))
	c.of.each(g, func(m int32) {
		k, n := c.of.keys.of(m), *c.n.at(m)
		dst = appendAddr(dst, c.hosts.Addr(k.src))
		dst = appendAddr(dst, c.hosts.Addr(k.dst))
		dst = binary.AppendVarint(dst, n)
		if n > beaconRecords {
			return // no beacon, whatever is to come
		}
		for _, s := range c.stamps.of(m) {
			dst = binary.AppendVarint(dst, s.time)
			dst = binary.AppendVarint(dst, int64(s.size))
		}
	})
	return dst
}

func (c *beaconing) MergeState(g int32, src []byte) ([]byte, error) {
	meetings, src, err := varint(src)
	for ; err == nil && meetings > 0; meetings-- {
		if len(src) < 32 {
			return src, errState
		}
		k := meetingKey{g, c.hosts.Of(parseAddr(src)), c.hosts.Of(parseAddr(src[16:]))}
		var n int64
		if n, src, err = varint(src[32:]); err != nil {
			return src, err
		}
		m := c.of.of(k, k.hash(), g)
		c.n.grow(c.of.n)
		if n > beaconRecords {
			*c.n.at(m) += n
			continue
		}
		for ; n > 0; n-- {
			var at, size int64
			if at, src, err = varint(src); err != nil {
				return src, err
			}
			if size, src, err = varint(src); err != nil {
				return src, err
			}
			c.add(m, at, uint32(size))
		}
	}
	return src, err
}

func (c *beaconing) Bytes() int64 {
	const batch = int64(unsafe.Sizeof(meetingKey{})) + 4 + 4 // bytes a record
	return c.of.bytes() + c.n.bytes() + c.stamps.bytes() + batch*int64(cap(c.keys))
}
