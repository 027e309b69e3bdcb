package prose

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Grid is a table whose first columns are aligned left, the others right.
type Grid struct {
	Head   []string // nil for none
	Rows   [][]string
	Left   int
	Indent string // before each line
}

// Write writes the head and the rows, a line each. What could move the cursor
// of a terminal is taken out.
func (g *Grid) Write(w io.Writer) {
	all := g.Rows
	if g.Head != nil {
		all = append([][]string{g.Head}, all...)
	}
	var width []int
	for _, row := range all {
		for j, s := range row {
			if j == len(width) {
				width = append(width, 0)
			}
			width[j] = max(width[j], utf8.RuneCountInString(s))
		}
	}
	for _, row := range all {
		var line strings.Builder
		line.WriteString(g.Indent)
		for j, s := range row {
			pad := strings.Repeat(" ", width[j]-utf8.RuneCountInString(s))
			s = Printable(s)
			if j < g.Left {
				s += pad
			} else {
				s = pad + s
			}
			if j > 0 {
				line.WriteString("  ")
			}
			line.WriteString(s)
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// Wrap writes s in lines of at most width characters, where its words allow,
// those after the first indented.
func Wrap(w io.Writer, s string, indent, width int) {
	line := ""
	for i, word := range strings.SplitAfter(s, " ") {
		word = Printable(word) // after it is cut: numbers stay with their units
		if i > 0 && utf8.RuneCountInString(line)+utf8.RuneCountInString(strings.TrimRight(word, " ")) > width {
			fmt.Fprintln(w, strings.TrimRight(line, " "))
			line = strings.Repeat(" ", indent)
		}
		line += word
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}

// Printable takes out of s what could move the cursor of a terminal.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		if string(r) == NBSP {
			return ' '
		}
		return '?'
	}, s)
}
