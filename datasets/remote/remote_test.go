package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A publisher is a loopback server of one file, which can break off.
type publisher struct {
	*httptest.Server
	data    []byte
	etag    string
	cut     int // bytes after which a transfer breaks off; 0 for never
	breaks  int // how often
	page    bool
	status  int
	ranges  []string // that were asked for
	ignores bool     // ranges
	stalls  bool     // where it would break off, until the client goes
}

func newPublisher(t *testing.T) *publisher {
	p := &publisher{data: bytes.Repeat([]byte("0123456789abcdef"), 10_000), etag: `"1"`}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.ranges = append(p.ranges, r.Header.Get("Range"))
		if p.status != 0 {
			w.WriteHeader(p.status)
			p.status = 0
			return
		}
		if p.page {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "<html>log in</html>")
			return
		}
		w.Header().Set("ETag", p.etag)
		w.Header().Set("Content-Type", "application/octet-stream")
		if p.ignores {
			r.Header.Del("Range")
		}
		if p.breaks > 0 {
			p.breaks--
			var gone <-chan struct{}
			if p.stalls {
				gone = r.Context().Done()
			}
			w = &breaking{w, p.cut, gone}
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.data))
	}))
	t.Cleanup(p.Close)
	return p
}

type breaking struct {
	http.ResponseWriter
	left int
	gone <-chan struct{} // what to wait for first; nil for nothing
}

func (b *breaking) Write(p []byte) (int, error) {
	n, err := b.ResponseWriter.Write(p[:min(len(p), b.left)])
	if b.left -= n; b.left == 0 {
		b.ResponseWriter.(http.Flusher).Flush()
		if b.gone != nil {
			<-b.gone
		}
		panic(http.ErrAbortHandler)
	}
	return n, err
}

func (p *publisher) file() File { return File{Name: "flows.zip", URL: p.URL + "/flows.zip"} }

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

func fetcher(t *testing.T, p *publisher) *Fetcher {
	return &Fetcher{Dir: t.TempDir(), Client: p.Client(), Wait: func(context.Context, int) error { return nil }}
}

