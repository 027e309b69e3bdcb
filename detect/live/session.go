// Package live runs detectors over an endless stream: it says findings as they
// come, keeps what it needs within bounds, and writes checkpoints from which
// it goes on after it was stopped, killed or interrupted, as if it had not
// been.
package live

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"toolkit/detect"
	"toolkit/detect/findings"
	"toolkit/detect/state"
	"toolkit/detect/stream"
	"toolkit/flow"
)

// A Config says what a Session does.
type Config struct {
	Watched  []*stream.Watched // Name and New
	Late     time.Duration     // how late a record may come
	Merge    time.Duration     // the gap within which alerts are one finding
	Memory   int64             // bytes that all of it may take, about; 0 for no limit
	Workers  int
	Suppress findings.Suppress
	Say      func(*findings.Finding) error
	Reject   func(*flow.SyntaxError) error // called of each record that can't be read; may be nil

	Hosts *flow.Hosts // what numbers the addresses of the source

	Dir     string        // where the state is kept; "" for nowhere
	Every   time.Duration // between checkpoints
	Program string        // version of the program
	Params  map[string]string
	Inputs  []string
}

// Shares of the memory. What is left is for reading, and for bytes on the way
// to a checkpoint.
const (
	watcherShare = 3.0 / 8
	sorterShare  = 1.0 / 16
	hostsShare   = 1.0 / 16
	mergerShare  = 1.0 / 32
)

// A Session is a stream that is watched.
type Session struct {
	cfg     Config
	stream  *stream.Stream
	merger  *findings.Merger
	log     *os.File // alerts.jsonl
	logged  int64    // bytes
	lines   bytes.Buffer
	encode  findings.Encoder
	err     error // of saying
	next    int64 // number of the record that comes next
	tail    *Position
	resumed *header
	saved   time.Time
	most    int64 // bytes that addresses may take before they are numbered anew

	Stats *Stats
}

// Open returns a session that begins, or that goes on from the checkpoint of
// its state directory.
func Open(cfg Config) (*Session, error) {
	s := &Session{cfg: cfg, Stats: newStats(cfg.Watched), saved: time.Now()}
	share := func(of float64) int64 { return int64(float64(cfg.Memory) * of) }
	limit := share(watcherShare) / int64(max(len(cfg.Watched), 1))
	for i, w := range cfg.Watched {
		fresh := w.New
		w.New = func() (detect.Watcher, error) {
			x, err := fresh()
			if err == nil {
				x.Limit(limit)
			}
			return x, err
		}
		var err error
		if w.Watcher, err = w.New(); err != nil {
			return nil, fmt.Errorf("%s: %w", w.Name, err)
		}
		w.Report = func(a *detect.Alert) { s.alert(i, a) }
	}
	s.most = share(hostsShare)
	s.merger = findings.NewMerger(cfg.Merge, share(mergerShare), s.say)
	s.stream = stream.New(cfg.Watched, stream.Options{Late: cfg.Late, Memory: share(sorterShare), Workers: cfg.Workers, Tick: s.tick})
	s.encode, _, _ = findings.NewEncoder("json")
	if cfg.Dir == "" {
		return s, nil
	}
	err := s.load()
	if err == nil && s.resumed == nil {
		// From now on there is always one, whenever it is that we are killed.
		if err = s.Save(); err != nil {
			s.log.Close()
		}
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Session) header() *header {
	return &header{Program: s.cfg.Program, Params: s.cfg.Params, Inputs: s.cfg.Inputs, Written: time.Now().UTC(),
		Next: s.next, Alerts: s.logged, Tail: s.tail}
}

// load locks the state directory, by the log of findings, as long as that is
// open; takes in the checkpoint, if there is one; and cuts the log back to it.
func (s *Session) load() (err error) {
	if err := os.MkdirAll(s.cfg.Dir, 0o755); err != nil {
		return fmt.Errorf("making the state directory: %w", err)
	}
	path := filepath.Join(s.cfg.Dir, AlertsName)
	log, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("opening the log of findings: %w", err)
	}
	s.log = log
	defer func() {
		if err != nil {
			log.Close()
		}
	}()
	if err = lock(log); err != nil {
		return fmt.Errorf("%s is in use by another watch: stop that one, or name another --state (locking %s: %w)", s.cfg.Dir, AlertsName, err)
	}
	h, data, err := readCheckpoint(s.cfg.Dir, s.header())
	if err != nil {
		return err
	}
	if h != nil {
		r := &state.Reader{Bytes: data, Hosts: s.cfg.Hosts}
		s.stream.Load(r)
		s.merger.Load(r)
		s.Stats.load(r)
		if r.Err() != nil || len(r.Bytes) > 0 {
			return fmt.Errorf("%s: %w; remove it to begin anew, or name another --state", filepath.Join(s.cfg.Dir, CheckpointName), cmp.Or(r.Err(), state.ErrCorrupt))
		}
		s.resumed, s.next, s.logged, s.tail = h, h.Next, h.Alerts, h.Tail
	}
	st, err := log.Stat()
	switch {
	case err != nil:
	case st.Size() < s.logged:
		err = fmt.Errorf("%s has %d bytes, and the checkpoint beside it was made when it had %d: it belongs to another; name another --state", path, st.Size(), s.logged)
	case h == nil && st.Size() > 0:
		err = fmt.Errorf("%s is there without a checkpoint: remove it to begin anew, or name another --state", path)
	default:
		if err = log.Truncate(s.logged); err == nil {
			_, err = log.Seek(s.logged, io.SeekStart)
		}
	}
	return err
}

