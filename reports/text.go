package reports

import (
	"strings"

	"toolkit/features"
	"toolkit/internal/prose"
)

// Numbers and lists in words, by the names that they go by here.
const nbsp = prose.NBSP

var (
	whole     = prose.Whole
	human     = prose.Human
	short     = prose.Short
	byteText  = prose.Bytes
	percent   = prose.Percent
	seconds   = prose.Seconds
	value     = prose.Value
	moment    = prose.Moment
	plural    = prose.Plural
	list      = prose.List
	minus     = prose.Minus
	trimZeros = prose.TrimZeros
)

// slug returns an identifier of the parts, of letters, digits, - and _ alone.
func slug(parts ...string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, strings.Join(parts, "-"))
}

func plain(s string) Cell { return Cell{Text: s, Value: s} }

func count(n int64) Cell { return Cell{Text: whole(n), Value: n} }

func num(v float64) Cell { return cell(human(v), v) }

func share(v float64) Cell { return cell(percent(v), v) }

func inUnit(v float64, u features.Unit) Cell { return cell(value(v, u), v) }

// cell keeps a number that JSON can hold.
func cell(s string, v float64) Cell {
	if !finite(v) {
		return Cell{Text: s}
	}
	return Cell{Text: s, Value: v}
}
