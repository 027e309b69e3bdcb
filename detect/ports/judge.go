package ports

import (
	"math"
	"slices"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/tally"
	"toolkit/detect/track"
	"toolkit/features"
)

// judge accuses who has too many ports at the end of a window, and forgets
// it: sources first, in the order of addresses.
func (w *Watcher) judge(start, end int64, report func(*detect.Alert)) {
	var limit [2]float64
	for role := range limit {
		var counts []float64
		for k, u := range w.users.All {
			if int(k.Kind) == role {
				counts = append(counts, float64(u.ports.n))
			}
		}
		slices.Sort(counts)
		limit[role] = math.Inf(1)
		if len(counts) > 0 {
			limit[role] = max(features.Quantile(counts, w.Percentile/100), float64(w.Least-1))
		}
	}
	var guilty []track.Key
	for k, u := range w.users.All {
		if n := float64(u.ports.n); n > limit[k.Kind] || n > many {
			guilty = append(guilty, k)
		}
	}
	tally.SortKeys(guilty, w.hosts)
	for _, k := range guilty {
		u := w.users.Get(k)
		n, kind, high := float64(u.ports.n), kinds[0], limit[k.Kind]
		if n > many {
			kind, high = kinds[1], many
		}
		records := u.records.All()
		slices.Sort(records)
		report(&detect.Alert{
			Kind: kind, Start: time.Unix(0, u.first).UTC(), End: time.Unix(0, u.last).UTC(),
			Subject: tally.Subject(k, w.hosts), Score: n, Records: slices.Compact(records),
			Reasons: []algo.Reason{{Column: roles[k.Kind], Value: n, Low: math.Inf(-1), High: high}},
		})
	}
	w.users.Clear()
}