// Resumed returns the number of the record that the session goes on with, and
// whether it does go on from a checkpoint.
func (s *Session) Resumed() (next int64, ok bool) { return s.next, s.resumed != nil }

func (s *Session) alert(watcher int, a *detect.Alert) {
	s.Stats.alerts[watcher]++
	if s.cfg.Suppress.Has(a) {
		s.Stats.Suppressed++
		return
	}
	s.merger.Add(a)
}

func (s *Session) say(f *findings.Finding) {
	s.Stats.Findings++
	if s.log != nil {
		s.lines.Write(s.encode(nil, f))
	}
	if err := s.cfg.Say(f); err != nil && s.err == nil {
		s.err = err
	}
}

func (s *Session) tick(now time.Time) {
	s.merger.Tick(now)
	if !now.IsZero() {
		s.Stats.Watermark = now
	}
}

// flush writes the findings said to their log.
func (s *Session) flush() error {
	if s.log != nil && s.lines.Len() > 0 {
		n, err := s.lines.WriteTo(s.log)
		if s.logged += n; err != nil && s.err == nil {
			s.err = fmt.Errorf("writing the log of findings: %w", err)
		}
	}
	return s.err
}

// Add takes in the next batch.
func (s *Session) Add(b *flow.Batch) error {
	s.Stats.Records += int64(b.Len())
	s.next = after(b)
	s.stream.Add(b)
	if s.most > 0 && s.cfg.Hosts.Bytes() > s.most {
		if err := s.stream.Renumber(s.cfg.Hosts); err != nil {
			return fmt.Errorf("numbering addresses anew: %w", err)
		}
		s.Stats.Renumbered++
		s.most = max(s.most, 2*s.cfg.Hosts.Bytes())
	}
	s.Stats.hosts, s.Stats.hostBytes = int64(s.cfg.Hosts.Len()), s.cfg.Hosts.Bytes()
	s.publish(false)
	return s.flush()
}

// Save writes a checkpoint, if the session has a state directory.
func (s *Session) Save() error {
	s.saved = time.Now()
	if s.log == nil {
		return nil
	}
	if err := s.flush(); err != nil {
		return err
	}
	if err := s.log.Sync(); err != nil {
		return fmt.Errorf("writing the log of findings: %w", err)
	}
	w := &state.Writer{Hosts: s.cfg.Hosts}
	s.stream.Save(w)
	s.merger.Save(w)
	s.Stats.save(w)
	s.Stats.Checkpoints++
	return writeCheckpoint(s.cfg.Dir, s.header(), w.Bytes)
}

