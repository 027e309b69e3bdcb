package ports

import (
	"maps"
	"slices"

	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
	"toolkit/features"
	"toolkit/flow"
)

// stats are what goes over each port that is not popular.
type stats struct {
	ports map[uint16]*stat
	known track.Table[track.Key, struct{}] // addresses of ports, by role
}

type stat struct {
	records, up, down, srcs, dsts, first, last int64
}

// add takes in the records of b. The seed put a destination among the sources
// whenever the source was known.
func (s *stats) add(b *flow.Batch, seed bool) {
	if s.ports == nil {
		s.ports = make(map[uint16]*stat)
	}
	for i, now := range b.Time {
		port := b.DstPort[i]
		if popular[port] {
			continue
		}
		p := s.ports[port]
		if p == nil {
			p = &stat{first: now, last: now}
			s.ports[port] = p
		}
		p.records++
		p.up += b.BytesUp[i]
		p.down += b.BytesDown[i]
		p.first, p.last = min(p.first, now), max(p.last, now)
		if s.fresh(b.Dst[i], port, destination, now) {
			p.dsts++
		}
		if s.fresh(b.Src[i], port, source, now) || seed && s.fresh(b.Dst[i], port, source, now) {
			p.srcs++
		}
	}
}

func (s *stats) fresh(h flow.Host, port uint16, role uint8, now int64) bool {
	_, fresh := s.known.Touch(track.Key{Src: h, Dst: track.NoHost, DstPort: port, Kind: role}, now)
	return fresh
}

// Tables implements detect.Tabler: a row for each port that is not popular.
func (w *Watcher) Tables() []*features.Table {
	ports := slices.Sorted(maps.Keys(w.stats.ports))
	column := func(name string, role features.Role, typ features.Type, unit features.Unit, doc string, of func(port uint16, p *stat) int64) *features.Column {
		c := &features.Column{Field: features.Field{Name: name, Role: role, Type: typ, Unit: unit, Doc: doc}}
		for _, port := range ports {
			c.Ints = append(c.Ints, of(port, w.stats.ports[port]))
		}
		return c
	}
	value := func(name string, unit features.Unit, doc string, of func(p *stat) int64) *features.Column {
		return column(name, features.Value, features.Int, unit, doc, func(_ uint16, p *stat) int64 { return of(p) })
	}
	return []*features.Table{{Name: StatsTable, Columns: []*features.Column{
		column("dst_port", features.Key, features.Int, features.None, "Destination port.", func(port uint16, _ *stat) int64 { return int64(port) }),
		value("num_conns", features.Count, "Records.", func(p *stat) int64 { return p.records }),
		value("bytes_up", features.Bytes, "Bytes sent by sources.", func(p *stat) int64 { return p.up }),
		value("bytes_dw", features.Bytes, "Bytes sent by destinations.", func(p *stat) int64 { return p.down }),
		value("num_src_ip", features.Count, "Distinct source addresses; more than that if some were forgotten for want of room.", func(p *stat) int64 { return p.srcs }),
		value("num_dst_ip", features.Count, "Distinct destination addresses; the same.", func(p *stat) int64 { return p.dsts }),
		column("time_first_seen", features.Outcome, features.Time, features.None, "Time of the first record.", func(_ uint16, p *stat) int64 { return flow.FloorDiv(p.first, 1000) }),
		column("time_last_seen", features.Outcome, features.Time, features.None, "Time of the last record.", func(_ uint16, p *stat) int64 { return flow.FloorDiv(p.last, 1000) }),
	}}}
}

// StatsTable is the name of the table of ports.
const StatsTable = "port_stats"

func (s *stats) limit(bytes int64) { s.known.Max = int(max(1, bytes/s.known.EntryBytes())) }

func (s *stats) usage() detect.Usage {
	return detect.Usage{
		Entries: int64(s.known.Len()), Evicted: s.known.Evicted(),
		Bytes: int64(s.known.Len())*s.known.EntryBytes() + 80*int64(len(s.ports)),
	}
}

func (s *stats) save(w *state.Writer) {
	w.Len(len(s.ports))
	for _, port := range slices.Sorted(maps.Keys(s.ports)) {
		p := s.ports[port]
		for _, v := range []int64{int64(port), p.records, p.up, p.down, p.srcs, p.dsts, p.first, p.last} {
			w.Int(v)
		}
	}
	s.known.Save(w, track.SaveKey, func(*state.Writer, *struct{}) {})
}

func (s *stats) load(r *state.Reader) {
	s.ports = make(map[uint16]*stat)
	for range r.Len(8) {
		port := r.Int()
		s.ports[uint16(port)] = &stat{r.Int(), r.Int(), r.Int(), r.Int(), r.Int(), r.Int(), r.Int()}
	}
	s.known.Load(r, track.LoadKey, func(*state.Reader, *struct{}) {})
}
