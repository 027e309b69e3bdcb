package flow

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var zeekFormat = &Format{
	Name:   "zeek",
	Doc:    "Zeek's conn.log, tab-separated, with its #fields header",
	Detect: detectZeek,
	Read:   zeekLines.read, lines: zeekLines,
}

var zeekLines = &lineFormat{
	parser: func(in Input) (parseFunc, runFunc) {
		p := &zeekReader{hosts: in.Hosts, labels: in.Labels}
		p.reset('\t')
		return p.parse, nil
	},
	heads: func(_ [][]byte, block []byte) bool {
		return bytes.HasPrefix(block, []byte("#")) || bytes.Contains(block, []byte("\n#"))
	},
	head: keepZeekHead,
}

// keepZeekHead keeps of a log's header what the parser looks at, each once.
func keepZeekHead(kept [][]byte, line []byte) [][]byte {
	name := line[:len(line)-len(bytes.TrimLeftFunc(line, func(r rune) bool { return r == '#' || r == '_' || r >= 'a' && r <= 'z' }))]
	switch string(name) {
	case "#separator": // begins a log
		return [][]byte{bytes.Clone(line)}
	case "#unset_field", "#empty_field", "#fields":
		var k [][]byte
		for _, l := range kept {
			if !bytes.HasPrefix(l, name) {
				k = append(k, l)
			}
		}
		return append(k, bytes.Clone(line))
	}
	return kept
}

// detectZeek looks for a header, or for lines such as follow one: that the
// header is missing is then said by the reader.
func detectZeek(head []byte) bool {
	line := firstLine(head)
	if bytes.HasPrefix(line, []byte("#separator")) || bytes.HasPrefix(line, []byte("#fields")) {
		return true
	}
	f := bytes.Split(line, []byte{'\t'})
	if len(f) < 12 {
		return false
	}
	_, err := parseEpoch(f[0])
	return err == nil && bytes.IndexByte(f[0], '.') > 0
}

// zeekStates maps conn_state for TCP and UDP. Zeek calls a datagram exchange
// SF, too, see zeekState.
var zeekStates = map[string]State{
	"S0":     New,         // a SYN without an answer
	"S1":     Established, // and not ended
	"SF":     Closed,      // ended by both
	"REJ":    Reset,       // a SYN answered by a RST
	"S2":     Closing,     // ended by the originator alone
	"S3":     Closing,     // ended by the responder alone
	"RSTO":   Reset,       // aborted by the originator
	"RSTR":   Reset,       // aborted by the responder
	"RSTOS0": Reset,       // a SYN and a RST of the originator, no answer
	"RSTRH":  Reset,       // a SYN-ACK and a RST of the responder, no SYN seen
	"SH":     New,         // a SYN and a FIN of the originator, no answer
	"SHR":    Closing,     // a SYN-ACK and a FIN of the responder, no SYN seen
	"OTH":    Unknown,     // neither begin nor end seen; all of ICMP
	"-":      Unknown,
	"":       Unknown,
}

// zeekState reads a conn_state. Datagrams that were answered, SF, or whose
// answer alone was seen, SHR, are an open exchange.
func zeekState(b []byte, p Proto) (State, error) {
	s, ok := zeekStates[string(b)]
	if !ok {
		return 0, &valueError{string(b), "a conn_state of Zeek"}
	}
	if p != TCP && (string(b) == "SF" || string(b) == "SHR") {
		s = Established
	}
	return s, nil
}

// zeekProto reads proto. Zeek says icmp of both kinds; number is the ip_proto
// of newer versions, which alone tells what unknown_transport is.
func zeekProto(b, number []byte, v6 bool) (Proto, error) {
	if string(b) == "unknown_transport" && len(number) > 0 {
		b = number
	}
	p, err := parseProto(b)
	if p == ICMP && v6 {
		p = ICMPv6
	}
	return p, err
}

// A zeekReader reads the lines of a conn.log, or of several put together.
type zeekReader struct {
	hosts  *Hosts
	labels *Labels

	sep           byte
	unset, empty  string
	f             [][]byte // the line's fields, as many as the header has; nil before the header
	ts, proto     int      // where each is among them, -1 if it isn't
	origH, origP  int
	respH, respP  int
	origB, respB  int
	state, ipProt int
	duration      int
	origN, respN  int
	label         int
	labelPart     int // above 0: which of the blank-separated parts of its field the label is
}

// reset makes p as it is at the beginning of a log with separator sep.
func (p *zeekReader) reset(sep byte) {
	p.sep, p.unset, p.empty, p.f = sep, "-", "(empty)", nil
}

