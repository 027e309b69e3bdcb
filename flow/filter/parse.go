package filter

import (
	"fmt"
	"strings"

	"toolkit/flow"
)

// An Error is a mistake in an expression.
type Error struct {
	Text string
	At   int // the byte where it is, from 0
	Msg  string
}

func (e *Error) Error() string {
	return fmt.Sprintf("column %d of the filter: %s", e.At+1, e.Msg)
}

// A parser reads an expression by descent: or, and, not, a primitive.
type parser struct {
	text    string
	words   []word
	n       int // words that are read
	depth   int
	negated bool // by an odd number of nots
}

type word struct {
	text string
	at   int
}

const maxDepth = 200

// scan cuts the text into words: brackets, comparisons, and what is between.
// What follows a word that begins with #, up to the end of the line, is a comment.
func (p *parser) scan() error {
	const signs = "()[],!<>=&|"
	for i := 0; i < len(p.text); {
		c := p.text[i]
		start := i
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case c == '#':
			end := strings.IndexByte(p.text[i:], '\n')
			if end < 0 {
				return nil
			}
			i += end
			continue
		case c == '"' || c == '\'':
			end := strings.IndexByte(p.text[i+1:], c)
			if end < 0 {
				return &Error{p.text, i, "the quote has no end"}
			}
			i += end + 2
			p.words = append(p.words, word{p.text[start+1 : i-1], start})
			continue
		case strings.IndexByte(signs, c) >= 0:
			i++
			if i < len(p.text) {
				switch p.text[start : i+1] {
				case "&&", "||", "<=", ">=", "==", "!=":
					i++
				}
			}
		default:
			for i < len(p.text) && strings.IndexByte(" \t\r\n\"'"+signs, p.text[i]) < 0 {
				i++
			}
		}
		p.words = append(p.words, word{p.text[start:i], start})
	}
	return nil
}

func (p *parser) end() bool { return p.n == len(p.words) }

// peek returns the next word in lower case, "" at the end.
func (p *parser) peek() string {
	if p.end() {
		return ""
	}
	return strings.ToLower(p.words[p.n].text)
}

// take passes over the next word if it is one of these.
func (p *parser) take(words ...string) bool {
	for _, w := range words {
		if !p.end() && p.peek() == w {
			p.n++
			return true
		}
	}
	return false
}

// two passes over the next two words if they are these.
func (p *parser) two(first, second string) bool {
	if !p.take(first) {
		return false
	}
	if !p.take(second) {
		p.n--
		return false
	}
	return true
}

// wrong is an error at the next word.
func (p *parser) wrong(format string, args ...any) error {
	at, found := len(p.text), "found the end"
	if !p.end() {
		at, found = p.words[p.n].at, fmt.Sprintf("found %q", p.words[p.n].text)
	}
	return &Error{p.text, at, found + ", " + fmt.Sprintf(format, args...)}
}

func (p *parser) or() (test, error) {
	return p.chain(p.and, []string{"or", "||"}, func(x, y test) test {
		return func(b *flow.Batch, i int) bool { return x(b, i) || y(b, i) }
	})
}

func (p *parser) and() (test, error) {
	return p.chain(p.not, []string{"and", "&&"}, func(x, y test) test {
		return func(b *flow.Batch, i int) bool { return x(b, i) && y(b, i) }
	})
}

func (p *parser) chain(part func() (test, error), words []string, join func(x, y test) test) (test, error) {
	x, err := part()
	for err == nil && p.take(words...) {
		var y test
		if y, err = part(); err == nil {
			x = join(x, y)
		}
	}
	return x, err
}

func (p *parser) not() (test, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.wrong("which is deeper than %d brackets", maxDepth)
	}
	defer func() { p.depth-- }()
	switch {
	case p.take("not", "!"):
		p.negated = !p.negated
		x, err := p.not()
		p.negated = !p.negated
		return func(b *flow.Batch, i int) bool { return !x(b, i) }, err
	case p.take("("):
		x, err := p.or()
		if err == nil && !p.take(")") {
			err = p.wrong("want )")
		}
		return x, err
	}
	return p.primitive()
}
