package flow

import (
	"bytes"
	"strconv"
)

// Flags are TCP's, as they lie in its header (RFC 9293, 3168).
type Flags uint8

// The flags by name.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

const flagLetters = "FSRPAUEC" // from FIN to CWR

// String writes the flags that are set as letters, from CWR to FIN, such as
// APSF.
func (f Flags) String() string {
	var b []byte
	for i := len(flagLetters) - 1; i >= 0; i-- {
		if f>>i&1 != 0 {
			b = append(b, flagLetters[i])
		}
	}
	return string(b)
}

// parseFlagLetters reads flags as letters, in any order; dots stand for those
// that are not set.
func parseFlagLetters(b []byte) (f Flags, ok bool) {
	for _, c := range b {
		i := bytes.IndexByte([]byte(flagLetters), c)
		switch {
		case i >= 0:
			f |= 1 << i
		case c != '.':
			return 0, false
		}
	}
	return f, true
}

// parseFlags reads flags as letters, or as a number in decimal or hexadecimal
// digits after 0x. Of a number, what is above a byte (the NS flag, and a data
// offset) is dropped.
func parseFlags(b []byte) (Flags, error) {
	if f, ok := parseFlagLetters(b); ok {
		return f, nil
	}
	if hex, ok := bytes.CutPrefix(b, []byte("0x")); ok {
		if f, err := parseFlagDigits(hex, 16); err == nil {
			return f, nil
		}
	} else if f, err := parseFlagDigits(b, 10); err == nil {
		return f, nil
	}
	return 0, &valueError{string(b), "TCP flags, such as .AP.SF or 0x1b"}
}

// parseFlagDigits reads flags as a number of that base, without 0x.
func parseFlagDigits(b []byte, base int) (Flags, error) {
	if v, err := strconv.ParseUint(string(b), base, 16); err == nil {
		return Flags(v), nil
	}
	if base == 16 {
		b = append([]byte("0x"), b...)
	}
	return 0, &valueError{string(b), "TCP flags, such as .AP.SF or 0x1b"}
}

// flagState tells the state from the TCP flags that each side has sent. It
// follows what Zeek makes of the same flags.
func flagState(src, dst Flags) State {
	both := src | dst
	switch {
	case src&dst&FIN != 0: // what comes after that, such as a RST, ends nothing
		return Closed
	case both&RST != 0:
		return Reset
	case dst == 0:
		return New
	case both&FIN != 0:
		return Closing
	case both&SYN != 0 && src&ACK == 0:
		return Connecting
	}
	return Established
}

// oneWayState tells the state from the flags of a record of one direction,
// which says nothing of an answer: but a side that sends an ACK has had one.
func oneWayState(p Proto, sent Flags) State {
	switch {
	case p != TCP || sent == 0:
		return Unknown
	case sent&RST != 0:
		return Reset
	case sent&FIN != 0:
		return Closing
	case sent&ACK == 0:
		return New
	case sent&SYN != 0 && sent&PSH == 0:
		return Connecting
	}
	return Established
}
