package reports

import (
	"cmp"
	"math"
	"slices"

	"toolkit/features"
)

// An ordinary is what the values of a column commonly are, weighted.
type ordinary struct {
	values, upTo []float64 // ascending distinct values, and the samples with at most that
}

// ordinaryOf takes in the rows of c that keep accepts (all if it is nil), each
// with the weight w gives (1 if it is nil). It costs a sort of the rows.
func ordinaryOf(c, w *features.Column, keep func(i int) bool) *ordinary {
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
	return ordinaryOfWeighed(all)
}

// ordinaryOfValues takes in values that count as one each.
func ordinaryOfValues(v []float64) *ordinary {
	all := make([]weighed, len(v))
	for i, x := range v {
		all[i] = weighed{x, 1}
	}
	return ordinaryOfWeighed(all)
}

// A weighed is a value and its weight.
type weighed struct{ v, w float64 }

func ordinaryOfWeighed(all []weighed) *ordinary {
	slices.SortFunc(all, func(a, b weighed) int { return cmp.Compare(a.v, b.v) })
	o := new(ordinary)
	var sum float64
	for _, s := range all {
		sum += s.w
		if n := len(o.values); n > 0 && o.values[n-1] == s.v {
			o.upTo[n-1] = sum
			continue
		}
		o.values, o.upTo = append(o.values, s.v), append(o.upTo, sum)
	}
	return o
}

// total returns the number of samples.
func (o *ordinary) total() float64 {
	if len(o.upTo) == 0 {
		return 0
	}
	return o.upTo[len(o.upTo)-1]
}

// quantile returns the least value that a share p of the samples have at
// most; NaN if there are none.
func (o *ordinary) quantile(p float64) float64 {
	if len(o.values) == 0 {
		return math.NaN()
	}
	k, _ := slices.BinarySearch(o.upTo, p*o.total()*(1-1e-12))
	return o.values[min(k, len(o.values)-1)]
}

// rank returns the share of the samples below v, and half of those equal.
func (o *ordinary) rank(v float64) float64 {
	k, found := slices.BinarySearch(o.values, v)
	var below, equal float64
	if k > 0 {
		below = o.upTo[k-1]
	}
	if found {
		equal = o.upTo[k] - below
	}
	return (below + equal/2) / o.total()
}

// with returns the share of the samples that have the value v.
func (o *ordinary) with(v float64) float64 {
	k, found := slices.BinarySearch(o.values, v)
	if !found {
		return 0
	}
	n := o.upTo[k]
	if k > 0 {
		n -= o.upTo[k-1]
	}
	return n / o.total()
}

// ordinary returns what the values of a column of a table commonly are; it
// is worked out when first asked for. Of rows that stand for many samples
// only those with records count: bins in which a pair is silent are so many
// that any traffic would be rare.
func (b *builder) ordinary(table string, c *features.Column) *ordinary {
	key := table + "\x00" + c.Name
	if b.common[key] == nil {
		t := b.in.Tables[table]
		w, conns := weightOf(t), numeric(t, "num_conns")
		var busy func(i int) bool
		if w != nil && conns != nil {
			busy = func(i int) bool { return conns.Float(i) > 0 }
		}
		b.common[key] = ordinaryOf(c, w, busy)
	}
	return b.common[key]
}
