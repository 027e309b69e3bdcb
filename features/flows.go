package features

import (
	"slices"

	"toolkit/flow"
)

// FlowsTable is the name of a table of records as they were read.
const FlowsTable = "flows"

// Flows makes a table of records themselves: a row for each, in their order.
// What it holds is 68 bytes a record, beside the addresses; it goes to a
// temporary file past the limit.
type Flows struct {
	hosts  *flow.Hosts
	labels *flow.Labels
	words  spool
	buf    []int32
	n      int64

	protos   [256]bool
	duration bool
	packets  bool
	flags    bool
	labelled bool

	limit int64 // bytes; 0 for none
	tmp   string
}

// flowWords is how many words a record takes in the spool.
const flowWords = 17

// NewFlows returns an empty table of records whose addresses and labels are
// numbers in hosts and labels. Past limit bytes, 0 for none, it keeps them in
// a temporary file in the directory tmp, "" for the system's.
func NewFlows(hosts *flow.Hosts, labels *flow.Labels, limit int64, tmp string) *Flows {
	return &Flows{hosts: hosts, labels: labels, limit: limit, tmp: tmp}
}

// Add takes in the records of b.
func (f *Flows) Add(b *flow.Batch) error {
	if b.Hosts != f.hosts {
		panic("features: a batch whose addresses are numbered by other Hosts")
	}
	f.buf = f.buf[:0]
	long := func(v int64) { f.buf = append(f.buf, int32(v), int32(v>>32)) }
	for i := range b.Len() {
		long(b.Time[i])
		kinds := uint32(b.Proto[i]) | uint32(b.State[i])<<8
		if b.FlagsUp != nil {
			kinds |= uint32(b.FlagsUp[i])<<16 | uint32(b.FlagsDown[i])<<24
		}
		f.buf = append(f.buf, int32(kinds), int32(b.Src[i]), int32(b.Dst[i]), int32(uint32(b.SrcPort[i])<<16|uint32(b.DstPort[i])))
		long(b.BytesUp[i])
		long(b.BytesDown[i])
		label, duration, up, down := flow.LabelID(0), int64(0), int64(0), int64(0)
		if b.Label != nil {
			label = b.Label[i]
		}
		if b.Duration != nil {
			duration = b.Duration[i]
		}
		if b.PacketsUp != nil {
			up, down = b.PacketsUp[i], b.PacketsDown[i]
		}
		f.buf = append(f.buf, int32(label))
		long(duration)
		long(up)
		long(down)
		f.protos[b.Proto[i]] = true
		f.labelled = f.labelled || label != 0
	}
	f.duration = f.duration || b.Duration != nil
	f.packets = f.packets || b.PacketsUp != nil
	f.flags = f.flags || b.FlagsUp != nil
	f.words.append(f.buf)
	f.n += int64(b.Len())
	if f.limit > 0 && f.words.bytes() > f.limit {
		return f.words.send(f.tmp)
	}
	return f.words.err
}

// Fields of a table of records.
var flowFields = struct {
	ts, proto, state, srcIP, srcPort, dstIP, dstPort, up, down, duration, packetsUp, packetsDown, flagsUp, flagsDown, label Field
}{
	Field{"ts", Time, None, Key, "Time of the first packet; what is finer than a microsecond is dropped."},
	Field{"ip_protocol", Text, None, Key, "IP protocol, by IANA's keyword."},
	Field{"state", Text, None, Value, "State of the connection."},
	srcIP,
	Field{"src_port", Int, None, Key, "Source port."},
	dstIP,
	Field{"dst_port", Int, None, Key, "Destination port."},
	Field{"src_tx", Int, Bytes, Value, "Bytes from source to destination."},
	Field{"dst_tx", Int, Bytes, Value, "Bytes from destination to source."},
	Field{"duration", Float, Seconds, Value, "From the first packet to the last; the column is there if the source has it."},
	Field{"packets_up", Int, Count, Value, "Packets from source to destination; the column is there if the source has it."},
	Field{"packets_dw", Int, Count, Value, "Packets from destination to source; the column is there if the source has it."},
	Field{"flags_up", Text, None, Value, "TCP flags that the source sent, as letters from CWR to FIN; the column is there if the source has it."},
	Field{"flags_dw", Text, None, Value, "TCP flags that the destination sent; the column is there if the source has it."},
	Field{"label", Text, None, Value, "What the input says the record is, null if nothing; the column is there if any record has a label."},
}

