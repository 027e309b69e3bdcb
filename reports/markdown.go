package reports

import (
	"bytes"
	"fmt"
	"strings"
)

// Markdown returns the report in the Markdown of GitHub and its like, with
// pictures in figures/.
func (r *Report) Markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\n", md(r.Title))
	if r.Subtitle != "" {
		fmt.Fprintf(&b, "%s\n\n", md(r.Subtitle))
	}
	for _, s := range r.Sections {
		s.markdown(&b, 2)
	}
	if r.Version != "" {
		fmt.Fprintf(&b, "---\n\nMade by toolkit %s.\n", md(r.Version))
	}
	return b.Bytes()
}

func (s *Section) markdown(b *bytes.Buffer, level int) {
	fmt.Fprintf(b, "%s %s\n\n", strings.Repeat("#", min(level, 6)), md(s.Title))
	for _, f := range s.Facts {
		fmt.Fprintf(b, "- %s: **%s**", md(f.Name), md(f.Value))
		if f.Note != "" {
			fmt.Fprintf(b, " (%s)", md(f.Note))
		}
		b.WriteString("\n")
	}
	if len(s.Facts) > 0 {
		b.WriteString("\n")
	}
	for _, p := range s.Text {
		if p.Text != "" {
			fmt.Fprintf(b, "%s\n\n", md(p.Text))
		}
		for _, it := range p.Items {
			fmt.Fprintf(b, "- %s\n", md(it))
		}
		if len(p.Items) > 0 {
			b.WriteString("\n")
		}
		if len(p.Code) > 0 {
			// Indented code needs no fence that the text could close.
			for _, c := range p.Code {
				fmt.Fprintf(b, "    %s\n", oneLine(c))
			}
			b.WriteString("\n")
		}
	}
	for _, f := range s.Figures {
		fmt.Fprintf(b, "**%s**\n\n![%s](figures/%s)\n\n", md(f.Title), md(f.Alt), f.picture())
		if f.Caption != "" {
			fmt.Fprintf(b, "%s ", md(f.Caption))
		}
		fmt.Fprintf(b, "[Numbers](figures/%s.csv)\n\n", f.ID)
	}
	for _, t := range s.Tables {
		t.markdown(b)
	}
	for _, sub := range s.Subsections {
		sub.markdown(b, level+1)
	}
}

func (t *Table) markdown(b *bytes.Buffer) {
	fmt.Fprintf(b, "**%s**\n\n", md(t.Title))
	for _, h := range t.Columns {
		b.WriteString("| " + md(h.head()) + " ")
	}
	b.WriteString("|\n")
	for _, h := range t.Columns {
		if h.Align == Right {
			b.WriteString("|---:")
		} else {
			b.WriteString("|---")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.Rows {
		for _, c := range row {
			b.WriteString("| " + md(c.Text) + " ")
		}
		b.WriteString("|\n")
	}
	b.WriteString("\n")
	if t.Note != "" {
		fmt.Fprintf(b, "%s\n\n", md(t.Note))
	}
}

func (h Head) head() string {
	if h.Unit == "" {
		return h.Name
	}
	return h.Name + " [" + h.Unit + "]"
}

// md writes s as one line of text that means nothing to Markdown or HTML.
// Names of columns keep their _ bare inside of words, where it means nothing.
func md(s string) string {
	var b strings.Builder
	rs := []rune(oneLine(s))
	inWord := func(i int) bool {
		return i >= 0 && i < len(rs) && (rs[i] == '_' || rs[i] >= '0' && rs[i] <= '9' || rs[i] >= 'a' && rs[i] <= 'z' || rs[i] >= 'A' && rs[i] <= 'Z')
	}
	for i, r := range rs {
		switch r {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '\\', '`', '*', '[', ']', '|', '~', '$':
			b.WriteRune('\\')
			b.WriteRune(r)
		case '_':
			if !inWord(i-1) || !inWord(i+1) {
				b.WriteRune('\\')
			}
			b.WriteRune(r)
		case '@':
			b.WriteString("@\u2060") // a forge would tell the user of that name
		case ':':
			// A forge makes links of what looks like an address.
			if i+1 < len(rs) && rs[i+1] == '/' {
				b.WriteString("&#58;")
			} else {
				b.WriteRune(r)
			}
		case '#', '+', '-', '=':
			if i == 0 {
				b.WriteRune('\\')
			}
			b.WriteRune(r)
		case '.', ')':
			if r == '.' && i >= 3 && strings.EqualFold(string(rs[i-3:i]), "www") {
				b.WriteString("&#46;")
				continue
			}
			if i > 0 && allDigits(rs[:i]) && (i+1 == len(rs) || rs[i+1] == ' ') {
				b.WriteRune('\\')
			}
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func allDigits(rs []rune) bool {
	for _, r := range rs {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// oneLine makes line breaks and other control characters visible as blanks.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r >= 0x80 && r < 0xa0 || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return ' '
		}
		return r
	}, s))
}
