package datasets

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"toolkit/flow"
)

func TestAll(t *testing.T) {
	word := regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	seen := map[string]bool{}
	for _, d := range All {
		if !word.MatchString(d.Name) || seen[d.Name] {
			t.Errorf("name %q is not a lower-case word of its own", d.Name)
		}
		seen[d.Name] = true
		if title := d.Title(); title == "" || strings.HasSuffix(title, ".") || strings.Contains(title, "\n") {
			t.Errorf("%s: title %q, want one line without a full stop", d, title)
		}
		if d.Licence == "" || d.Source == "" {
			t.Errorf("%s: Licence and Source must be set", d)
		}
		if Find(d.Name) != d {
			t.Errorf("%s is not found by its name", d)
		}

		var hosts flow.Hosts
		var labels flow.Labels
		records, before := 0, int64(0)
		for b, err := range d.Open(&hosts, &labels) {
			if err != nil {
				t.Fatalf("%s: %v", d, err)
			}
			if b.Hosts != &hosts || b.Labels != &labels || len(b.Label) != b.Len() {
				t.Fatalf("%s: a batch has other hosts or labels than Open was given", d)
			}
			if b.Time[0] < before {
				t.Fatalf("%s: record %d is before the one before", d, b.Seq)
			}
			before = b.Time[b.Len()-1]
			records += b.Len()
		}
		if records == 0 {
			t.Errorf("%s has no records", d)
		}
		var got []string
		for id := range labels.Len() {
			got = append(got, labels.Name(flow.LabelID(id+1)))
		}
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(d.Labels)); !slices.Equal(got, want) {
			t.Errorf("%s: records have the labels %v, declared are %v", d, got, want)
		}
	}
	if Find("nothing") != nil {
		t.Error("a data set is named nothing")
	}
}
