package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A byteSize is a number of bytes that can be given as 512MiB, 2GB or 4096.
type byteSize int64

var byteUnits = []struct {
	name string
	size float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"B", 1}, {"", 1},
}

// Set implements pflag.Value.
func (b *byteSize) Set(s string) error {
	for _, u := range byteUnits {
		if len(s) < len(u.name) || !strings.EqualFold(s[len(s)-len(u.name):], u.name) {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(s[:len(s)-len(u.name)]), 64)
		if err != nil || !(v >= 0) || v*u.size > math.MaxInt64/2 {
			break
		}
		*b = byteSize(v * u.size)
		return nil
	}
	return fmt.Errorf("%q is not a size such as 512MiB or 4GB", s)
}

// Type implements pflag.Value.
func (b *byteSize) Type() string { return "size" }

// String writes b in the unit that says it exactly in few digits, or rounded.
func (b *byteSize) String() string { return sizeText(int64(*b)) }

// sizeText writes a number of bytes for people.
func sizeText(b int64) string {
	switch {
	case b >= 1<<30:
		return fmt.Sprintf("%.4gGiB", float64(b)/(1<<30))
	case b >= 1<<20:
		return fmt.Sprintf("%.4gMiB", float64(b)/(1<<20))
	case b >= 1<<10:
		return fmt.Sprintf("%.4gKiB", float64(b)/(1<<10))
	}
	return strconv.FormatInt(b, 10)
}

// count writes a whole number with commas.
func count[T int | int64 | int32](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	from := 0
	if n < 0 {
		from = 1
	}
	for i := len(s) - 3; i > from; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural writes a count of things: "1 record", "2 records".
func plural[T int | int64 | int32](n T, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return count(n) + " " + thing + "s"
}
