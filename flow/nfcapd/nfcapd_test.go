package nfcapd

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"toolkit/flow"
	"toolkit/internal/ref"
)

func readAll(t testing.TB, paths ...string) (rs []flow.Record, err error) {
	t.Helper()
	r, err := flow.Open(paths, flow.Options{Formats: append([]*flow.Format{Format}, flow.Formats...)})
	if err != nil {
		return nil, err
	}
	for b, err := range r.Source() {
		if err != nil {
			return rs, err
		}
		for i := range b.Len() {
			rs = append(rs, b.Record(i))
		}
	}
	return rs, nil
}

// Both layouts hold what nfdump prints of the same files: flow for flow of the
// first, and of the second as nfdump put its files in order.
func TestSameAsNfdump(t *testing.T) {
	for _, c := range []struct {
		binary, text string
		flows        int
	}{
		{"data/nfdump/slips-test1.nfcapd-v1", "data/nfdump/slips-test1.nfdump-1.7.8-csv-fast.csv.gz", 4593},
		{"data/nfdump/westermo-right-nfcapd", "data/nfdump/westermo-right.nfdump-1.7.8.csv.gz", 16649},
	} {
		got, err := readAll(t, ref.Path(t, c.binary))
		if err != nil {
			t.Fatal(err)
		}
		want, err := readAll(t, ref.Path(t, c.text))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != c.flows || len(want) != c.flows {
			t.Fatalf("%s: %d flows, %d in text, want %d", c.binary, len(got), len(want), c.flows)
		}
		count := map[string]int{}
		key := func(r flow.Record) string {
			if r.Proto == flow.ICMP {
				return fmt.Sprint(r.Time, r.Proto, r.Src.Addr(), r.Dst.Addr(), r.BytesUp, r.PacketsUp)
			}
			return fmt.Sprint(r.Time, r.Proto, r.Src, r.Dst, r.BytesUp, r.BytesDown, r.PacketsUp, r.Duration.Milliseconds())
		}
		for _, r := range want {
			count[key(r)]++
		}
		for _, r := range got {
			if count[key(r)]--; count[key(r)] < 0 {
				t.Fatalf("%s: %s is not what nfdump prints", c.binary, key(r))
			}
		}
		if strings.HasSuffix(c.text, "csv-fast.csv.gz") {
			for i := range got {
				if got[i].FlagsUp != want[i].FlagsUp || got[i].State != want[i].State {
					t.Fatalf("record %d: flags %v, state %v, want %v, %v", i, got[i].FlagsUp, got[i].State, want[i].FlagsUp, want[i].State)
				}
			}
		}
	}
}

// A file that is cut or damaged ends in an error, after what is whole.
func TestDamaged(t *testing.T) {
	data := ref.Read(t, "data/nfdump/westermo-right-nfcapd/nfcapd.202303100940")
	for _, c := range []struct {
		data []byte
		want string
	}{
		{data[:500], "the file ends early"},
		{append(bytes.Clone(data[:44]), 0xff, 0xff, 0xff, 0xff, 3, 0, 0, 0), "the file is damaged"},
		{append(append(bytes.Clone(data[:16]), 9), data[17:]...), "packed in a way that is not known"},
		{append(append(bytes.Clone(data[:17]), 1), data[18:]...), "encrypted"},
	} {
		var last error
		for _, err := range Format.Read(bytes.NewReader(c.data), flow.Input{Name: "x"}) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), c.want) {
			t.Errorf("%d bytes: %v, want %s", len(c.data), last, c.want)
		}
	}
}

// Streams by hand, after the description of the format: literals, the three
// kinds of matches, the end.
func TestLZO(t *testing.T) {
	end := "\x11\x00\x00"
	for in, want := range map[string]string{
		"\x15abcd" + end:                           "abcd",
		"\x15abcd\x6c\x00" + end:                   "abcdabcd"[:4] + "abcd"[:4],
		"\x15abcd\x2a\x0c\x00" + end:               "abcdabcdabcdabcd",
		"\x13ab\x04\x00" + end:                     "abab",
		"\x01abcd" + end:                           "abcd",
		"\x00\x02" + strings.Repeat("x", 20) + end: strings.Repeat("x", 20),
		"\x15abcd\x20\x00\x0c\x00" + end:           "",
		"\x15abcd\x20\x09\x0c\x00" + end:           "abcd" + strings.Repeat("abcd", 10) + "ab",
		"\x15abcd\x4d\x00z" + end:                  "abcd" + "abc"[:0] + "abcd"[0:3] + "z",
	} {
		got, err := lzo1x([]byte(in), 1<<20)
		if want == "" {
			if err == nil {
				t.Errorf("%q is %q, want an error", in, got)
			}
			continue
		}
		if string(got) != want || err != nil {
			t.Errorf("%q is %q, %v, want %q", in, got, err, want)
		}
	}
	for _, bad := range []string{"", "\x15ab", "\x15abcd\x2a\xff\xff" + end, "\x15abcd"} {
		if _, err := lzo1x([]byte(bad), 1<<20); !errors.Is(err, errLZO) {
			t.Errorf("%q: %v, want damaged", bad, err)
		}
	}
	if _, err := lzo1x([]byte("\x15abcd\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x0c\x00"+end), 1000); err == nil {
		t.Error("more than the limit")
	}
}

// No bytes make the reader panic or take memory without bounds.
func FuzzNfcapd(f *testing.F) {
	files, _ := filepath.Glob("../../../shared/data/nfdump/westermo-right-nfcapd/nfcapd.2023031009[24]*")
	for _, name := range files {
		f.Add(ref.Read(f, "data/nfdump/westermo-right-nfcapd/"+filepath.Base(name)))
	}
	f.Add([]byte("\x0c\xa5\x01\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for b, err := range Format.Read(bytes.NewReader(data), flow.Input{}) {
			if (b == nil) == (err == nil) {
				t.Fatal("neither a batch nor an error")
			}
		}
		_, _ = lzo1x(data, 1<<20)
	})
}
