package suite

import (
	"testing"
	"time"

	"toolkit/datasets/synth"
	"toolkit/detect"
)

// What a detector keeps stays about within its limit, and is not counted
// wrongly: it was above the limit without one.
func TestLimit(t *testing.T) {
	const limit = 1 << 17
	config := synth.Config{Records: 20_000, Seed: 3}
	for _, d := range Detectors {
		free, bound := d.New(), d.New()
		bound.Limit(limit)
		most, mostFree := int64(0), int64(0)
		for b, err := range config.Source(nil, nil) {
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < b.Len(); i += 512 {
				part := b.Slice(i, min(i+512, b.Len()))
				for _, w := range []detect.Watcher{free, bound} {
					w.Watch(part, func(*detect.Alert) {})
				}
				most, mostFree = max(most, bound.Usage().Bytes), max(mostFree, free.Usage().Bytes)
			}
		}
		u := bound.Usage()
		t.Logf("%s: %d bytes of %d, %d evicted; %d without a limit", d, most, limit, u.Evicted, mostFree)
		if most > 3*limit {
			t.Errorf("%s keeps %d bytes with a limit of %d", d, most, limit)
		}
		if mostFree > 3*limit && u.Evicted == 0 {
			t.Errorf("%s has evicted nothing, and needs %d bytes without a limit of %d", d, mostFree, limit)
		}
		bound.Flush(time.Time{}, func(*detect.Alert) {})
	}
}
