package features

import (
	"fmt"

	"toolkit/flow"
)

// Names of the tables of entropies.
const (
	EntropyTable        = "entropy"
	EntropyWindowsTable = "entropy_windows"
)

// DefaultEntropyWindow is over how many records entropies run unless told
// otherwise.
const DefaultEntropyWindow = 100

// entropyFields are the fields of records whose entropies are told (after
// Lakhina, Crovella & Diot 2005).
var entropyFields = []struct {
	name, doc string
	of        func(b *flow.Batch, i int) uint64
}{
	{"dst_ip", "destination addresses", func(b *flow.Batch, i int) uint64 { return uint64(b.Dst[i]) }},
	{"dst_port", "destination ports", func(b *flow.Batch, i int) uint64 { return uint64(b.DstPort[i]) }},
	{"src_ip", "source addresses", func(b *flow.Batch, i int) uint64 { return uint64(b.Src[i]) }},
	{"src_port", "source ports", func(b *flow.Batch, i int) uint64 { return uint64(b.SrcPort[i]) }},
	{"ip_protocol", "protocols", func(b *flow.Batch, i int) uint64 { return uint64(b.Proto[i]) }},
	{"state", "states", func(b *flow.Batch, i int) uint64 { return uint64(b.State[i]) }},
}

// A RunningEntropy tells, at each record, the entropies of six of its fields
// over the records up to it, in the order in which they come: the last w of
// them, fewer at the beginning. It takes constant time a record.
type RunningEntropy struct {
	ring  [][]uint64 // by field: the values of the last w records
	w, at int
	fill  int
	run   []Entropy
}

// NewRunningEntropy returns entropies over w records. It panics if w is not
// above 0.
func NewRunningEntropy(w int) *RunningEntropy {
	if w < 1 {
		panic(fmt.Sprintf("features: entropies over %d records", w))
	}
	e := &RunningEntropy{w: w, run: make([]Entropy, len(entropyFields))}
	for range entropyFields {
		e.ring = append(e.ring, make([]uint64, w))
	}
	return e
}

// Add takes in record i of b.
func (e *RunningEntropy) Add(b *flow.Batch, i int) {
	for k, f := range entropyFields {
		v := f.of(b, i)
		if e.fill == e.w {
			e.run[k].Remove(e.ring[k][e.at])
		}
		e.ring[k][e.at] = v
		e.run[k].Add(v)
	}
	e.fill = min(e.fill+1, e.w)
	e.at = (e.at + 1) % e.w
}

// Fields returns the entropies of dst_ip, dst_port, src_ip, src_port,
// ip_protocol and state, in this order, until the next Add.
func (e *RunningEntropy) Fields() []Entropy { return e.run }

// Entropies makes the tables of entropies in one pass: at each record over
// the last so many, and of each window of time.
type Entropies struct {
	running *RunningEntropy
	seqs    []int64
	at      []int64
	columns []*Column
	windows *Builder
}

// NewEntropies returns entropies over w records and in windows of o.Bin, of
// records whose addresses are numbers in hosts.
func NewEntropies(w int, o Options, hosts *flow.Hosts) *Entropies {
	e := &Entropies{running: NewRunningEntropy(w), windows: NewBuilder(EntropyWindows(o), hosts)}
	for _, f := range entropyFields {
		e.columns = append(e.columns, &Column{Field: Field{Name: f.name, Type: Float, Unit: Nats, Role: Value,
			Doc: "Shannon entropy of the " + f.doc + " of the records up to this one, in the order of the input: of the last 100, or as many as --entropy-window says; of fewer at the beginning."}})
	}
	return e
}

// Add takes in the records of b, which must come in the order of the input.
func (e *Entropies) Add(b *flow.Batch) {
	e.windows.Add(b)
	for i := range b.Len() {
		e.running.Add(b, i)
		e.seqs, e.at = append(e.seqs, b.Number(i)), append(e.at, flow.FloorDiv(b.Time[i], 1e3))
		for k := range e.columns {
			e.columns[k].Floats = append(e.columns[k].Floats, e.running.run[k].Value())
		}
	}
}

// Tables returns the tables.
func (e *Entropies) Tables() []*Table {
	running := &Table{Name: EntropyTable, Meta: map[string]string{}, Columns: append([]*Column{
		{Field: Field{Name: "record", Type: Int, Role: Key, Doc: "Number of the record."}, Ints: e.seqs},
		{Field: Field{Name: "ts", Type: Time, Role: Key, Doc: "Its time."}, Ints: e.at},
	}, e.columns...)}
	windows, _ := e.windows.Table()
	return []*Table{running, windows}
}

// Err says if something added up to more than its column can hold.
func (e *Entropies) Err() error { return e.windows.Err() }
