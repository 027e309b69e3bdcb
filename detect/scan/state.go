package scan

import (
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
)

// Limit implements detect.Watcher. Half of the room is for contacts, the rest
// for what is suspicious about them.
func (w *Watcher) Limit(bytes int64) {
	if bytes <= 0 {
		return
	}
	w.contacts.Max = int(max(1, bytes/2/w.contacts.EntryBytes()))
	w.scopes.Max = int(max(1, bytes*3/8/(w.scopes.EntryBytes()+recordBytes)))
	w.sources.Max = int(max(1, bytes/8/(w.sources.EntryBytes()+recordBytes)))
}

// recordBytes is about what a list of records takes.
const recordBytes = 64

// Usage implements detect.Watcher.
func (w *Watcher) Usage() detect.Usage {
	u := detect.Usage{
		Entries: int64(w.contacts.Len() + w.scopes.Len() + w.sources.Len()),
		Evicted: w.contacts.Evicted() + w.scopes.Evicted() + w.sources.Evicted(),
		Bytes: int64(w.contacts.Len())*w.contacts.EntryBytes() + int64(w.scopes.Len())*w.scopes.EntryBytes() +
			int64(w.sources.Len())*w.sources.EntryBytes(),
	}
	for _, s := range w.scopes.All {
		u.Bytes += s.records.Bytes()
	}
	for _, s := range w.sources.All {
		u.Bytes += s.records.Bytes()
	}
	return u
}

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) {
	w.clock.Save(to)
	w.contacts.Save(to, track.SaveKey, func(to *state.Writer, c *contact) {
		to.Bool(c.failed)
		to.Bool(c.probe)
	})
	w.scopes.Save(to, track.SaveKey, func(to *state.Writer, s *scope) {
		ints(to, int64(s.walk), int64(s.tried), int64(s.failed), s.first, s.last)
		to.Bool(s.accused)
		s.records.Save(to)
	})
	w.sources.Save(to, track.SaveHost, func(to *state.Writer, s *source) {
		ints(to, int64(s.vertical), int64(s.horizontal), int64(s.ports), int64(s.targets), int64(s.walk), int64(s.tried), int64(s.failed),
			s.first, s.last, int64(s.port), int64(s.dsts), int64(s.dstPorts), s.since, s.until, s.told)
		track.Key{Src: s.dst, Dst: track.NoHost}.Save(to)
		s.records.Save(to)
	})
}

func ints(to *state.Writer, vs ...int64) {
	for _, v := range vs {
		to.Int(v)
	}
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.begin()
	w.hosts = from.Hosts
	w.clock.Load(from)
	w.contacts.Load(from, track.LoadKey, func(from *state.Reader, c *contact) { c.failed, c.probe = from.Bool(), from.Bool() })
	w.scopes.Load(from, track.LoadKey, func(from *state.Reader, s *scope) {
		s.walk, s.tried, s.failed = int32(from.Int()), int32(from.Int()), int32(from.Int())
		s.first, s.last = from.Int(), from.Int()
		s.accused = from.Bool()
		s.records.Load(from)
	})
	w.sources.Load(from, (*state.Reader).Host, func(from *state.Reader, s *source) {
		for _, v := range []*int32{&s.vertical, &s.horizontal, &s.ports, &s.targets, &s.walk, &s.tried, &s.failed} {
			*v = int32(from.Int())
		}
		s.first, s.last = from.Int(), from.Int()
		s.port, s.dsts, s.dstPorts, s.since = uint16(from.Int()), int32(from.Int()), int32(from.Int()), from.Int()
		s.until, s.told = from.Int(), from.Int()
		s.dst = track.LoadKey(from).Src
		s.records.Load(from)
	})
}