func (p *zeekReader) parse(line []byte, r *row) (err error) {
	if line[0] == '#' {
		if err := p.header(string(line)); err != nil {
			return fatalError{err}
		}
		return errNoRecord
	}
	if p.f == nil {
		return fatalError{errors.New("a record without a #fields header before it; put the log's header back, without it the columns are not known")}
	}
	if err := p.split(line); err != nil {
		return err
	}
	if r.time, err = parseEpoch(p.f[p.ts]); err != nil {
		return &fieldError{"ts", err}
	}
	if r.srcPort, err = parsePort(p.f[p.origP]); err != nil {
		return &fieldError{"id.orig_p", err}
	}
	if r.dstPort, err = parsePort(p.f[p.respP]); err != nil {
		return &fieldError{"id.resp_p", err}
	}
	if r.up, err = parseBytes(p.orZero(p.origB)); err != nil {
		return &fieldError{"orig_bytes", err}
	}
	if r.down, err = parseBytes(p.orZero(p.respB)); err != nil {
		return &fieldError{"resp_bytes", err}
	}
	v6 := bytes.IndexByte(p.f[p.origH], ':') >= 0
	if r.proto, err = zeekProto(p.f[p.proto], p.get(p.ipProt), v6); err != nil {
		return &fieldError{"proto", err}
	}
	if r.state, err = zeekState(p.get(p.state), r.proto); err != nil {
		return &fieldError{"conn_state", err}
	}
	if d := p.get(p.duration); len(d) > 0 {
		if r.duration, err = parseSeconds(d); err != nil {
			return &fieldError{"duration", err}
		}
	}
	if r.packetsUp, err = p.count(p.origN); err != nil {
		return &fieldError{"orig_pkts", err}
	}
	if r.packetsDown, err = p.count(p.respN); err != nil {
		return &fieldError{"resp_pkts", err}
	}
	r.hasDuration, r.hasPackets = p.duration >= 0, p.origN >= 0 || p.respN >= 0
	if r.src, err = p.hosts.parse(p.f[p.origH]); err != nil {
		return &fieldError{"id.orig_h", err}
	}
	if r.dst, err = p.hosts.parse(p.f[p.respH]); err != nil {
		return &fieldError{"id.resp_h", err}
	}
	label := p.get(p.label)
	if p.labelPart > 0 {
		if parts := bytes.Fields(label); p.labelPart < len(parts) {
			label = parts[p.labelPart]
		}
	}
	r.label = p.labels.parse(label)
	return nil
}

// get returns a field, empty where the log doesn't have or set it.
func (p *zeekReader) get(i int) []byte {
	if i < 0 || string(p.f[i]) == p.unset || string(p.f[i]) == p.empty {
		return nil
	}
	return p.f[i]
}

var zero = []byte{'0'}

// orZero returns a count, zero where it is unset.
func (p *zeekReader) orZero(i int) []byte {
	if string(p.f[i]) == p.unset {
		return zero
	}
	return p.f[i]
}

// count reads a number of packets, 0 where the log doesn't have or set it.
func (p *zeekReader) count(i int) (int64, error) {
	b := p.get(i)
	if len(b) == 0 {
		return 0, nil
	}
	return parseCount(b)
}

// split cuts line into p.f.
func (p *zeekReader) split(line []byte) error {
	rest, last := line, len(p.f)-1
	for i := range last {
		j := bytes.IndexByte(rest, p.sep)
		if j < 0 {
			return fmt.Errorf("%d fields, want the %d of the #fields header", i+1, len(p.f))
		}
		p.f[i], rest = rest[:j], rest[j+1:]
	}
	if n := bytes.Count(rest, []byte{p.sep}); n > 0 {
		return fmt.Errorf("%d fields, want the %d of the #fields header", len(p.f)+n, len(p.f))
	}
	p.f[last] = rest
	return nil
}

// header reads a line that begins with #.
func (p *zeekReader) header(line string) error {
	if sep, ok := strings.CutPrefix(line, "#separator "); ok {
		c, err := strconv.Unquote(`"` + sep + `"`)
		if err != nil || len(c) != 1 {
			return &fieldError{"#separator", &valueError{sep, `one byte, such as \x09`}}
		}
		p.reset(c[0])
		return nil
	}
	name, value, _ := strings.Cut(line, string(p.sep))
	switch name {
	case "#unset_field":
		p.unset = value
	case "#empty_field":
		p.empty = value
	case "#fields":
		return p.columns(strings.Split(value, string(p.sep)))
	}
	return nil
}

// columns notes where the fields are that p reads.
func (p *zeekReader) columns(names []string) error {
	var missing []string
	at := func(name string) int {
		i := slices.Index(names, name)
		if i < 0 {
			missing = append(missing, name)
		}
		return i
	}
	p.ts, p.proto = at("ts"), at("proto")
	p.origH, p.origP = at("id.orig_h"), at("id.orig_p")
	p.respH, p.respP = at("id.resp_h"), at("id.resp_p")
	p.origB, p.respB = at("orig_bytes"), at("resp_bytes")
	if missing != nil {
		return fmt.Errorf("the #fields header has no %s: this is not a conn.log", strings.Join(missing, ", "))
	}
	p.state, p.ipProt = at("conn_state"), at("ip_proto")
	p.duration, p.origN, p.respN = at("duration"), at("orig_pkts"), at("resp_pkts")
	p.label = at("label")
	if p.label < 0 {
		p.label = at("detailedlabel")
	}
	p.labelPart = 0
	// The IoT-23 data set has its labels behind the last field, after blanks.
	if last := len(names) - 1; p.label < 0 {
		if i := slices.Index(strings.Fields(names[last]), "label"); i > 0 {
			p.label, p.labelPart = last, i
		}
	}
	p.f = make([][]byte, len(names))
	return nil
}
