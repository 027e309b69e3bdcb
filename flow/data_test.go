package flow

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"toolkit/internal/ref"
)

// readFiles reads files of the shared folder as one input.
func readFiles(t *testing.T, opt Options, patterns ...string) (all, *Reader) {
	t.Helper()
	var paths []string
	for _, p := range patterns {
		dir, rest, _ := strings.Cut(p, "*")
		paths = append(paths, ref.Path(t, dir))
		if len(dir) < len(p) {
			paths[len(paths)-1] += string(filepath.Separator) + "*" + rest
		}
	}
	r, err := Open(paths, opt)
	if err != nil {
		t.Fatal(err)
	}
	return gather(t, 0, r.Source()), r
}

// content returns a file's bytes, unpacked if they are packed.
func content(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(data, gzipMagic) {
		return data
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if data, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return data
}

// Every line of real Zeek logs that is not a header is a record. The numbers
// are those of zgrep -vc '^#' and of the logs' own words, see TestZeekState.
func TestZeekData(t *testing.T) {
	for _, c := range []struct {
		files   string
		format  string
		inputs  int
		records int
		states  map[State]int
	}{
		{"data/zeek/rita/proxy_rolling/*.gz", "zeek", 2, 7550, nil},
		{"data/zeek/m57/conn.log.gz", "zeek", 1, 8462, nil},
		{"data/zeek/stratosphere-011/conn.log.labeled.gz", "zeek", 1, 9048, nil},
		{"data/zeek/rita/missing_host/*/*.gz", "zeek", 72, 105_918, nil},
		{"data/zeek/rita/proxy/conn.log", "zeek", 1, 463, map[State]int{Closed: 5, Reset: 402, Unknown: 56}},
		{"data/zeek/rita/open_conns/*.log", "zeek", 2, 118, nil},
		{"data/zeek/rita/json_with_all_fields/*.log", "zeek-json", 2, 88, nil},
		{"data/zeek/otrf/*.gz", "zeek-json", 2, 613, nil},
	} {
		got, r := readFiles(t, Options{}, c.files)
		if got.Err != nil || len(got.Bad) != 0 {
			t.Errorf("%s: errors %v and %v", c.files, got.Bad, got.Err)
		}
		if len(got.Records) != c.records || len(r.Inputs()) != c.inputs {
			t.Errorf("%s: %d records of %d inputs, want %d of %d", c.files, len(got.Records), len(r.Inputs()), c.records, c.inputs)
		}
		for _, in := range r.Inputs() {
			want := 0
			for line := range bytes.Lines(content(t, in.Path)) {
				if line[0] != '#' && len(bytes.TrimSpace(line)) > 0 {
					want++
				}
			}
			if int(in.Records) != want || in.Format != c.format {
				t.Errorf("%s: %d records of format %s, want %d of %s", in.Path, in.Records, in.Format, want, c.format)
			}
		}
		states := map[State]int{}
		for _, rec := range got.Records {
			states[rec.State]++
		}
		if c.states != nil && !maps.Equal(states, c.states) {
			t.Errorf("%s: states %v, want %v", c.files, states, c.states)
		}
	}
}

// The labels of stratosphere-011, counted in data/README.md.
func TestZeekDataLabels(t *testing.T) {
	got, _ := readFiles(t, Options{}, "data/zeek/stratosphere-011/conn.log.labeled.gz")
	labels := map[string]int{}
	for _, r := range got.Records {
		labels[r.Label]++
	}
	if d := gocmp.Diff(map[string]int{"Malicious": 3951, "Benign": 4771, "Background": 326}, labels); d != "" {
		t.Error(d)
	}
}

// What is wrong with the logs that were broken on purpose.
func TestZeekDataBroken(t *testing.T) {
	for _, c := range []struct {
		file    string
		records int
		bad     []string
		err     string
	}{
		{"conn.log", 58, []string{"conn.log:67: 9 fields, want the 21 of the #fields header"}, ""},
		{"conn_json.log", 2, []string{
			`conn_json.log:3: id.orig_p: "93145" is not a port, 0 to 65535`,
			"conn_json.log:4: not a whole JSON object: unexpected end of JSON input",
		}, ""},
		{"conn_top.log", 0, nil, "conn_top.log:1: a record without a #fields header before it; put the log's header back, without it the columns are not known"},
	} {
		got, _ := readFiles(t, Options{}, "data/zeek/rita/truncated/"+c.file)
		var bad []string
		for _, b := range got.Bad {
			bad = append(bad, strings.TrimPrefix(b.Error(), filepath.Dir(b.File)+"/"))
		}
		err := ""
		if got.Err != nil {
			err = got.Err.Error()[strings.Index(got.Err.Error(), c.file):]
		}
		if len(got.Records) != c.records || !slices.Equal(bad, c.bad) || err != c.err {
			t.Errorf("%s: %d records, %q, %q; want %d, %q, %q", c.file, len(got.Records), bad, err, c.records, c.bad, c.err)
		}
	}
	_, err := Open([]string{ref.Path(t, "data/zeek/rita/text_file/conn.log")}, Options{})
	if err == nil || !strings.Contains(err.Error(), "no known format ("+formatNames(Formats)) {
		t.Errorf("a file of prose: %v", err)
	}
}

// Every line of real Argus text but the header is a record or not of IP.
func TestArgusData(t *testing.T) {
	for _, c := range []struct {
		file    string
		records int
		notIP   map[string]int // by what they are of
		labels  int            // different ones
		first   string
	}{
		{
			"argus-M57-10k-pkts.csv.gz", 1786, map[string]int{"arp": 198, "lldp": 1005}, 0,
			"2009-11-18T09:00:03.914398 udp new 192.168.1.1:626>224.0.0.1:626 75 0",
		},
		{
			"argus.2024.01.09.csv.gz", 10_733, map[string]int{"arp": 230, "llc": 5}, 0,
			"2024-01-09T17:09:04.266106 tcp reset 192.168.1.108:58707>192.168.1.254:445 17116707426 7074783761",
		},
		{
			"ctu13-scenario6-first4999.binetflow.gz", 4989, map[string]int{"arp": 9, "ipx/spx": 1}, 39,
			"2011-08-16T10:01:46.972101 tcp established 88.176.79.163:49213>147.32.84.172:18250 10150692 405238754 flow=Background",
		},
		{
			"test11-portscan.binetflow.gz", 66, nil, 0,
			"2019-04-04T16:24:47.672448 tcp new 10.8.0.69:56101>14.1.11.113:999 1887 6877",
		},
		{
			"test2-malicious.binetflow.gz", 6751, nil, 0,
			"2019-04-04T16:23:00.32501 udp established 10.8.0.69:48427>8.8.8.8:53 63 79",
		},
		{
			"test5-mixed.binetflow.gz", 296, map[string]int{"man": 1, "llc": 1, "arp": 2}, 8,
			"1970-01-01T01:00:08.140073 udp new 0.0.0.0:68>255.255.255.255:67 344 0 flow=Background-UDP-Attempt",
		},
	} {
		got, r := readFiles(t, Options{Year: 2024}, "data/argus/"+c.file)
		notIP := map[string]int{}
		for _, b := range got.Bad {
			if !errors.Is(b, ErrNotIP) {
				t.Errorf("%v", b)
			}
			what := b.Error()
			notIP[what[strings.LastIndex(what, ": ")+2:]]++
		}
		if c.notIP == nil {
			c.notIP = map[string]int{}
		}
		if d := gocmp.Diff(c.notIP, notIP); d != "" || len(got.Records) != c.records || got.Err != nil {
			t.Errorf("%s: %d records, %v, want %d; not of IP %s", c.file, len(got.Records), got.Err, c.records, d)
		}
		if first := record(got.Records[0]); first != c.first {
			t.Errorf("%s begins with %s, want %s", c.file, first, c.first)
		}
		// The header is the only line that is no data.
		lines := strings.Split(strings.TrimSuffix(string(content(t, r.Inputs()[0].Path)), "\n"), "\n")
		if got.Next != int64(len(lines)-1) {
			t.Errorf("%s: %d records and errors of %d lines", c.file, got.Next, len(lines))
		}
		if n := r.Labels().Len(); n != c.labels {
			t.Errorf("%s: %d labels, want %d", c.file, n, c.labels)
		}
	}
}

// Two sensors saw the same packets, M57's. What both say of a connection is
// the same state, but for Argus's reports on connections that were still open;
// all 1,781 TCP and UDP records of Argus have their connection in Zeek's log.
func TestStatesOfTwoSensors(t *testing.T) {
	zeek, _ := readFiles(t, Options{}, "data/zeek/m57/conn.log.gz")
	argus, _ := readFiles(t, Options{}, "data/argus/argus-M57-10k-pkts.csv.gz")
	type key struct {
		proto    Proto
		src, dst netip.AddrPort
	}
	conns := map[key][]Record{}
	for _, r := range zeek.Records {
		k := key{r.Proto, r.Src, r.Dst}
		conns[k] = append(conns[k], r)
	}
	same, open := 0, 0
	for _, r := range argus.Records {
		near := conns[key{r.Proto, r.Src, r.Dst}]
		if r.Proto != TCP && r.Proto != UDP {
			continue
		}
		if len(near) == 0 {
			t.Errorf("Zeek has no %s", record(r))
			continue
		}
		// The clock of one was an hour ahead.
		apart := func(z Record) time.Duration { return (r.Time.Sub(z.Time) - time.Hour).Abs() }
		z := slices.MinFunc(near, func(a, b Record) int { return cmp.Compare(apart(a), apart(b)) })
		switch {
		case r.State == z.State:
			same++
		case r.Proto == TCP && r.State == Established:
			open++
		default:
			t.Errorf("Argus: %s\nZeek:  %s", record(r), record(z))
		}
	}
	// Argus: 125 FIN, 23 REQ and 19 RST of TCP, 1,608 of UDP; 6 CON of TCP.
	if same != 125+23+19+1608 || open != 6 {
		t.Errorf("%d states are the same and %d still open, want 1775 and 6", same, open)
	}
}
