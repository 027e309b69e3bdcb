package flow

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"toolkit/internal/flowtext"
)

// lineFormats are the formats that are read in blocks, by the names of texts.
func lineFormats(t *testing.T) map[string]*lineFormat {
	t.Helper()
	m := map[string]*lineFormat{}
	for _, name := range flowtext.Names {
		format, _, _ := strings.Cut(name, "/")
		f, err := FormatNamed(format)
		if err != nil {
			t.Fatal(err)
		}
		if f.lines == nil {
			t.Fatalf("%s is not read in blocks", name)
		}
		m[name] = f.lines
	}
	for _, f := range Formats {
		if f.lines == nil || m[f.Name] != f.lines {
			t.Errorf("no text of %s is tried", f.Name)
		}
	}
	return m
}

// told writes down all of a.
func told(a all) []string {
	var s []string
	for _, r := range a.Records {
		s = append(s, fmt.Sprint(r.Seq, " ", record(r)))
	}
	for _, e := range a.Bad {
		s = append(s, e.Error()+"\n"+e.Text)
	}
	return append(s, fmt.Sprint(a.Next, a.Err))
}

// readLines yields what parse makes of each line of r, a line after another: the
// plain way to do what blocks do.
func readLines(r io.Reader, in Input, parse parseFunc) Source {
	return func(yield func(*Batch, error) bool) {
		b := &Batch{Hosts: in.Hosts}
		b.Reset(in.Seq)
		flush := func(next int64) bool {
			if b.Len() > 0 && !yield(b, nil) {
				return false
			}
			b.Reset(next)
			return true
		}
		lines := bufio.NewReaderSize(r, maxLine)
		var rec row
		for n := 1; ; n++ {
			if b.Len() == BatchSize || b.Len() > 0 && !holdsLine(lines) {
				if !flush(b.Seq + int64(b.Len())) {
					return
				}
			}
			line, readErr := lines.ReadSlice('\n')
			var err error
			switch {
			case readErr == bufio.ErrBufferFull:
				line, err = line[:maxText], errLongLine
				line = bytes.Clone(line)
				for readErr == bufio.ErrBufferFull {
					_, readErr = lines.ReadSlice('\n')
				}
			case readErr != nil && readErr != io.EOF: // what there is of the line may be cut
				if flush(b.Seq) {
					yield(nil, fmt.Errorf("%s:%d: %w", in.Name, n, readErr))
				}
				return
			default:
				line = trimLine(line, n == 1)
				if len(line) == 0 {
					err = errNoRecord
				} else {
					rec = row{}
					err = parse(line, &rec)
				}
			}
			if fatal, ok := err.(fatalError); ok {
				if flush(b.Seq) {
					yield(nil, fmt.Errorf("%s:%d: %w", in.Name, n, fatal.error))
				}
				return
			}
			switch err {
			case nil:
				b.add(&rec, in.Labels)
			case errNoRecord:
			default:
				bad := &SyntaxError{File: in.Name, Line: n, Text: string(line[:min(len(line), maxText)]), Err: err}
				if !flush(b.Seq+int64(b.Len())+1) || !yield(nil, bad) {
					return
				}
			}
			if readErr == io.EOF {
				flush(b.Seq)
				return
			}
		}
	}
}

// holdsLine tells whether r can give a line without reading on.
func holdsLine(r *bufio.Reader) bool {
	ready, _ := r.Peek(r.Buffered())
	return bytes.IndexByte(ready, '\n') >= 0
}

