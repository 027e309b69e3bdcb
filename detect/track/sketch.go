package track

import (
	"math"

	"toolkit/detect/state"
)

// A Sketch keeps the distribution of numbers ≥ 0 in buckets whose bounds grow
// by the fourth root of 2, so that quantiles are right to 10 % in at most
// a kilobyte; those of numbers below 1 to 0.2. The zero Sketch is empty. It
// is the log-scaled histogram that DDSketch (Masson et al., VLDB 2019) is, with
// a fixed accuracy.
type Sketch struct {
	N      int64 // numbers that count
	counts []uint32
}

const perOctave = 4

func bucket(v float64) int { return int(math.Log2(1+max(0, v)) * perOctave) }

// Add adds a number.
func (s *Sketch) Add(v float64) {
	i := bucket(v)
	for len(s.counts) <= i {
		s.counts = append(s.counts, 0)
	}
	s.counts[i]++
	s.N++
}

// Quantile returns about the q-quantile, 0 if there are no numbers.
func (s *Sketch) Quantile(q float64) float64 {
	rank := int64(math.Ceil(q * float64(s.N)))
	for i, n := range s.counts {
		if rank -= int64(n); rank <= 0 && n > 0 {
			return math.Exp2((float64(i)+0.5)/perOctave) - 1
		}
	}
	return 0
}

// Halve makes what was added so far count half, by which a Sketch forgets.
func (s *Sketch) Halve() {
	s.N = 0
	for i := range s.counts {
		s.counts[i] /= 2
		s.N += int64(s.counts[i])
	}
}

// Bytes returns what s points to takes.
func (s *Sketch) Bytes() int64 { return 4 * int64(cap(s.counts)) }

// Save writes s.
func (s *Sketch) Save(w *state.Writer) {
	w.Len(len(s.counts))
	for _, n := range s.counts {
		w.Int(int64(n))
	}
}

// Load replaces s by what Save wrote.
func (s *Sketch) Load(r *state.Reader) {
	*s = Sketch{counts: make([]uint32, r.Len(1))}
	for i := range s.counts {
		s.counts[i] = uint32(r.Int())
		s.N += int64(s.counts[i])
	}
}
