package flow

// What packages below need that make records of something other than text.

// ParseProto reads a protocol's name, in any case, or its number.
func ParseProto(text string) (Proto, error) { return parseProto([]byte(text)) }

// ParseFlags reads TCP flags as letters, such as AP.SF, or as a number.
func ParseFlags(text string) (Flags, error) { return parseFlags([]byte(text)) }

// StateOf tells the state of a record whose source has no word for it, from its
// TCP flags and from whether there was an answer. twoWay says that the record
// would tell of an answer, had there been one.
func StateOf(r Record, twoWay bool) State {
	return stateOfFlow(&row{
		proto: r.Proto, down: r.BytesDown, packetsDown: r.PacketsDown,
		hasFlags: r.FlagsUp != 0, flagsUp: r.FlagsUp, flagsDown: r.FlagsDown,
	}, twoWay)
}

// NotFlow returns the reason of a record that is skipped as it is none of flow:
// what it is of instead, in words of which there are few.
func NotFlow(what string) error { return &skipError{ErrNotFlow, what} }
