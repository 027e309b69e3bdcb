package flow

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

var argusFormat = &Format{
	Name:   "argus",
	Doc:    "text of Argus's ra with a header of column names, separated by commas, tabs or blanks; CTU-13's binetflow",
	Detect: func(head []byte) bool { return isArgusHeader(firstLine(head)) },
	Read:   argusLines.read, lines: argusLines,
}

var argusLines = &lineFormat{
	parser: func(in Input) (parseFunc, runFunc) {
		return (&argusReader{hosts: in.Hosts, labels: in.Labels, year: in.Year, clock: clock{zone: in.Zone}}).parse, nil
	},
	heads: func(_ [][]byte, block []byte) bool { return isArgusHeader(block) },
	head: func(kept [][]byte, line []byte) [][]byte {
		if isArgusHeader(line) {
			return [][]byte{bytes.Clone(line)}
		}
		return kept
	},
}

// isArgusHeader tells whether line has the column names that every record
// needs.
func isArgusHeader(line []byte) bool {
	return bytes.Contains(line, []byte("StartTime")) && bytes.Contains(line, []byte("SrcAddr")) && bytes.Contains(line, []byte("DstAddr"))
}

// An argusReader reads the lines that Argus's ra prints. ra repeats its
// header where it is told to.
type argusReader struct {
	hosts  *Hosts
	labels *Labels
	year   int
	clock  clock

	sep      byte     // comma, tab, or a blank for any number of them
	f        [][]byte // the line's fields, as many as the header has; nil before it
	words    [][]byte // what stands between blanks in it
	time     int      // where each is among them, -1 if it isn't
	proto    int
	srcAddr  int
	sport    int
	dstAddr  int
	dport    int
	state    int
	label    int
	flags    int
	srcBytes int
	dstBytes int
	totBytes int
	duration int
	srcPkts  int
	dstPkts  int
	totPkts  int
}

func (p *argusReader) parse(line []byte, r *row) (err error) {
	if isArgusHeader(line) {
		if err := p.columns(string(line)); err != nil {
			return fatalError{err}
		}
		return errNoRecord
	}
	if p.f == nil {
		return fatalError{errors.New("no header of column names before the first record; let ra print one (ra -L 0)")}
	}
	if err := p.split(line); err != nil {
		return err
	}
	// What is not of IP comes first: such a record is counted apart, whatever else is in it.
	if r.proto, err = parseProto(p.f[p.proto]); err != nil {
		return &fieldError{"Proto", err}
	}
	src, dst := p.f[p.srcAddr], p.f[p.dstAddr]
	if isMAC(src) || isMAC(dst) {
		return &fieldError{"SrcAddr", &skipError{ErrNotIP, "hardware addresses"}}
	}
	if r.time, err = p.parseTime(p.f[p.time]); err != nil {
		return &fieldError{"StartTime", err}
	}
	if r.srcPort, err = argusPort(p.get(p.sport)); err != nil {
		return &fieldError{"Sport", err}
	}
	if r.dstPort, err = argusPort(p.get(p.dport)); err != nil {
		return &fieldError{"Dport", err}
	}
	r.argusICMP(p.get(p.sport))
	if r.up, r.down, err = p.share([3]string{"SrcBytes", "DstBytes", "TotBytes"}, [3]int{p.srcBytes, p.dstBytes, p.totBytes}, parseBytes); err != nil {
		return err
	}
	if r.packetsUp, r.packetsDown, err = p.share([3]string{"SrcPkts", "DstPkts", "TotPkts"}, [3]int{p.srcPkts, p.dstPkts, p.totPkts}, parseCount); err != nil {
		return err
	}
	r.hasPackets = p.totPkts >= 0 || p.srcPkts >= 0 || p.dstPkts >= 0
	if d := p.get(p.duration); len(d) > 0 {
		if r.duration, err = parseSeconds(d); err != nil {
			return &fieldError{"Dur", err}
		}
	}
	r.hasDuration = p.duration >= 0
	if err := argusState(p.get(p.state), r); err != nil {
		return &fieldError{"State", err}
	}
	if r.src, err = p.hosts.parse(src); err != nil {
		return &fieldError{"SrcAddr", err}
	}
	if r.dst, err = p.hosts.parse(dst); err != nil {
		return &fieldError{"DstAddr", err}
	}
	r.label = p.labels.parse(p.get(p.label))
	return nil
}

func (p *argusReader) get(i int) []byte {
	if i < 0 {
		return nil
	}
	return p.f[i]
}

// share reads how much went each way from the fields of the source's, the
// destination's and the total; a field is -1 that there is not. A total without
// the source's share counts as sent by the source; what is given of one side
// only is all there is.
func (p *argusReader) share(names [3]string, fields [3]int, parse func([]byte) (int64, error)) (up, down int64, err error) {
	v := [3]int64{-1, -1, -1}
	for i, field := range fields {
		if field < 0 {
			continue
		}
		if v[i], err = parse(p.f[field]); err != nil {
			return 0, 0, &fieldError{names[i], err}
		}
	}
	up, down, total := v[0], v[1], v[2]
	switch {
	case total < 0:
		return max(up, 0), max(down, 0), nil
	case up >= 0 && down >= 0:
	case up >= 0:
		down = total - up
	case down >= 0:
		up = total - down
	default:
		up, down = total, 0
	}
	if up < 0 || down < 0 {
		return 0, 0, &fieldError{names[2], &valueError{string(p.f[fields[2]]), "at least that of one side"}}
	}
	return up, down, nil
}