// messy returns records with bad, blank, long and foreign lines among them, and
// the log's header again.
func messy(r *rand.Rand, name string) []byte {
	lines := strings.SplitAfter(string(flowtext.Make(name, 300)), "\n")
	header := flowtext.Header(name)
	var w bytes.Buffer
	if r.IntN(2) == 0 {
		w.Write(byteOrderMark)
	}
	for i, line := range lines {
		what := r.IntN(30)
		if i == 0 || strings.HasPrefix(line, "#") {
			what = 0
		}
		switch what {
		case 1:
			line = "junk\n" + line
		case 2:
			line = "\r\n\n" + strings.Replace(line, "\n", "\r\n", 1)
		case 3:
			line = line[:len(line)/2] + "\n" + line
		case 4:
			line += header
		case 5:
			line = "#close\n" + line
		case 6:
			line += strings.Repeat("x", r.IntN(900)) + "\n"
		}
		w.WriteString(line)
	}
	if r.IntN(2) == 0 {
		return bytes.TrimRight(w.Bytes(), "\n")
	}
	return w.Bytes()
}

// Records, errors, and the numbers of addresses and labels are the same for
// any number of workers and any size of blocks.
func TestBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for name, f := range lineFormats(t) {
		for range 3 {
			text := messy(r, name)
			read := func(src func(in Input) Source) (all, []string) {
				in := Input{Name: "in", Seq: 5, Hosts: new(Hosts), Labels: new(Labels), Year: 2024}
				got := gather(t, 5, src(in))
				var numbered []string
				for i := range in.Hosts.Len() {
					numbered = append(numbered, in.Hosts.Addr(Host(i)).String())
				}
				for i := range in.Labels.Len() {
					numbered = append(numbered, in.Labels.Name(LabelID(i+1)))
				}
				return got, numbered
			}
			want, wantNumbered := read(func(in Input) Source {
				parse, _ := f.parser(in)
				return readLines(bytes.NewReader(text), in, parse)
			})
			if len(want.Records) < 200 || len(want.Bad) == 0 {
				t.Fatalf("%s: %d records, %d errors, such as %v; %v", name, len(want.Records), len(want.Bad), want.Bad[:min(2, len(want.Bad))], want.Err)
			}
			for _, workers := range []int{0, 1, 3} {
				size := 64 + r.IntN(4000)
				got, numbered := read(func(in Input) Source {
					if in.Workers = workers; r.IntN(2) == 0 {
						in.Halt = func() {}
					}
					return f.readBlocks(iotest.HalfReader(bytes.NewReader(text)), in, size)
				})
				if d := cmp.Diff(told(want), told(got)); d != "" {
					t.Fatalf("%s, %d workers, blocks of %d:\n%s", name, workers, size, d)
				}
				if d := cmp.Diff(wantNumbered, numbered); d != "" {
					t.Fatalf("%s, %d workers, blocks of %d: numbered otherwise:\n%s", name, workers, size, d)
				}
			}
		}
	}
}

