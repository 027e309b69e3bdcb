package flow

import (
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// decimal is exact: it agrees with fractions of whole numbers of any size.
func TestDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{1,20}(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "text")
		scale := rapid.SampledFrom([]int{0, 6, 9}).Draw(t, "scale")
		r, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatal(text)
		}
		r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
		want := new(big.Int).Quo(r.Num(), r.Denom()) // toward zero
		fits := new(big.Int).Abs(want).IsInt64()
		got, whole, ok := decimal([]byte(text), scale)
		if ok != fits || ok && (got != want.Int64() || whole != r.IsInt()) {
			t.Fatalf("decimal(%q, %d) = %d, %v, %v, want %v, %v, %v", text, scale, got, whole, ok, want, r.IsInt(), fits)
		}
	})
	for _, text := range []string{"", "-", ".", "1.", ".1", "1.2.3", "+1", "1e", "e1", "1e999", "0x1", "1 ", "NaN", "--1", "1e1.5"} {
		if v, _, ok := decimal([]byte(text), 9); ok {
			t.Errorf("decimal(%q) = %d, want none", text, v)
		}
	}
}

// A clock reads what package time writes, in any order, to the nanosecond.
func TestClock(t *testing.T) {
	var c clock
	rapid.Check(t, func(t *rapid.T) {
		from, to := time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano(), time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()-1
		want := time.Unix(0, rapid.Int64Range(from, to).Draw(t, "ns")).UTC()
		layout := rapid.SampledFrom([]string{
			"2006-01-02 15:04:05.000000000", "2006/01/02 15:04:05.999999999", "2006-01-02+15:04:05.000000", "2006-01-02T15:04:05.999999999Z07:00", time.DateTime,
		}).Draw(t, "layout")
		text := want.Format(layout)
		exact, err := time.Parse(layout, text)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time from what the clock keeps
			if got, err := c.parse([]byte(text)); got != exact.UnixNano() || err != nil {
				t.Fatalf("%q is %d, %v, want %d", text, got, err, exact.UnixNano())
			}
		}
	})
	for _, text := range []string{
		"", "2017-01-27", "2017-01-27 16:24", "2017-01-27 16:24:4", "2017-01/27 16:24:42", "2017-01-27_16:24:42", "2017-01-27 24:00:00", "2017-01-27 16:60:42",
		"2017-13-27 16:24:42", "2017-00-27 16:24:42", "2017-04-31 16:24:42", "2017-01-27 16:24:42.", "2017-01-27 16:24:42,5", "2017-01-27 16:24:42 UTC",
		"2017-01-27 16:24:42+1", "2017-01-27 16:24:42+24:00", "2017-01-27 16:24:42+00:60", "2017-01-27 16:24:42ZZ", "1677-12-31 23:59:59", "2262-01-01 00:00:00",
	} {
		for range 2 {
			if got, err := c.parse([]byte(text)); err == nil {
				t.Errorf("%q is %d, want an error", text, got)
			}
		}
	}
}

func TestDigits(t *testing.T) {
	for _, v := range []int64{0, 7, 65535, math.MaxInt64 - 1, math.MaxInt64} {
		if got, ok := digits(fmt.Appendf(nil, "%03d", v)); got != v || !ok {
			t.Errorf("%d is %d, %v", v, got, ok)
		}
	}
	for _, text := range []string{"", "-1", "+1", "1_0", "9223372036854775808", "18446744073709551616", "99999999999999999999", "1\x00"} {
		if got, ok := digits([]byte(text)); ok {
			t.Errorf("%q is %d, want none", text, got)
		}
	}
}
