package columnar

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"toolkit/flow"
)

// texts are the values of a column, as text.
type texts struct {
	buf  []byte
	ends []int
	err  error // that a value is too long
}

// maxValue is how many bytes a value may have: thousands of rows can share one
// that lies in a dictionary.
const maxValue = 16 << 10

func (t *texts) reset() { *t = texts{buf: t.buf[:0], ends: t.ends[:0]} }

func (t *texts) end() {
	from := 0
	if n := len(t.ends); n > 0 {
		from = t.ends[n-1]
	}
	if n := len(t.buf) - from; n > maxValue {
		t.err = fmt.Errorf("a value of %d bytes, longer than the %d that one of a record may have", n, maxValue)
		t.buf = t.buf[:from]
	}
	t.ends = append(t.ends, len(t.buf))
}

func (t *texts) add(s string) { t.buf = append(t.buf, s...) }
func (t *texts) at(i int) []byte {
	from := 0
	if i > 0 {
		from = t.ends[i-1]
	}
	return t.buf[from:t.ends[i]:t.ends[i]]
}

func (t *texts) int(v int64) { t.buf = strconv.AppendInt(t.buf, v, 10) }

func (t *texts) bool(v bool) { t.buf = strconv.AppendBool(t.buf, v) }

func (t *texts) unsigned(v uint64) { t.buf = strconv.AppendUint(t.buf, v, 10) }

// float writes a number, and nothing for what is none, as some have it for null.
func (t *texts) float(v float64, bits int) {
	if v == v {
		t.buf = strconv.AppendFloat(t.buf, v, 'f', -1, bits)
	}
}

// mostRows is how many rows a table of so many bytes may have: far more than
// records that differ in their times shrink to, and few enough to be gone through.
func mostRows(size int64) int64 { return 1<<18 + 512*size }

// address writes the IPv4 address of that number.
func (t *texts) address(v int64) {
	if v < 0 || v > 0xffffffff {
		if v >= -1<<31 && v < 0 { // a column of signed numbers of 32 bits
			v += 1 << 32
		} else {
			t.int(v)
			return
		}
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(v))
	t.buf = netip.AddrFrom4(b).AppendTo(t.buf)
}

// bytes writes bytes that may be text, or an address.
func (t *texts) bytes(b []byte, address bool) {
	if address && (len(b) == 4 || len(b) == 16) {
		if _, err := netip.ParseAddr(string(b)); err != nil {
			a, _ := netip.AddrFromSlice(b)
			t.buf = a.Unmap().AppendTo(t.buf)
			return
		}
	}
	t.buf = append(t.buf, b...)
}

// moment writes a time since 1970 in a unit, or what a clock of that zone shows.
func (t *texts) moment(v int64, unit time.Duration, zone *time.Location) {
	if zone != nil && zone != time.UTC {
		per := int64(time.Second / unit)
		sec := flow.FloorDiv(v, per)
		u := time.Unix(sec, 0).UTC()
		y, m, d := u.Date()
		v += (time.Date(y, m, d, u.Hour(), u.Minute(), u.Second(), 0, zone).Unix() - sec) * per
	}
	t.int(v)
}
