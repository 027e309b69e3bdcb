package live_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"toolkit/datasets/synth"
	"toolkit/detect"
	"toolkit/detect/findings"
	"toolkit/detect/live"
	"toolkit/detect/stream"
	"toolkit/flow"
	"toolkit/suite"
)

// config is all detectors over addresses of that numbering.
func config(dir string, hosts *flow.Hosts, say func(*findings.Finding) error) live.Config {
	cfg := live.Config{
		Late: 5 * time.Second, Merge: 2 * time.Minute, Workers: 2, Say: say, Hosts: hosts,
		Dir: dir, Every: time.Millisecond, Program: "test", Params: map[string]string{"late": "5s"}, Inputs: []string{"synth"},
	}
	for _, d := range suite.Detectors {
		cfg.Watched = append(cfg.Watched, &stream.Watched{Name: d.Name, New: func() (detect.Watcher, error) { return d.New(), nil }})
	}
	return cfg
}

func silent(*findings.Finding) error { return nil }

// lines is the synthetic records as lines of CSV.
func lines(t *testing.T, n int) []string {
	t.Helper()
	cfg := synth.Default()
	cfg.Records = n
	var b bytes.Buffer
	if err := synth.WriteCSV(&b, cfg, io.Discard); err != nil {
		t.Fatal(err)
	}
	all := strings.SplitAfter(b.String(), "\n")
	return all[:len(all)-1]
}

func open(t *testing.T, hosts *flow.Hosts) func(io.Reader) (flow.Source, error) {
	return func(r io.Reader) (flow.Source, error) {
		in, err := flow.Open([]string{flow.Stdin}, flow.Options{Format: "csv", Stdin: r, Hosts: hosts})
		if err != nil {
			return nil, err
		}
		return in.Source(), nil
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// whole is the log of an uninterrupted session.
func whole(t *testing.T, text string) string {
	t.Helper()
	dir, hosts := t.TempDir(), new(flow.Hosts)
	s, err := live.Open(config(dir, hosts, silent))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	src, err := live.FromReader(strings.NewReader(text), open(t, hosts))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	log := read(t, dir, live.AlertsName)
	if strings.Count(log, "\n") < 10 {
		t.Fatalf("%d findings", strings.Count(log, "\n"))
	}
	return log
}

// errCut stands for a kill.
var errCut = errors.New("cut")

// cutReader gives so many bytes and then fails.
type cutReader struct {
	r    io.Reader
	left int
}

func (c *cutReader) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errCut
	}
	n, err := c.r.Read(p[:min(len(p), c.left, 8000)])
	c.left -= n
	return n, err
}

// A session that is cut off at random moments, and goes on from its last
// checkpoint, writes the log of one that was not.
func TestKilled(t *testing.T) {
	text := strings.Join(lines(t, 5000), "")
	want := whole(t, text)
	r := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	for cuts := 0; ; cuts++ {
		hosts := new(flow.Hosts)
		cfg := config(dir, hosts, silent)
		cfg.Workers = 1 + cuts%2
		s, err := live.Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		left := len(text) + 1
		if cuts < 8 {
			left = r.IntN(len(text))
		}
		src, err := live.FromReader(&cutReader{strings.NewReader(text), left}, open(t, hosts))
		if err != nil { // before the first byte
			s.Close()
			continue
		}
		src.Replays = true
		err = s.Run(t.Context(), src)
		s.Close()
		if err == nil {
			break
		}
		if !errors.Is(err, errCut) {
			t.Fatal(err)
		}
	}
	if got := read(t, dir, live.AlertsName); got != want {
		t.Errorf("the log has %d lines, want %d", strings.Count(got, "\n"), strings.Count(want, "\n"))
	}
}

// A pipe that is not there again goes on where it was: the second half after
// an interruption makes the log of the whole.
func TestInterruptedPipe(t *testing.T) {
	all := lines(t, 3000)
	want := whole(t, strings.Join(all, ""))
	dir := t.TempDir()
	for _, part := range [][]string{all[:1700], all[1700:]} {
		hosts := new(flow.Hosts)
		s, err := live.Open(config(dir, hosts, silent))
		if err != nil {
			t.Fatal(err)
		}
		pr, pw := io.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			io.WriteString(pw, strings.Join(part, ""))
			for s.Stats.Snapshot().Records < 1700 && len(part) == 1700 { // a snapshot is made each second
				time.Sleep(time.Millisecond)
			}
			if len(part) == 1700 {
				cancel()
				return
			}
			pw.Close()
		}()
		src, err := live.FromReader(pr, open(t, hosts))
		if err != nil {
			t.Fatal(err)
		}
		err = s.Run(ctx, src)
		s.Close()
		cancel()
		if len(part) == 1700 && !errors.Is(err, context.Canceled) || len(part) != 1700 && err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, dir, live.AlertsName); got != want {
		t.Errorf("the log has %d lines, want %d", strings.Count(got, "\n"), strings.Count(want, "\n"))
	}
}

// Little memory numbers the addresses anew on the way.
func TestLittleMemory(t *testing.T) {
	hosts := new(flow.Hosts)
	cfg := config("", hosts, silent)
	cfg.Memory = 1 << 14
	s, err := live.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	src, err := live.FromReader(strings.NewReader(strings.Join(lines(t, 5000), "")), open(t, hosts))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	st := s.Stats.Snapshot()
	if st.Renumbered == 0 || st.Records != 5000 {
		t.Errorf("renumbered %d times, %d records", st.Renumbered, st.Records)
	}
}

