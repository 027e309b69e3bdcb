package flow

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// all is what a Source has yielded.
type all struct {
	Records []Record
	Bad     []*SyntaxError
	Next    int64 // the number after the last
	Err     error
}

// gather reads src, whose first record has number seq, to its end, and fails
// if a record's number isn't that of its place among records and errors.
func gather(t testing.TB, seq int64, src Source) all {
	t.Helper()
	got := all{Next: seq}
	for b, err := range src {
		var bad *SyntaxError
		switch {
		case errors.As(err, &bad):
			got.Bad = append(got.Bad, bad)
			got.Next++
			continue
		case err != nil:
			if got.Err != nil {
				t.Fatalf("an error after the last: %v", err)
			}
			got.Err = err
			continue
		}
		if got.Err != nil {
			t.Fatal("a batch after the last error")
		}
		if b.Seq != got.Next || b.Len() == 0 || b.Len() > BatchSize {
			t.Fatalf("a batch of %d records from %d, want 1 to %d from %d", b.Len(), b.Seq, BatchSize, got.Next)
		}
		for i := range b.Len() {
			got.Records = append(got.Records, b.Record(i))
		}
		got.Next += int64(b.Len())
	}
	return got
}

// readText reads text with the named format.
func readText(t testing.TB, format, text string) all {
	t.Helper()
	f, err := FormatNamed(format)
	if err != nil {
		t.Fatal(err)
	}
	return gather(t, 0, f.Read(strings.NewReader(text), Input{Name: "in"}))
}

// record writes a record as tests want it.
func record(r Record) string {
	s := fmt.Sprintf("%s %s %s %s>%s %d %d", r.Time.Format("2006-01-02T15:04:05.999999999"), r.Proto, r.State, r.Src, r.Dst, r.BytesUp, r.BytesDown)
	if r.Label != "" {
		s += " " + r.Label
	}
	return s
}

const good = "2017-01-27 16:24:42,tcp,closed,10.2.1.39,60707,74.201.65.31,443,21687,8999\n"

func TestLinesNumbers(t *testing.T) {
	text := "\xef\xbb\xbf" + good + "\r\n" + "junk\r\n" + strings.Replace(good, "\n", "\r\n", 1) + "\n" + "more,junk\n" + "worse\n" + strings.TrimSuffix(good, "\n")
	got := gather(t, 7, csvFormat.Read(strings.NewReader(text), Input{Name: "x.csv", Seq: 7}))
	if got.Err != nil {
		t.Fatal(got.Err)
	}
	var seqs []int64
	for _, r := range got.Records {
		seqs = append(seqs, r.Seq)
	}
	if want := []int64{7, 9, 12}; !cmp.Equal(seqs, want) {
		t.Errorf("records are numbers %v, want %v", seqs, want)
	}
	var bad []string
	for _, b := range got.Bad {
		bad = append(bad, fmt.Sprintf("%s:%d %q", b.File, b.Line, b.Text))
	}
	if want := []string{`x.csv:3 "junk"`, `x.csv:6 "more,junk"`, `x.csv:7 "worse"`}; !cmp.Equal(bad, want) {
		t.Errorf("errors are %v, want %v", bad, want)
	}
	if got.Next != 13 {
		t.Errorf("the next number is %d, want 13", got.Next)
	}
}

// A line that is too long is one record that can't be read.
func TestLinesLong(t *testing.T) {
	for _, length := range []int{maxLine - 1, maxLine, maxLine + 1, 3*maxLine + 5} {
		for _, end := range []string{"\n" + good, "\n", ""} {
			got := readText(t, "csv", good+strings.Repeat("x", length)+end)
			if len(got.Bad) != 1 || got.Err != nil {
				t.Fatalf("a line of %d bytes: errors %v, %v, want one", length, got.Bad, got.Err)
			}
			long := errors.Is(got.Bad[0], errLongLine)
			if want := length >= maxLine; long != want {
				t.Errorf("a line of %d bytes and its end %q: too long is %v, want %v", length, end, long, want)
			}
			if len(got.Bad[0].Text) != maxText {
				t.Errorf("the error keeps %d bytes, want %d", len(got.Bad[0].Text), maxText)
			}
			if want := 1 + strings.Count(end, "tcp"); len(got.Records) != want {
				t.Errorf("%d records, want %d", len(got.Records), want)
			}
		}
	}
}

