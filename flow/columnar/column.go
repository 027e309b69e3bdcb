package columnar

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"toolkit/flow"
)

// A column is what the values of a column in some rows are gathered in: as texts,
// each of which ends with end, or otherwise.
type column struct {
	flow.Values
	null []bool // what Null is, if anything is null
	err  error  // that a text is too long
}

// maxValue is how many bytes a text may have: thousands of rows can share one
// that lies in a dictionary.
const maxValue = 16 << 10

func (c *column) reset() {
	c.Values.Reset()
	c.null, c.err = c.null[:0], nil
}

// number adds a whole number.
func (c *column) number(v int64) {
	c.Ints = append(c.Ints, v)
	if len(c.null) > 0 {
		c.null = append(c.null, false)
		c.Null = c.null
	}
}

// noNumber adds a whole number that is null.
func (c *column) noNumber() {
	for len(c.null) < len(c.Ints) {
		c.null = append(c.null, false)
	}
	c.Ints, c.null = append(c.Ints, 0), append(c.null, true)
	c.Null = c.null
}

// end ends a text.
func (c *column) end() {
	from := 0
	if n := len(c.Ends); n > 0 {
		from = c.Ends[n-1]
	}
	if n := len(c.Bytes) - from; n > maxValue {
		c.err = fmt.Errorf("a value of %d bytes, longer than the %d that one of a record may have", n, maxValue)
		c.Bytes = c.Bytes[:from]
	}
	c.Ends = append(c.Ends, len(c.Bytes))
}

func (c *column) add(s string) { c.Bytes = append(c.Bytes, s...) }

func (c *column) bool(v bool) { c.Bytes = strconv.AppendBool(c.Bytes, v) }

// float writes a number, and nothing for what is none, as some have it for null.
func (c *column) float(v float32) {
	if v == v {
		c.Bytes = strconv.AppendFloat(c.Bytes, float64(v), 'f', -1, 32)
	}
}

// bytes writes bytes that may be text, or an address.
func (c *column) bytes(b []byte, address bool) {
	if address && (len(b) == 4 || len(b) == 16) {
		if _, err := netip.ParseAddr(string(b)); err != nil {
			a, _ := netip.AddrFromSlice(b)
			c.Bytes = a.Unmap().AppendTo(c.Bytes)
			return
		}
	}
	c.Bytes = append(c.Bytes, b...)
}

// code adds value k of a dictionary, which the values so far are of, too, unless
// they are texts; -1 is null.
func (c *column) code(dict *flow.Texts, k int) {
	switch {
	case len(c.Ends) == 0:
		c.Dict, c.Codes = dict, append(c.Codes, int32(k))
		return
	case k >= 0:
		c.Bytes = append(c.Bytes, dict.At(k)...)
	}
	c.end()
}

// plain makes codes texts, as more of those follow.
func (c *column) plain() {
	codes := c.Codes
	c.Codes = nil
	for _, k := range codes {
		if k >= 0 {
			c.Bytes = append(c.Bytes, c.Dict.At(int(k))...)
		}
		c.end()
	}
}

// mostRows is how many rows a table of so many bytes may have: far more than
// records that differ in their times shrink to, and few enough to be gone through.
func mostRows(size int64) int64 { return 1<<18 + 512*size }

// moment returns a time since 1970 in a unit, or what a clock of that zone shows.
func moment(v int64, unit time.Duration, zone *time.Location) int64 {
	if zone == nil || zone == time.UTC {
		return v
	}
	per := int64(time.Second / unit)
	sec := flow.FloorDiv(v, per)
	u := time.Unix(sec, 0).UTC()
	y, m, d := u.Date()
	return v + (time.Date(y, m, d, u.Hour(), u.Minute(), u.Second(), 0, zone).Unix()-sec)*per
}
