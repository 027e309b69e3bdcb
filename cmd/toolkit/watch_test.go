package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A process that is killed at random moments and started again writes the
// same findings as one that was let alone.
func TestWatchKilled(t *testing.T) {
	dir := t.TempDir()
	flows, state := filepath.Join(dir, "flows.csv"), filepath.Join(dir, "state")
	toolkit(t, "datasets", "synth", "--records", "30000", "-o", flows)
	toolkit(t, "watch", "--quiet", "--late", "30s", "--state", filepath.Join(dir, "whole"), flows)
	want, err := os.ReadFile(filepath.Join(dir, "whole", "alerts.jsonl"))
	if err != nil || bytes.Count(want, []byte{'\n'}) < 50 {
		t.Fatalf("%d bytes of findings: %v", len(want), err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	resumed := 0
	for kills := 0; kills < 6; kills++ {
		cmd := exec.Command("toolkit", "watch", "--late", "30s", "--state", state, "--checkpoint", "1ms", flows)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		began := time.Now()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// It is killed some time after it has written a checkpoint of its own.
		for range 400 {
			if st, err := os.Stat(filepath.Join(state, "checkpoint")); err == nil && st.ModTime().After(began) {
				break
			}
			time.Sleep(2 * time.Millisecond)
		}
		time.Sleep(time.Duration(r.IntN(40)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		if strings.Contains(stderr.String(), "going on at record") {
			resumed++
		}
	}
	toolkit(t, "watch", "--quiet", "--late", "30s", "--state", state, flows)
	got, err := os.ReadFile(filepath.Join(state, "alerts.jsonl"))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d findings, want %d (%v)", bytes.Count(got, []byte{'\n'}), bytes.Count(want, []byte{'\n'}), err)
	}
	if resumed == 0 {
		t.Error("no process went on from a checkpoint")
	}
}

// A flood of junk on UDP is counted and survived: what comes behind it is read.
func TestWatchJunk(t *testing.T) {
	cmd := exec.Command("toolkit", "watch", "--metrics", "127.0.0.1:0", "udp://127.0.0.1:29055")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	said := make([]byte, 1000)
	n, _ := stderr.Read(said)
	go io.Copy(io.Discard, stderr)
	url := regexp.MustCompile(`http://\S+`).FindString(string(said[:n]))
	conn, err := net.Dial("udp", "127.0.0.1:29055")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// A datagram of NetFlow v5 with one record: 10.0.0.1:1000 to 10.0.0.2:80.
	good := make([]byte, 24+48)
	good[1], good[3] = 5, 1
	binary.BigEndian.PutUint32(good[8:], 1_700_000_000)
	copy(good[24:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	binary.BigEndian.PutUint16(good[24+32:], 1000)
	binary.BigEndian.PutUint16(good[24+34:], 80)
	good[24+19], good[24+23], good[24+38] = 1, 60, 6
	r := rand.New(rand.NewPCG(1, 2))
	junk := make([]byte, 1400)
	rejected := regexp.MustCompile(`records_dropped_total{why="rejected"} [1-9]\d{3}`)
	records := regexp.MustCompile(`(?m)^toolkit_records_total [1-9]`)
	for deadline := time.Now().Add(time.Minute); ; {
		for range 500 {
			for i := range junk {
				junk[i] = byte(r.Uint32())
			}
			conn.Write(junk[:r.IntN(len(junk))]) // nobody may be there yet
		}
		conn.Write(good)
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if rejected.Match(data) && records.Match(data) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("junk and records are not both counted: %s", data)
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("%v, want exit code %d", err, exitInterrupted)
	}
}

// An interrupt ends with code 130, and the state is kept; metrics are served
// as long as it runs.
func TestWatchInterrupted(t *testing.T) {
	dir := t.TempDir()
	flows, state := filepath.Join(dir, "flows.csv"), filepath.Join(dir, "state")
	toolkit(t, "datasets", "synth", "--records", "6000", "-o", flows)
	cmd := exec.Command("toolkit", "watch", "--follow", "--state", state, "--metrics", "127.0.0.1:0", flows)
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	said := make([]byte, 1000)
	n, _ := stderr.Read(said)
	url := regexp.MustCompile(`http://\S+`).FindString(string(said[:n]))
	metrics := ""
	for deadline := time.Now().Add(time.Minute); !strings.Contains(metrics, "toolkit_records_total 6000\n"); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(url)
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%q: %v; %s", url, err, metrics)
		}
		data, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		metrics = string(data)
	}
	for _, want := range []string{`toolkit_alerts_total{detector="iqr"} `, `toolkit_state_bytes{detector="iqr"} `, "toolkit_lag_seconds ", "process_resident_memory_bytes "} {
		if !strings.Contains(metrics, "\n"+want) {
			t.Errorf("no metric %s", want)
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(stderr)
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("%v, want exit code %d; %s", err, exitInterrupted, rest)
	}
	log, err := os.ReadFile(filepath.Join(state, "alerts.jsonl"))
	if err != nil || !bytes.Equal(log, stdout.Bytes()) || len(log) == 0 {
		t.Errorf("the log has %d bytes, stdout %d (%v)", len(log), stdout.Len(), err)
	}
	if _, err := os.Stat(filepath.Join(state, "checkpoint")); err != nil {
		t.Error(err)
	}
	if !strings.Contains(string(rest), "6,000 records watched") {
		t.Errorf("stderr says %q", rest)
	}
}