// Write makes the table and hands it to put, a chunk of rows at a time, at
// least one, all with the same dictionaries. Nothing can be added any more.
func (f *Flows) Write(put func(*Table) error) error {
	defer f.words.close()
	rank, addrs := addresses(f.hosts)
	var protoNames []string
	for p, seen := range f.protos {
		if seen {
			protoNames = append(protoNames, flow.Proto(p).String())
		}
	}
	slices.Sort(protoNames)
	var protoCode [256]uint32
	for p, seen := range f.protos {
		if seen {
			i, _ := slices.BinarySearch(protoNames, flow.Proto(p).String())
			protoCode[p] = uint32(i)
		}
	}
	labels := []string{""}
	for id := range f.labels.Len() {
		labels = append(labels, f.labels.Name(flow.LabelID(id+1)))
	}
	flags := make([]string, 256)
	for v := range flags {
		flags[v] = flow.Flags(v).String()
	}
	in, err := f.words.reader()
	if err != nil {
		return err
	}
	word := make([]uint32, flowWords*groupsPerChunk)
	for at := int64(0); at == 0 || at < f.n; at += groupsPerChunk {
		n := int(min(groupsPerChunk, f.n-at))
		if err := in.read(word[:n*flowWords]); err != nil {
			return err
		}
		column := func(of Field, dict []string) *Column { return &Column{Field: of, Dict: dict} }
		is := &flowFields
		ts, proto, state := column(is.ts, nil), column(is.proto, protoNames), column(is.state, flow.States())
		src, dst := column(is.srcIP, addrs), column(is.dstIP, addrs)
		srcPort, dstPort, up, down := column(is.srcPort, nil), column(is.dstPort, nil), column(is.up, nil), column(is.down, nil)
		duration, packetsUp, packetsDown, label := column(is.duration, nil), column(is.packetsUp, nil), column(is.packetsDown, nil), column(is.label, labels)
		flagsUp, flagsDown := column(is.flagsUp, flags), column(is.flagsDown, flags)
		for i := range n {
			w := word[i*flowWords:][:flowWords]
			long := func(j int) int64 { return int64(uint64(w[j]) | uint64(w[j+1])<<32) }
			ts.AppendInt(flow.FloorDiv(long(0), 1e3))
			proto.AppendCode(protoCode[w[2]&0xff])
			state.AppendCode(w[2] >> 8 & 0xff)
			flagsUp.AppendCode(w[2] >> 16 & 0xff)
			flagsDown.AppendCode(w[2] >> 24)
			src.AppendCode(rank[w[3]])
			dst.AppendCode(rank[w[4]])
			srcPort.AppendInt(int64(w[5] >> 16))
			dstPort.AppendInt(int64(w[5] & 0xffff))
			up.AppendInt(long(6))
			down.AppendInt(long(8))
			if w[10] == 0 {
				label.AppendNull()
			} else {
				label.AppendCode(w[10])
			}
			duration.AppendFloat(float64(long(11)) / 1e9)
			packetsUp.AppendInt(long(13))
			packetsDown.AppendInt(long(15))
		}
		t := &Table{Name: FlowsTable, Meta: map[string]string{}, Columns: []*Column{ts, proto, state, src, srcPort, dst, dstPort, up, down}}
		if f.duration {
			t.Columns = append(t.Columns, duration)
		}
		if f.packets {
			t.Columns = append(t.Columns, packetsUp, packetsDown)
		}
		if f.flags {
			t.Columns = append(t.Columns, flagsUp, flagsDown)
		}
		if f.labelled {
			t.Columns = append(t.Columns, label)
		}
		if err := put(t); err != nil {
			return err
		}
	}
	return nil
}

// Close gives back the room of what was not written.
func (f *Flows) Close() { f.words.close() }
