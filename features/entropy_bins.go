package features

import (
	"math"

	"toolkit/flow"
)

// EntropyWindows has a row for each window of o.Bin in which there was a
// record: the entropies of the six fields, and the same normalised.
func EntropyWindows(o Options) *Grouping {
	g := &Grouping{
		Name:     EntropyWindowsTable,
		Doc:      "Shannon entropies of the records of one window of " + o.Bin.String() + ".",
		Keys:     []Field{{Name: "window_start", Type: Time, Role: Key, Doc: "When the window begins."}},
		Features: []Feature{gathered("num_entries", Int, Count, volumeByState, volumeCount, "Records of the window.")},
		apart:    true,
		windows:  func() *flow.Windows { return flow.NewWindows(o.Bin, flow.Tumbling) },
		tuples:   noTuple,
	}
	for k, f := range entropyFields {
		g.Features = append(g.Features,
			gathered(f.name, Float, Nats, fieldEntropies, 2*k, "Shannon entropy of the "+f.doc+"."),
			gathered(f.name+"_norm", Float, Ratio, fieldEntropies, 2*k+1, f.name+" / ln of the number of distinct "+f.doc+": 1 if all are equally frequent; 0 of less than two (Nychis et al. 2008)."))
	}
	return g
}

// fieldEntropies gathers the entropy of each of entropyFields, and the same
// normalised.
var fieldEntropies = &Gather{Parts: 2 * len(entropyFields), New: func(h *flow.Hosts, _ *Rows) Aggregate {
	return &entropies{traffic: traffic{hosts: h}, states: newStates()}
}}

// An entropies works out the entropies of a group from its flow tuples, and of
// states from their counts.
type entropies struct {
	traffic
	states Aggregate
}

func newStates() Aggregate { return volumeByState.New(nil, new(Rows)) }

func (e *entropies) Grow(n int) { e.traffic.Grow(n); e.states.Grow(n) }

func (e *entropies) Add(b *flow.Batch, group []int32) {
	e.traffic.Add(b, group)
	e.states.Add(b, group)
}

func (e *entropies) Bytes() int64 { return e.traffic.Bytes() + e.states.Bytes() }

// tupleFields are the fields of flow tuples in the order of entropyFields.
var tupleFields = []func(*entry) uint64{
	ofDst, ofDstPort, ofSrc, ofSrcPort, func(e *entry) uint64 { return uint64(e.proto) },
}

func (e *entropies) Emit(order []int32, cols []*Column) {
	w := counter{set: &e.set}
	states := make([]*Column, volumeClass+8)
	for s := range flow.NumStates {
		states[volumeClass+int(s)] = new(Column)
	}
	e.states.Emit(order, states)
	for row, g := range order {
		es := e.tuples(g)
		for k := range entropyFields {
			var counts []int64
			if k < len(tupleFields) {
				w.count(es, perDist{y: tupleFields[k]}, true)
				for _, c := range w.counts {
					counts = append(counts, int64(c))
				}
			} else {
				for s := range flow.NumStates {
					if c := states[volumeClass+int(s)].Ints[row]; c > 0 {
						counts = append(counts, c)
					}
				}
			}
			n := int64(0)
			for _, c := range counts {
				n += c
			}
			h := entropyOf(counts, n)
			if c := cols[2*k]; c != nil {
				c.Floats = append(c.Floats, h)
			}
			if c := cols[2*k+1]; c != nil {
				c.Floats = append(c.Floats, h/math.Log(float64(max(len(counts), 2))))
			}
		}
	}
}

func (e *entropies) AppendState(dst []byte, g int32) []byte {
	return e.states.AppendState(e.traffic.AppendState(dst, g), g)
}

func (e *entropies) MergeState(g int32, src []byte) ([]byte, error) {
	src, err := e.traffic.MergeState(g, src)
	if err != nil {
		return src, err
	}
	return e.states.MergeState(g, src)
}
