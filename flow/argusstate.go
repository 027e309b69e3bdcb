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
// or one of Zeek's. It is kept in r, whose protocol is known, with the flags.
func argusState(b []byte, r *row) (err error) {
	if src, dst, ok := bytes.Cut(b, []byte{'_'}); ok {
		var ok1, ok2 bool
		r.flagsUp, ok1 = parseFlagLetters(src)
		r.flagsDown, ok2 = parseFlagLetters(dst)
		if !ok1 || !ok2 {
			return &valueError{string(b), "the TCP flags of both sides, such as FSPA_FSPA"}
		}
		r.hasFlags = true
		r.state = flagState(r.flagsUp, r.flagsDown)
		return nil
	}
	r.state, err = argusWord(b, r.proto)
	return err
}

// argusWord reads a State that is a word.
func argusWord(b []byte, p Proto) (State, error) {
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
