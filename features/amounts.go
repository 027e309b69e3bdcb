package features

import (
	"fmt"
	"math"
	"unsafe"

	"toolkit/flow"
)

// amounts gathers how much the records of a group carry, and how long they
// last, in all and by protocol: the spreads of their bytes and of their
// durations. A record without a duration, or of one that is 0, counts in none
// of durations: sources write 0 for what they do not know.
var amounts = &Gather{Parts: numSpreads * spreadStats, approx: approxAmount, New: func(*flow.Hosts, *Rows) Aggregate { return new(amounting) }}

// sketchedAmounts is amounts with quantiles by sketches.
var sketchedAmounts = &Gather{Parts: numSpreads * spreadStats, New: func(*flow.Hosts, *Rows) Aggregate {
	return &amounting{spreading: spreading{keep: exactUpTo}}
}}

func approxAmount(f Feature) (Feature, string, bool) {
	err := ""
	if spreadStat(f.Part%spreadStats) >= statQuantiles {
		err = quantileError
	}
	return gatheredBy(sketchedAmounts, f.Part, err)(f)
}

// The classes of protocols that amounts tells apart.
var amountClasses = [...]struct{ name, doc string }{{"tcp", "TCP"}, {"udp", "UDP"}, {"icmp", "ICMP and ICMPv6"}, {"other", "other protocols"}}

const amountOther = len(amountClasses) - 1

var amountClass = func() (of [256]uint8) {
	for i := range of {
		of[i] = uint8(amountOther)
	}
	of[flow.TCP], of[flow.UDP], of[flow.ICMP], of[flow.ICMPv6] = 0, 1, 2, 2
	return of
}()

// The spreads of amounts; of classes, of which each has one. That of all
// durations is put together of those of the classes at the end.
const (
	spreadUp = iota
	spreadDown
	spreadClassBytes
	spreadClassDuration = spreadClassBytes + len(amountClasses)
	spreadDuration      = spreadClassDuration + len(amountClasses)
	numSpreads          = spreadDuration + 1
)

// amountPart returns the part of amounts that is a number of a spread.
func amountPart(spread int, stat spreadStat) int { return spread*spreadStats + int(stat) }

// durational tells whether a spread is of durations: nanoseconds, told in
// seconds, and without a value where no record has one.
func durational(spread int) bool { return spread >= spreadClassDuration }

type amounting struct {
	spreading
	of    []*[spreadDuration]spread
	spare []*[spreadDuration]spread // of groups that were forgotten
}

func (a *amounting) Grow(n int) { a.of = grow(a.of, n) }

func (a *amounting) Add(b *flow.Batch, group []int32) {
	for i, g := range group {
		r := a.at(g)
		class, up, down := int(amountClass[b.Proto[i]]), b.BytesUp[i], b.BytesDown[i]
		if up+down < 0 {
			a.over = true
			break
		}
		a.add(&r[spreadUp], up)
		a.add(&r[spreadDown], down)
		a.add(&r[spreadClassBytes+class], up+down)
		if b.Duration != nil && b.Duration[i] > 0 {
			a.add(&r[spreadClassDuration+class], b.Duration[i])
		}
	}
}

func (a *amounting) at(g int32) *[spreadDuration]spread {
	if a.of[g] == nil {
		if last := len(a.spare) - 1; last >= 0 {
			a.of[g], a.spare = a.spare[last], a.spare[:last]
			for i := range a.of[g] {
				s := &a.of[g][i]
				*s = spread{values: s.values[:0]}
				a.held += 8 * int64(cap(s.values))
			}
		} else {
			a.of[g] = new([spreadDuration]spread)
		}
		a.held += int64(unsafe.Sizeof(*a.of[g]))
	}
	return a.of[g]
}

func (a *amounting) Err() error {
	if a.over {
		return fmt.Errorf("%w: more than %d bytes, or nanoseconds of duration, in a row of the table", ErrOverflow, int64(math.MaxInt64))
	}
	return nil
}

func (a *amounting) Emit(order []int32, cols []*Column) {
	for _, g := range order {
		r := a.at(g)
		all, durations := spreading{keep: a.keep}, spread{}
		for k := range amountClasses {
			all.join(&durations, &r[spreadClassDuration+k])
		}
		a.over = a.over || all.over
		for i := range numSpreads {
			s := &durations
			if i < spreadDuration {
				s = &r[i]
			}
			s.sort()
			for stat := range spreadStats {
				c := cols[i*spreadStats+stat]
				switch {
				case c == nil:
				case spreadStat(stat) == statCount:
					c.AppendInt(s.n)
				case !durational(i) && spreadStat(stat) <= statMax:
					c.AppendInt([...]int64{statSum: s.sum, statMax: s.max}[stat])
				case s.n > 0 && durational(i):
					c.AppendFloat(spreadStat(stat).of(s) / 1e9)
				case s.n > 0:
					c.AppendFloat(spreadStat(stat).of(s))
				case durational(i):
					c.AppendNull()
				default:
					c.AppendFloat(0)
				}
			}
		}
	}
}

func (a *amounting) AppendState(dst []byte, g int32) []byte {
	r := a.at(g)
	for i := range r {
		dst = r[i].appendState(dst)
	}
	return dst
}

func (a *amounting) MergeState(g int32, src []byte) (_ []byte, err error) {
	r := a.at(g)
	for i := range r {
		if src, err = a.mergeState(&r[i], src); err != nil {
			return src, err
		}
	}
	return src, a.Err()
}

func (a *amounting) Bytes() int64 { return 8*int64(cap(a.of)) + a.held }
