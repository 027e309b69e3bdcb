// Package firstseen finds addresses and services that were never seen before.
// Detector.Doc says what it does.
package firstseen

import (
	"math"
	"time"
	"unsafe"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// Detector finds what is new and rare.
var Detector = &detect.Detector{
	Name: "firstseen",
	Doc: `addresses and services that were never seen before and that few use

Once the stream has gone on for a day, each address that occurs for the first
time, and each service (address, destination port and protocol) that is used for the first
time at an address that is known, is told of at the end of the 10 minutes that it
was first seen in, if in them no more than three addresses had to do with it.
What all begin to use at once is a roll-out. What has not been seen for 30
days is forgotten. The score is 1 by the number of users.

Kinds: address and service. An alert has all records of the 10 minutes with what
is new.

Noisy by nature: people go to sites where they have never been. It is for the
question "what was new last night", on records of servers or of machines, and
does not run by default.`,
	Refs: []string{"Bianco: A Framework for Threat Hunting, Part 1: The Pyramid of Pain (stack counting, least frequency of occurrence), 2014"},
	New:  func() detect.Watcher { w := Default(); return &w },
}

// A Watcher is the detector at work. Its exported fields are its parameters.
type Watcher struct {
	WarmUp time.Duration
	Users  int // how many may use what is rare
	Memory time.Duration

	hosts *flow.Hosts
	clock track.Clock
	begun bool
	start int64                          // of the stream
	seen  track.Table[track.Key, *thing] // nil for what is known
	fresh []track.Key                    // first seen in the present window
}

// A thing is an address or a service that was first seen in the present window.
type thing struct {
	users       []flow.Host // who had to do with it, at most one more than are few
	first, last int64
	records     track.Records
}

// every is how long what is first seen may find users.
const every = 10 * time.Minute

// Default returns the detector with its default parameters.
func Default() Watcher { return Watcher{WarmUp: 24 * time.Hour, Users: 3, Memory: 30 * 24 * time.Hour} }

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.DurationVar(&w.WarmUp, "firstseen-warmup", w.WarmUp, "time from the first record in which nothing is new")
	fs.IntVar(&w.Users, "firstseen-users", w.Users, "users that what is rare has at the most")
	fs.DurationVar(&w.Memory, "firstseen-memory", w.Memory, "how long what is seen is remembered")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error {
	switch {
	case w.WarmUp < 0:
		return &algo.ParamError{Name: "firstseen-warmup", Value: w.WarmUp, Want: "0 or more"}
	case w.Users < 1:
		return &algo.ParamError{Name: "firstseen-users", Value: w.Users, Want: "1 or more"}
	case w.Memory <= every:
		return &algo.ParamError{Name: "firstseen-memory", Value: w.Memory, Want: "above 10 minutes"}
	}
	return nil
}

// Watch implements detect.Watcher.
func (w *Watcher) Watch(b *flow.Batch, report func(*detect.Alert)) {
	w.begin(b.Hosts)
	for i, now := range b.Time {
		w.clock.At(now, func(_, _ int64) { w.close(report) })
		if !w.begun {
			w.begun, w.start = true, now
		}
		src := w.add(b, i, track.Key{Src: b.Src[i], Dst: track.NoHost}, b.Dst[i])
		dst := w.add(b, i, track.Key{Src: b.Dst[i], Dst: track.NoHost}, b.Src[i])
		if !src && !dst {
			w.add(b, i, track.Key{Src: track.NoHost, Dst: b.Dst[i], DstPort: b.DstPort[i], Proto: b.Proto[i]}, b.Src[i])
		} else {
			// A new address's services are no news of their own, but known from now on.
			w.seen.Touch(track.Key{Src: track.NoHost, Dst: b.Dst[i], DstPort: b.DstPort[i], Proto: b.Proto[i]}, now)
		}
	}
}

// add notes that a user had to do with a thing in row i of b, and returns
// whether the thing is new.
func (w *Watcher) add(b *flow.Batch, i int, k track.Key, user flow.Host) bool {
	now := b.Time[i]
	is, fresh := w.seen.Touch(k, now)
	if fresh && now-w.start >= int64(w.WarmUp) {
		*is = &thing{first: now}
		w.fresh = append(w.fresh, k)
	}
	t := *is
	if t == nil {
		return false
	}
	t.last = now
	t.records.Add(b.Number(i))
	for _, u := range t.users {
		if u == user {
			return true
		}
	}
	if len(t.users) <= w.Users {
		t.users = append(t.users, user)
	}
	return true
}

// Flush implements detect.Watcher.
func (w *Watcher) Flush(now time.Time, report func(*detect.Alert)) {
	w.clock.Flush(now, func(_, _ int64) { w.close(report) })
}

func (w *Watcher) close(report func(*detect.Alert)) {
	for _, k := range w.fresh {
		t := w.seen.Get(k)
		if t == nil || *t == nil {
			continue // forgotten meanwhile
		}
		if len((*t).users) <= w.Users {
			report(w.alert(k, *t))
		}
		*t = nil
	}
	w.fresh = w.fresh[:0]
}

func (w *Watcher) alert(k track.Key, t *thing) *detect.Alert {
	a := &detect.Alert{
		Kind: "address", Start: time.Unix(0, t.first).UTC(), End: time.Unix(0, t.last).UTC(),
		Score:   1 / float64(len(t.users)),
		Reasons: []algo.Reason{{Column: "num_users", Value: float64(len(t.users)), Low: float64(w.Users + 1), High: math.Inf(1)}},
		Records: t.records.All(),
	}
	if k.Src != track.NoHost {
		a.Subject.Src = w.hosts.Addr(k.Src)
	} else {
		a.Kind = "service"
		a.Subject = detect.Subject{Dst: w.hosts.Addr(k.Dst), DstPort: k.DstPort, Proto: k.Proto}
	}
	detect.SortRecords(a)
	return a
}

func (w *Watcher) begin(hosts *flow.Hosts) {
	w.hosts, w.clock.Every, w.seen.Idle = hosts, int64(every), int64(w.Memory)
}

// Limit implements detect.Watcher.
func (w *Watcher) Limit(bytes int64) { w.seen.Max = track.Room(bytes, &w.seen, 0) }

// Usage implements detect.Watcher.
func (w *Watcher) Usage() (u detect.Usage) {
	u.Entries, u.Bytes, u.Evicted = track.Usage(&w.seen)
	for _, k := range w.fresh {
		if t := w.seen.Get(k); t != nil && *t != nil {
			u.Bytes += int64(unsafe.Sizeof(thing{})) + (*t).records.Bytes() + 4*int64(cap((*t).users))
		}
	}
	return u
}

// Save implements detect.Watcher.
func (w *Watcher) Save(to *state.Writer) {
	w.clock.Save(to)
	to.Bool(w.begun)
	to.Int(w.start)
	w.seen.Save(to, track.SaveKey, func(to *state.Writer, is **thing) {
		t := *is
		if to.Bool(t != nil); t != nil {
			to.Len(len(t.users))
			for _, u := range t.users {
				to.Host(u)
			}
			to.Int(t.first)
			to.Int(t.last)
			t.records.Save(to)
		}
	})
	to.Len(len(w.fresh))
	for _, k := range w.fresh {
		k.Save(to)
	}
}

// Load implements detect.Watcher.
func (w *Watcher) Load(from *state.Reader) {
	w.begin(from.Hosts)
	w.clock.Load(from)
	w.begun, w.start = from.Bool(), from.Int()
	w.seen.Load(from, track.LoadKey, func(from *state.Reader, is **thing) {
		if from.Bool() {
			t := &thing{users: make([]flow.Host, from.Len(5))}
			*is = t
			for i := range t.users {
				t.users[i] = from.Host()
			}
			t.first, t.last = from.Int(), from.Int()
			t.records.Load(from)
		}
	})
	for range from.Len(6) {
		w.fresh = append(w.fresh, track.LoadKey(from))
	}
}
