package flow

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"
)

// parsePort reads a port in decimal digits.
func parsePort(b []byte) (uint16, error) {
	if v, ok := digits(b); ok && v <= math.MaxUint16 {
		return uint16(v), nil
	}
	return 0, &valueError{string(b), "a port, 0 to 65535"}
}

// parseBytes reads a number of bytes in decimal digits.
func parseBytes(b []byte) (int64, error) {
	if v, ok := digits(b); ok {
		return v, nil
	}
	return 0, &valueError{string(b), "a number of bytes, 0 to 9223372036854775807"}
}

// parseCount reads a number of packets in decimal digits.
func parseCount(b []byte) (int64, error) {
	if v, ok := digits(b); ok {
		return v, nil
	}
	return 0, &valueError{string(b), "a number of packets, 0 to 9223372036854775807"}
}

// parseSeconds reads a duration in seconds, with a fraction, as nanoseconds.
func parseSeconds(b []byte) (int64, error) {
	if ns, _, ok := decimal(b, 9); ok && ns >= 0 {
		return ns, nil
	}
	return 0, &valueError{string(b), "a duration in seconds, from 0 up to 292 years"}
}

// digits reads a whole number that is written in digits only.
func digits(b []byte) (v int64, ok bool) {
	for _, c := range b {
		d := int64(c - '0')
		if d > 9 || v > (math.MaxInt64-d)/10 {
			return 0, false
		}
		v = v*10 + d
	}
	return v, len(b) > 0
}

// decimal reads a number as JSON writes it, also with an exponent, and
// returns it times 10^scale without its fraction, and whether it had none. It
// computes in whole numbers, so that every digit counts.
func decimal(b []byte, scale int) (v int64, whole, ok bool) {
	if v, whole, ok := shortDecimal(b, scale); ok {
		return v, whole, true
	}
	b, neg := bytes.CutPrefix(b, []byte{'-'})
	mantissa := b
	if i := bytes.IndexAny(b, "eE"); i >= 0 {
		mantissa = b[:i]
		e, err := strconv.Atoi(string(b[i+1:]))
		if err != nil || e < -400 || e > 400 {
			return 0, false, false
		}
		scale += e
	}
	n, point := 0, len(mantissa) // digits; where the point is among them
	for i, c := range mantissa {
		switch {
		case c-'0' <= 9:
			n++
		case c == '.' && point == len(mantissa) && i > 0 && i < len(mantissa)-1:
			point = i
		default:
			return 0, false, false
		}
	}
	whole = true
	end := min(point, n) + scale // digits before the fraction, once scaled
	for i := range max(n, end) {
		d := int64(0)
		if i < n {
			j := i
			if i >= point {
				j++
			}
			d = int64(mantissa[j] - '0')
		}
		if i >= end {
			whole = whole && d == 0
			continue
		}
		if v > (math.MaxInt64-d)/10 {
			return 0, false, false
		}
		v = v*10 + d
	}
	if neg {
		v = -v
	}
	return v, whole, n > 0
}

// shortDecimal is decimal for most numbers: without a sign or an exponent, and of
// up to 18 digits once they are scaled. It returns false for others.
func shortDecimal(b []byte, scale int) (v int64, whole, ok bool) {
	i := 0
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		v = v*10 + int64(b[i]-'0')
	}
	if i == 0 || i+scale > 18 || scale < 0 {
		return 0, false, false
	}
	whole = true
	if i < len(b) {
		if b[i] != '.' || i+1 == len(b) {
			return 0, false, false
		}
		for _, c := range b[i+1:] {
			switch {
			case c-'0' > 9:
				return 0, false, false
			case scale > 0:
				v = v*10 + int64(c-'0')
				scale--
			default:
				whole = whole && c == '0'
			}
		}
	}
	for range scale {
		v *= 10
	}
	return v, whole, true
}

// parseEpoch reads seconds since the Unix epoch, with a fraction, as
// nanoseconds. What is finer is dropped.
func parseEpoch(b []byte) (int64, error) {
	if ns, _, ok := decimal(b, 9); ok {
		return ns, nil
	}
	return 0, &valueError{string(b), "a time in seconds since 1970, up to the year 2262"}
}

// A clock reads dates with times. It keeps the last second that it read,
// since most records share theirs with the record before.
type clock struct {
	zone *time.Location // of dates without one; nil for UTC
	text [19]byte
	ns   int64
	away int64 // what was taken off ns for the zone

	// The last time that began with the day or the month, which first.
	day   [32]byte
	dayN  int
	month bool
	dayNS int64
}

const dateWant = "a time such as 2017-01-27 16:24:42, of the years 1678 to 2261"

// parse reads YYYY-MM-DD hh:mm:ss, where / may stand for - and T or + for the
// blank, a fraction of a second may follow, of which nanoseconds are kept,
// and Z, +hh:mm or +hhmm may end it. Without a zone it is UTC.
func (c *clock) parse(b []byte) (int64, error) {
	if len(b) < len(c.text) {
		return 0, &valueError{string(b), dateWant}
	}
	if string(b[:len(c.text)]) != string(c.text[:]) {
		sec, ok := parseSecond(b[:len(c.text)])
		if !ok {
			return 0, &valueError{string(b), dateWant}
		}
		c.away = c.offset(sec)
		c.ns = (sec - c.away) * 1e9
		copy(c.text[:], b)
	}
	if len(b) == len(c.text) {
		return c.ns, nil
	}
	frac, zone, hasZone, ok := parseFraction(b[len(c.text):])
	if !ok {
		return 0, &valueError{string(b), dateWant}
	}
	if hasZone {
		zone -= c.away * 1e9
	}
	return c.ns + frac - zone, nil
}

