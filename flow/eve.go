package flow

import (
	"bytes"
	"errors"
)

var eveFormat = &Format{
	Name:   "suricata",
	Doc:    "Suricata's eve.json: its flow and netflow events; others are skipped",
	Detect: detectEve,
	Read:   eveLines.read, lines: eveLines,
}

var eveLines = &lineFormat{parser: func(in Input) (parseFunc, runFunc) {
	return (&eveReader{hosts: in.Hosts, clock: clock{zone: in.Zone}}).parse, nil
}}

func detectEve(head []byte) bool {
	line := firstLine(head)
	has := func(s string) bool { return bytes.Contains(line, []byte(s)) }
	return bytes.HasPrefix(line, []byte{'{'}) && has(`"event_type"`) && has(`"timestamp"`)
}

// eveStates maps what Suricata says of a TCP connection, and else of a flow.
var eveStates = map[string]State{
	"syn_sent": New, "syn_recv": Connecting, "established": Established,
	"fin_wait1": Closing, "fin_wait2": Closing, "close_wait": Closing, "closing": Closing,
	"last_ack": Closed, "time_wait": Closed, "closed": Closed, "reset": Reset,
	"new": New, "bypassed": Established, "local_bypassed": Established, "capture_bypassed": Established, "none": Unknown, "": Unknown,
}

// An eveReader reads the lines of an eve.json.
type eveReader struct {
	hosts *Hosts
	clock clock
	eveEvent
}

// An eveEvent is what is read of a line, as it is written.
type eveEvent struct {
	kind, proto                      []byte
	src, dst, srcPort, dstPort       []byte
	icmpType, icmpCode               []byte
	flow, tcp                        []byte
	start, end, state                []byte
	bytesUp, bytesDown, pktsUp, pkts []byte
	tcpState, flagsUp, flagsDown     []byte
}

func (p *eveReader) set(key, value []byte) {
	switch string(key) {
	case "event_type":
		p.kind = value
	case "src_ip":
		p.src = value
	case "dest_ip":
		p.dst = value
	case "src_port":
		p.srcPort = value
	case "dest_port":
		p.dstPort = value
	case "icmp_type":
		p.icmpType = value
	case "icmp_code":
		p.icmpCode = value
	case "proto":
		p.proto = value
	case "flow", "netflow":
		p.flow = value
	case "tcp":
		p.tcp = value
	}
}

// setPart takes a member of the object flow, netflow or tcp.
func (p *eveReader) setPart(key, value []byte) {
	switch string(key) {
	case "start":
		p.start = value
	case "end":
		p.end = value
	case "state":
		p.state = value
	case "bytes_toserver", "bytes":
		p.bytesUp = value
	case "bytes_toclient":
		p.bytesDown = value
	case "pkts_toserver", "pkts":
		p.pktsUp = value
	case "pkts_toclient":
		p.pkts = value
	case "tcp_flags_ts", "tcp_flags":
		p.flagsUp = value
	case "tcp_flags_tc":
		p.flagsDown = value
	}
}

