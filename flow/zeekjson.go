package flow

import (
	"bytes"
)

var zeekJSONFormat = &Format{
	Name:   "zeek-json",
	Doc:    "Zeek's conn.log as one JSON object a line",
	Detect: detectZeekJSON,
	Read:   zeekJSONLines.read, lines: zeekJSONLines,
}

var zeekJSONLines = &lineFormat{parser: func(in Input) (parseFunc, runFunc) {
	return (&zeekJSONReader{hosts: in.Hosts, labels: in.Labels, clock: clock{zone: in.Zone}}).parse, nil
}}

func detectZeekJSON(head []byte) bool {
	line := firstLine(head)
	has := func(s string) bool { return bytes.Contains(line, []byte(s)) }
	return bytes.HasPrefix(line, []byte{'{'}) && (has(`"id.orig_h"`) || has(`"id_orig_h"`)) && has(`"proto"`) &&
		(has(`"conn_state"`) || has(`"orig_bytes"`) || has(`"orig_pkts"`))
}

// A zeekJSONReader reads the lines of a conn.log in JSON. Values are kept as
// they are written until each is read as what it should be, so that numbers
// are exact.
type zeekJSONReader struct {
	hosts  *Hosts
	labels *Labels
	clock  clock

	ts, proto, ipProto, state  []byte
	origH, origP, respH, respP []byte
	origBytes, respBytes       []byte
	duration                   []byte
	origPkts, respPkts         []byte
	label, detailed, path      []byte
}

// set keeps the value of one of the object's members.
func (p *zeekJSONReader) set(key, value []byte) {
	switch string(key) {
	case "ts":
		p.ts = value
	case "id.orig_h", "id_orig_h":
		p.origH = value
	case "id.orig_p", "id_orig_p":
		p.origP = value
	case "id.resp_h", "id_resp_h":
		p.respH = value
	case "id.resp_p", "id_resp_p":
		p.respP = value
	case "proto":
		p.proto = value
	case "ip_proto":
		p.ipProto = value
	case "conn_state":
		p.state = value
	case "orig_bytes":
		p.origBytes = value
	case "resp_bytes":
		p.respBytes = value
	case "duration":
		p.duration = value
	case "orig_pkts":
		p.origPkts = value
	case "resp_pkts":
		p.respPkts = value
	case "label":
		p.label = value
	case "detailedlabel":
		p.detailed = value
	case "_path", "@stream":
		p.path = value
	}
}

func (p *zeekJSONReader) parse(line []byte, r *row) (err error) {
	*p = zeekJSONReader{hosts: p.hosts, labels: p.labels, clock: p.clock}
	if err := jsonMembers(line, p.set); err != nil {
		return err
	}
	if len(p.path) > 0 && !isConnLog(p.path) {
		return &fieldError{"_path", &valueError{string(p.path), "conn: the record is of another of Zeek's logs"}}
	}
	if r.time, err = p.time(p.ts); err != nil {
		return &fieldError{"ts", err}
	}
	if r.srcPort, err = parsePort(p.origP); err != nil {
		return &fieldError{"id.orig_p", err}
	}
	if r.dstPort, err = parsePort(p.respP); err != nil {
		return &fieldError{"id.resp_p", err}
	}
	if r.up, err = jsonCount(p.origBytes, parseBytes); err != nil {
		return &fieldError{"orig_bytes", err}
	}
	if r.down, err = jsonCount(p.respBytes, parseBytes); err != nil {
		return &fieldError{"resp_bytes", err}
	}
	if r.proto, err = zeekProto(p.proto, p.ipProto, bytes.IndexByte(p.origH, ':') >= 0); err != nil {
		return &fieldError{"proto", err}
	}
	if r.state, err = zeekState(p.state, r.proto); err != nil {
		return &fieldError{"conn_state", err}
	}
	if r.src, err = p.hosts.parse(p.origH); err != nil {
		return &fieldError{"id.orig_h", err}
	}
	if r.dst, err = p.hosts.parse(p.respH); err != nil {
		return &fieldError{"id.resp_h", err}
	}
	if len(p.duration) > 0 {
		if r.duration, err = parseSeconds(p.duration); err != nil {
			return &fieldError{"duration", err}
		}
	}
	if r.packetsUp, err = jsonCount(p.origPkts, parseCount); err != nil {
		return &fieldError{"orig_pkts", err}
	}
	if r.packetsDown, err = jsonCount(p.respPkts, parseCount); err != nil {
		return &fieldError{"resp_pkts", err}
	}
	r.hasDuration, r.hasPackets = p.duration != nil, p.origPkts != nil || p.respPkts != nil
	if p.label == nil {
		p.label = p.detailed
	}
	r.label = p.labels.parse(p.label)
	return nil
}

// time reads ts in any of the three ways in which Zeek writes it. A number of
// seconds that is beyond nanoseconds since 1970 is one of milliseconds.
func (p *zeekJSONReader) time(b []byte) (int64, error) {
	if len(b) > 4 && (b[4] == '-' || b[4] == '/') {
		return p.clock.parse(b)
	}
	ns, err := parseEpoch(b)
	if err != nil {
		if ms, _, ok := decimal(b, 6); ok {
			return ms, nil
		}
	}
	return ns, err
}

// jsonCount reads a count that may be absent, or written as a real number; parse
// reads any other.
func jsonCount(b []byte, parse func([]byte) (int64, error)) (int64, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if v, whole, ok := decimal(b, 0); ok && whole && v >= 0 {
		return v, nil
	}
	return parse(b)
}

// isConnLog tells whether Zeek's log of that name has one record for each
// connection.
func isConnLog(name []byte) bool { return string(name) == "conn" || string(name) == "open_conn" }
