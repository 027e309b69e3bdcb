package flow

import (
	"bytes"
	"fmt"
)

const csvHeader = "ts,ip_protocol,state,src_ip,src_port,dst_ip,dst_port,src_tx,dst_tx"

var csvFormat = &Format{
	Name:   "csv",
	Doc:    "nine columns without a header: " + csvHeader,
	Detect: detectCSV,
	Read:   csvLines.read, lines: csvLines,
}

var csvLines = &lineFormat{parser: func(in Input) (parseFunc, runFunc) {
	p := &csvReader{hosts: in.Hosts, clock: clock{zone: in.Zone}}
	return p.parse, p.run
}}

// detectCSV looks for the header or for a line of nine fields that begins
// with a time.
func detectCSV(head []byte) bool {
	var p csvReader
	first := true
	for whole := range bytes.Lines(head) {
		line := trimLine(whole, false)
		if len(line) == len(whole) && !first {
			break // it may go on, with more fields
		}
		first = false
		if string(line) == csvHeader {
			return true
		}
		if p.split(line) == nil {
			if _, err := p.clock.parse(p.f[0]); err == nil {
				return true
			}
		}
	}
	return false
}

// A csvReader reads the lines of the seed's log. Fields are not quoted.
type csvReader struct {
	hosts *Hosts
	clock clock
	f     [9][]byte
}

func (p *csvReader) parse(line []byte, r *row) (err error) {
	if err := p.split(line); err != nil {
		return err
	}
	if r.time, err = p.clock.parse(p.f[0]); err != nil {
		if string(line) == csvHeader {
			return errNoRecord
		}
		return &fieldError{"ts", err}
	}
	if r.proto, err = parseProto(p.f[1]); err != nil {
		return &fieldError{"ip_protocol", err}
	}
	if r.state, err = parseState(p.f[2]); err != nil {
		return &fieldError{"state", err}
	}
	if r.srcPort, err = parsePort(p.f[4]); err != nil {
		return &fieldError{"src_port", err}
	}
	if r.dstPort, err = parsePort(p.f[6]); err != nil {
		return &fieldError{"dst_port", err}
	}
	if r.up, err = parseBytes(p.f[7]); err != nil {
		return &fieldError{"src_tx", err}
	}
	if r.down, err = parseBytes(p.f[8]); err != nil {
		return &fieldError{"dst_tx", err}
	}
	if r.src, err = p.hosts.parse(p.f[3]); err != nil {
		return &fieldError{"src_ip", err}
	}
	if r.dst, err = p.hosts.parse(p.f[5]); err != nil {
		return &fieldError{"dst_ip", err}
	}
	return nil
}

// split cuts line into p.f.
func (p *csvReader) split(line []byte) error {
	rest, last := line, len(p.f)-1
	for i := range last {
		j := bytes.IndexByte(rest, ',')
		if j < 0 {
			return fmt.Errorf("%d fields, want 9: %s", i+1, csvHeader)
		}
		p.f[i], rest = rest[:j], rest[j+1:]
	}
	if n := bytes.Count(rest, []byte{','}); n > 0 {
		return fmt.Errorf("%d fields, want 9: %s", 9+n, csvHeader)
	}
	p.f[last] = rest
	return nil
}
