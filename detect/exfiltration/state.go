package exfiltration

import (
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
)

// sketchBytes is about what a source's history takes.
const sketchBytes = 512

// Limit implements detect.Watcher.
func (w *Watcher) Limit(bytes int64) {
	w.pairs.Max = track.Room(bytes*3/4, &w.pairs, 32)
	w.sources.Max = track.Room(bytes/4, &w.sources, sketchBytes)
}

// Usage implements detect.Watcher.
func (w *Watcher) Usage() (u detect.Usage) {
	u.Entries, u.Bytes, u.Evicted = track.Usage(&w.pairs, &w.sources)
	for _, p := range w.pairs.All {
		u.Bytes += p.records.Bytes()
	}
	for _, s := range w.sources.All {
		u.Bytes += s.Bytes()
	}
	return u
}

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) {
	w.clock.Save(to)
	w.pairs.Save(to, track.SaveKey, func(to *state.Writer, p *pair) {
		to.Int(p.since)
		to.Bool(p.accused)
		if to.Bool(p.active); p.active {
			to.Int(p.up)
			to.Int(p.down)
			to.Int(p.first)
			to.Int(p.last)
			p.records.Save(to)
		}
	})
	w.sources.Save(to, track.SaveHost, func(to *state.Writer, s *track.Sketch) { s.Save(to) })
	w.all.Save(to)
	to.Len(len(w.active))
	for _, k := range w.active {
		k.Save(to)
	}
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.begin(from.Hosts)
	w.clock.Load(from)
	w.pairs.Load(from, track.LoadKey, func(from *state.Reader, p *pair) {
		p.since, p.accused = from.Int(), from.Bool()
		if p.active = from.Bool(); p.active {
			p.up, p.down, p.first, p.last = from.Int(), from.Int(), from.Int(), from.Int()
			p.records.Load(from)
		}
	})
	w.sources.Load(from, (*state.Reader).Host, func(from *state.Reader, s *track.Sketch) { s.Load(from) })
	w.all.Load(from)
	for range from.Len(6) {
		w.active = append(w.active, track.LoadKey(from))
	}
}
