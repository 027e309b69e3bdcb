package features

import "math"

// An Entropy is the Shannon entropy, in nats, of the values that are in it:
// ln n − Σ c·ln c / n for the counts c of n values. The zero Entropy is empty
// and ready to use.
//
// Adding and removing a value takes constant time. The sum is of whole
// numbers, c·ln c in units of 2⁻³², so that nothing drifts however many values
// come and go: Value depends on the values that are there alone, and is right
// to 1.2e-10, for up to 10⁸ values.
type Entropy struct {
	count map[uint64]int64
	EntropySum
}

// An EntropySum is an Entropy whose values somebody else counts.
type EntropySum struct {
	n, distinct int64
	sum         int64 // of c·ln c, in units of 1/entropyUnit
}

// Put puts in a value that is there c > 0 times.
func (e *EntropySum) Put(c int64) {
	e.n += c
	e.distinct++
	e.sum += scaledOf(c)
}

// Value returns the entropy, 0 of no values.
func (e *EntropySum) Value() float64 {
	if e.distinct < 2 {
		return 0
	}
	return max(0, math.Log(float64(e.n))-float64(e.sum)/entropyUnit/float64(e.n))
}

const entropyUnit = 1 << 32

// scaled are c·ln c in whole units, of the counts that most values have.
var scaled = func() (s [1024]int64) {
	for c := range s {
		s[c] = scale(int64(c))
	}
	return s
}()

func scale(c int64) int64 {
	if c < 2 {
		return 0
	}
	return int64(math.Round(float64(c) * math.Log(float64(c)) * entropyUnit))
}

func scaledOf(c int64) int64 {
	if c < int64(len(scaled)) {
		return scaled[c]
	}
	return scale(c)
}

// Add puts in a value.
func (e *Entropy) Add(v uint64) {
	if e.count == nil {
		e.count = make(map[uint64]int64)
	}
	c := e.count[v]
	e.count[v] = c + 1
	if e.n++; c == 0 {
		e.distinct++
	}
	e.sum += scaledOf(c+1) - scaledOf(c)
}

// Remove takes out a value once. It panics if it is not there.
func (e *Entropy) Remove(v uint64) {
	c := e.count[v]
	switch c {
	case 0:
		panic("features: an entropy without the value that is removed")
	case 1:
		delete(e.count, v)
		e.distinct--
	default:
		e.count[v] = c - 1
	}
	e.n--
	e.sum += scaledOf(c-1) - scaledOf(c)
}

// Len returns how many values there are.
func (e *Entropy) Len() int64 { return e.n }

// Distinct returns how many of them differ.
func (e *Entropy) Distinct() int { return int(e.distinct) }

// Normalised returns the entropy as a share of the highest that so many
// distinct values can have, their logarithm (Nychis et al. 2008): 1 if all are
// equally frequent, 0 of less than two.
func (e *Entropy) Normalised() float64 {
	if e.distinct < 2 {
		return 0
	}
	return e.Value() / math.Log(float64(e.distinct))
}