// offset returns by how many seconds the clock's zone is ahead of UTC when it
// shows sec. Of an hour that comes twice it is the first.
func (c *clock) offset(sec int64) int64 {
	if c.zone == nil || c.zone == time.UTC {
		return 0
	}
	u := time.Unix(sec, 0).UTC()
	y, m, d := u.Date()
	return sec - time.Date(y, m, d, u.Hour(), u.Minute(), u.Second(), 0, c.zone).Unix()
}

// parseDayFirst reads D/M/YYYY h:mm with seconds or not, AM or PM, and - or .
// for /; with monthFirst M/D/YYYY. It is how spreadsheets write times.
func (c *clock) parseDayFirst(b []byte, monthFirst bool) (int64, error) {
	if c.dayN > 0 && c.month == monthFirst && string(b) == string(c.day[:c.dayN]) {
		return c.dayNS, nil
	}
	bad := &valueError{string(b), "a time such as 27/1/2017 16:24:42 or 27/1/2017 4:24 PM"}
	if monthFirst {
		bad.want = "a time such as 1/27/2017 16:24:42 or 1/27/2017 4:24 PM"
	}
	if len(b) > 4 && (b[4] == '-' || b[4] == '/') { // the year is first
		return c.parse(b)
	}
	var part [3][]byte // date, time, AM or PM
	n := 0
	for word := range bytes.FieldsSeq(b) {
		if n == len(part) {
			return 0, bad
		}
		part[n] = word
		n++
	}
	var f [6]int64
	date := bytes.FieldsFunc(part[0], func(r rune) bool { return r == '/' || r == '-' || r == '.' })
	hms := bytes.Split(part[1], []byte{':'})
	if len(date) != 3 || len(hms) < 2 || len(hms) > 3 {
		return 0, bad
	}
	for i, text := range append(date, hms...) {
		var ok bool
		if f[i], ok = digits(text); !ok || f[i] > 9999 {
			return 0, bad
		}
	}
	day, month, year, hour := f[0], f[1], f[2], f[3]
	if monthFirst {
		day, month = month, day
	}
	switch half := string(bytes.ToUpper(part[2])); {
	case half != "" && (half != "AM" && half != "PM" || hour < 1 || hour > 12):
		return 0, bad
	case half != "":
		hour %= 12
		if half == "PM" {
			hour += 12
		}
	}
	var buf [64]byte
	ns, err := c.parse(fmt.Appendf(buf[:0], "%04d-%02d-%02d %02d:%02d:%02d", year, month, day, hour, f[4], f[5]))
	if err != nil {
		return 0, bad
	}
	if len(b) <= len(c.day) {
		c.dayN, c.month, c.dayNS = copy(c.day[:], b), monthFirst, ns
	}
	return ns, nil
}

// parseSecond reads the 19 characters up to the second.
func parseSecond(b []byte) (sec int64, ok bool) {
	if b[4] != '-' && b[4] != '/' || b[7] != b[4] || b[10] != ' ' && b[10] != 'T' && b[10] != '+' || b[13] != ':' || b[16] != ':' {
		return 0, false
	}
	var f [6]int
	for i, at := range [6][2]int{{0, 4}, {5, 7}, {8, 10}, {11, 13}, {14, 16}, {17, 19}} {
		v, ok := digits(b[at[0]:at[1]])
		if !ok {
			return 0, false
		}
		f[i] = int(v)
	}
	t := time.Date(f[0], time.Month(f[1]), f[2], f[3], f[4], f[5], 0, time.UTC)
	// A day or second that doesn't exist has become another one.
	if int(t.Month()) != f[1] || t.Day() != f[2] || f[3] > 23 || f[4] > 59 || f[5] > 59 || f[0] < 1678 || f[0] > 2261 {
		return 0, false
	}
	return t.Unix(), true
}

// parseFraction reads what follows the second, as nanoseconds.
func parseFraction(b []byte) (frac, zone int64, hasZone, ok bool) {
	if b[0] == '.' {
		b = b[1:]
		n := 0
		for n < len(b) && b[n]-'0' <= 9 {
			n++
		}
		frac, _ = digits(b[:min(n, 9)])
		for i := n; i < 9; i++ {
			frac *= 10
		}
		b = b[n:]
		if n == 0 {
			return 0, 0, false, false
		}
	}
	switch {
	case len(b) == 0:
		return frac, 0, false, true
	case string(b) == "Z":
		return frac, 0, true, true
	case b[0] != '+' && b[0] != '-':
		return 0, 0, false, false
	case len(b) == 6 && b[3] == ':': // +hh:mm
		b = append(b[:3:3], b[4:]...)
	}
	hhmm, ok := digits(b[1:])
	if len(b) != 5 || !ok || hhmm/100 > 23 || hhmm%100 > 59 {
		return 0, 0, false, false
	}
	zone = (hhmm/100*60 + hhmm%100) * 60e9
	if b[0] == '-' {
		zone = -zone
	}
	return frac, zone, true, true
}
