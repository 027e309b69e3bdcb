package flow

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// A cell is the reading of one field of a table: the text, how it is to be
// taken, and what of a record can only be worked out from several of its cells.
type cell struct {
	text []byte
	unit string
	buf  [32]byte // what text may lie in

	hosts  *Hosts
	labels *Labels
	clock  clock
	asHost func(text []byte) (Host, error) // reads addresses that aren't, nil for an error

	endTime             int64
	hasEnd              bool
	bytesAll, packetAll share
	hasState            bool
	sport               []byte // the text of the source's port
}

// A share is what went each way, -1 where it isn't given.
type share struct{ up, down, both int64 }

var noShare = share{-1, -1, -1}

// split returns what went each way. A total without the source's share counts
// as sent by the source.
func (s share) split() (up, down int64, ok bool) {
	switch {
	case s.both < 0:
		return max(s.up, 0), max(s.down, 0), true
	case s.up >= 0 && s.down >= 0:
		return s.up, s.down, true
	case s.up >= 0:
		return s.up, s.both - s.up, s.both >= s.up
	case s.down >= 0:
		return s.both - s.down, s.down, s.both >= s.down
	}
	return s.both, 0, true
}

func (c *cell) start(r *row) (err error) {
	r.time, err = c.moment()
	return err
}

func (c *cell) end(*row) (err error) {
	if len(c.text) > 0 {
		c.endTime, err = c.moment()
		c.hasEnd = err == nil
	}
	return err
}

// moment reads a time.
func (c *cell) moment() (int64, error) {
	switch c.unit {
	case "unix":
		return parseEpoch(c.text)
	case "unix_ms", "unix_us", "unix_ns":
		if ns, _, ok := decimal(c.text, unitScale(c.unit[5:])); ok {
			return ns, nil
		}
		return 0, &valueError{string(c.text), "a number of " + c.unit[5:] + " since 1970"}
	case "dmy", "mdy":
		return c.clock.parseDayFirst(c.text, c.unit == "mdy")
	}
	if len(c.text) > 4 && (c.text[4] == '-' || c.text[4] == '/') {
		return c.clock.parse(c.text)
	}
	// A number of seconds has 10 digits from 2001 to 2286, one of milliseconds 13 …
	whole, _, _ := bytes.Cut(c.text, []byte{'.'})
	scale := 9 - 3*max(0, (len(whole)-9)/3)
	if ns, _, ok := decimal(c.text, max(scale, 0)); ok {
		return ns, nil
	}
	return 0, &valueError{string(c.text), "a date with a time, such as 2017-01-27 16:24:42, or a number of s, ms, µs or ns since 1970"}
}

// unitScale returns how many digits a unit of time is before nanoseconds.
func unitScale(unit string) int {
	switch unit {
	case "ms":
		return 6
	case "us":
		return 3
	case "ns":
		return 0
	}
	return 9
}

func (c *cell) duration(r *row) error {
	if len(c.text) == 0 {
		return nil
	}
	ns, _, ok := decimal(c.text, unitScale(c.unit))
	if !ok || ns < 0 {
		return &valueError{string(c.text), "a duration, from 0 up to 292 years"}
	}
	r.duration, r.hasDuration = ns, true
	return nil
}

func (c *cell) proto(r *row) (err error) {
	text := c.text
	// ICSFlowGenerator: IPV4-TCP, IPV4-2
	if len(text) > 5 && text[4] == '-' && (bytes.HasPrefix(text, []byte("IPV4")) || bytes.HasPrefix(text, []byte("IPV6"))) {
		text = text[5:]
	}
	r.proto, err = parseProto(text)
	return err
}

func (c *cell) srcPort(r *row) (err error) {
	c.sport = c.text
	r.srcPort, err = c.port(r.proto)
	return err
}

func (c *cell) dstPort(r *row) (err error) {
	r.dstPort, err = c.port(r.proto)
	return err
}

// port reads a port, which some write as a real number. For ICMP nfdump has
// type.code in its place, others a hexadecimal number or nothing.
func (c *cell) port(p Proto) (uint16, error) {
	if string(c.text) == "-" {
		return 0, nil
	}
	if t, code, ok := bytes.Cut(c.text, []byte{'.'}); ok {
		a, ok1 := digits(t)
		b, ok2 := digits(code)
		switch icmp := p == ICMP || p == ICMPv6; {
		case ok1 && ok2 && b == 0 && a <= math.MaxUint16 && (!icmp || a > math.MaxUint8):
			return uint16(a), nil
		case icmp && ok1 && ok2 && a <= math.MaxUint8 && b <= math.MaxUint8:
			return uint16(a<<8 | b), nil
		}
	}
	return argusPort(c.text)
}

