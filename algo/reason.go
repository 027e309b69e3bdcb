package algo

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// A Reason is one column's part in the judgement of a row or of an alert.
type Reason struct {
	Column    string
	Value     float64 // the row's
	Low, High float64 // what would have been ordinary; ±Inf for no bound
	Weight    float64 // share of the score, of all reasons' 1; 0 if not known

	// Of is above 0 if the reason is that the row has a rare category: Column is
	// NAME=VALUE, and Value samples of so many have it.
	Of float64
}

// String says the reason in a few words: "num_conns = 120, above 18.5 (63%)",
// "state=RSTO: 3 of 75566 (20%)".
func (r Reason) String() string {
	s := r.Column + " = " + number(r.Value)
	switch {
	case r.Of > 0:
		s = fmt.Sprintf("%s: %s of %s", r.Column, number(r.Value), number(r.Of))
	case r.Value > r.High:
		s += ", above " + number(r.High)
	case r.Value < r.Low:
		s += ", below " + number(r.Low)
	case !math.IsInf(r.Low, -1) || !math.IsInf(r.High, 1):
		s += fmt.Sprintf(", in %s to %s", number(r.Low), number(r.High))
	}
	if r.Weight > 0 {
		s += fmt.Sprintf(" (%.0f%%)", 100*r.Weight)
	}
	return s
}

// SortReasons puts the weightiest reasons first, equally weighty ones in the
// order in which they are.
func SortReasons(reasons []Reason) {
	slices.SortStableFunc(reasons, func(a, b Reason) int { return cmp.Compare(b.Weight, a.Weight) })
}

// number writes v for people: whole numbers in full, others with four digits.
func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
