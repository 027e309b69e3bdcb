package flow

import (
	"bytes"
	"math"
	"strconv"
)

// Values are what a column of a table that is not of text holds in some rows. One
// of Ints, Floats and Codes has a value for each row, or else Texts has.
type Values struct {
	Ints     []int64
	Unsigned bool      // Ints are those of uint64
	Floats   []float64 // NaN is null
	Codes    []int32   // of values in Dict; -1 is null
	Dict     *Texts    // which doesn't change
	Null     []bool    // where Ints hold nothing; nil if they do everywhere
	Texts              // nothing is null
}

// Reset empties v, keeping its memory.
func (v *Values) Reset() {
	*v = Values{Ints: v.Ints[:0], Floats: v.Floats[:0], Codes: v.Codes[:0], Texts: Texts{v.Bytes[:0], v.Ends[:0]}}
}

// Texts are texts one behind another.
type Texts struct {
	Bytes []byte
	Ends  []int // of each in Bytes
}

// At returns the text of that index.
func (t *Texts) At(i int) []byte {
	from := 0
	if i > 0 {
		from = t.Ends[i-1]
	}
	return t.Bytes[from:t.Ends[i]:t.Ends[i]]
}

// text returns what a CSV file has in the place of a value, in buf if it has to
// be made.
func (v *Values) text(i int, buf []byte) []byte {
	switch {
	case len(v.Ints) > 0:
		switch {
		case v.Null != nil && v.Null[i]:
			return nil
		case v.Unsigned:
			return strconv.AppendUint(buf[:0], uint64(v.Ints[i]), 10)
		}
		return strconv.AppendInt(buf[:0], v.Ints[i], 10)
	case len(v.Codes) > 0:
		if v.Codes[i] < 0 {
			return nil
		}
		return v.Dict.At(int(v.Codes[i]))
	case len(v.Floats) > 0:
		f := v.Floats[i]
		if f != f {
			return nil
		}
		return strconv.AppendFloat(buf[:0], f, 'f', -1, 64)
	}
	return v.Texts.At(i)
}

// A source is where a step has its values from, of a table that is not of text.
type source struct {
	v    *Values
	kind sourceKind
	per  int64 // nanoseconds of the column's unit, 0 for any that is told by the number

	// What the values of a dictionary have made of a record, plus 1, 0 where that
	// is not known yet.
	known []uint64
	of    *Texts
}

// A sourceKind says which values are quick to read.
type sourceKind int

const (
	fromAny   sourceKind = iota
	fromTexts            // of Texts
	fromInts             // none of them null, or beyond an int64
	fromReals            // of Floats
	fromCodes
)

// take has the step read values.
func (s *step) take(v *Values) {
	from := &s.from
	from.v, from.kind, from.per = v, fromAny, 0
	switch s.unit {
	case "s", "unix":
		from.per = 1e9
	case "ms", "unix_ms":
		from.per = 1e6
	case "us", "unix_us":
		from.per = 1e3
	case "ns", "unix_ns":
		from.per = 1
	case "dmy", "mdy":
		return
	case "":
		if len(s.field.units) > 0 && s.field.units[0] == "s" {
			from.per = 1e9
		}
	}
	switch {
	case len(v.Ints) > 0:
		if s.field.whole != nil && v.Null == nil && !v.Unsigned {
			from.kind = fromInts
		}
	case len(v.Codes) > 0:
		if s.field.keeps == nil {
			return
		}
		from.kind = fromCodes
		if from.of != v.Dict {
			from.of, from.known = v.Dict, make([]uint64, s.field.keeps.size()*len(v.Dict.Ends))
		}
	case len(v.Floats) > 0:
		from.kind = fromReals
	default:
		from.kind = fromTexts
	}
}

// fields reads all fields of the row, up to one that is wrong. Most numbers are
// taken as they are, and values of a dictionary parsed once.
func (t *RowReader) fields(c *cell, r *row) (*step, error) {
	i := t.row
	for k := range t.p.steps {
		s := &t.p.steps[k]
		switch from := &s.from; from.kind {
		case fromTexts:
			c.unit, c.text = s.unit, from.v.At(i)
			if err := s.field.parse(c, r); err != nil {
				return s, err
			}
			continue
		case fromInts:
			if s.field.whole(c, r, from.v.Ints[i], from.per) {
				continue
			}
		case fromReals:
			if s.real(c, r, from.v.Floats[i]) {
				continue
			}
		case fromCodes:
			if code := from.v.Codes[i]; code >= 0 {
				if known := from.known[s.field.keeps.at(int(code), r.proto)]; known > 0 {
					s.field.keeps.set(c, r, known-1)
					continue
				}
			}
		}
		if err := s.slow(c, r, i); err != nil {
			return s, err
		}
	}
	return nil, nil
}

