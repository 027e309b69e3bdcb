package iqr

import (
	"maps"
	"slices"

	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/flow"
)

// pairBytes is about what a pair with a few records and ports takes.
const pairBytes = 400

// Limit implements detect.Watcher. Pairs that there is no room for in the open
// windows are left out.
func (w *Watcher) Limit(bytes int64) { w.most = int(bytes / pairBytes) }

// Usage implements detect.Watcher.
func (w *Watcher) Usage() detect.Usage {
	u := detect.Usage{Entries: int64(w.pairs), Evicted: w.evicted}
	for _, win := range w.open {
		for _, p := range win.pairs {
			u.Bytes += pairBytes + 8*int64(cap(p.records))
		}
	}
	return u
}

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) {
	w.begin()
	to.Int(w.evicted)
	windows, _ := w.windows.AppendBinary(nil) // never fails
	to.String(string(windows))
	to.Len(len(w.open))
	for _, n := range slices.Sorted(maps.Keys(w.open)) {
		to.Int(n)
		to.Len(len(w.open[n].pairs))
		for k, p := range w.open[n].pairs {
			to.Host(k[0])
			to.Host(k[1])
			p.save(to)
		}
	}
}

func (p *pair) save(to *state.Writer) {
	to.Int(p.conns)
	to.Int(p.up)
	to.Int(p.down)
	to.Len(len(p.ports))
	for port := range p.ports {
		to.Int(int64(port))
	}
	to.Ints(p.records)
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.begin()
	w.evicted = from.Int()
	if w.windows.UnmarshalBinary([]byte(from.String())) != nil {
		from.Fail()
	}
	for range from.Len(2) {
		win := newWindow()
		win.hosts = from.Hosts
		w.open[from.Int()] = win
		for range from.Len(8) {
			k := [2]flow.Host{from.Host(), from.Host()}
			p := &pair{conns: from.Int(), up: from.Int(), down: from.Int(), ports: make(map[uint16]struct{})}
			for range from.Len(1) {
				p.ports[uint16(from.Int())] = struct{}{}
			}
			p.records = from.Ints()
			if from.Err() != nil {
				return
			}
			win.pairs[k] = p
			w.pairs++
		}
	}
}
