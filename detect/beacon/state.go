package beacon

import (
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
)

// Limit implements detect.Watcher.
func (w *Watcher) Limit(bytes int64) {
	w.pairs.Max = track.Room(bytes*3/4, &w.pairs, 128)
	w.dsts.Max = track.Room(bytes/8, &w.dsts, 0)
	w.sources.Max = track.Room(bytes/8, &w.sources, 0)
}

// Usage implements detect.Watcher.
func (w *Watcher) Usage() (u detect.Usage) {
	u.Entries, u.Bytes, u.Evicted = track.Usage(&w.pairs, &w.dsts, &w.sources)
	for _, p := range w.pairs.All {
		u.Bytes += p.records.Bytes() + 4*int64(cap(p.gaps)+cap(p.sizes))
	}
	return u
}

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) {
	w.clock.Save(to)
	w.pairs.Save(to, track.SaveKey, func(to *state.Writer, p *pair) {
		to.Int(p.n)
		to.Int(p.first)
		to.Int(p.last)
		to.Int(int64(p.sourcePort))
		to.Bool(p.fresh)
		to.Int(p.told)
		to.Int(p.since)
		saveRing(to, p.gaps)
		saveRing(to, p.sizes)
		p.records.Save(to)
	})
	w.dsts.Save(to, track.SaveHost, func(to *state.Writer, n *int64) { to.Int(*n) })
	w.sources.Save(to, track.SaveHost, func(*state.Writer, *struct{}) {})
}

func saveRing(to *state.Writer, r []uint32) {
	to.Len(len(r))
	for _, v := range r {
		to.Int(int64(v))
	}
}

func loadRing(from *state.Reader) []uint32 {
	n := from.Len(1)
	if n > ring {
		from.Fail()
		return nil
	}
	r := make([]uint32, n)
	for i := range r {
		r[i] = uint32(from.Int())
	}
	return r
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.begin(from.Hosts)
	w.clock.Load(from)
	w.pairs.Load(from, track.LoadKey, func(from *state.Reader, p *pair) {
		p.n, p.first, p.last, p.sourcePort = from.Int(), from.Int(), from.Int(), uint16(from.Int())
		p.fresh, p.told, p.since = from.Bool(), from.Int(), from.Int()
		p.gaps, p.sizes = loadRing(from), loadRing(from)
		p.records.Load(from)
	})
	w.dsts.Load(from, (*state.Reader).Host, func(from *state.Reader, n *int64) { *n = from.Int() })
	w.sources.Load(from, (*state.Reader).Host, func(*state.Reader, *struct{}) {})
}
