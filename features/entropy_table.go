package features

import (
	"fmt"
	"math"

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

// Entropies makes the table of running entropies in one pass: at each record over
// the last so many, in the order of the input. It holds 64 bytes a record, which go to
// a temporary file past the limit.
type Entropies struct {
	running *RunningEntropy
	words   spool
	buf     []int32
	n       int64
	limit   int64  // bytes; 0 for none
	tmp     string // "" for the system's
}

// entropyWords is how many words a record takes: its number, its time, and a
// float for each field.
var entropyWords = 2 * (2 + len(entropyFields))

// NewEntropies returns entropies over w records. Past limit bytes, 0 for none, it keeps
// them in a temporary file in the directory tmp, "" for the system's.
func NewEntropies(w int, limit int64, tmp string) *Entropies {
	return &Entropies{running: NewRunningEntropy(w), limit: limit, tmp: tmp}
}

// Add takes in the records of b, which must come in the order of the input. An error
// is one of the temporary file.
func (e *Entropies) Add(b *flow.Batch) error {
	e.buf = e.buf[:0]
	put := func(v uint64) { e.buf = append(e.buf, int32(v), int32(v>>32)) }
	for i := range b.Len() {
		e.running.Add(b, i)
		put(uint64(b.Number(i)))
		put(uint64(flow.FloorDiv(b.Time[i], 1e3)))
		for k := range e.running.run {
			put(math.Float64bits(e.running.run[k].Value()))
		}
	}
	e.n += int64(b.Len())
	e.words.append(e.buf)
	if e.limit > 0 && e.words.bytes() > e.limit {
		return e.words.send(e.tmp)
	}
	return e.words.err
}

// Write hands the table to put, a chunk of rows at a time, at least one. Nothing
// can be added any more.
func (e *Entropies) Write(put func(*Table) error) error {
	in, err := e.words.reader()
	if err != nil {
		return err
	}
	words := make([]uint32, entropyWords*groupsPerChunk)
	for at := int64(0); at == 0 || at < e.n; at += groupsPerChunk {
		n := int(min(groupsPerChunk, e.n-at))
		if err := in.read(words[:n*entropyWords]); err != nil {
			return err
		}
		cell := func(i, j int) uint64 {
			w := words[i*entropyWords+2*j:]
			return uint64(w[0]) | uint64(w[1])<<32
		}
		record := &Column{Field: Field{Name: "record", Type: Int, Role: Key, Doc: "Number of the record."}, Ints: make([]int64, n)}
		ts := &Column{Field: Field{Name: "ts", Type: Time, Role: Key, Doc: "Its time."}, Ints: make([]int64, n)}
		t := &Table{Name: EntropyTable, Meta: map[string]string{}, Columns: []*Column{record, ts}}
		for i := range n {
			record.Ints[i], ts.Ints[i] = int64(cell(i, 0)), int64(cell(i, 1))
		}
		for k, f := range entropyFields {
			c := &Column{Field: Field{Name: f.name, Type: Float, Unit: Nats, Role: Value,
				Doc: "Shannon entropy of the " + f.doc + " of the records up to this one, in the order of the input: of the last 100, or as many as --entropy-window says; of fewer at the beginning."}, Floats: make([]float64, n)}
			for i := range n {
				c.Floats[i] = math.Float64frombits(cell(i, 2+k))
			}
			t.Columns = append(t.Columns, c)
		}
		if err := put(t); err != nil {
			return err
		}
	}
	return nil
}

// Close gives back the room of the temporary file.
func (e *Entropies) Close() { e.words.close() }
