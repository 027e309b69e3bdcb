package reports

import "testing"

func TestSlug(t *testing.T) {
	if got := slug("Flow Tuples", "a/../b"); got != "flow-tuples-a----b" {
		t.Errorf("slug %q", got)
	}
}
