package nfcapd

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
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

// Maps of layout 1 hold from where they stand on, also in the blocks behind, for any
// number of workers; records, errors and the end are the same.
func TestMaps(t *testing.T) {
	head := file(1, packedNot, 0, nil)[:header1]
	add := func(parts ...[]byte) {
		data := slices.Concat(parts...)
		head = le.AppendUint32(le.AppendUint32(head, uint32(len(parts))), uint32(len(data)))
		head = append(le.AppendUint16(le.AppendUint16(head, 2), 0), data...)
	}
	mapOf := func(id uint16, exts ...uint16) []byte { return element(extensionMap, id, uint16(0), exts, uint16(0)) }
	flow1 := func(id uint16, rest ...any) []byte {
		return element(common, append([]any{uint16(4), id, uint16(0), uint16(0), uint32(1_700_000_000), uint32(1_700_000_001), byte(0), byte(2), byte(6), byte(0),
			uint16(1000), uint16(443), uint32(0), uint32(0x0a000001), uint32(0x0a000002), uint32(3), uint64(99)}, rest...)...)
	}
	add(flow1(7, uint32(5))) // before its map
	add(mapOf(7, outBytes4), flow1(7, uint32(11)))
	for range 40 {
		add(flow1(7, uint32(12)), flow1(8))
	}
	add(flow1(7, uint32(13)), mapOf(7, outPackets4, outBytes4), mapOf(8, outPackets8), flow1(7, uint32(1), uint32(14)), flow1(8, uint64(2)), element(1))
	for range 40 {
		add(flow1(7, uint32(1), uint32(15)), flow1(8))
	}
	head = append(head, 1)
	read := func(workers int) (told []string) {
		for b, err := range Format.Read(bytes.NewReader(head), flow.Input{Name: "x", Workers: workers}) {
			if err != nil {
				told = append(told, err.Error())
				continue
			}
			for i := range b.Len() {
				r := b.Record(i)
				told = append(told, fmt.Sprint(r.Seq, r.Src, r.PacketsDown, r.BytesDown))
			}
		}
		return told
	}
	want := read(0)
	text := strings.Join(want, "\n")
	if len(want) != 1+1+80+4+80+1 || !strings.HasPrefix(text, "0 10.0.0.1:1000 0 0\n1 10.0.0.1:1000 0 11\n2 10.0.0.1:1000 0 12\n") ||
		!strings.Contains(text, "\n82 10.0.0.1:1000 0 13\n83 10.0.0.1:1000 1 14\n84 10.0.0.1:1000 2 0\nx:86: a record of nfdump 1.5") ||
		!strings.HasSuffix(text, "x:166: a record that ends early\nx: block 84: the file ends early: unexpected EOF") {
		t.Errorf("%d:\n%s", len(want), text)
	}
	for workers := 1; workers < 5; workers++ {
		if got := read(workers); !slices.Equal(got, want) {
			t.Errorf("%d workers:\n%s\nwant\n%s", workers, strings.Join(got, "\n"), text)
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
