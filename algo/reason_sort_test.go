package algo

import (
	"slices"
	"testing"
)

func TestSortReasons(t *testing.T) {
	reasons := []Reason{{Column: "a", Weight: 0.1}, {Column: "b", Weight: 0.4}, {Column: "c", Weight: 0.1}, {Column: "d", Weight: 0.4}}
	SortReasons(reasons)
	var order []string
	for _, r := range reasons {
		order = append(order, r.Column)
	}
	if want := []string{"b", "d", "a", "c"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}