// Records, errors and numbers don't depend on the sizes in which the input
// arrives.
func TestLinesCuts(t *testing.T) {
	for _, c := range []struct{ format, text string }{
		{"csv", strings.Repeat(good+good+"junk\n", 50)},
		{"zeek", zeekSample},
		{"zeek-json", strings.Repeat(zeekJSONSample, 3)},
		{"argus", argusSample},
	} {
		f, _ := FormatNamed(c.format)
		want := readText(t, c.format, c.text)
		if len(want.Records) == 0 || len(want.Bad) == 0 {
			t.Fatalf("%s: %d records and %d errors in the sample, want some of both", c.format, len(want.Records), len(want.Bad))
		}
		for name, cut := range map[string]func(io.Reader) io.Reader{"bytes": iotest.OneByteReader, "halves": iotest.HalfReader, "data with EOF": iotest.DataErrReader} {
			got := gather(t, 0, f.Read(cut(strings.NewReader(c.text)), Input{Name: "in"}))
			if d := cmp.Diff(want, got, cmpopts.EquateComparable(Record{}), cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })); d != "" {
				t.Errorf("%s in %s: %s", c.format, name, d)
			}
		}
	}
}

// What is there goes out before the source waits for more.
func TestLinesLive(t *testing.T) {
	r, w := io.Pipe()
	go io.WriteString(w, good+good)
	for b, err := range csvFormat.Read(r, Input{}) {
		if err != nil || b.Len() != 2 {
			t.Fatalf("%v, %v, want the 2 records that are there", b, err)
		}
		break
	}
}

// A consumer can stop at any batch or error.
func TestLinesStop(t *testing.T) {
	text := strings.Repeat(good, BatchSize+1) + "junk\njunk\n" + good
	for stop := 1; stop <= 5; stop++ {
		n := 0
		for range csvFormat.Read(strings.NewReader(text), Input{}) {
			if n++; n == stop {
				break
			}
		}
		if n != stop {
			t.Fatalf("stopped after %d, want %d", n, stop)
		}
	}
}

// An input that breaks off yields what is whole before it, and where it was.
func TestLinesBroken(t *testing.T) {
	broken := io.MultiReader(strings.NewReader(good+good[:60]), iotest.ErrReader(errors.New("disk on fire")))
	got := gather(t, 0, csvFormat.Read(broken, Input{Name: "x.csv"}))
	if len(got.Records) != 1 || len(got.Bad) != 0 || got.Err == nil || got.Err.Error() != "x.csv:2: disk on fire" {
		t.Errorf("%d records, errors %v and %v, want 1 record and the line", len(got.Records), got.Bad, got.Err)
	}
}

func TestDetect(t *testing.T) {
	for head, want := range map[string]string{
		good:                                    "csv",
		"\xef\xbb\xbf" + good:                   "csv",
		"junk\n" + good[:60]:                    "",
		"junk\n" + good:                         "csv",
		csvHeader + "\n":                        "csv",
		good[:len(good)-1]:                      "csv",
		"2017-01-27 16:24:42,tcp\n":             "",
		zeekSample:                              "zeek",
		"\r\n" + zeekSample:                     "zeek",
		zeekJSONSample:                          "zeek-json",
		argusSample:                             "argus",
		"\x7fELF\x02\x01\x01\x00\x00":           "",
		`{"timestamp":"x","event_type":"flow"}`: "suricata",
		"a,b,c,d,e,f,g,h,i\n":                   "",
		"":                                      "",
	} {
		got := ""
		if f := detect(Formats, []byte(head)); f != nil {
			got = f.Name
		}
		if got != want {
			t.Errorf("%.40q is of format %q, want %q", head, got, want)
		}
		for _, f := range Formats {
			if f.Name != want && f.Detect([]byte(strings.TrimPrefix(head, "\xef\xbb\xbf"))) {
				t.Errorf("%.40q is claimed by %s, too", head, f.Name)
			}
		}
	}
}

func TestFormatNamed(t *testing.T) {
	for _, f := range Formats {
		if got, err := FormatNamed(f.Name); got != f || err != nil {
			t.Errorf("FormatNamed(%q) = %v, %v", f.Name, got, err)
		}
		if f.Doc == "" || strings.HasSuffix(f.Doc, ".") {
			t.Errorf("%s: the sentence %q", f.Name, f.Doc)
		}
	}
	if _, err := FormatNamed("pcap"); err == nil || !strings.Contains(err.Error(), "csv") {
		t.Errorf("FormatNamed of none: %v, want the names that there are", err)
	}
}
