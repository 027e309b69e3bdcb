package explain

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"toolkit/features"
	"toolkit/internal/prose"
)

// An Ordinary is what the values of a column commonly are, weighted.
type Ordinary struct {
	Values, UpTo []float64 // ascending distinct values, and the samples with at most that
}

// OrdinaryOf takes in the rows of c that keep accepts (all if it is nil), each
// with the weight w gives (1 if it is nil). It costs a sort of the rows.
func OrdinaryOf(c, w *features.Column, keep func(i int) bool) *Ordinary {
	var all []weighed
	for i := range c.Len() {
		v := c.Float(i)
		if !finite(v) || keep != nil && !keep(i) {
			continue
		}
		s := weighed{v, 1}
		if w != nil {
			s.w = w.Float(i)
		}
		all = append(all, s)
	}
	return ordinaryOf(all)
}

// OrdinaryOfValues takes in values that count as one each.
func OrdinaryOfValues(v []float64) *Ordinary {
	all := make([]weighed, len(v))
	for i, x := range v {
		all[i] = weighed{x, 1}
	}
	return ordinaryOf(all)
}

// A weighed is a value and its weight.
type weighed struct{ v, w float64 }

func ordinaryOf(all []weighed) *Ordinary {
	slices.SortFunc(all, func(a, b weighed) int { return cmp.Compare(a.v, b.v) })
	o := new(Ordinary)
	var sum float64
	for _, s := range all {
		sum += s.w
		if n := len(o.Values); n > 0 && o.Values[n-1] == s.v {
			o.UpTo[n-1] = sum
			continue
		}
		o.Values, o.UpTo = append(o.Values, s.v), append(o.UpTo, sum)
	}
	return o
}

// Common returns what the values of a column of t commonly are. Of rows that
// stand for many samples only those with records count: bins in which a pair
// is silent are so many that any traffic would be rare.
func Common(t *features.Table, c *features.Column) *Ordinary {
	w, conns := t.Weights(), numeric(t, "num_conns")
	var busy func(i int) bool
	if w != nil && conns != nil {
		busy = func(i int) bool { return conns.Float(i) > 0 }
	}
	return OrdinaryOf(c, w, busy)
}

// Total returns the number of samples.
func (o *Ordinary) Total() float64 {
	if len(o.UpTo) == 0 {
		return 0
	}
	return o.UpTo[len(o.UpTo)-1]
}

// Quantile returns the least value that a share p of the samples have at
// most; NaN if there are none.
func (o *Ordinary) Quantile(p float64) float64 {
	if len(o.Values) == 0 {
		return math.NaN()
	}
	k, _ := slices.BinarySearch(o.UpTo, p*o.Total()*(1-1e-12))
	return o.Values[min(k, len(o.Values)-1)]
}

// Rank returns the share of the samples below v, and half of those equal.
func (o *Ordinary) Rank(v float64) float64 {
	k, found := slices.BinarySearch(o.Values, v)
	var below, equal float64
	if k > 0 {
		below = o.UpTo[k-1]
	}
	if found {
		equal = o.UpTo[k] - below
	}
	return (below + equal/2) / o.Total()
}

// With returns the share of the samples that have the value v.
func (o *Ordinary) With(v float64) float64 {
	k, found := slices.BinarySearch(o.Values, v)
	if !found {
		return 0
	}
	n := o.UpTo[k]
	if k > 0 {
		n -= o.UpTo[k-1]
	}
	return n / o.Total()
}

// fewValues is how many values a column has of which single ones can be called
// rare.
const fewValues = 50

// Levels are the shares of the samples that a value is said to be beyond.
var Levels = []float64{0.99, 0.95, 0.9}

// Beyond returns the greatest of the Levels that v is outside of, above or
// below, with the value at that level; 0 if it is outside of none.
func (o *Ordinary) Beyond(v float64) (level, bound float64, above bool) {
	for _, p := range Levels {
		if q := o.Quantile(p); v > q {
			return p, q, true
		}
		if q := o.Quantile(1 - p); v < q {
			return p, q, false
		}
	}
	return 0, 0, false
}

// Rare tells whether v is a value of its own of few: where there are many
// values, each is rare.
func (o *Ordinary) Rare(v float64) bool {
	return len(o.Values) <= fewValues && o.With(v) < 1-Levels[0]
}

// Compared says a value beside what is common.
func Compared(v float64, c *features.Column, o *Ordinary) string {
	unit := unitOf(c)
	s := prose.Value(v, unit)
	level, bound, above := o.Beyond(v)
	switch {
	case unit == features.Flag:
		return fmt.Sprintf("%s, as only %s are", s, prose.Percent(o.With(v)))
	case level == Levels[0] || level > 0 && !o.Rare(v):
		least := "least"
		if above {
			least = "most"
		}
		return fmt.Sprintf("%s, where %s have at %s %s", s, prose.Percent(level), least, prose.Value(bound, unit))
	case o.Rare(v) && o.With(v) > 0:
		return fmt.Sprintf("%s, as only %s have", s, prose.Percent(o.With(v)))
	}
	return fmt.Sprintf("%s (median %s)", s, prose.Value(o.Quantile(0.5), unit))
}
