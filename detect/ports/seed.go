package ports

import (
	"math"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/track"
	"toolkit/features"
	"toolkit/flow"
)

// seedLimit is how many ports were too many for the seed before it had seen
// any.
const seedLimit = 5

// SeedCompat implements detect.Compatible.
func (w *Watcher) SeedCompat(on bool) { w.seed = on }

// InputOrder implements detect.Unordered: what the seed said of a record
// depends on those before it.
func (w *Watcher) InputOrder() bool { return w.seed }

// watchSeed does as the seed did.
func (w *Watcher) watchSeed(b *flow.Batch, report func(*detect.Alert)) {
	for i, now := range b.Time {
		for _, h := range [2]flow.Host{b.Src[i], b.Dst[i]} {
			u, fresh := w.users.Touch(track.Key{Src: h, Dst: track.NoHost}, now)
			if fresh {
				w.counted(0, 1)
			}
			if u.ports.add(b.DstPort[i]) {
				w.counted(u.ports.n-1, -1)
				w.counted(u.ports.n, 1)
				w.limit = w.percentile90()
			}
			n := float64(u.ports.n)
			tell := func(kind int, high float64) {
				at := time.Unix(0, now).UTC()
				report(&detect.Alert{
					Kind: kinds[kind], Start: at, End: at, Subject: detect.Subject{Src: b.Hosts.Addr(h)}, Score: n, Records: []int64{b.Number(i)},
					Reasons: []algo.Reason{{Column: "dst_ports", Value: n, Low: math.Inf(-1), High: high}},
				})
			}
			if n > w.limit && !popular[b.DstPort[i]] && !u.alerted {
				u.alerted = true
				tell(0, w.limit)
			}
			if n > many {
				tell(1, many)
			}
		}
	}
}

// counted notes that there are so many more addresses with n ports.
func (w *Watcher) counted(n int, more int64) {
	for len(w.count) <= n {
		w.count = append(w.count, 0)
	}
	w.count[n] += more
}

// percentile90 returns the 90th percentile of the numbers of ports of all
// addresses, as numpy works it out.
func (w *Watcher) percentile90() float64 {
	var total int64
	for _, c := range w.count {
		total += c
	}
	place := 0.9 * float64(total-1)
	low := int64(math.Floor(place))
	at := func(rank int64) float64 {
		for n, c := range w.count {
			if rank -= c; rank < 0 {
				return float64(n)
			}
		}
		return float64(len(w.count) - 1)
	}
	return features.Quantile([]float64{at(low), at(min(low+1, total-1))}, place-float64(low))
}
