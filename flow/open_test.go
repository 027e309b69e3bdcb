package flow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func gzipped(text string) []byte {
	var w bytes.Buffer
	z := gzip.NewWriter(&w)
	io.WriteString(z, text)
	z.Close()
	return w.Bytes()
}

func zstded(text string) []byte {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return z.EncodeAll([]byte(text), nil)
}

// folder makes files in a new directory and returns its name.
func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Inputs of all formats and packings, named in all ways, are one stream.
func TestOpen(t *testing.T) {
	files := map[string][]byte{
		"b.log":           []byte(zeekSample),
		"logs/2/x":        gzipped(good + "junk\n"),
		"logs/1/y.csv":    append(gzipped(good[:20]), gzipped(good[20:]+good)...), // two members
		"logs/1/y.txt":    []byte("not read"),
		"c[1].csv":        zstded(good),
		"argus.binetflow": []byte(argusSample),
	}
	dir := folder(t, files)
	in := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	stdin := gzipped(zeekJSONSample)
	var progress [][2]int64
	hosts := new(Hosts)
	r, err := Open([]string{in("b.log"), in("logs/{2/**/x,1/*.csv}"), "-", in("argus.binetflow"), in("c[1].csv")}, Options{
		Stdin: bytes.NewReader(stdin), Hosts: hosts,
		Progress: func(done, total int64) { progress = append(progress, [2]int64{done, total}) },
	})
	if err != nil {
		t.Fatal(err)
	}
	got := gather(t, 0, r.Source())
	if got.Err != nil {
		t.Fatal(got.Err)
	}
	info := func(name, format string, data []byte, records, rejected, skipped int64) InputInfo {
		i := InputInfo{Path: name, Format: format, Bytes: int64(len(data)), SHA256: hashOf(data), Records: records, Rejected: rejected, Skipped: skipped}
		if skipped > 0 {
			i.Skips = map[string]int64{"not IP traffic: arp": skipped}
		}
		return i
	}
	want := []InputInfo{
		info(in("b.log"), "zeek", files["b.log"], 2, 2, 0),
		info(in("logs/1/y.csv"), "csv", files["logs/1/y.csv"], 2, 0, 0),
		info(in("logs/2/x"), "csv", files["logs/2/x"], 1, 1, 0),
		info("-", "zeek-json", stdin, 2, 1, 0),
		info(in("argus.binetflow"), "argus", files["argus.binetflow"], 2, 1, 1),
		info(in("c[1].csv"), "csv", files["c[1].csv"], 1, 0, 0),
	}
	if d := gocmp.Diff(want, r.Inputs()); d != "" {
		t.Error(d)
	}
	if got.Next != 16 || len(got.Records) != 10 || r.Hosts() != hosts || hosts.Len() == 0 {
		t.Errorf("%d records, next number %d, %d hosts; want 10, 16 and some", len(got.Records), got.Next, hosts.Len())
	}
	if n := len(progress); n == 0 || progress[n-1][1] != 0 {
		t.Errorf("progress %v, want a total of 0, as that of the standard input is not known", progress)
	}
}

// Progress goes up to the size of the files, and each Source begins anew.
func TestOpenAgain(t *testing.T) {
	data := []byte(strings.Repeat(good, 3*BatchSize))
	dir := folder(t, map[string][]byte{"a": data, "b": gzipped(string(data))})
	var last, calls, total int64
	r, err := Open([]string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}, Options{Progress: func(done, of int64) {
		if done < last {
			t.Errorf("progress falls from %d to %d", last, done)
		}
		last, total = done, of
		calls++
	}})
	if err != nil {
		t.Fatal(err)
	}
	size := int64(len(data) + len(gzipped(string(data))))
	for range 2 {
		last, calls = 0, 0
		if got := gather(t, 0, r.Source()); got.Err != nil || len(got.Records) != 6*BatchSize {
			t.Fatalf("%d records, %v", len(got.Records), got.Err)
		}
		if last != size || total != size || calls < 6 {
			t.Errorf("progress %d of %d in %d calls, want %d", last, total, calls, size)
		}
		if in := r.Inputs(); len(in) != 2 || in[0].SHA256 != hashOf(data) || in[1].Bytes != size-int64(len(data)) {
			t.Errorf("inputs %v", in)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	cut := gzipped(strings.Repeat(good, 1000) + "x")
	zcut := zstded(strings.Repeat(good, 1000))
	dir := folder(t, map[string][]byte{
		"empty": nil, "empty.gz": gzipped(""), "binary": []byte("\x7fELF\x00\x01\x02"), "prose": []byte("Lorem ipsum\ndolor\n"),
		"ok.csv": []byte(good), "tiny.gz": cut[:5], "bad.gz": append(gzipped(good), "trailing garbage"...), "zeros.gz": {0x1f, 0x8b, 0x08, 0xff, 0xff},
		"cut.zst": zcut[:len(zcut)-3],
	})
	if err := os.MkdirAll(filepath.Join(dir, "none", ".git"), 0o777); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) + name[len(strings.TrimRight(name, "/")):] }
	for _, c := range []struct {
		paths []string
		opt   Options
		want  string
	}{
		{nil, Options{}, "no input; name files, or - for the standard input"},
		{[]string{in("none.csv")}, Options{}, "opening an input: stat DIR/none.csv: no such file or directory"},
		{[]string{in("*.csw")}, Options{}, "no file matches DIR/*.csw"},
		{[]string{in("[")}, Options{}, "finding the files that match DIR/[: syntax error in pattern"},
		{[]string{in("none/")}, Options{}, "the folder DIR/none/ has no files"},
		{[]string{in("empty")}, Options{}, "DIR/empty: the input is empty"},
		{[]string{in("empty.gz")}, Options{}, "DIR/empty.gz: the input is empty"},
		{[]string{in("ok.csv"), in("binary")}, Options{}, "DIR/binary: the content is of no known format (" + formatNames(Formats) + "); if it is of one of them, name it with --format, and if it is another table with a header, its columns with --columns"},
		{[]string{in("prose")}, Options{}, "DIR/prose: the content is of no known format (" + formatNames(Formats) + "); if it is of one of them, name it with --format, and if it is another table with a header, its columns with --columns"},
		{[]string{in("tiny.gz")}, Options{}, "DIR/tiny.gz: the gzip-compressed data ends early: unexpected EOF"},
		{[]string{in("zeros.gz")}, Options{}, "DIR/zeros.gz: the gzip-compressed data ends early: unexpected EOF"},
		{[]string{in("ok.csv")}, Options{Format: "pcap"}, `no format is named "pcap"; there are ` + formatNames(Formats)},
		{[]string{"-"}, Options{}, "there is no standard input here; name files instead of -"},
		{[]string{"-", "-"}, Options{Stdin: strings.NewReader(good)}, "the standard input (-) is named twice; it can be read once"},
	} {
		_, err := Open(c.paths, c.opt)
		if err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != c.want {
			t.Errorf("Open(%q): %v, want %s", c.paths, err, c.want)
		}
	}
	// What is found out on the way ends the stream, after the records before it.
	for _, c := range []struct {
		name, want string
		records    int
	}{
		{"bad.gz", "DIR/bad.gz:2: unpacking with gzip: gzip: invalid header", 1},
		{"cut.zst", "DIR/cut.zst: the zstd-compressed data ends early: unexpected EOF", 0},
	} {
		got, err := openGather(t, in(c.name))
		if err == nil {
			err = got.Err
		}
		if err == nil || len(got.Records) != c.records || strings.ReplaceAll(err.Error(), dir, "DIR") != c.want {
			t.Errorf("%s: %d records, %v, want %d, %s", c.name, len(got.Records), err, c.records, c.want)
		}
	}
}

