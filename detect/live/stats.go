package live

import (
	"sync"
	"time"

	"toolkit/detect/state"
	"toolkit/detect/stream"
)

// Stats count what a session has done. They are the session's: others look at
// them by Snapshot.
type Stats struct {
	Records, Rejected, Skipped int64
	Suppressed, Findings       int64
	Checkpoints, Renumbered    int64
	Watermark                  time.Time // from when on records may still come
	alerts                     []int64   // by watcher
	names                      []string

	// Of the addresses, as of the last batch: between two batches the reader
	// may be numbering more of them.
	hosts, hostBytes int64

	mu       sync.Mutex
	snapshot Snapshot
	due      time.Time // when the next snapshot is made
}

// A Snapshot is what a session has done and keeps at some moment.
type Snapshot struct {
	Records, Rejected, Skipped, Late, Moved int64
	Suppressed, Findings, OpenFindings      int64
	Checkpoints, Renumbered                 int64
	Held, Hosts, HostBytes                  int64
	Watermark                               time.Time
	Needed                                  time.Duration // the lateness that would have kept what came too late; 0 if more memory would have
	Detectors                               []DetectorStats
}

// DetectorStats are a snapshot of a detector.
type DetectorStats struct {
	Name                            string
	Alerts, Entries, Bytes, Evicted int64
}

func newStats(ws []*stream.Watched) *Stats {
	s := &Stats{alerts: make([]int64, len(ws))}
	for _, w := range ws {
		s.names = append(s.names, w.Name)
	}
	return s
}

// Snapshot returns what was last published: a moment or a batch ago.
func (s *Stats) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshot
}

// publishEvery is how old a snapshot may be; one that takes long, as there is
// much to count, is made less often, so that it takes a part in publishCost
// of the time.
const (
	publishEvery = 200 * time.Millisecond
	publishCost  = 200
)

// publish makes a snapshot, if the last one is too old.
func (s *Session) publish(now bool) {
	st := s.Stats
	began := time.Now()
	if !now && began.Before(st.due) {
		return
	}
	snap := Snapshot{
		Records: st.Records, Rejected: st.Rejected, Skipped: st.Skipped, Late: s.stream.Late(), Moved: s.stream.Moved(), Needed: s.stream.Needed(),
		Suppressed: st.Suppressed, Findings: st.Findings, OpenFindings: s.merger.Usage().Entries,
		Checkpoints: st.Checkpoints, Renumbered: st.Renumbered,
		Held: int64(s.stream.Held()), Hosts: st.hosts, HostBytes: st.hostBytes, Watermark: st.Watermark,
	}
	for i, w := range s.cfg.Watched {
		u := w.Watcher.Usage()
		snap.Detectors = append(snap.Detectors, DetectorStats{w.Name, st.alerts[i], u.Entries, u.Bytes, u.Evicted})
	}
	st.mu.Lock()
	st.snapshot = snap
	st.mu.Unlock()
	st.due = began.Add(max(publishEvery, publishCost*time.Since(began)))
}

func (s *Stats) save(w *state.Writer) {
	w.Ints([]int64{s.Records, s.Rejected, s.Skipped, s.Suppressed, s.Findings, s.Renumbered})
	w.Ints(s.alerts)
}

func (s *Stats) load(r *state.Reader) {
	counts, alerts := r.Ints(), r.Ints()
	if len(counts) != 6 || len(alerts) != len(s.alerts) {
		r.Fail()
		return
	}
	s.Records, s.Rejected, s.Skipped, s.Suppressed, s.Findings, s.Renumbered = counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]
	copy(s.alerts, alerts)
}