func (c *cell) bytesUp(*row) error     { return c.count(&c.bytesAll.up, parseBytes) }
func (c *cell) bytesDown(*row) error   { return c.count(&c.bytesAll.down, parseBytes) }
func (c *cell) bytesBoth(*row) error   { return c.count(&c.bytesAll.both, parseBytes) }
func (c *cell) packetsUp(*row) error   { return c.count(&c.packetAll.up, parseCount) }
func (c *cell) packetsDown(*row) error { return c.count(&c.packetAll.down, parseCount) }
func (c *cell) packetsBoth(*row) error { return c.count(&c.packetAll.both, parseCount) }

// count reads a count, which may be a real number that is whole or, as nfdump
// writes large ones, be followed by K, M, G or T. Empty and - are 0.
func (c *cell) count(to *int64, parse func([]byte) (int64, error)) error {
	text := c.text
	if len(text) == 0 || string(text) == "-" {
		*to = 0
		return nil
	}
	if i := bytes.IndexByte([]byte("KMGT"), text[len(text)-1]); i >= 0 {
		number := bytes.TrimSpace(text[:len(text)-1])
		if v, _, ok := decimal(number, 3*(i+1)); ok && v >= 0 {
			*to = v
			return nil
		}
	}
	v, err := jsonCount(text, parse)
	*to = v
	return err
}

func (c *cell) flagsUp(r *row) (err error) {
	r.flagsUp, err = parseFlags(c.text)
	r.hasFlags = true
	return err
}

func (c *cell) flagsDown(r *row) (err error) {
	r.flagsDown, err = parseFlags(c.text)
	r.hasFlags = true
	return err
}

func (c *cell) state(r *row) error {
	c.hasState = true
	if s, ok := stateNamed(c.text); ok {
		r.state = s
		return nil
	}
	switch string(c.text) {
	case "no", "PAR", "-": // UNSW-NB15
		return nil
	}
	return argusState(c.text, r)
}

func (c *cell) src(r *row) (err error) {
	r.src, err = c.host()
	return err
}

func (c *cell) dst(r *row) (err error) {
	r.dst, err = c.host()
	return err
}

func (c *cell) host() (Host, error) {
	if c.asHost != nil && bytes.IndexByte(c.text, '.') < 0 && bytes.IndexByte(c.text, ':') < 0 { // no address
		return c.asHost(c.text)
	}
	h, err := c.hosts.parse(c.text)
	if err == nil {
		return h, nil
	}
	if isMAC(c.text) {
		return 0, &skipError{ErrNotIP, "hardware addresses"}
	}
	if c.asHost != nil {
		return c.asHost(c.text)
	}
	return 0, err
}

func (c *cell) label(r *row) error {
	r.label = c.labels.parse(c.text)
	return nil
}

// finish works out what follows from several cells.
func (c *cell) finish(r *row) error {
	r.argusICMP(c.sport)
	var ok bool
	if r.up, r.down, ok = c.bytesAll.split(); !ok {
		return &fieldError{"bytes", &valueError{strconv.FormatInt(c.bytesAll.both, 10), "at least that of one side"}}
	}
	if r.packetsUp, r.packetsDown, ok = c.packetAll.split(); !ok {
		return &fieldError{"packets", &valueError{strconv.FormatInt(c.packetAll.both, 10), "at least that of one side"}}
	}
	r.hasPackets = c.packetAll != noShare
	if c.hasEnd && !r.hasDuration {
		if c.endTime < r.time {
			return &fieldError{"te", &valueError{time.Unix(0, c.endTime).UTC().Format(time.RFC3339Nano), "a time after the first packet's"}}
		}
		r.duration, r.hasDuration = c.endTime-r.time, true
	}
	if !c.hasState {
		r.state = stateOfFlow(r, c.bytesAll.down >= 0 || c.packetAll.down >= 0 || c.bytesAll.up >= 0)
	}
	return nil
}

// stateOfFlow tells the state of a record whose source has no word for it.
// twoWay says that it would tell of an answer, had there been one.
func stateOfFlow(r *row, twoWay bool) State {
	switch answered := r.down > 0 || r.packetsDown > 0; {
	case r.flagsDown != 0:
		return flagState(r.flagsUp, r.flagsDown)
	case r.hasFlags && r.flagsUp != 0 && r.proto == TCP:
		return oneWayState(r.proto, r.flagsUp)
	case answered:
		return Established
	case twoWay:
		return New
	}
	return Unknown
}
