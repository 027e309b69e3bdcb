// Package tally gathers records into findings: what is found again and again
// in ten minutes is one alert, and not one a record.
package tally

import (
	"cmp"
	"slices"
	"time"

	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
	"toolkit/flow"
)

// Every is how long records of one key are one finding by default.
const Every = 10 * time.Minute

// A Tally keeps the findings of the present window of time.
type Tally struct {
	clock track.Clock
	found track.Table[track.Key, finding]
	hosts *flow.Hosts // what addresses are numbers in
}

type finding struct {
	first, last int64
	records     track.Records
}

// recordBytes is about what the list of records of a finding takes.
const recordBytes = 64

// Begin is called before each batch, with the length of windows.
func (t *Tally) Begin(every time.Duration, hosts *flow.Hosts) {
	t.clock.Every, t.hosts = int64(every), hosts
}

// Add adds a record to the finding of key k. Records come in the order of time.
func (t *Tally) Add(k track.Key, now, number int64) {
	f, fresh := t.found.Touch(k, now)
	if fresh {
		f.first = now
	}
	f.last = now
	f.records.Add(number)
}

// At is called before each record, with its time. At the end of a window it
// calls found with an alert for each key, in the order of kinds, addresses and
// ports, of which Kind and Reasons are left for found to fill in.
func (t *Tally) At(now int64, found func(k track.Key, a *detect.Alert)) {
	t.clock.At(now, func(_, _ int64) { t.tell(found) })
}

// Flush does so if a window has ended at that time, or the stream, if it is
// zero.
func (t *Tally) Flush(now time.Time, found func(k track.Key, a *detect.Alert)) {
	t.clock.Flush(now, func(_, _ int64) { t.tell(found) })
}

func (t *Tally) tell(found func(k track.Key, a *detect.Alert)) {
	keys := make([]track.Key, 0, t.found.Len())
	for k := range t.found.All {
		keys = append(keys, k)
	}
	SortKeys(keys, t.hosts)
	for _, k := range keys {
		f := t.found.Get(k)
		records := f.records.All()
		slices.Sort(records)
		found(k, &detect.Alert{
			Start: time.Unix(0, f.first).UTC(), End: time.Unix(0, f.last).UTC(),
			Subject: Subject(k, t.hosts), Score: float64(f.records.N), Records: slices.Compact(records),
		})
	}
	t.found.Clear()
}

// Subject returns the parts of a key that matter as a subject.
func Subject(k track.Key, hosts *flow.Hosts) detect.Subject {
	s := detect.Subject{SrcPort: k.SrcPort, DstPort: k.DstPort, Proto: k.Proto}
	if k.Src != track.NoHost {
		s.Src = hosts.Addr(k.Src)
	}
	if k.Dst != track.NoHost {
		s.Dst = hosts.Addr(k.Dst)
	}
	return s
}

// SortKeys sorts keys by kind, addresses, ports and protocol: an order that
// does not depend on how addresses are numbered.
func SortKeys(keys []track.Key, hosts *flow.Hosts) {
	slices.SortFunc(keys, func(a, b track.Key) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), compare(a.Src, b.Src, hosts), compare(a.Dst, b.Dst, hosts),
			cmp.Compare(a.DstPort, b.DstPort), cmp.Compare(a.SrcPort, b.SrcPort), cmp.Compare(a.Proto, b.Proto))
	})
}

func compare(a, b flow.Host, hosts *flow.Hosts) int {
	switch {
	case a == b:
		return 0
	case a == track.NoHost:
		return 1
	case b == track.NoHost:
		return -1
	}
	return hosts.Addr(a).Compare(hosts.Addr(b))
}

// Limit bounds what is kept to about so many bytes; 0 is no bound.
func (t *Tally) Limit(bytes int64) {
	if bytes > 0 {
		t.found.Max = int(max(1, bytes/(t.found.EntryBytes()+recordBytes)))
	}
}

// Usage says how much is kept.
func (t *Tally) Usage() detect.Usage {
	u := detect.Usage{Entries: int64(t.found.Len()), Bytes: int64(t.found.Len()) * t.found.EntryBytes(), Evicted: t.found.Evicted()}
	for _, f := range t.found.All {
		u.Bytes += f.records.Bytes()
	}
	return u
}

// Save writes t.
func (t *Tally) Save(w *state.Writer) {
	t.clock.Save(w)
	t.found.Save(w, track.SaveKey, func(w *state.Writer, f *finding) {
		w.Int(f.first)
		w.Int(f.last)
		f.records.Save(w)
	})
}

// Load replaces t by what Save wrote.
func (t *Tally) Load(r *state.Reader) {
	t.hosts = r.Hosts
	t.clock.Load(r)
	t.found.Load(r, track.LoadKey, func(r *state.Reader, f *finding) {
		f.first, f.last = r.Int(), r.Int()
		f.records.Load(r)
	})
}
