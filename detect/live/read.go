package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"toolkit/flow"
)

// A Source yields batches and says where in a followed file they end, if it
// follows one.
type Source struct {
	Records flow.Source

	// Replays tells that the records are there again when the source is read
	// again, as those of regular files: a session that goes on leaves out
	// those it has seen. Otherwise numbers go on where they were.
	Replays bool

	gate   *Gate
	follow *Follow
}

// FromReader returns the source of what open makes of r, which may block for
// as long as it likes.
func FromReader(r io.Reader, open func(io.Reader) (flow.Source, error)) (*Source, error) {
	g := &Gate{r: r, stopped: make(chan struct{})}
	src, err := open(g)
	return &Source{Records: src, gate: g}, err
}

// A Gate is a Reader that can be closed while somebody is waiting in it: what
// comes then is not given out any more. It makes sure that whoever reads
// through it does nothing from then on.
type Gate struct {
	r       io.Reader
	mu      sync.Mutex
	closed  bool
	inside  bool
	once    sync.Once
	stopped chan struct{} // closed when nobody is behind the gate
}

var errStopped = errors.New("reading was stopped")

func (g *Gate) Read(p []byte) (int, error) {
	if !g.pass(true) {
		return 0, errStopped
	}
	n, err := g.r.Read(p)
	if !g.pass(false) {
		return 0, errStopped
	}
	return n, err
}

func (g *Gate) pass(in bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside = in
	if g.closed {
		g.once.Do(func() { close(g.stopped) })
	}
	return !g.closed
}

// close closes the gate; the channel is closed as soon as whoever reads waits
// in it, or has come back to it.
func (g *Gate) close() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	if g.inside {
		g.once.Do(func() { close(g.stopped) })
	}
	return g.stopped
}

// A Position is a place in a followed file.
type Position struct {
	Start int64  `json:"start"` // the number of its first record
	Head  []byte `json:"head"`  // its first bytes, by which it is known again
}

// headSize is how much of a file it is known by.
const headSize = 1024

// A Follow reads a file as it grows, as tail -F does: when another file takes
// its name, or it is cut, it goes on with what is there then.
type Follow struct {
	Path string
	Open func(io.Reader) (flow.Source, error)
	Warn func(format string, args ...any)
	Poll time.Duration // how often to look for more

	ctx  context.Context
	from *Position // where to go on; nil to begin
	gate *Gate
	now  Position
}

// NewSource returns the source of f, which ends when ctx does.
func (f *Follow) NewSource(ctx context.Context) *Source {
	f.ctx = ctx
	f.gate = &Gate{stopped: make(chan struct{})}
	return &Source{Records: f.records, Replays: true, gate: f.gate, follow: f}
}

func (f *Follow) records(yield func(*flow.Batch, error) bool) {
	next := int64(0)
	if f.from != nil {
		next = f.from.Start
		if rotated, found := f.find(); !found {
			f.Warn("%s is not the file that the checkpoint was made of, which is nowhere beside it: what was added to that since is not seen", f.Path)
		} else if rotated != "" {
			file, err := os.Open(rotated)
			if err != nil {
				yield(nil, err)
				return
			}
			ok := f.read(file, &next, false, yield)
			file.Close()
			if !ok {
				return
			}
		}
	}
	for {
		file, err := f.wait()
		if err != nil {
			yield(nil, err)
			return
		}
		ok := f.read(file, &next, true, yield)
		file.Close()
		if !ok {
			return
		}
	}
}

// find looks for the file that from is of: at its path ("") or, rotated, under
// another name that begins with it.
func (f *Follow) find() (rotated string, found bool) {
	if begins(f.Path, f.from.Head) {
		return "", true
	}
	names, _ := filepath.Glob(f.Path + "*") // a bad pattern finds nothing
	for _, name := range names {
		if name != f.Path && begins(name, f.from.Head) {
			return name, true
		}
	}
	return "", false
}

func begins(path string, head []byte) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	b := make([]byte, len(head))
	_, err = io.ReadFull(file, b)
	return err == nil && slices.Equal(b, head)
}

// wait opens the file as soon as there is something in it.
func (f *Follow) wait() (*os.File, error) {
	for {
		if st, err := os.Stat(f.Path); err == nil && st.Size() > 0 {
			file, err := os.Open(f.Path)
			if err == nil || !errors.Is(err, fs.ErrNotExist) {
				return file, err
			}
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("following %s: %w", f.Path, err)
		}
		if !f.sleep() {
			return nil, errStopped
		}
	}
}

func (f *Follow) sleep() bool {
	select {
	case <-f.ctx.Done():
		return false
	case <-time.After(f.Poll):
		return true
	}
}

// read yields the records of a file, the first of which has number *next.
func (f *Follow) read(file *os.File, next *int64, live bool, yield func(*flow.Batch, error) bool) bool {
	f.now = Position{Start: *next}
	f.gate.r = &tail{f: f, file: file, live: live}
	src, err := f.Open(f.gate)
	if err != nil {
		yield(nil, err)
		return false
	}
	start := *next
	for b, err := range src {
		if b != nil {
			move(b, start)
			*next = after(b)
		} else if errors.As(err, new(*flow.SyntaxError)) {
			*next++
		}
		if !yield(b, err) || err != nil && !errors.As(err, new(*flow.SyntaxError)) {
			return false
		}
	}
	return true
}

// A tail reads one file until another has its name.
type tail struct {
	f    *Follow
	file *os.File
	live bool // it may grow
	at   int64
}

func (t *tail) Read(p []byte) (int, error) {
	last := false
	for {
		n, err := t.file.Read(p)
		if n > 0 {
			t.at += int64(n)
			if room := headSize - len(t.f.now.Head); room > 0 {
				t.f.now.Head = append(slices.Clip(t.f.now.Head), p[:min(n, room)]...)
			}
			return n, nil
		}
		if err != io.EOF {
			return 0, err
		}
		if last || !t.live {
			return 0, io.EOF
		}
		// The file is read once more after it was seen to be another's place.
		if last = t.replaced(); !last && !t.f.sleep() {
			return 0, errStopped
		}
	}
}

// replaced tells whether the file has been cut, or has lost its name.
func (t *tail) replaced() bool {
	own, err := t.file.Stat()
	if err != nil || own.Size() < t.at {
		return true
	}
	there, err := os.Stat(t.f.Path)
	return err == nil && !os.SameFile(own, there)
}
