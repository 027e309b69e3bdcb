package flow

import "bytes"

// argusStates maps the words that ra has for the state of a connection. That
// FIN is ended by both sides, and INT and REQ of datagrams not answered, is
// what Zeek says of the same packets.
var argusStates = map[string]State{
	"":    Unknown,
	"REQ": New,         // requested; of datagrams, still not answered
	"INT": New,         // initial: one packet, or packets one way
	"ACC": Connecting,  // accepted: the request was answered
	"EST": Established, // established
	"CON": Established, // connected, or continuing
	"CLO": Closed,      // closed
	"FIN": Closed,      // finished
	"RST": Reset,
	"TIM": Unknown, // timed out, in whatever state
}

// argusState reads ra's State: the TCP flags of both sides, one of ra's words,
// or one of Zeek's.
func argusState(b []byte, p Proto) (State, error) {
	if src, dst, ok := bytes.Cut(b, []byte{'_'}); ok {
		return flagState(src, dst, b)
	}
	if s, ok := argusStates[string(b)]; ok {
		if s == Connecting && p != TCP {
			s = Established // one datagram each way
		}
		return s, nil
	}
	if s, err := zeekState(b, p); err == nil {
		return s, nil
	}
	if p == ICMP || p == ICMPv6 || p == IGMP {
		return Unknown, nil // the kind of message: ECO, URP, NNS, MHR …
	}
	return 0, &valueError{string(b), "a state of Argus, such as CON or FSPA_FSPA"}
}

// flagState tells the state from the TCP flags that each side has sent: F S R
// P A U E C. It follows what Zeek makes of the same flags.
func flagState(src, dst, both []byte) (State, error) {
	for _, side := range [2][]byte{src, dst} {
		if len(bytes.Trim(side, "FSRPAUEC")) > 0 {
			return 0, &valueError{string(both), "the TCP flags of both sides, such as FSPA_FSPA"}
		}
	}
	sent := func(side []byte, flag byte) bool { return bytes.IndexByte(side, flag) >= 0 }
	switch {
	case sent(src, 'F') && sent(dst, 'F'): // what comes after that, such as a RST, ends nothing
		return Closed, nil
	case sent(both, 'R'):
		return Reset, nil
	case len(dst) == 0:
		return New, nil
	case sent(both, 'F'):
		return Closing, nil
	case sent(both, 'S') && !sent(src, 'A'):
		return Connecting, nil
	}
	return Established, nil
}
