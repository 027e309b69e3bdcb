package flow

import (
	"bytes"
	"slices"
)

var nfdumpJSONFormat = &Format{
	Name: "nfdump-json",
	Doc:  "nfdump -o ndjson, or -o json with its records in an array, one a line",
	Detect: func(head []byte) bool {
		line := firstLine(bytes.TrimLeft(head, "[ \r\n"))
		has := func(s string) bool { return bytes.Contains(line, []byte(s)) }
		return bytes.HasPrefix(line, []byte{'{'}) && has(`"first"`) && has(`"last"`) && has(`"proto"`) && (has(`"src4_addr"`) || has(`"src6_addr"`))
	},
	Read: nfdumpJSONLines.read, lines: nfdumpJSONLines,
}

var nfdumpJSONLines = &lineFormat{parser: func(in Input) (parseFunc, runFunc) { return newNFJSONReader(in).parse, nil }}

// An nfJSONReader reads nfdump's objects through the cells of its columns.
type nfJSONReader struct {
	cell cell
	text []nfText  // by the place of the field in columnFields
	icmp [2][]byte // type and code
}

// An nfText is the value of a field.
type nfText struct {
	text  []byte
	given bool // by a member, which may be null
}

func newNFJSONReader(in Input) *nfJSONReader {
	return &nfJSONReader{
		cell: cell{hosts: in.Hosts, labels: in.Labels, clock: clock{zone: in.Zone}},
		text: make([]nfText, len(columnFields)),
	}
}

// nfJSONFields are the places of the fields that nfdump's keys are.
var nfJSONFields = func() map[string]int {
	m := map[string]int{}
	for key, field := range map[string]string{
		"first": "ts", "last": "te", "proto": "proto", "tcp_flags": "flags",
		"src4_addr": "src_ip", "src6_addr": "src_ip", "dst4_addr": "dst_ip", "dst6_addr": "dst_ip",
		"src_port": "src_port", "dst_port": "dst_port",
		"in_packets": "packets_up", "in_bytes": "bytes_up", "out_packets": "packets_dw", "out_bytes": "bytes_dw",
	} {
		m[key] = nfPlace(field)
	}
	return m
}()

func nfPlace(field string) int { return slices.Index(columnFields, fieldNamed(field)) }

var (
	nfOut    = [2]int{nfPlace("packets_dw"), nfPlace("bytes_dw")}
	nfNeeded = func() (needed []bool) {
		for _, f := range columnFields {
			needed = append(needed, slices.Contains(neededFields, f.name))
		}
		return needed
	}()
)

func (p *nfJSONReader) set(key, value []byte) {
	if i, ok := nfJSONFields[string(key)]; ok {
		p.text[i] = nfText{value, true}
		return
	}
	switch string(key) {
	case "icmp_type":
		p.icmp[0] = value
	case "icmp_code":
		p.icmp[1] = value
	}
}

func (p *nfJSONReader) parse(line []byte, r *row) error {
	// The lines of an array: [, {…}, with a comma before or behind, ].
	line = bytes.Trim(line, "[], \t")
	if len(line) == 0 {
		return errNoRecord
	}
	clear(p.text)
	p.icmp = [2][]byte{}
	if err := jsonMembers(line, p.set); err != nil {
		return err
	}
	c := &p.cell
	c.hasEnd, c.hasState, c.bytesAll, c.packetAll = false, false, noShare, noShare
	for i, f := range columnFields {
		if !p.text[i].given && !nfNeeded[i] {
			continue
		}
		c.text = p.text[i].text
		if err := f.parse(c, r); err != nil {
			return &fieldError{f.name, err}
		}
	}
	if p.text[nfOut[0]].text == nil && p.text[nfOut[1]].text == nil {
		c.bytesAll, c.packetAll = share{-1, -1, max(c.bytesAll.up, 0)}, share{-1, -1, max(c.packetAll.up, 0)}
	}
	if t, ok := digits(p.icmp[0]); ok && t < 256 {
		if code, ok := digits(p.icmp[1]); ok && code < 256 {
			r.dstPort = uint16(t<<8 | code)
		}
	}
	return c.finish(r)
}
