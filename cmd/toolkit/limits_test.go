//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"toolkit/features"
	"toolkit/flow"
	runlog "toolkit/internal/run"
)

// program returns a path by which this test binary is the program.
func program(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "toolkit")
	if err := os.Symlink(exe, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func empty(t *testing.T, dir string) {
	t.Helper()
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		t.Errorf("%s is left in %s", e.Name(), dir)
	}
}

// Under a hard limit of address space, tables more than ten times as large as
// the memory allowed are made all the same, and are the same as without a limit.
func TestMemoryLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("tables of 320 MiB")
	}
	const memory = 32 << 20
	// What a Go program takes of addresses beside what it uses of them: its heap
	// grows by 64 MiB at a time, and each thread has a stack of 8 MiB and more.
	const space = 212 << 10 // KiB
	dir, toolkitPath := t.TempDir(), program(t)
	flows, tmp := filepath.Join(dir, "flows.csv"), filepath.Join(dir, "tmp")
	if err := os.Mkdir(tmp, 0o755); err != nil {
		t.Fatal(err)
	}
	writeSparse(t, flows, 380_000)
	limit := addressSpace(t, toolkitPath) + space
	extract := func(out, memory string) ([]byte, error) {
		return exec.Command("sh", "-c", fmt.Sprintf(`ulimit -v %d; exec "$0" "$@"`, limit), toolkitPath, "extract", "--workers", "2",
			"--tables", "flow_tuples,ip_pairs,hosts", "--memory", memory, "--tmp", tmp, "--out", filepath.Join(dir, out), flows).CombinedOutput()
	}
	if _, err := extract("unbounded", "0"); err == nil {
		t.Errorf("the tables fit into %d KiB of address space: this test tells nothing", limit)
	}
	if out, err := extract("bounded", strconv.Itoa(memory)); err != nil {
		t.Fatalf("%v: %s", err, out[:min(len(out), 2000)])
	}
	empty(t, tmp)
	toolkit(t, "extract", "--tables", "flow_tuples,ip_pairs,hosts", "--out", filepath.Join(dir, "whole"), flows)
	total := int64(0)
	for _, name := range []string{"flow_tuples", "ip_pairs", "hosts"} {
		got, err := runlog.FileOf(filepath.Join(dir, "bounded", name+".arrow"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := runlog.FileOf(filepath.Join(dir, "whole", name+".arrow"))
		if err != nil {
			t.Fatal(err)
		}
		if got.SHA256 != want.SHA256 {
			t.Errorf("%s differs", name)
		}
		total += want.Bytes
	}
	if total < 10*memory {
		t.Errorf("tables of %d bytes, want ten times %d", total, memory)
	}
}

// writeSparse writes n records of few hosts, ten minutes apart, so that each
// has rows of its own in every table.
func writeSparse(t *testing.T, path string, n int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	var w bytes.Buffer
	at := time.Date(2017, 1, 27, 0, 0, 0, 0, time.UTC)
	for range n {
		at = at.Add(10 * time.Minute)
		fmt.Fprintf(&w, "%s,tcp,closed,192.168.0.%d,%d,10.0.0.%d,443,%d,%d\n", at.Format(time.DateTime), r.IntN(40), 1024+r.IntN(60_000), r.IntN(40), r.IntN(10_000), r.IntN(100_000))
	}
	if err := os.WriteFile(path, w.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// addressSpace returns the KiB of address space that the program takes before
// it has read anything.
func addressSpace(t *testing.T, path string) int {
	t.Helper()
	cmd := exec.Command(path, "extract", "--out", t.TempDir(), "-")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer stdin.Close()
	last := 0
	for same := 0; same < 5; time.Sleep(50 * time.Millisecond) {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(data), "VmSize:")
		n := 0
		if _, err := fmt.Sscan(rest, &n); err != nil {
			t.Fatal(err)
		}
		if same++; n != last {
			same, last = 0, n
		}
	}
	return last
}

// However a run is killed, each output is as it was before or whole, and no
// temporary file is left.
func TestKill(t *testing.T) {
	dir, path := t.TempDir(), program(t)
	out, tmp := filepath.Join(dir, "out"), filepath.Join(dir, "tmp")
	if err := os.Mkdir(tmp, 0o755); err != nil {
		t.Fatal(err)
	}
	old, fresh := filepath.Join(dir, "old.csv"), filepath.Join(dir, "new.csv")
	toolkit(t, "datasets", "synth", "--records", "300", "-o", old)
	toolkit(t, "datasets", "synth", "--records", "1000", "--seed", "2", "-o", fresh)
	toolkit(t, "extract", "--out", filepath.Join(dir, "new"), fresh)
	after := outputs(t, filepath.Join(dir, "new"))
	toolkit(t, "extract", "--out", out, old)
	before := outputs(t, out)
	began := time.Now()
	if err := exec.Command(path, "extract", "--memory", "26MiB", "--tmp", tmp, "--out", filepath.Join(dir, "timed"), fresh).Run(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	r := rand.New(rand.NewPCG(1, 1))
	// Half of them while it waits for its input, of a pipe that gives it little by
	// little, or right after the end of it, when outputs are written.
	text, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	killed := 0
	for i := range 50 {
		from := fresh
		if i%2 == 1 {
			from = "-"
		}
		cmd := exec.Command(path, "extract", "--memory", "26MiB", "--tmp", tmp, "--out", out, from)
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if from == "-" {
			n := 0
			for range r.IntN(4) {
				m := min(n+1+r.IntN(len(text)/2), len(text))
				_, _ = stdin.Write(text[n:m])
				n = m
				time.Sleep(time.Duration(r.Int64N(int64(took)/4 + 1)))
			}
			if r.IntN(2) == 0 {
				_, _ = stdin.Write(text[n:])
				_ = stdin.Close()
			}
		}
		time.Sleep(time.Duration(r.Int64N(int64(took) + 1)))
		if cmd.Process.Kill() == nil { // it may have ended
			killed++
		}
		_ = cmd.Wait()
		for name, data := range outputs(t, out) {
			if strings.HasSuffix(name, ".tmp") {
				continue // what was being written has another name
			}
			if !bytes.Equal(data, before[name]) && !bytes.Equal(data, after[name]) {
				t.Errorf("%s is neither the old one nor the new one", name)
			}
		}
	}
	if killed < 10 {
		t.Errorf("%d of 50 runs were killed: this test tells little", killed)
	}
	empty(t, tmp)
}

// An interrupt ends a run with its exit code, also while it waits for a pipe that
// brings nothing any more, and nothing of it is left.
func TestInterrupt(t *testing.T) {
	dir, path := t.TempDir(), program(t)
	tmp := filepath.Join(dir, "tmp")
	if err := os.Mkdir(tmp, 0o755); err != nil {
		t.Fatal(err)
	}
	flows := filepath.Join(dir, "flows.csv")
	toolkit(t, "datasets", "synth", "--records", "20000", "-o", flows)
	text, err := os.ReadFile(flows)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "extract", "--memory", "26MiB", "--tmp", tmp, "--out", filepath.Join(dir, "out"), "-")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := stdin.Write(text[:len(text)-10]); err != nil { // most of it is read by then
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	stdin.Close()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("%v: %s", err, stderr.String())
	}
	empty(t, tmp)
	if es, err := os.ReadDir(filepath.Join(dir, "out")); err == nil && len(es) > 0 {
		t.Errorf("outputs: %v", es)
	}
}

// What is interrupted while tables are written ends as well, the table of records
// too, which tells of the others.
func TestInterruptWriting(t *testing.T) {
	b := &flow.Batch{Hosts: new(flow.Hosts)}
	b.Append(flow.Record{Src: netip.MustParseAddrPort("10.0.0.1:1"), Dst: netip.MustParseAddrPort("10.0.0.2:2")})
	ex := features.NewExtractor(features.Groupings(features.DefaultOptions()), b.Hosts, new(flow.Labels))
	ex.Add(b)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	path := filepath.Join(t.TempDir(), "out")
	dir, err := runlog.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	a := &app{workers: 2}
	if _, err := a.write(ctx, ex, dir, a.begin("extract")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	dir.Discard()
	empty(t, path)
}
