package flow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

var zeekJSONFormat = &Format{
	Name:   "zeek-json",
	Doc:    "Zeek's conn.log as one JSON object a line",
	Detect: detectZeekJSON,
	Read: func(r io.Reader, in Input) Source {
		in.fill()
		return readLines(r, in, (&zeekJSONReader{hosts: in.Hosts, labels: in.Labels}).parse)
	},
}

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
	v      struct {
		TS        json.RawMessage `json:"ts"`
		OrigH     json.RawMessage `json:"id.orig_h"`
		OrigP     json.RawMessage `json:"id.orig_p"`
		RespH     json.RawMessage `json:"id.resp_h"`
		RespP     json.RawMessage `json:"id.resp_p"`
		OrigH2    json.RawMessage `json:"id_orig_h"`
		OrigP2    json.RawMessage `json:"id_orig_p"`
		RespH2    json.RawMessage `json:"id_resp_h"`
		RespP2    json.RawMessage `json:"id_resp_p"`
		Proto     json.RawMessage `json:"proto"`
		IPProto   json.RawMessage `json:"ip_proto"`
		State     json.RawMessage `json:"conn_state"`
		OrigBytes json.RawMessage `json:"orig_bytes"`
		RespBytes json.RawMessage `json:"resp_bytes"`
		Label     json.RawMessage `json:"label"`
		Path      json.RawMessage `json:"_path"`
		Stream    json.RawMessage `json:"@stream"`
	}
}

func (p *zeekJSONReader) parse(line []byte, r *row) (err error) {
	v := &p.v
	for _, m := range []*json.RawMessage{
		&v.TS, &v.OrigH, &v.OrigP, &v.RespH, &v.RespP, &v.OrigH2, &v.OrigP2, &v.RespH2, &v.RespP2, &v.Proto, &v.IPProto,
		&v.State, &v.OrigBytes, &v.RespBytes, &v.Label, &v.Path, &v.Stream,
	} {
		*m = (*m)[:0]
	}
	if !bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte{'{'}) {
		return &valueError{string(line), "a JSON object"}
	}
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("not a whole JSON object: %w", err)
	}
	if log := either(v.Path, v.Stream); len(log) > 0 && !isConnLog(log) {
		return &fieldError{"_path", &valueError{string(log), "conn: the record is of another of Zeek's logs"}}
	}
	if r.time, err = p.time(text(v.TS)); err != nil {
		return &fieldError{"ts", err}
	}
	if r.srcPort, err = parsePort(either(v.OrigP, v.OrigP2)); err != nil {
		return &fieldError{"id.orig_p", err}
	}
	if r.dstPort, err = parsePort(either(v.RespP, v.RespP2)); err != nil {
		return &fieldError{"id.resp_p", err}
	}
	if r.up, err = jsonBytes(text(v.OrigBytes)); err != nil {
		return &fieldError{"orig_bytes", err}
	}
	if r.down, err = jsonBytes(text(v.RespBytes)); err != nil {
		return &fieldError{"resp_bytes", err}
	}
	src, dst := either(v.OrigH, v.OrigH2), either(v.RespH, v.RespH2)
	if r.proto, err = zeekProto(text(v.Proto), text(v.IPProto), bytes.IndexByte(src, ':') >= 0); err != nil {
		return &fieldError{"proto", err}
	}
	if r.state, err = zeekState(text(v.State), r.proto); err != nil {
		return &fieldError{"conn_state", err}
	}
	if r.src, err = p.hosts.parse(src); err != nil {
		return &fieldError{"id.orig_h", err}
	}
	if r.dst, err = p.hosts.parse(dst); err != nil {
		return &fieldError{"id.resp_h", err}
	}
	r.label = p.labels.parse(text(v.Label))
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

// jsonBytes reads a count that may be absent, or written as a real number.
func jsonBytes(b []byte) (int64, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if v, whole, ok := decimal(b, 0); ok && whole && v >= 0 {
		return v, nil
	}
	return parseBytes(b)
}

// isConnLog tells whether Zeek's log of that name has one record for each
// connection.
func isConnLog(name []byte) bool { return string(name) == "conn" || string(name) == "open_conn" }

func either(a, b json.RawMessage) []byte {
	if len(a) > 0 {
		return text(a)
	}
	return text(b)
}

// text returns what a JSON string holds, other values as they are written,
// and nothing for null.
func text(m json.RawMessage) []byte {
	switch {
	case len(m) == 0 || string(m) == "null":
		return nil
	case m[0] != '"':
		return m
	case bytes.IndexByte(m, '\\') < 0:
		return m[1 : len(m)-1]
	}
	var s string
	if json.Unmarshal(m, &s) != nil {
		return m
	}
	return []byte(s)
}
