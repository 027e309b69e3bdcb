package blacklist_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"toolkit/detect/blacklist"
)

// A publisher is a loopback server of one list.
type publisher struct {
	*httptest.Server
	text, etag string
	status     int
	asked      int
	cond       string // the last If-None-Match
}

func newPublisher(t *testing.T) *publisher {
	p := &publisher{status: http.StatusOK}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked++
		p.cond = r.Header.Get("If-None-Match")
		if p.etag != "" && p.cond == p.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", p.etag)
		w.WriteHeader(p.status)
		fmt.Fprint(w, p.text)
	}))
	t.Cleanup(p.Close)
	return p
}

func fetcher(t *testing.T, p *publisher) *blacklist.Fetcher {
	return &blacklist.Fetcher{
		Dir: t.TempDir(), Client: p.Client(), MaxBytes: 1000, Keep: 0.5, Now: func() time.Time { return time.Unix(1e9, 0) },
		Write: func(file string, data []byte) error { return os.WriteFile(file, data, 0o644) },
	}
}

func TestUpdate(t *testing.T) {
	p := newPublisher(t)
	f := fetcher(t, p)
	s := blacklist.Source{Name: "list", URL: p.URL + "/list.txt"}
	content := func() string {
		data, err := os.ReadFile(filepath.Join(f.Dir, "list.txt"))
		if err != nil {
			return err.Error()
		}
		return string(data)
	}

	p.text, p.etag = "1.2.3.4\n5.6.7.8 # x\n10.0.0.0/8\n1.1.1.1,2.2.2.2\n", `"one"`
	got, err := f.Update(t.Context(), s)
	if err != nil || got.Entries != 5 || got.Before != 0 || got.Same || content() != p.text {
		t.Fatalf("first: %+v, %v", got, err)
	}
	first := p.text

	// Nothing new.
	if got, err = f.Update(t.Context(), s); err != nil || !got.Same || got.Entries != 5 || p.cond != `"one"` {
		t.Errorf("nothing new: %+v, %v, asked with %s", got, err, p.cond)
	}

	// What is bad is refused, and the list stays.
	p.etag = ""
	var shrunk *blacklist.ShrunkError
	var syntax *blacklist.SyntaxError
	p.text = "# nothing\n"
	if _, err := f.Update(t.Context(), s); !errors.As(err, &shrunk) || content() != first {
		t.Errorf("an empty list: %v", err)
	}
	p.text = "1.2.3.4\n9.9.9.9"
	if _, err := f.Update(t.Context(), s); !errors.As(err, &shrunk) || shrunk.Before != 5 || shrunk.Now != 2 || content() != first {
		t.Errorf("a list of 2 for 5: %v", err)
	}
	p.text = "1.2.3.4\n<html>"
	if _, err := f.Update(t.Context(), s); !errors.As(err, &syntax) || syntax.Line != 2 || content() != first {
		t.Errorf("a malformed list: %v", err)
	}
	p.text = strings.Repeat("1.2.3.4\n", 200)
	if _, err := f.Update(t.Context(), s); err == nil || !strings.Contains(err.Error(), "larger than 1000 bytes") || content() != first {
		t.Errorf("a large list: %v", err)
	}
	p.text, p.status = "1.2.3.4", http.StatusNotFound
	if _, err := f.Update(t.Context(), s); err == nil || !strings.Contains(err.Error(), "404") || content() != first {
		t.Errorf("404: %v", err)
	}
	p.status = http.StatusOK

	// Three of five are enough, and two by force.
	p.text = "1.2.3.4 5.6.7.8 9.9.9.9"
	if got, err := f.Update(t.Context(), s); err != nil || got.Before != 5 || got.Entries != 3 || content() != p.text {
		t.Errorf("three of five: %+v, %v", got, err)
	}
	f.Force, p.text = true, "1.2.3.4"
	if got, err := f.Update(t.Context(), s); err != nil || got.Entries != 1 || content() != p.text {
		t.Errorf("by force: %+v, %v", got, err)
	}
}

// A list that is not over TLS is refused, also where a redirection leads to it;
// a server that does not answer is given up.
func TestUpdateRefuses(t *testing.T) {
	p := newPublisher(t)
	f := fetcher(t, p)
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "1.2.3.4") }))
	defer plain.Close()
	if _, err := f.Update(t.Context(), blacklist.Source{Name: "list", URL: plain.URL}); err == nil || !strings.Contains(err.Error(), "not over TLS") {
		t.Errorf("http: %v", err)
	}
	to := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer to.Close()
	f.Client = to.Client()
	if _, err := f.Update(t.Context(), blacklist.Source{Name: "list", URL: to.URL}); err == nil || !strings.Contains(err.Error(), "not over TLS") {
		t.Errorf("redirected to http: %v", err)
	}
	stop := make(chan struct{})
	slow := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer slow.Close()
	defer close(stop)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	f.Client = slow.Client()
	if _, err := f.Update(ctx, blacklist.Source{Name: "list", URL: slow.URL}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no answer: %v", err)
	}
	if have, err := f.Have("list"); have != nil || err != nil {
		t.Errorf("there is %+v, %v", have, err)
	}
}

func TestResolve(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range blacklist.Sources {
		if seen[s.Name] || !strings.HasPrefix(s.URL, "https://") || s.Licence == "" || s.Doc == "" {
			t.Errorf("source %+v", s)
		}
		seen[s.Name] = true
		if got, err := blacklist.Resolve(s.Name); err != nil || got != s {
			t.Errorf("%s: %+v, %v", s.Name, got, err)
		}
	}
	for in, want := range map[string]string{
		"https://example.org/a/bad.txt": "bad", "https://example.org/": "example.org", "https://example.org": "example.org",
		"https://example.org/feodo.txt": "example.org-feodo", "https://example.org/a/../..": "example.org",
	} {
		if got, err := blacklist.Resolve(in); err != nil || got.Name != want && want != "example.org" || strings.ContainsAny(got.Name, "/\\") {
			t.Errorf("%s: %+v, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"nothing", "ftp://example.org/x", ""} {
		if _, err := blacklist.Resolve(in); err == nil {
			t.Errorf("%q is taken", in)
		}
	}
}