// End ends the stream: what is open is closed and said. With a state directory
// it writes a checkpoint first, so that a session which goes on when there are
// more records goes on as if there had been no end.
func (s *Session) End() error {
	if err := s.Save(); err != nil {
		return err
	}
	s.stream.End()
	s.publish(true)
	return s.flush()
}

// Close closes the log of findings.
func (s *Session) Close() error {
	if s.log == nil {
		return nil
	}
	return s.log.Close()
}

// An item is what the reading goroutine hands over.
type item struct {
	b    *flow.Batch
	err  error
	tail *Position
}

// Run watches the source until its end, or until ctx is done, which it reports
// as ctx.Err() after a last checkpoint; without a state directory it says what
// is open then. Records are read by another goroutine, which waits while a
// batch is being looked at.
func (s *Session) Run(ctx context.Context, src *Source) error {
	shift := int64(0)
	if s.resumed != nil && !src.Replays {
		shift = s.next
	}
	from := s.next
	if src.follow != nil {
		src.follow.from = s.tail
	}
	items, taken, stop := make(chan item), make(chan struct{}), make(chan struct{})
	defer close(stop)
	go func() {
		defer close(items)
		for b, err := range src.Records {
			it := item{b: b, err: err}
			if src.follow != nil {
				now := src.follow.now
				it.tail = &now
			}
			select {
			case items <- it:
			case <-stop:
				return
			}
			select {
			case <-taken:
			case <-stop:
				return
			}
		}
	}()
	every := s.cfg.Every
	if every <= 0 {
		every = time.Hour
	}
	clock := time.NewTicker(every)
	defer clock.Stop()
	moment := time.NewTicker(publishEvery)
	defer moment.Stop()
	dirty := false
	for {
		select {
		case <-ctx.Done():
			s.quiesce(src, items)
			return s.interrupted(ctx)
		case <-moment.C:
			s.publish(false)
		case <-clock.C:
			// Between two batches the reader may be at work, and number addresses.
			dirty = true
		case it, ok := <-items:
			if !ok {
				return s.End()
			}
			if it.err != nil && ctx.Err() != nil && !errors.As(it.err, new(*flow.SyntaxError)) {
				return s.interrupted(ctx) // the source has seen it first
			}
			if err := s.take(it, from, shift); err != nil {
				return err
			}
			if dirty {
				if err := s.Save(); err != nil {
					return err
				}
				dirty = false
			}
			taken <- struct{}{}
		}
	}
}

// interrupted keeps what there is or, if it can't be kept, says it.
func (s *Session) interrupted(ctx context.Context) error {
	defer s.publish(true)
	if s.log == nil {
		s.stream.End()
		return errors.Join(ctx.Err(), s.flush())
	}
	return errors.Join(ctx.Err(), s.Save())
}

// take takes in what was read.
func (s *Session) take(it item, from, shift int64) error {
	var bad *flow.SyntaxError
	switch {
	case errors.As(it.err, &bad):
		if errors.Is(bad, flow.ErrNotIP) {
			s.Stats.Skipped++
		} else {
			s.Stats.Rejected++
		}
		if s.cfg.Reject != nil {
			return s.cfg.Reject(bad)
		}
		return nil
	case it.err != nil:
		return it.err
	}
	b := it.b
	if move(b, shift); shift == 0 {
		seen := 0
		for seen < b.Len() && b.Number(seen) < from {
			seen++
		}
		if seen == b.Len() {
			return nil
		}
		b = b.Slice(seen, b.Len())
	}
	s.tail = it.tail
	return s.Add(b)
}

// after returns the number that follows those of b, which has records.
func after(b *flow.Batch) int64 { return b.Number(b.Len()-1) + 1 }

// move adds to the numbers of b.
func move(b *flow.Batch, by int64) {
	b.Seq += by
	if b.Order != nil && by != 0 {
		b.Order = slices.Clone(b.Order)
		for i := range b.Order {
			b.Order[i] += by
		}
	}
}

// quiesce sees to it that the reading goroutine touches nothing any more.
func (s *Session) quiesce(src *Source, items <-chan item) {
	var parked <-chan struct{}
	if src.gate != nil {
		parked = src.gate.close()
	}
	select {
	case <-items: // it waits to be told that the item was taken, or has ended
	case <-parked:
	}
}