func openGather(t *testing.T, paths ...string) (all, error) {
	t.Helper()
	r, err := Open(paths, Options{})
	if err != nil {
		return all{}, err
	}
	return gather(t, 0, r.Source()), nil
}

// Packed data that breaks off is told with the line that it reached, and no
// cut line passes for a record.
func TestOpenTruncated(t *testing.T) {
	whole := strings.Repeat(good, 20_000)
	data := gzipped(whole)
	for _, size := range []int{len(data) / 3, len(data) / 2, len(data) - 9} {
		dir := folder(t, map[string][]byte{"x.gz": data[:size]})
		got, err := openGather(t, filepath.Join(dir, "x.gz"))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Bad) != 0 || !errors.Is(got.Err, io.ErrUnexpectedEOF) || !strings.Contains(got.Err.Error(), "x.gz:") {
			t.Errorf("%d of %d bytes: %d records, errors %v and %v", size, len(data), len(got.Records), got.Bad, got.Err)
		}
		for _, r := range got.Records {
			if r.BytesDown != 8999 {
				t.Fatalf("a cut line passed for %s", record(r))
			}
		}
	}
}

// A format that is named is not looked for.
func TestOpenFormat(t *testing.T) {
	dir := folder(t, map[string][]byte{"x": []byte("junk\n" + "more junk\n")})
	r, err := Open([]string{filepath.Join(dir, "x")}, Options{Format: "csv"})
	if err != nil {
		t.Fatal(err)
	}
	if got := gather(t, 0, r.Source()); len(got.Bad) != 2 || got.Err != nil || r.Inputs()[0].Rejected != 2 {
		t.Errorf("errors %v and %v, want 2 lines that can't be read", got.Bad, got.Err)
	}
}

// The standard input is found out and read as it arrives, however slowly.
func TestOpenLive(t *testing.T) {
	pr, pw := io.Pipe()
	r, err := Open([]string{"-"}, Options{Stdin: pr})
	if err != nil {
		t.Fatal(err)
	}
	go io.WriteString(pw, good)
	for b, err := range r.Source() {
		if err != nil || b.Len() != 1 {
			t.Fatalf("%v, %v, want the one record that is there", b, err)
		}
		break
	}
	r, err = Open([]string{"-"}, Options{Stdin: iotest.OneByteReader(strings.NewReader(zeekSample))})
	if err != nil {
		t.Fatal(err)
	}
	if got := gather(t, 0, r.Source()); got.Err != nil || got.Next != 4 {
		t.Errorf("byte by byte: %d lines, %v", got.Next, got.Err)
	}
	if sha := r.Inputs()[0].SHA256; sha != hashOf([]byte(zeekSample)) {
		t.Errorf("byte by byte: hash %s", sha)
	}
}

// Stopping early, at whatever place, leaves no goroutine behind.
func TestOpenStop(t *testing.T) {
	text := strings.Repeat(good, 50_000)
	dir := folder(t, map[string][]byte{"a.gz": gzipped(text), "b.zst": zstded(text), "c.csv": []byte(text)})
	r, err := Open([]string{filepath.Join(dir, "*")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for stop := range 40 {
		n := 0
		for range r.Source() {
			if n++; n > stop {
				break
			}
		}
		if in := r.Inputs(); in[len(in)-1].SHA256 != "" {
			t.Fatalf("stopped after %d batches, yet the hash of all is known", n)
		}
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}
