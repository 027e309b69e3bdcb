package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
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
	toolkit(t, "watch", "--quiet", "--state", filepath.Join(dir, "whole"), flows)
	want, err := os.ReadFile(filepath.Join(dir, "whole", "alerts.jsonl"))
	if err != nil || bytes.Count(want, []byte{'\n'}) < 50 {
		t.Fatalf("%d bytes of findings: %v", len(want), err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	resumed := 0
	for kills := 0; kills < 6; kills++ {
		cmd := exec.Command("toolkit", "watch", "--state", state, "--checkpoint", "5ms", flows)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The n-th process is given time for n checkpoints or so.
		for n := 0; n < 200; n++ {
			if _, err := os.Stat(filepath.Join(state, "checkpoint")); err == nil {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(time.Duration(r.IntN(40)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		if strings.Contains(stderr.String(), "going on at record") {
			resumed++
		}
	}
	toolkit(t, "watch", "--quiet", "--state", state, flows)
	got, err := os.ReadFile(filepath.Join(state, "alerts.jsonl"))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d findings, want %d (%v)", bytes.Count(got, []byte{'\n'}), bytes.Count(want, []byte{'\n'}), err)
	}
	t.Logf("%d of 6 processes went on from a checkpoint", resumed)
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
