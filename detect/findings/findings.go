// Package findings makes of the alerts of a stream what a reader wants to be
// told: one finding for all alerts that say the same of the same subject, and
// none for what is known and suppressed.
//
// A [Merger] opens a [Finding] with the first alert of a detector, kind and
// subject, and says so at once. Alerts of the same that follow are added to
// it, silently. When none has come for a gap of the stream's time it closes,
// and is said again if it has grown. So each finding is said once or twice,
// under the same ID, the last time whole.
package findings

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
	"toolkit/flow"
)

// The states that a finding is said in.
const (
	Open   = "open"   // more may follow
	Closed = "closed" // it has grown since it was opened, and will no more
)

// A Finding is one or more alerts of the same detector, kind and subject.
type Finding struct {
	ID       string // a hash of detector, kind, subject and First
	Status   string // Open or Closed
	Detector string
	Kind     string
	Subject  detect.Subject
	First    time.Time     // when the first alert starts
	Last     time.Time     // when the last one ends
	Score    float64       // the highest
	Reasons  []algo.Reason // of the alert with the highest score, the first of them
	Alerts   int64
	Records  int64 // sum over the alerts
	Record   int64 // the number of the first record of the first alert
}

// A key is what alerts have to agree in to be one finding.
type key struct {
	detector, kind string
	subject        detect.Subject
}

// A Merger makes findings of alerts.
type Merger struct {
	Say func(*Finding) // called of each finding when it opens and, if it has grown, when it closes; must not keep it

	gap  time.Duration
	open track.Table[key, Finding]
	now  int64
}

// NewMerger returns a Merger of alerts that come within a gap. It keeps at
// most so many bytes, about, 0 for no limit: past them, what has been idle
// longest closes.
func NewMerger(gap time.Duration, bytes int64, say func(*Finding)) *Merger {
	m := &Merger{Say: say, gap: gap}
	m.open.Idle, m.open.Exact = max(int64(gap), 1), true
	if bytes > 0 {
		m.open.Max = int(max(bytes/m.bytes(), 16))
	}
	m.open.Forget = func(_ key, f *Finding) { m.close(f) }
	return m
}

// bytes is about what an open finding takes.
func (m *Merger) bytes() int64 { return m.open.EntryBytes() + 3*64 }

// Add takes in an alert.
func (m *Merger) Add(a *detect.Alert) {
	k := key{a.Detector, a.Kind, a.Subject}
	if f := m.open.Get(k); f != nil && a.Start.Sub(f.Last) > m.gap {
		m.close(f)
		m.open.Delete(k)
	}
	f, fresh := m.open.Touch(k, max(m.now, a.End.UnixNano()))
	if fresh {
		*f = Finding{Status: Open, Detector: a.Detector, Kind: a.Kind, Subject: a.Subject, First: a.Start, Last: a.End, Record: -1}
		f.ID = IDOf(f)
		if len(a.Records) > 0 {
			f.Record = a.Records[0]
		}
	}
	f.Alerts++
	f.Records += int64(len(a.Records))
	if a.End.After(f.Last) {
		f.Last = a.End
	}
	if fresh || a.Score > f.Score {
		f.Score, f.Reasons = a.Score, a.Reasons
	}
	if fresh {
		m.Say(f)
	}
}

// Tick tells the time of the stream, after the alerts that it brought; the
// zero time is its end.
func (m *Merger) Tick(now time.Time) {
	if now.IsZero() {
		m.open.Expire(math.MaxInt64)
		return
	}
	m.now = max(m.now, now.UnixNano())
	m.open.Expire(m.now)
}

func (m *Merger) close(f *Finding) {
	if f.Alerts > 1 {
		f.Status = Closed
		m.Say(f)
	}
}

// Usage says how many findings are open, and how many were closed early for
// want of room.
func (m *Merger) Usage() detect.Usage {
	n := int64(m.open.Len())
	return detect.Usage{Entries: n, Bytes: n * m.bytes(), Evicted: m.open.Evicted()}
}

// IDOf returns what names f: its ID.
func IDOf(f *Finding) string {
	s := f.Subject
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%s\n%d\n%d\n%d\n%d", f.Detector, f.Kind, s.Src, s.Dst, s.SrcPort, s.DstPort, s.Proto, f.First.UnixNano()))
	return hex.EncodeToString(sum[:8])
}

// Save writes what is open.
func (m *Merger) Save(w *state.Writer) {
	w.Int(m.now)
	m.open.Save(w, func(w *state.Writer, k key) {
		w.String(k.detector)
		w.String(k.kind)
		detect.SaveSubject(w, k.subject)
	}, func(w *state.Writer, f *Finding) {
		w.Int(f.First.UnixNano())
		w.Int(f.Last.UnixNano())
		w.Float(f.Score)
		w.Int(f.Alerts)
		w.Int(f.Records)
		w.Int(f.Record)
		detect.SaveReasons(w, f.Reasons)
	})
}

// Load takes in what Save wrote, in a Merger that has seen nothing.
func (m *Merger) Load(r *state.Reader) {
	m.now = r.Int()
	m.open.Load(r, func(r *state.Reader) key {
		return key{r.String(), r.String(), detect.LoadSubject(r)}
	}, func(r *state.Reader, f *Finding) {
		*f = Finding{Status: Open, First: time.Unix(0, r.Int()).UTC(), Last: time.Unix(0, r.Int()).UTC(),
			Score: r.Float(), Alerts: r.Int(), Records: r.Int(), Record: r.Int(), Reasons: detect.LoadReasons(r)}
	})
	m.open.All(func(k key, f *Finding) bool {
		f.Detector, f.Kind, f.Subject = k.detector, k.kind, k.subject
		f.ID = IDOf(f)
		return true
	})
}

// Subject parts as text, "" where they don't matter.
func addr(a interface {
	IsValid() bool
	String() string
}) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func proto(p flow.Proto) string {
	if p == 0 {
		return ""
	}
	return p.String()
}