// parseTime reads a date in one of ra's formats or as seconds since 1970.
// month/day.hh:mm:ss is of p.year.
func (p *argusReader) parseTime(b []byte) (int64, error) {
	switch {
	case len(b) >= 14 && b[2] == '/' && b[5] == '.':
		var buf [40]byte
		full := fmt.Appendf(buf[:0], "%04d/%s %s", p.year, b[:5], b[6:])
		t, err := p.clock.parse(full)
		if err != nil {
			return 0, &valueError{string(b), fmt.Sprintf("month/day.hh:mm:ss of the year %d", p.year)}
		}
		return t, nil
	case len(b) > 4 && (b[4] == '/' || b[4] == '-'):
		return p.clock.parse(b)
	}
	if t, err := parseEpoch(b); err == nil {
		return t, nil
	}
	return 0, &valueError{string(b), "a time such as 2011/08/16 10:01:46.972101"}
}

// argusPort reads a port as a decimal or, such as for the type and code of
// ICMP, a hexadecimal number. Protocols without ports leave it empty.
func argusPort(b []byte) (uint16, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if hex, ok := bytes.CutPrefix(b, []byte("0x")); ok {
		if v, err := strconv.ParseUint(string(hex), 16, 16); err == nil {
			return uint16(v), nil
		}
	} else if v, err := parsePort(b); err == nil {
		return v, nil
	}
	return 0, &valueError{string(b), "a port number, such as 443 or 0x01bb (ra -n writes numbers instead of services)"}
}

// argusICMP makes the ports of ICMP its type and code, as Zeek has them. Argus has
// both in the source's, in hexadecimal digits, the code first; its destination's is
// an identifier.
func (r *row) argusICMP(sport []byte) {
	if (r.proto == ICMP || r.proto == ICMPv6) && bytes.HasPrefix(sport, []byte("0x")) {
		r.srcPort, r.dstPort = r.srcPort&0xff, r.srcPort>>8
	}
}

func isMAC(b []byte) bool {
	if len(b) != 17 || b[2] != ':' {
		return false
	}
	_, err := net.ParseMAC(string(b))
	return err == nil
}

// columns notes where the fields are that p reads.
func (p *argusReader) columns(header string) error {
	p.sep = ' '
	var names []string
	switch {
	case strings.Contains(header, ","):
		p.sep = ','
		names = strings.Split(header, ",")
	case strings.Contains(header, "\t"):
		p.sep = '\t'
		names = strings.Split(header, "\t")
	default:
		names = strings.Fields(header)
	}
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	at := func(name string) int { return slices.Index(names, name) }
	var missing []string
	need := func(name string) int {
		i := at(name)
		if i < 0 {
			missing = append(missing, name)
		}
		return i
	}
	p.time, p.proto = need("StartTime"), need("Proto")
	p.srcAddr, p.sport = need("SrcAddr"), need("Sport")
	p.dstAddr, p.dport = need("DstAddr"), need("Dport")
	p.state, p.label, p.flags = at("State"), at("Label"), at("Flgs")
	p.srcBytes, p.dstBytes, p.totBytes = at("SrcBytes"), at("DstBytes"), at("TotBytes")
	p.srcPkts, p.dstPkts, p.totPkts, p.duration = at("SrcPkts"), at("DstPkts"), at("TotPkts"), at("Dur")
	if p.totBytes < 0 && (p.srcBytes < 0 || p.dstBytes < 0) {
		missing = append(missing, "SrcBytes and DstBytes, or TotBytes")
	}
	if missing != nil {
		return fmt.Errorf("the header has no %s; ask ra for these columns (ra -s)", strings.Join(missing, ", "))
	}
	p.f = make([][]byte, len(names))
	return nil
}

// split cuts line into p.f.
func (p *argusReader) split(line []byte) error {
	n := 0
	if p.sep == ' ' {
		n = p.splitBlanks(line)
	} else {
		for field := range bytes.SplitSeq(line, []byte{p.sep}) {
			if n < len(p.f) {
				p.f[n] = bytes.TrimSpace(field)
			}
			n++
		}
	}
	if n != len(p.f) {
		return fmt.Errorf("%d fields, want the %d of the header", n, len(p.f))
	}
	return nil
}

// splitBlanks cuts at runs of blanks and returns the number of fields. A date
// and its time make one field, and so do the flags, however many there are.
func (p *argusReader) splitBlanks(line []byte) (n int) {
	words := p.words[:0]
	for word := range bytes.FieldsSeq(line) {
		words = append(words, word)
	}
	p.words = words
	for i := 0; i < len(words); n++ {
		end := i + 1
		switch {
		case n == p.time && bytes.IndexByte(words[i], ':') < 0:
			end = min(end+1, len(words))
		case n == p.flags:
			end = max(end, len(words)-(len(p.f)-n-1))
		}
		if n < len(p.f) {
			if p.f[n] = words[i]; end > i+1 {
				p.f[n] = bytes.Join(words[i:end], []byte{' '})
			}
		}
		i = end
	}
	return n
}
