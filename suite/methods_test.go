package suite

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// docs/methods.md has a section for each algorithm and each detector, in the
// order of the lists, whose name leads to its part of docs/algorithms.md, and
// which says the same five things of each.
func TestMethods(t *testing.T) {
	data, err := os.ReadFile("../docs/methods.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, a := range Algorithms {
		want = append(want, "["+a.Name+"](algorithms.md#"+a.Name+")")
	}
	for _, d := range Detectors {
		want = append(want, "["+d.Name+"](algorithms.md#"+d.Name+"-detector)")
	}
	heading := regexp.MustCompile(`(?m)^#+ (.*)$`)
	starts := heading.FindAllSubmatchIndex(data, -1)
	var got []string
	for i, m := range starts {
		title := string(data[m[2]:m[3]])
		if title[0] != '[' {
			continue
		}
		got = append(got, title)
		end := len(data)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		text := data[m[1]:end]
		for _, part := range []string{"Finds", "[Mm]isses", "Costs", "Choose", "Reference"} {
			if !regexp.MustCompile(`\*\*` + part + `\*\*`).Match(text) {
				t.Errorf("section %s of docs/methods.md has no part %q", title, part)
			}
		}
		if words := len(regexp.MustCompile(`\S+`).FindAll(text, -1)); words < 30 || words > 250 {
			t.Errorf("section %s of docs/methods.md has %d words: 30 to 250 are half a page at the most", title, words)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("sections of docs/methods.md:\n%q\nwant\n%q", got, want)
	}
}
