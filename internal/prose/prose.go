// Package prose writes numbers, with their units, and lists for people.
package prose

import (
	"math"
	"strconv"
	"strings"
	"time"

	"toolkit/features"
)

// NBSP stands between a number and its unit, so that no line ends there.
const NBSP = "\u00a0"

// Whole writes n with thousands separators.
func Whole(n int64) string {
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

// Human writes v for people: whole numbers in full, others with about four
// digits, the very large and very small as powers of ten.
func Human(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	case v == math.Trunc(v) && a < 1e15:
		return Whole(int64(v))
	case a >= 1e7:
		return scientific(v, 2)
	case a >= 1000:
		return Whole(int64(math.Round(v)))
	case a >= 1e-3:
		digits := 3 - int(math.Floor(math.Log10(a)))
		return Minus(TrimZeros(strconv.FormatFloat(v, 'f', max(digits, 0), 64)))
	}
	return scientific(v, 2)
}

// Minus writes a number's sign as people do.
func Minus(s string) string { return strings.Replace(s, "-", "−", 1) }

// TrimZeros takes zeros off the end of a decimal fraction.
func TrimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

var superscript = strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹", "-", "⁻", "+", "")

func scientific(v float64, digits int) string {
	m, e, _ := strings.Cut(strconv.FormatFloat(v, 'e', digits, 64), "e")
	n, _ := strconv.Atoi(e)
	return Minus(TrimZeros(m)) + "·10" + superscript.Replace(strconv.Itoa(n))
}

// Short writes v in the room of an axis: 1.5k, 20M.
func Short(v float64) string {
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
			return Minus(strconv.FormatFloat(v/unit, 'g', 3, 64)) + u.name
		}
	}
	if a >= 1000 {
		return Whole(int64(math.Round(v)))
	}
	if a < 1e-3 && a > 0 {
		return Minus(strconv.FormatFloat(v, 'g', 2, 64))
	}
	return Minus(strconv.FormatFloat(v, 'g', 4, 64))
}

// Bytes writes a number of bytes for people.
func Bytes(v float64) string {
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
	s := TrimZeros(strconv.FormatFloat(a, 'f', digits, 64)) + NBSP + names[unit]
	if v < 0 {
		return "−" + s
	}
	return s
}

// Percent writes a share of 1.
func Percent(v float64) string {
	switch p := 100 * v; {
	case math.IsNaN(v):
		return "–"
	case p == 0:
		return "0" + NBSP + "%"
	case math.Abs(p) < 0.01:
		return "<" + NBSP + "0.01" + NBSP + "%"
	case math.Abs(p) < 10:
		return TrimZeros(strconv.FormatFloat(p, 'f', 2, 64)) + NBSP + "%"
	case p < 100 && p > 99.9:
		return TrimZeros(strconv.FormatFloat(math.Floor(p*1000)/1000, 'f', 3, 64)) + NBSP + "%"
	default:
		return TrimZeros(strconv.FormatFloat(p, 'f', 1, 64)) + NBSP + "%"
	}
}

// Seconds writes a length of time.
func Seconds(v float64) string {
	d := time.Duration(v * float64(time.Second)).Round(time.Second)
	if v < 60 {
		return Human(math.Round(v*1000)/1000) + NBSP + "s"
	}
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case h >= 48 && h%24 == 0:
		return strconv.Itoa(h/24) + NBSP + "d"
	case h >= 48:
		return strconv.Itoa(h/24) + NBSP + "d " + strconv.Itoa(h%24) + NBSP + "h"
	case h > 0:
		return strconv.Itoa(h) + NBSP + "h " + strconv.Itoa(m) + NBSP + "min"
	case s > 0:
		return strconv.Itoa(m) + NBSP + "min " + strconv.Itoa(s) + NBSP + "s"
	}
	return strconv.Itoa(m) + NBSP + "min"
}

// Value writes v in its unit, for prose.
func Value(v float64, u features.Unit) string {
	switch {
	case math.IsNaN(v):
		return "none"
	case u == features.Bytes && math.Abs(v) >= 10*1024:
		return Bytes(v)
	case u == features.Bytes:
		return Human(v) + NBSP + "B"
	case u == features.Rate:
		return Bytes(v) + "/s"
	case u == features.Seconds:
		return Seconds(v)
	case u == features.Flag && v == 0:
		return "no"
	case u == features.Flag && v == 1:
		return "yes"
	}
	return Human(v)
}

// Moment writes microseconds since the epoch.
func Moment(us int64) string { return time.UnixMicro(us).UTC().Format("2006-01-02 15:04:05") }

// Plural writes n with the word for one or for many.
func Plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Whole(n) + " " + many
}

// List joins words as in a sentence.
func List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
