package reproduce

import (
	"toolkit/features"
	"toolkit/flow"
)

// entropyFields are what entropies are of, in the order of
// features.RunningEntropy.
var entropyFields = []string{"dst_ip", "dst_port", "src_ip", "src_port", "ip_protocol", "state"}

// An entropy keeps the running entropies at every so many-th record, for a
// plot, and their means over all records with a whole window before them, as
// the original's would have been.
type entropy struct {
	run   *features.RunningEntropy
	seen  int64
	sum   [6]float64
	n     int64
	times []int64 // microseconds
	kept  [6][]float64
}

// entropyEvery is how many records there are to a point of the plot.
const entropyEvery = 100

func newEntropy() *entropy {
	return &entropy{run: features.NewRunningEntropy(features.DefaultEntropyWindow)}
}

func (e *entropy) add(b *flow.Batch) {
	for i := range b.Len() {
		e.run.Add(b, i)
		e.seen++
		if e.seen < features.DefaultEntropyWindow {
			continue
		}
		e.n++
		for k := range e.sum {
			v := e.run.Fields()[k].Value()
			e.sum[k] += v
			if e.n%entropyEvery == 1 {
				e.kept[k] = append(e.kept[k], v)
			}
		}
		if e.n%entropyEvery == 1 {
			e.times = append(e.times, b.Time[i]/1e3)
		}
	}
}

func (e *entropy) mean(k int) float64 { return e.sum[k] / float64(max(1, e.n)) }

// table returns what is kept.
func (e *entropy) table() *features.Table {
	t := &features.Table{Name: "entropy", Columns: []*features.Column{
		{Field: features.Field{Name: "ts", Type: features.Time, Role: features.Key}, Ints: e.times},
	}}
	for k, name := range entropyFields {
		t.Columns = append(t.Columns, &features.Column{Field: features.Field{Name: "entropy_" + name, Type: features.Float, Role: features.Value}, Floats: e.kept[k]})
	}
	return t
}
