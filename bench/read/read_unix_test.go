//go:build unix

// Package read measures how quickly real files of each format are read.
package read

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"toolkit/flow"
	"toolkit/internal/ref"
	"toolkit/suite"
)

// BenchmarkRead reads real files of every format from disk, unpacked if they
// are packed, again and again until they are 8 MB. MB are of what is read,
// records also those that are skipped, being no flow. Rates are by CPU time, user
// and system, since other work on the machine does not change that much.
//
//	go test ./bench/read -run '^$' -bench Read -cpu 1
func BenchmarkRead(b *testing.B) {
	for _, c := range []struct{ name, files string }{
		{"csv", "reference/office10k/flows.csv.gz"},
		{"zeek", "data/zeek/stratosphere-011/conn.log.labeled.gz"},
		{"zeek-json", "data/zeek/otrf/*.gz"},
		{"argus", "data/argus/ctu13-scenario6-first4999.binetflow.gz"},
		{"eve", "data/suricata/slips-test6.eve.json.gz"},
		{"nfdump-csv-1.7.1", "data/nfdump/slips-test1.nfdump-1.7.1.csv.gz"},
		{"nfdump-csv-1.7.8", "data/nfdump/westermo-right.nfdump-1.7.8.csv.gz"},
		{"nfdump-csv-fast", "data/nfdump/slips-test1.nfdump-1.7.8-csv-fast.csv.gz"},
		{"nfdump-json", "data/nfdump/slips-test1.nfdump-1.7.8.first200.ndjson"},
		{"nfcapd-1", "data/nfdump/slips-test1.nfcapd-v1"},
		{"nfcapd-2", "data/nfdump/westermo-right-nfcapd/nfcapd.*"},
		{"netflow-5", "data/netflow/netflow5_test_juniper_mx80.dat"},
		{"netflow-9", "data/netflow/netflow9_test_iptnetflow_reduced_size_encoding_tpldata260.dat"},
		{"ipfix", "data/netflow/ipfix_test_openbsd_pflow_*.dat"},
		{"ics", "data/westermo/data/reduced/flows/output_left.zip"},
	} {
		b.Run("input="+c.name, func(b *testing.B) { benchRead(b, c.files) })
	}
}

func benchRead(b *testing.B, files string) {
	dir, name := filepath.Split(filepath.FromSlash(files))
	found, err := filepath.Glob(filepath.Join(ref.Path(b, filepath.ToSlash(filepath.Clean(dir))), name))
	if err != nil || len(found) == 0 {
		b.Fatalf("%s: %d files, %v", files, len(found), err)
	}
	slices.Reverse(found) // templates before data
	var paths []string
	var size int64
	temp := b.TempDir()
	if strings.Contains(files, "*.dat") { // datagrams, of which the second depend on the first
		var data []byte
		for _, path := range found {
			data = append(data, unpacked(b, path)...)
		}
		found = []string{filepath.Join(temp, "all.dat")}
		if err := os.WriteFile(found[0], data, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for round := 0; size < 8e6; round++ {
		for _, path := range found {
			data := unpacked(b, path)
			if strings.HasSuffix(path, ".dat") {
				data = bytes.Repeat(data, 1000) // a datagram
			}
			size += int64(len(data))
			paths = append(paths, filepath.Join(temp, strconv.Itoa(round)+"-"+strings.TrimSuffix(filepath.Base(path), ".gz")))
			if err := os.WriteFile(paths[len(paths)-1], data, 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	measure(b, paths, size)
}

// measure reads files of so many bytes in all.
func measure(b *testing.B, paths []string, size int64) {
	b.ReportAllocs()
	records, began := int64(0), cpuTime(b)
	for b.Loop() {
		r, err := flow.Open(paths, flow.Options{Formats: suite.Formats, Year: 2011, Workers: 1})
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range r.Source() {
			var bad *flow.SyntaxError
			if err != nil && !errors.As(err, &bad) {
				b.Fatal(err)
			}
		}
		for _, in := range r.Inputs() {
			records += in.Records + in.Skipped
		}
	}
	cpu := (cpuTime(b) - began).Seconds()
	b.ReportMetric(float64(size)*float64(b.N)/1e6/cpu, "MB/cpu-s")
	b.ReportMetric(float64(records)/cpu, "records/cpu-s")
}

// cpuTime returns the CPU time that this process has taken.
func cpuTime(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// unpacked returns what is in a file, also if it is packed by gzip.
func unpacked(b *testing.B, path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return data
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	if data, err = io.ReadAll(z); err != nil {
		b.Fatal(err)
	}
	return data
}