func (p *eveReader) parse(line []byte, r *row) (err error) {
	p.eveEvent = eveEvent{}
	if err := jsonMembers(line, p.set); err != nil {
		return err
	}
	oneWay := string(p.kind) == "netflow"
	switch {
	case p.kind == nil:
		return &fieldError{"event_type", &valueError{"", "the kind of event"}}
	case string(p.kind) != "flow" && !oneWay:
		return &skipError{ErrNotFlow, "event of type " + string(p.kind)}
	case p.flow == nil:
		return &fieldError{string(p.kind), errors.New("missing, want the object that tells of the flow")}
	}
	if p.tcp != nil {
		if err := jsonMembers(p.tcp, p.setPart); err != nil {
			return &fieldError{"tcp", err}
		}
		p.tcpState, p.state = p.state, nil
		if !oneWay && p.flagsDown == nil {
			p.flagsUp = nil // those of both sides together
		}
	}
	if err := jsonMembers(p.flow, p.setPart); err != nil {
		return &fieldError{string(p.kind), err}
	}
	if r.proto, err = parseProto(p.proto); err != nil {
		return &fieldError{"proto", err}
	}
	if r.proto == ICMP && bytes.IndexByte(p.src, ':') >= 0 {
		r.proto = ICMPv6
	}
	if r.time, err = p.clock.parse(p.start); err != nil {
		return &fieldError{string(p.kind) + ".start", err}
	}
	if len(p.end) > 0 {
		end, err := p.clock.parse(p.end)
		if err != nil {
			return &fieldError{string(p.kind) + ".end", err}
		}
		r.duration, r.hasDuration = max(end-r.time, 0), true
	}
	if err := p.ports(r); err != nil {
		return err
	}
	for _, n := range []struct {
		name  string
		text  []byte
		to    *int64
		parse func([]byte) (int64, error)
	}{
		{"bytes_toserver", p.bytesUp, &r.up, parseBytes}, {"bytes_toclient", p.bytesDown, &r.down, parseBytes},
		{"pkts_toserver", p.pktsUp, &r.packetsUp, parseCount}, {"pkts_toclient", p.pkts, &r.packetsDown, parseCount},
	} {
		if *n.to, err = jsonCount(n.text, n.parse); err != nil {
			return &fieldError{n.name, err}
		}
	}
	r.hasPackets = p.pktsUp != nil || p.pkts != nil
	if err := p.flags(r); err != nil {
		return err
	}
	if r.state, err = p.stateOf(r, oneWay); err != nil {
		return err
	}
	if r.src, err = p.hosts.parse(p.src); err != nil {
		return &fieldError{"src_ip", err}
	}
	if r.dst, err = p.hosts.parse(p.dst); err != nil {
		return &fieldError{"dest_ip", err}
	}
	return nil
}

// ports reads the ports, of ICMP type and code, of others none.
func (p *eveReader) ports(r *row) (err error) {
	if p.srcPort == nil && p.dstPort == nil {
		p.srcPort, p.dstPort = p.icmpType, p.icmpCode
	}
	for _, f := range []struct {
		name string
		text []byte
		to   *uint16
	}{{"src_port", p.srcPort, &r.srcPort}, {"dest_port", p.dstPort, &r.dstPort}} {
		if f.text == nil {
			continue
		}
		if *f.to, err = parsePort(f.text); err != nil {
			return &fieldError{f.name, err}
		}
	}
	return nil
}

// flags reads the TCP flags, hexadecimal digits.
func (p *eveReader) flags(r *row) (err error) {
	for _, f := range []struct {
		name string
		text []byte
		to   *Flags
	}{{"tcp_flags_ts", p.flagsUp, &r.flagsUp}, {"tcp_flags_tc", p.flagsDown, &r.flagsDown}} {
		if len(f.text) == 0 {
			continue
		}
		if *f.to, err = parseFlagDigits(f.text, 16); err != nil {
			return &fieldError{"tcp." + f.name, err}
		}
		r.hasFlags = true
	}
	return nil
}

// stateOf tells the state: from the flags of both sides where there are any, as
// Suricata calls a connection closed that was reset; else from its words.
func (p *eveReader) stateOf(r *row, oneWay bool) (State, error) {
	switch {
	case oneWay:
		return oneWayState(r.proto, r.flagsUp), nil
	case r.proto == TCP && r.hasFlags:
		return flagState(r.flagsUp, r.flagsDown), nil
	}
	word := p.state
	if p.tcpState != nil {
		word = p.tcpState
	}
	s, ok := eveStates[string(word)]
	if !ok {
		return 0, &fieldError{"state", &valueError{string(word), "a state of Suricata"}}
	}
	if s == Closed && r.proto != TCP {
		s = Established // a flow of datagrams that has timed out
	}
	return s, nil
}
