package newports

import (
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
)

// Limit implements detect.Watcher.
func (w *Watcher) Limit(bytes int64) { w.users.Max = track.Room(bytes, &w.users, 64) }

// Usage implements detect.Watcher.
func (w *Watcher) Usage() (u detect.Usage) {
	u.Entries, u.Bytes, u.Evicted = track.Usage(&w.users)
	for _, p := range w.users.All {
		u.Bytes += p.records.Bytes() + 2*int64(cap(p.ports))
	}
	return u
}

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) {
	w.clock.Save(to)
	w.users.Save(to, track.SaveKey, func(to *state.Writer, u *user) {
		to.Len(len(u.ports))
		for _, p := range u.ports {
			to.Int(int64(p))
		}
		to.Int(u.fresh)
		to.Int(int64(u.told))
		to.Int(u.since)
		to.Bool(u.pending)
		u.records.Save(to)
	})
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.begin(from.Hosts)
	w.clock.Load(from)
	w.users.Load(from, track.LoadKey, func(from *state.Reader, u *user) {
		u.ports = make([]uint16, from.Len(1))
		for i := range u.ports {
			u.ports[i] = uint16(from.Int())
		}
		u.fresh, u.told, u.since, u.pending = from.Int(), int(from.Int()), from.Int(), from.Bool()
		u.records.Load(from)
	})
}