// Lines at the limit of length, errors of reading and an early end are the same
// in blocks, and no goroutine is left.
func TestBlocksEnds(t *testing.T) {
	before := runtime.NumGoroutine()
	broken := errors.New("broken")
	for _, text := range []string{
		"", "\n", good, good + strings.Repeat("x", maxLine-1) + "\n" + good, good + strings.Repeat("x", maxLine) + "\n" + good,
		good + strings.Repeat("x", maxLine), strings.Repeat("x", 3*maxLine) + "\n" + good, good + good[:30],
	} {
		for _, end := range []error{nil, broken} {
			source := func(workers int) Source {
				in := Input{Name: "in", Workers: workers}
				if end != nil {
					return csvFormat.Read(&twice{[]byte(text), end}, in)
				}
				return csvFormat.Read(strings.NewReader(text), in)
			}
			want, got := gather(t, 0, source(0)), gather(t, 0, source(2))
			if fmt.Sprint(want.Err) != fmt.Sprint(got.Err) || len(want.Records) != len(got.Records) || fmt.Sprint(want.Bad) != fmt.Sprint(got.Bad) {
				t.Errorf("%d bytes, then %v: %d records, %v, %v; want %d, %v, %v", len(text), end, len(got.Records), got.Bad, got.Err, len(want.Records), want.Bad, want.Err)
			}
		}
	}
	text := strings.Repeat(good, 50_000)
	for range csvFormat.Read(strings.NewReader(text), Input{Workers: 4}) {
		break
	}
	// One that has said that it is done is counted until the scheduler has taken
	// it away.
	for wait := time.Millisecond; runtime.NumGoroutine() > before; wait *= 2 {
		if wait > 10*time.Second {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(wait)
	}
}

// A twice gives its data, then an error.
type twice struct {
	data []byte
	err  error
}

func (r *twice) Read(p []byte) (int, error) {
	if len(r.data) == 0 {
		return 0, r.err
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}

// A file that is the standard input is parsed by all workers, to the same
// records.
func TestStdinWorkers(t *testing.T) {
	for _, data := range [][]byte{flowtext.Make("zeek", 5000), gzipped(string(flowtext.Make("nfdump", 5000)))} {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		var told1 []string
		for _, workers := range []int{0, 3} {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Open([]string{Stdin}, Options{Stdin: f, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			got := gather(t, 0, r.Source())
			f.Close()
			if workers == 0 {
				told1 = told(got)
			}
			if len(got.Records) != 5000 || !cmp.Equal(told1, told(got)) || r.Inputs()[0].SHA256 == "" {
				t.Errorf("%d workers: %d records, or others; %+v", workers, len(got.Records), r.Inputs()[0])
			}
		}
	}
}

// Open reads with as many workers as it is told, to the same records.
func TestOpenWorkers(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string][]byte{"a.csv": flowtext.Make("csv", 9000), "b.log": flowtext.Make("zeek", 5000), "c.csv.gz": gzipped(string(flowtext.Make("csv", 5000)))} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var want all
	for workers := range 4 {
		r, err := Open([]string{filepath.Join(dir, "*")}, Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		got := gather(t, 0, r.Source())
		if workers == 0 {
			want = got
		}
		if len(got.Records) != 19000 || !cmp.Equal(told(want), told(got)) {
			t.Errorf("%d workers: %d records, or others", workers, len(got.Records))
		}
		if in := r.Inputs(); len(in) != 3 || in[1].SHA256 == "" || in[1].Records != 5000 {
			t.Errorf("%d workers: %+v", workers, in)
		}
	}
}

// A tap is a reader that Close ends, as Options.Wait makes one.
type tap struct {
	r    io.Reader
	got  chan []byte
	stop chan struct{}
}

func newTap(r io.Reader) *tap {
	t := &tap{r: r, got: make(chan []byte), stop: make(chan struct{})}
	go func() {
		for {
			b := make([]byte, 100)
			n, err := r.Read(b)
			if err != nil {
				close(t.got)
				return
			}
			t.got <- b[:n]
		}
	}()
	return t
}

func (t *tap) Read(p []byte) (int, error) {
	select {
	case b, ok := <-t.got:
		if !ok {
			return 0, io.EOF
		}
		return copy(p, b), nil
	case <-t.stop:
		return 0, errors.New("stopped")
	}
}

func (t *tap) Close() error {
	close(t.stop)
	return nil
}

// What a pipe has brought comes before it brings more, also packed, and whoever
// wants no more need not wait for it.
func TestLivePipe(t *testing.T) {
	for _, packed := range []bool{false, true} {
		for _, workers := range []int{1, 3} {
			in, out := io.Pipe()
			defer out.Close()
			var w interface {
				io.Writer
				Flush() error
			} = bufio.NewWriter(out)
			if packed {
				w = gzip.NewWriter(out)
			}
			var one sync.Mutex // of those who tell
			tell := func(n int) {
				one.Lock()
				defer one.Unlock()
				if _, err := io.WriteString(w, strings.Repeat(good, n)); err == nil {
					_ = w.Flush()
				}
			}
			go tell(1)
			r, err := Open([]string{Stdin}, Options{Stdin: in, Workers: workers, Wait: func(r io.Reader) io.ReadCloser { return newTap(r) }})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for b, err := range r.Source() {
				if err != nil {
					t.Fatal(err)
				}
				if n += b.Len(); n == 1 || n == 6 {
					go tell(5)
				}
				if n == 11 {
					break
				}
			}
			if n != 11 {
				t.Errorf("%d records, want 11", n)
			}
		}
	}
}
