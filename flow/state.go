package flow

import "strings"

// A State is the state of a connection when its record was written.
type State uint8

// The states of the seed's firewall log, which those of other sources are
// mapped to; docs/formats.md has the mapping. Unknown is the state of a
// record whose source gives none, such as Zeek's OTH.
const (
	Unknown     State = iota
	Closed            // ended by both sides
	Closing           // ended by one side
	Connecting        // answered, but not (yet) open
	Established       // open, or a datagram exchange with an answer
	New               // no answer seen
	Reset             // refused or aborted

	NumStates
)

var stateNames = [NumStates]string{"unknown", "closed", "closing", "connecting", "established", "new", "reset"}

func (s State) String() string { return stateNames[s] }

// States returns the names of all states, by number.
func States() []string { return stateNames[:] }

// stateNamed returns the state of that name, in any case.
func stateNamed(b []byte) (State, bool) {
	for s, name := range stateNames {
		if len(b) == len(name) && (string(b) == name || strings.EqualFold(string(b), name)) {
			return State(s), true
		}
	}
	return 0, false
}

func parseState(b []byte) (State, error) {
	for s, name := range stateNames {
		if string(b) == name {
			return State(s), nil
		}
	}
	return 0, &valueError{string(b), "a state: closed, closing, connecting, established, new, reset or unknown"}
}
