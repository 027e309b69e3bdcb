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
var beacons = &Gather{Parts: beaconParts, New: func(h *flow.Hosts) Aggregate {
	return &beaconing{hosts: h, index: make(map[meetingKey]int32)}
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
	hosts   *flow.Hosts
	head    []int32 // by group: its first meeting, plus 1
	meeting []meeting
	stamp   []stamp
	index   map[meetingKey]int32
}

type meetingKey struct {
	group    int32
	src, dst flow.Host
}

type meeting struct {
	meetingKey
	next  int32 // in the list of its group, plus 1
	n     int64 // records, of which stamps are kept up to beaconRecords
	stamp int32 // the first in its list, plus 1
}

type stamp struct {
	time int64
	size uint32 // bytes up, the largest number for more
	next int32  // plus 1
}

func (c *beaconing) Grow(n int) { c.head = grow(c.head, n) }

func (c *beaconing) Add(b *flow.Batch, group []int32) {
	for i, g := range group {
		m := c.of(meetingKey{g, b.Src[i], b.Dst[i]})
		m.n++
		c.keep(m, b.Time[i], uint32(min(b.BytesUp[i], math.MaxUint32)))
	}
}

// of returns the meeting of that key, until the next is asked for.
func (c *beaconing) of(k meetingKey) *meeting {
	i, ok := c.index[k]
	if !ok {
		i = int32(len(c.meeting))
		c.index[k] = i
		c.meeting = append(c.meeting, meeting{meetingKey: k, next: c.head[k.group]})
		c.head[k.group] = i + 1
	}
	return &c.meeting[i]
}

// keep adds a stamp to a meeting that can still be a beacon's; n already
// counts it.
func (c *beaconing) keep(m *meeting, time int64, size uint32) {
	if m.n <= beaconRecords {
		c.stamp = append(c.stamp, stamp{time, size, m.stamp})
		m.stamp = int32(len(c.stamp))
	}
}

func (c *beaconing) Emit(order []int32, cols []*Column) {
	var rank []uint32
	if peer := cols[partBeaconPeer]; peer != nil {
		rank, peer.Dict = addresses(c.hosts)
	}
	var w regular
	for _, g := range order {
		var best *meeting
		var score, gap float64
		for i := c.head[g]; i != 0; i = c.meeting[i-1].next {
			m := &c.meeting[i-1]
			s, q := w.score(c, m)
			if s > score || s == score && best != nil && c.before(m, best) {
				best, score, gap = m, s, q
			}
		}
		if col := cols[partBeaconScore]; col != nil {
			col.Floats = append(col.Floats, score)
		}
		for part, put := range [...]func(*Column){
			partBeaconPeer:  func(col *Column) { col.AppendCode(rank[best.dst]) },
			partBeaconConns: func(col *Column) { col.AppendInt(best.n) },
			partBeaconGap:   func(col *Column) { col.AppendFloat(gap) },
		} {
			switch col := cols[part]; {
			case put == nil || col == nil:
			case best == nil:
				col.AppendNull()
			default:
				put(col)
			}
		}
	}
}

// before orders meetings that are equally regular, by their addresses.
func (c *beaconing) before(a, b *meeting) bool {
	return cmp.Or(c.hosts.Addr(a.dst).Compare(c.hosts.Addr(b.dst)), c.hosts.Addr(a.src).Compare(c.hosts.Addr(b.src))) < 0
}

// A regular works out how regular meetings are, reusing its memory.
type regular struct {
	stamps []stamp
	v      []float64
}

// score returns how regular a meeting is, 0 if it can't be a beacon's, and the
// median of the gaps between its times in seconds.
func (w *regular) score(c *beaconing, m *meeting) (score, gap float64) {
	if m.n < beaconTimes || m.n > beaconRecords {
		return 0, 0
	}
	w.stamps = w.stamps[:0]
	for i := m.stamp; i != 0; i = c.stamp[i-1].next {
		w.stamps = append(w.stamps, c.stamp[i-1])
	}
	slices.SortFunc(w.stamps, func(a, b stamp) int { return cmp.Compare(a.time, b.time) })
	first, last := w.stamps[0].time, w.stamps[len(w.stamps)-1].time
	if float64(last)-float64(first) < float64(m.n-1)*beaconSpacing {
		return 0, 0
	}
	w.v = w.v[:0]
	for i, s := range w.stamps[1:] {
		if d := s.time - w.stamps[i].time; d > 0 {
			w.v = append(w.v, float64(d)/1e9)
		}
	}
	if len(w.v)+1 < beaconTimes {
		return 0, 0
	}
	mean := float64(last-first) / 1e9 / float64(len(w.v))
	times, gap := regularity(w.v)
	w.v = w.v[:0]
	for _, s := range w.stamps {
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
	n := int64(0)
	for i := c.head[g]; i != 0; i = c.meeting[i-1].next {
		n++
	}
	dst = binary.AppendVarint(dst, n)
	for i := c.head[g]; i != 0; i = c.meeting[i-1].next {
		m := &c.meeting[i-1]
		dst = appendAddr(dst, c.hosts.Addr(m.src))
		dst = appendAddr(dst, c.hosts.Addr(m.dst))
		dst = binary.AppendVarint(dst, m.n)
		if m.n > beaconRecords {
			continue // no beacon, whatever is to come
		}
		for k := m.stamp; k != 0; k = c.stamp[k-1].next {
			dst = binary.AppendVarint(dst, c.stamp[k-1].time)
			dst = binary.AppendVarint(dst, int64(c.stamp[k-1].size))
		}
	}
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
		m := c.of(k)
		if n > beaconRecords {
			m.n += n
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
			m.n++
			c.keep(m, at, uint32(size))
		}
	}
	return src, err
}

func (c *beaconing) Bytes() int64 {
	return 4*int64(cap(c.head)) + int64(cap(c.meeting))*int64(unsafe.Sizeof(meeting{})) + int64(cap(c.stamp))*int64(unsafe.Sizeof(stamp{})) + mapBytes(c.index)
}
