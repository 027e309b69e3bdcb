package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"toolkit/features"
	"toolkit/internal/ref"

	"github.com/klauspost/compress/gzip"
)

// dataLines counts the lines of a log that are no comment, header or blank.
func dataLines(t *testing.T, path string) int64 {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(bytes.NewReader(data))
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		s = bufio.NewScanner(z)
	}
	s.Buffer(nil, 1<<20)
	n := int64(0)
	for s.Scan() {
		if line := s.Text(); line != "" && line[0] != '#' && !strings.HasPrefix(line, "StartTime") {
			n++
		}
	}
	return n
}

// On real logs of every format, the whole job ends with a report, and every
// line is a record or counted as none.
func TestRunRealData(t *testing.T) {
	f := func(name, pattern string, labelled bool, skipped int64) {
		t.Run(name, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(ref.Path(t, "data"), filepath.FromSlash(pattern)))
			if err != nil || len(files) == 0 {
				t.Fatalf("no files %s: %v", pattern, err)
			}
			var lines int64
			for _, file := range files {
				lines += dataLines(t, file)
			}
			out := filepath.Join(t.TempDir(), "out")
			stdout, _ := toolkit(t, append([]string{"run", "--json", "--out", out}, files...)...)
			var got struct {
				Extract    extracted
				Evaluation struct{ Labelled bool }
			}
			if err := json.Unmarshal([]byte(stdout), &got); err != nil {
				t.Fatal(err)
			}
			e := got.Extract
			if e.Records+e.Rejected+e.Skipped != lines || e.Rejected != 0 || e.Skipped != skipped {
				t.Errorf("%d records, %d rejected, %d skipped; %d lines, of which %d are not of IP traffic", e.Records, e.Rejected, e.Skipped, lines, skipped)
			}
			if got.Evaluation.Labelled != labelled {
				t.Errorf("labelled: %v, want %v", got.Evaluation.Labelled, labelled)
			}
			page, err := os.ReadFile(filepath.Join(out, "report", "index.html"))
			if err != nil || !bytes.Contains(page, []byte("</html>")) {
				t.Errorf("report of %d bytes: %v", len(page), err)
			}
			records, err := features.ReadFile(filepath.Join(out, "records.arrow"))
			if err != nil || int64(records.Len()) != e.Records {
				t.Errorf("records.arrow: %v", err)
			}
		})
	}
	// What is skipped is ARP, LLC, LLDP, IPX and Argus's own rows, counted by protocol with awk.
	f("zeek proxy_rolling", "zeek/rita/proxy_rolling/*.gz", false, 0)
	f("zeek m57", "zeek/m57/conn.log.gz", false, 0)
	f("zeek labelled", "zeek/stratosphere-011/*.gz", true, 0)
	f("zeek JSON", "zeek/otrf/*.gz", false, 0)
	f("argus ctu13", "argus/ctu13*.gz", true, 9+1)
	f("argus test2", "argus/test2*.gz", false, 0)
	f("argus test5", "argus/test5*.gz", true, 2+1+1)
	f("argus test11", "argus/test11*.gz", false, 0)
	f("argus no year", "argus/argus.2024*.gz", false, 230+5)
	f("argus m57", "argus/argus-M57*.gz", false, 1005+198)
}

// Truncated and foreign logs end in one line.
func TestRealBadInput(t *testing.T) {
	for name, want := range map[string]string{
		"data/zeek/rita/truncated/conn_top.log":  "conn_top.log:1: a record without a #fields header",
		"data/zeek/rita/truncated/conn_json.log": "can't be read",
		"data/zeek/rita/text_file/conn.log":      "text_file/conn.log",
		"data/netflow/expected.json":             "--format",
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), []string{"extract", "--quiet", "--out", t.TempDir(), ref.Path(t, name)}, nil, &stdout, &stderr)
		if got := stderr.String(); code != exitFailed || strings.Count(got, "\n") != 1 || !strings.Contains(got, want) {
			t.Errorf("%s: exit code %d, %q", name, code, got)
		}
	}
}
