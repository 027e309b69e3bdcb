package flow

import (
	"os"
	"strings"
	"testing"
)

// docs/formats.md has every format, and the states that each word maps to.
func TestDocs(t *testing.T) {
	data, err := os.ReadFile("../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	rows := map[string][]string{}
	for line := range strings.Lines(doc) {
		if cells := strings.Split(strings.Trim(line, "|\n "), " | "); len(cells) > 2 {
			rows[cells[0]] = cells
		}
	}
	for _, f := range Formats {
		if !strings.Contains(doc, "\n### "+f.Name+"\n") || !strings.Contains(doc, "\n| `"+f.Name+"` | ") {
			t.Errorf("docs/formats.md does not tell of format %s", f.Name)
		}
	}
	check := func(word string, read func([]byte, Proto) (State, error)) {
		for i, p := range []Proto{TCP, UDP} {
			s, err := read([]byte(word), p)
			if err != nil {
				t.Fatal(err)
			}
			if row := rows[word]; row == nil || row[1+i] != s.String() {
				t.Errorf("docs/formats.md says %q of %s, want %v for %v", row, word, s, p)
			}
		}
	}
	for word := range zeekStates {
		if word != "" && word != "-" {
			check(word, zeekState)
		}
	}
	for word := range argusStates {
		if word != "" {
			check(word, argusWord)
		}
	}
}
