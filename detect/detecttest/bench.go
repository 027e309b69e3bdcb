package detecttest

import (
	"testing"
	"time"

	"toolkit/datasets/synth"
	"toolkit/detect"
	"toolkit/flow"
)

// Bench measures d on the synthetic data set: time and allocations of one
// pass over 142,373 records, and the time of one of them.
func Bench(b *testing.B, d *detect.Detector) {
	var batches []*flow.Batch
	for batch, err := range synth.Default().Source(nil, nil) {
		if err != nil {
			b.Fatal(err)
		}
		c := &flow.Batch{Hosts: batch.Hosts}
		for i := range batch.Len() {
			c.Append(batch.Record(i))
		}
		batches = append(batches, c)
	}
	n := 0
	for _, batch := range batches {
		n += batch.Len()
	}
	b.Run("n=142k", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w := d.New()
			for _, batch := range batches {
				w.Watch(batch, func(*detect.Alert) {})
			}
			w.Flush(time.Time{}, func(*detect.Alert) {})
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/record")
	})
}
