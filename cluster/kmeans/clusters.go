package kmeans

import (
	"fmt"
	"strconv"
	"strings"
)

// K says for which numbers of clusters to fit. The zero value is auto.
type K struct {
	Min, Max int // the least and the greatest; 0, 0 for auto: 1 to AutoMax
}

// AutoMax is the greatest number of clusters that auto tries.
const AutoMax = 10

const (
	auto = "auto"
	dots = ".."
)

func (k K) String() string {
	switch {
	case k == K{}:
		return auto
	case k.Min == k.Max:
		return strconv.Itoa(k.Min)
	}
	return strconv.Itoa(k.Min) + dots + strconv.Itoa(k.Max)
}

// Set implements pflag.Value: it takes N, A..B, or auto.
func (k *K) Set(text string) error {
	if text == auto {
		*k = K{}
		return nil
	}
	from, to, isRange := strings.Cut(text, dots)
	if !isRange {
		to = from
	}
	low, err := strconv.Atoi(from)
	high, err2 := strconv.Atoi(to)
	if err != nil || err2 != nil || low == 0 && high == 0 {
		return fmt.Errorf("want a number of clusters above 0 (8), a range of them (2..12), or %s", auto)
	}
	k.Min, k.Max = low, high
	return nil
}

// Type implements pflag.Value.
func (*K) Type() string { return "N|A..B|auto" }

// elbow returns the index of the inertia at which the curve bends most: that
// which lies farthest below the chord from its first to its last point, both
// axes scaled to 1 (Kneedle, Satopää et al. 2011), the first of several. If
// none lies below the chord, ok is false and the index 0.
func elbow(inertia []float64) (at int, ok bool) {
	last := len(inertia) - 1
	fall := inertia[0] - inertia[last]
	if last < 2 || !(fall > 0) {
		return 0, false
	}
	deepest := 1e-9 // more than rounding
	for i, v := range inertia {
		chord := 1 - float64(i)/float64(last)
		if depth := chord - (v-inertia[last])/fall; depth > deepest {
			at, deepest, ok = i, depth, true
		}
	}
	return at, ok
}
