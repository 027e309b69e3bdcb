package reports

import (
	"math"
	"strconv"
	"strings"
	"time"

	"toolkit/features"
)

// nbsp stands between a number and its unit, so that no line ends there.
const nbsp = "\u00a0"

// whole writes n with thousands separators.
func whole(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// human writes v for people: whole numbers in full, others with about four
// digits, the very large and very small as powers of ten.
func human(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	case v == math.Trunc(v) && a < 1e15:
		return whole(int64(v))
	case a >= 1e7:
		return scientific(v, 2)
	case a >= 1000:
		return whole(int64(math.Round(v)))
	case a >= 1e-3:
		digits := 3 - int(math.Floor(math.Log10(a)))
		return minus(trimZeros(strconv.FormatFloat(v, 'f', max(digits, 0), 64)))
	}
	return scientific(v, 2)
}

func minus(s string) string { return strings.Replace(s, "-", "−", 1) }

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

var superscript = strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹", "-", "⁻", "+", "")

func scientific(v float64, digits int) string {
	m, e, _ := strings.Cut(strconv.FormatFloat(v, 'e', digits, 64), "e")
	n, _ := strconv.Atoi(e)
	return minus(trimZeros(m)) + "·10" + superscript.Replace(strconv.Itoa(n))
}

// short writes v in the room of an axis: 1.5k, 20M.
func short(v float64) string {
	a := math.Abs(v)
	for _, u := range []struct {
		unit float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if a >= u.unit*0.9995 {
			unit := u.unit
			if u.name == "k" {
				unit = 1000
			}
			return minus(strconv.FormatFloat(v/unit, 'g', 3, 64)) + u.name
		}
	}
	if a >= 1000 {
		return whole(int64(math.Round(v)))
	}
	if a < 1e-3 && a > 0 {
		return minus(strconv.FormatFloat(v, 'g', 2, 64))
	}
	return minus(strconv.FormatFloat(v, 'g', 4, 64))
}

// byteText writes a number of bytes for people.
func byteText(v float64) string {
	a, unit := math.Abs(v), 0
	names := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	for a >= 1023.5 && unit < len(names)-1 {
		a, unit = a/1024, unit+1
	}
	digits := 0
	if unit > 0 && a < 10 {
		digits = 2
	} else if unit > 0 && a < 100 {
		digits = 1
	}
	s := trimZeros(strconv.FormatFloat(a, 'f', digits, 64)) + nbsp + names[unit]
	if v < 0 {
		return "−" + s
	}
	return s
}

// percent writes a share of 1.
func percent(v float64) string {
	switch p := 100 * v; {
	case math.IsNaN(v):
		return "–"
	case p == 0:
		return "0" + nbsp + "%"
	case math.Abs(p) < 0.01:
		return "<" + nbsp + "0.01" + nbsp + "%"
	case math.Abs(p) < 10:
		return trimZeros(strconv.FormatFloat(p, 'f', 2, 64)) + nbsp + "%"
	case p < 100 && p > 99.9:
		return trimZeros(strconv.FormatFloat(math.Floor(p*1000)/1000, 'f', 3, 64)) + nbsp + "%"
	default:
		return trimZeros(strconv.FormatFloat(p, 'f', 1, 64)) + nbsp + "%"
	}
}

// seconds writes a length of time.
func seconds(v float64) string {
	d := time.Duration(v * float64(time.Second)).Round(time.Second)
	if v < 60 {
		return human(math.Round(v*1000)/1000) + nbsp + "s"
	}
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case h >= 48 && h%24 == 0:
		return strconv.Itoa(h/24) + nbsp + "d"
	case h >= 48:
		return strconv.Itoa(h/24) + nbsp + "d " + strconv.Itoa(h%24) + nbsp + "h"
	case h > 0:
		return strconv.Itoa(h) + nbsp + "h " + strconv.Itoa(m) + nbsp + "min"
	case s > 0:
		return strconv.Itoa(m) + nbsp + "min " + strconv.Itoa(s) + nbsp + "s"
	}
	return strconv.Itoa(m) + nbsp + "min"
}

// value writes v in its unit, for prose.
func value(v float64, u features.Unit) string {
	switch {
	case math.IsNaN(v):
		return "none"
	case u == features.Bytes && math.Abs(v) >= 10*1024:
		return byteText(v)
	case u == features.Bytes:
		return human(v) + nbsp + "B"
	case u == features.Rate:
		return byteText(v) + "/s"
	case u == features.Seconds:
		return seconds(v)
	case u == features.Flag && v == 0:
		return "no"
	case u == features.Flag && v == 1:
		return "yes"
	}
	return human(v)
}

// moment writes microseconds since the epoch.
func moment(us int64) string { return time.UnixMicro(us).UTC().Format("2006-01-02 15:04:05") }

// plural writes n with the word for one or for many.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return whole(n) + " " + many
}

// list joins words as in a sentence.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

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
