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

// A Row is a record as it is in a Batch: its addresses and label are numbers.
type Row struct {
	Seq, Time                         int64
	Proto                             Proto
	State                             State
	Src, Dst                          Host
	SrcPort, DstPort                  uint16
	BytesUp, BytesDown                int64
	Label                             LabelID
	Duration, PacketsUp, PacketsDown  int64
	FlagsUp, FlagsDown                Flags
	HasDuration, HasPackets, HasFlags bool // whether the source says anything of these
}

// AppendRow adds r to b, which keeps the number in Order. Its label, if it has
// one, is a number in labels.
func (b *Batch) AppendRow(r Row, labels *Labels) {
	if b.Len() == 0 {
		b.Seq = r.Seq
	}
	b.add(&row{
		time: r.Time, proto: r.Proto, state: r.State, src: r.Src, dst: r.Dst, srcPort: r.SrcPort, dstPort: r.DstPort,
		up: r.BytesUp, down: r.BytesDown, label: r.Label, hasDuration: r.HasDuration, hasPackets: r.HasPackets, hasFlags: r.HasFlags,
		duration: r.Duration, packetsUp: r.PacketsUp, packetsDown: r.PacketsDown, flagsUp: r.FlagsUp, flagsDown: r.FlagsDown,
	}, labels)
	b.Order = append(b.Order, r.Seq)
}

// JoinedState tells the state of a connection whose records, each of one
// direction, were joined to r: from the flags of both sides or, where there are
// none, from the state of the first and from whether the other side has answered.
func (r Row) JoinedState(first State, answered bool) State {
	of := row{proto: r.Proto, hasFlags: r.HasFlags, flagsUp: r.FlagsUp, flagsDown: r.FlagsDown}
	s := stateOfFlow(&of, false)
	switch {
	case s != Unknown:
		return s
	case answered && (first == Unknown || first == New):
		return Established
	case first == Unknown:
		return New
	}
	return first
}
