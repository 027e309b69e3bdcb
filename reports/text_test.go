package reports

import (
	"math"
	"testing"

	"toolkit/algo"
)

func TestReasonsInWords(t *testing.T) {
	none := math.Inf(1)
	for want, r := range map[string]algo.Reason{
		"dst ports 120 (ordinary: up to 18)":        {Column: "num_dst_ports", Value: 120, Low: -none, High: 18},
		"hours 0.5 (ordinary: 1 or more)":           {Column: "hours", Value: 0.5, Low: 1, High: none},
		"first_state=not_new (3 of 75,566 samples)": {Column: "first_state=not_new", Value: 3, Low: -none, High: none, Of: 75566},
	} {
		if got := inWords(r); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestSlug(t *testing.T) {
	if got := slug("Flow Tuples", "a/../b"); got != "flow-tuples-a----b" {
		t.Errorf("slug %q", got)
	}
}