// slow reads any value: most by its text.
func (s *step) slow(c *cell, r *row, i int) error {
	c.unit, c.text = s.unit, s.fixed
	v := s.from.v
	if v == nil { // it is fixed
		return s.field.parse(c, r)
	}
	if len(v.Ints) > 0 && s.from.kind != fromInts && s.field.whole != nil && (v.Null == nil || !v.Null[i]) {
		if n := v.Ints[i]; (n >= 0 || !v.Unsigned) && s.unit != "dmy" && s.unit != "mdy" && s.field.whole(c, r, n, s.from.per) {
			return nil
		}
	}
	c.text = v.text(i, c.buf[:])
	err := s.field.parse(c, r)
	if err == nil && s.from.kind == fromCodes && v.Codes[i] >= 0 {
		s.field.keeps.keep(s.from.known, int(v.Codes[i]), c, r)
	}
	return err
}

// real reads a floating-point number as it is, if it can.
func (s *step) real(c *cell, r *row, v float64) bool {
	switch {
	case s.field.real != nil && s.field.real(c, r, v, s.from.per):
		return true
	case s.field.whole == nil || v != math.Trunc(v) || math.Abs(v) > 1<<53 || v == 0 && math.Signbit(v):
		return false
	}
	return s.field.whole(c, r, int64(v), s.from.per)
}

// A keeping says what of a record follows from a field's text alone or, if byProto
// is set, from that and the protocol.
type keeping struct {
	get     func(r *row) uint64
	set     func(c *cell, r *row, v uint64)
	byProto bool
	not     func(text []byte) bool // of which more follows; nil if of none
}

// size returns for how many records a value has to be kept.
func (k *keeping) size() int {
	if k.byProto {
		return keptProtos
	}
	return 1
}

// at returns where what the value of that code makes of a record is kept.
func (k *keeping) at(code int, p Proto) int {
	if !k.byProto {
		return code
	}
	code *= keptProtos
	switch p {
	case TCP:
		return code
	case UDP:
		return code + 1
	case ICMP:
		return code + 2
	}
	return code + 3
}

// keep keeps what the text in c has made of r, if it can.
func (k *keeping) keep(known []uint64, code int, c *cell, r *row) {
	at := k.at(code, r.proto)
	if k.byProto && at%keptProtos == keptProtos-1 || k.not != nil && k.not(c.text) {
		return
	}
	known[at] = k.get(r) + 1
}

// keptProtos are TCP, UDP, ICMP and, of which nothing is kept, all others.
const keptProtos = 4

var (
	keepsProto = &keeping{
		get: func(r *row) uint64 { return uint64(r.proto) },
		set: func(_ *cell, r *row, v uint64) { r.proto = Proto(v) },
	}
	keepsSrc = &keeping{
		get: func(r *row) uint64 { return uint64(r.src) },
		set: func(_ *cell, r *row, v uint64) { r.src = Host(v) },
	}
	keepsDst = &keeping{
		get: func(r *row) uint64 { return uint64(r.dst) },
		set: func(_ *cell, r *row, v uint64) { r.dst = Host(v) },
	}
	keepsLabel = &keeping{
		get: func(r *row) uint64 { return uint64(r.label) },
		set: func(_ *cell, r *row, v uint64) { r.label = LabelID(v) },
	}
	keepsState = &keeping{
		get:     func(r *row) uint64 { return uint64(r.state) },
		set:     func(c *cell, r *row, v uint64) { r.state, c.hasState = State(v), true },
		byProto: true, not: func(text []byte) bool { return bytes.IndexByte(text, '_') >= 0 }, // TCP flags, of Argus
	}
	keepsFlagsUp = &keeping{
		get: func(r *row) uint64 { return uint64(r.flagsUp) },
		set: func(_ *cell, r *row, v uint64) { r.flagsUp, r.hasFlags = Flags(v), true },
	}
	keepsFlagsDown = &keeping{
		get: func(r *row) uint64 { return uint64(r.flagsDown) },
		set: func(_ *cell, r *row, v uint64) { r.flagsDown, r.hasFlags = Flags(v), true },
	}
)
