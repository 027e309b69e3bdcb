package thresholds

import (
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
)

// Limit implements detect.Watcher.
func (w *Watcher) Limit(bytes int64) { w.known.Max = track.Room(bytes, &w.known, 600) }

// Usage implements detect.Watcher.
func (w *Watcher) Usage() (u detect.Usage) {
	u.Entries, u.Bytes, u.Evicted = track.Usage(&w.known)
	for _, h := range w.known.All {
		if u.Bytes += h.records.Bytes(); h.season != nil {
			u.Bytes += 24 * 4 * int64(len(names))
		}
	}
	return u
}

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) {
	w.clock.Save(to)
	w.known.Save(to, track.SaveKey, func(to *state.Writer, h *host) {
		to.Int(h.since)
		to.Int(h.windows)
		for _, m := range h.marks {
			to.Float(m.level)
			to.Float(m.deviation)
		}
		if to.Bool(h.season != nil); h.season != nil {
			for _, hour := range h.season {
				for _, v := range hour {
					to.Float(float64(v))
				}
			}
		}
		if to.Bool(h.records.N > 0); h.records.N > 0 {
			to.Int(h.up)
			to.Int(h.down)
			for i := range h.peers {
				to.Int(int64(h.peers[i]))
				to.Int(int64(h.ports[i]))
			}
			h.records.Save(to)
		}
	})
	to.Len(len(w.active))
	for _, k := range w.active {
		k.Save(to)
	}
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.begin(from.Hosts)
	w.clock.Load(from)
	w.known.Load(from, track.LoadKey, func(from *state.Reader, h *host) {
		h.since, h.windows = from.Int(), from.Int()
		for i := range h.marks {
			h.marks[i] = mark{from.Float(), from.Float()}
		}
		if from.Bool() {
			h.season = new(season)
			for i := range h.season {
				for f := range h.season[i] {
					h.season[i][f] = float32(from.Float())
				}
			}
		}
		if from.Bool() {
			h.up, h.down = from.Int(), from.Int()
			for i := range h.peers {
				h.peers[i], h.ports[i] = uint64(from.Int()), uint64(from.Int())
			}
			h.records.Load(from)
		}
	})
	for range from.Len(6) {
		w.active = append(w.active, track.LoadKey(from))
	}
}