// A checkpoint that is damaged, or of something else, is refused with its name
// and left as it was.
func TestRefused(t *testing.T) {
	text := strings.Join(lines(t, 1000), "")
	dir, hosts := t.TempDir(), new(flow.Hosts)
	s, err := live.Open(config(dir, hosts, silent))
	if err != nil {
		t.Fatal(err)
	}
	src, err := live.FromReader(strings.NewReader(text), open(t, hosts))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	s.Close()
	path := filepath.Join(dir, live.CheckpointName)
	good := read(t, dir, live.CheckpointName)
	flipped := []byte(good)
	flipped[len(flipped)/2] ^= 1
	for what, c := range map[string]struct {
		data   string
		change func(*live.Config)
		want   string
	}{
		"cut":        {good[:len(good)-1], nil, "checksum"},
		"flipped":    {string(flipped), nil, "checksum"},
		"something":  {"hello\n", nil, "no checkpoint"},
		"empty":      {"", nil, "no checkpoint"},
		"newer":      {strings.Replace(good, " 1 ", " 2 ", 1), nil, "format 2"},
		"version":    {good, func(c *live.Config) { c.Program = "other" }, "version test"},
		"parameters": {good, func(c *live.Config) { c.Params = map[string]string{"late": "9s"} }, `late "5s", not "9s"`},
		"inputs":     {good, func(c *live.Config) { c.Inputs = []string{"x"} }, "inputs synth, not x"},
	} {
		if err := os.WriteFile(path, []byte(c.data), 0o644); err != nil {
			t.Fatal(err)
		}
		cfg := config(dir, new(flow.Hosts), silent)
		if c.change != nil {
			c.change(&cfg)
		}
		_, err := live.Open(cfg)
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one of %s that says %s", what, err, path, c.want)
		}
		if read(t, dir, live.CheckpointName) != c.data {
			t.Errorf("%s: the checkpoint was changed", what)
		}
	}
}

// A state directory has one session at a time.
func TestLocked(t *testing.T) {
	dir := t.TempDir()
	first, err := live.Open(config(dir, new(flow.Hosts), silent))
	if err != nil {
		t.Fatal(err)
	}
	before := read(t, dir, live.CheckpointName)
	if _, err := live.Open(config(dir, new(flow.Hosts), silent)); err == nil || !strings.Contains(err.Error(), dir+" is in use") {
		t.Errorf("a second session: %v, want an error that says that %s is in use", err, dir)
	}
	if read(t, dir, live.CheckpointName) != before {
		t.Error("the second session has changed the checkpoint")
	}
	first.Close()
	again, err := live.Open(config(dir, new(flow.Hosts), silent))
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	again.Close()
}

// A followed file is read as it grows, goes on when it is rotated or cut, and
// after an interruption is found again under its rotated name.
func TestFollow(t *testing.T) {
	all := lines(t, 3000)
	want := whole(t, strings.Join(all, ""))
	dir, logs := t.TempDir(), t.TempDir()
	path := filepath.Join(logs, "conn.csv")
	add := func(from, to int) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		if _, err := io.WriteString(f, strings.Join(all[from:to], "")); err != nil {
			t.Error(err)
		}
	}
	rotated := 0
	rotate := func() {
		rotated++
		if err := os.Rename(path, fmt.Sprintf("%s.%d", path, rotated)); err != nil {
			t.Error(err)
		}
	}
	// run follows the file until so many records have been watched.
	run := func(until int64, write func(seen func(int64))) {
		hosts := new(flow.Hosts)
		s, err := live.Open(config(dir, hosts, silent))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		seen := func(n int64) {
			for deadline := time.Now().Add(30 * time.Second); s.Stats.Snapshot().Records < n; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Errorf("%d records seen, want %d", s.Stats.Snapshot().Records, n)
					cancel()
					return
				}
			}
		}
		go func() {
			write(seen)
			seen(until)
			cancel()
		}()
		f := &live.Follow{Path: path, Open: open(t, hosts), Warn: t.Errorf, Poll: time.Millisecond}
		if err := s.Run(ctx, f.NewSource(ctx)); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	run(1200, func(seen func(int64)) {
		add(0, 500)
		seen(500)
		add(500, 800)
		rotate()
		add(800, 1200)
	})
	add(1200, 1500) // while nobody looks
	rotate()
	add(1500, 2000)
	run(2600, func(seen func(int64)) {
		seen(2000)
		if err := os.Truncate(path, 0); err != nil {
			t.Error(err)
		}
		time.Sleep(100 * time.Millisecond) // to be seen: a file that has grown past where it was read is not known to be another
		add(2000, 2600)
	})
	if err := os.Rename(path, path+".9"); err != nil {
		t.Fatal(err)
	}
	add(2600, 3000)
	run(3000, func(func(int64)) {})
	// The stream has not ended: what is said is how the whole begins.
	if got := read(t, dir, live.AlertsName); got == "" || !strings.HasPrefix(want, got) {
		t.Errorf("the log has %d lines, which are not how the %d of the whole begin", strings.Count(got, "\n"), strings.Count(want, "\n"))
	}
}