// check says if the file is not there whole, or anything beside it but its sum.
func check(t *testing.T, f *Fetcher, p *publisher) {
	t.Helper()
	dir := filepath.Join(f.Dir, "set")
	if data, err := os.ReadFile(filepath.Join(dir, "flows.zip")); err != nil || !bytes.Equal(data, p.data) {
		t.Errorf("%d bytes, want %d, error %v", len(data), len(p.data), err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS")); err != nil || string(data) != sum(p.data)+"  flows.zip\n" {
		t.Errorf("SHA256SUMS %q, error %v", data, err)
	}
	if es, _ := os.ReadDir(dir); len(es) != 2 {
		t.Errorf("%v is there", es)
	}
}

func TestFetch(t *testing.T) {
	p := newPublisher(t)
	f := fetcher(t, p)
	var done, total int64
	f.Progress = func(d, n int64) { done, total = d, n }
	got, err := f.Fetch(t.Context(), "set", p.file())
	if err != nil || got.Known || got.Already || got.SHA256 != sum(p.data) || got.Bytes != int64(len(p.data)) {
		t.Fatalf("%+v, error %v", got, err)
	}
	check(t, f, p)
	if done != got.Bytes || total != got.Bytes {
		t.Errorf("progress to %d of %d, want %d", done, total, got.Bytes)
	}
	// Once more: nothing is asked for.
	if got, err = f.Fetch(t.Context(), "set", p.file()); err != nil || !got.Already || !got.Known || len(p.ranges) != 1 {
		t.Errorf("again: %+v, error %v, %d requests", got, err, len(p.ranges))
	}
}

// A transfer that breaks off goes on where it was: at once, and by the next
// command.
func TestResume(t *testing.T) {
	p := newPublisher(t)
	p.cut, p.breaks = 50_000, 2
	f := fetcher(t, p)
	f.Retries = 1
	if _, err := f.Fetch(t.Context(), "set", p.file()); err != nil {
		t.Fatal(err)
	}
	check(t, f, p)
	if want := "[ bytes=50000- bytes=100000-]"; fmt.Sprint(p.ranges) != want {
		t.Errorf("asked for %v, want %s", p.ranges, want)
	}

	f, p.ranges, p.breaks = fetcher(t, p), nil, 1
	if _, err := f.Fetch(t.Context(), "set", p.file()); err == nil || !strings.Contains(err.Error(), "the same command goes on from byte 50000") {
		t.Fatalf("error %v", err)
	}
	got, err := f.Fetch(t.Context(), "set", p.file())
	if err != nil || got.Resumed != 50_000 {
		t.Fatalf("%+v, error %v", got, err)
	}
	check(t, f, p)
}

// A server that sends no more is left, and the transfer goes on with another
// request.
func TestStalls(t *testing.T) {
	p := newPublisher(t)
	p.cut, p.breaks, p.stalls = 50_000, 1, true
	f := fetcher(t, p)
	f.Stall, f.Retries = 100*time.Millisecond, 0
	if _, err := f.Fetch(t.Context(), "set", p.file()); err == nil || !strings.Contains(err.Error(), "nothing has come for 100ms; the same command goes on from byte 50000") {
		t.Fatalf("error %v", err)
	}
	f.Stall = time.Minute
	if _, err := f.Fetch(t.Context(), "set", p.file()); err != nil {
		t.Fatal(err)
	}
	check(t, f, p)
}

// What has changed in between is fetched from the beginning, and so is all of a
// server that knows no ranges.
func TestResumeChanged(t *testing.T) {
	for _, ignores := range []bool{false, true} {
		p := newPublisher(t)
		p.cut, p.breaks, p.ignores = 50_000, 1, ignores
		f := fetcher(t, p)
		if _, err := f.Fetch(t.Context(), "set", p.file()); err == nil {
			t.Fatal("no error of a transfer that broke off")
		}
		p.data, p.etag = bytes.Repeat([]byte("ZYX"), 40_000), `"2"`
		if _, err := f.Fetch(t.Context(), "set", p.file()); err != nil {
			t.Fatal(err)
		}
		check(t, f, p)
	}
}

// A file that is not the one known, pinned or recorded, is refused, and what is
// there stays.
func TestChanged(t *testing.T) {
	p := newPublisher(t)
	f := fetcher(t, p)
	pinned := p.file()
	pinned.SHA256 = strings.Repeat("0", 64)
	var changed *ChangedError
	if _, err := f.Fetch(t.Context(), "set", pinned); !errors.As(err, &changed) {
		t.Fatalf("error %v", err)
	}
	if es, _ := os.ReadDir(filepath.Join(f.Dir, "set")); len(es) != 0 {
		t.Errorf("%v is left", es)
	}
	pinned = p.file()
	pinned.Bytes = 3
	if _, err := f.Fetch(t.Context(), "set", pinned); err == nil || !strings.Contains(err.Error(), "not 3 as known") {
		t.Errorf("error %v", err)
	}

	if _, err := f.Fetch(t.Context(), "set", p.file()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(f.Dir, "set", "flows.zip")
	if err := os.WriteFile(file, []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Fetch(t.Context(), "set", p.file()); !errors.As(err, &changed) {
		t.Errorf("a spoilt file: error %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	p.data = []byte("another")
	if _, err := f.Fetch(t.Context(), "set", p.file()); !errors.As(err, &changed) {
		t.Errorf("another file than recorded: error %v", err)
	}
	f.Force = true
	if got, err := f.Fetch(t.Context(), "set", p.file()); err != nil || !got.Changed || got.Known {
		t.Fatalf("%+v, error %v", got, err)
	}
	check(t, f, p)
	if got, err := f.Fetch(t.Context(), "set", p.file()); err != nil || got.Changed || !got.Known {
		t.Fatalf("%+v, error %v", got, err)
	}
}

func TestRefused(t *testing.T) {
	p := newPublisher(t)
	f := fetcher(t, p)
	p.page = true
	if _, err := f.Fetch(t.Context(), "set", p.file()); !errors.Is(err, ErrByHand) {
		t.Errorf("a web page: error %v", err)
	}
	p.page, p.status = false, http.StatusNotFound
	if _, err := f.Fetch(t.Context(), "set", p.file()); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("error %v", err)
	}
	if _, err := f.Fetch(t.Context(), "set", File{Name: "x", URL: "http://127.0.0.1:1/x"}); err == nil || !strings.Contains(err.Error(), "not over TLS") {
		t.Errorf("error %v", err)
	}
	if _, err := f.Fetch(t.Context(), "set", File{Name: "x"}); !errors.Is(err, ErrByHand) {
		t.Errorf("error %v", err)
	}
	if _, err := f.Fetch(t.Context(), "set", File{Name: "../x", URL: p.URL}); err == nil || !strings.Contains(err.Error(), "name") {
		t.Errorf("error %v", err)
	}
	p.status = http.StatusServiceUnavailable
	f.Retries = 1
	if _, err := f.Fetch(t.Context(), "set", p.file()); err != nil {
		t.Errorf("a server that was busy once: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	f.Force = true
	if _, err := f.Fetch(ctx, "set", p.file()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// Sets have all that is to be known of them.
func TestSets(t *testing.T) {
	word, seen := regexp.MustCompile(`^[a-z][a-z0-9]*$`), map[string]bool{}
	for _, s := range Sets {
		if !word.MatchString(s.Name) || seen[s.Name] || Find(s.Name) != s {
			t.Errorf("name %q", s.Name)
		}
		seen[s.Name] = true
		if s.Title == "" || strings.HasSuffix(s.Title, ".") || s.Licence == "" || s.Citation == "" || s.Format == "" || !strings.HasPrefix(s.Page, "https://") || len(s.Files) == 0 {
			t.Errorf("%s: %+v", s.Name, s)
		}
		for _, f := range s.Files {
			if f.Name == "" || seen[s.Name+"/"+f.Name] || f.URL != "" && !strings.HasPrefix(f.URL, "https://") || f.SHA256 != "" && len(f.SHA256) != 64 {
				t.Errorf("%s: file %+v", s.Name, f)
			}
			seen[s.Name+"/"+f.Name] = true
		}
	}
	if Find("nothing") != nil {
		t.Error("a set is named nothing")
	}
}
