package blacklist

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Fetcher fetches lists into a directory: NAME.txt as it came, and NAME.json
// of where and when.
type Fetcher struct {
	Dir      string
	Client   *http.Client                         // with a timeout
	MaxBytes int64                                // of a list
	Keep     float64                              // share of its entries that a new list has at least, or it is refused
	Force    bool                                 // take it all the same
	HTTP     bool                                 // allow URLs without TLS
	Write    func(file string, data []byte) error // puts a file in its place, whole
	Now      func() time.Time
}

// A Fetched is what is known of a list that was fetched.
type Fetched struct {
	Name     string    `json:"name"`
	URL      string    `json:"url"`
	File     string    `json:"file"`
	Entries  int       `json:"entries"`
	ETag     string    `json:"etag,omitempty"`
	Modified string    `json:"last_modified,omitempty"`
	Changed  time.Time `json:"changed"` // when its content was fetched
	Checked  time.Time `json:"checked"` // when the publisher was last asked

	Before int  `json:"before"`       // entries of the list that it took the place of
	Same   bool `json:"not_modified"` // the publisher says that there is nothing new
}

// A ShrunkError is a new list that has lost so many entries that it may be a
// mistake of its publisher.
type ShrunkError struct {
	Name        string
	Before, Now int
}

func (e *ShrunkError) Error() string {
	return fmt.Sprintf("updating the blacklist %s: the new list has %d entries and the one here %d, which is kept: use --force if it is meant", e.Name, e.Now, e.Before)
}

// Resolve returns the source of that name, or of that URL, which is then named
// after its last part.
func Resolve(nameOrURL string) (Source, error) {
	var names []string
	for _, s := range Sources {
		if s.Name == nameOrURL || s.URL == nameOrURL {
			return s, nil
		}
		names = append(names, s.Name)
	}
	u, err := url.Parse(nameOrURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return Source{}, fmt.Errorf("no blacklist is named %q; give a URL that begins with https:// or one of %s", nameOrURL, strings.Join(names, ", "))
	}
	name := filepath.Base(u.Path)
	if name = strings.TrimSuffix(name, filepath.Ext(name)); name == "" || name == "." || name == "/" {
		name = u.Hostname()
	}
	for _, s := range Sources {
		if s.Name == name { // not to take the place of that list
			name = u.Hostname() + "-" + name
		}
	}
	return Source{Name: name, URL: nameOrURL}, nil
}

// Update fetches s, if its publisher has anything new. What can't be read, or
// has shrunk too far, is refused, and the list there stays as it was.
func (f *Fetcher) Update(ctx context.Context, s Source) (*Fetched, error) {
	bad := func(err error) error { return fmt.Errorf("updating the blacklist %s from %s: %w", s.Name, s.URL, err) }
	if !f.HTTP && !strings.HasPrefix(s.URL, "https://") {
		return nil, bad(errors.New("not over TLS, so anyone on the way can change it: use https://, or --insecure-http"))
	}
	file := filepath.Join(f.Dir, s.Name+".txt")
	old, err := f.Have(s.Name)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		return nil, bad(err)
	}
	req.Header.Set("User-Agent", "toolkit")
	if old != nil && old.URL == s.URL && !f.Force {
		if old.ETag != "" {
			req.Header.Set("If-None-Match", old.ETag)
		}
		if old.Modified != "" {
			req.Header.Set("If-Modified-Since", old.Modified)
		}
	}
	resp, err := f.client().Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, bad(err)
	}
	defer resp.Body.Close()
	now := f.Now().UTC().Truncate(time.Second)
	if resp.StatusCode == http.StatusNotModified && old != nil {
		old.Checked, old.Same, old.Before = now, true, old.Entries
		return old, f.writeMeta(old)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, bad(fmt.Errorf("the server says %s", resp.Status))
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, f.MaxBytes+1))
	if err != nil {
		return nil, bad(err)
	}
	if int64(len(data)) > f.MaxBytes {
		return nil, bad(fmt.Errorf("it is larger than %d bytes: see --max-bytes", f.MaxBytes))
	}
	l, err := Parse(bytes.NewReader(data), s.URL)
	if err != nil {
		return nil, err
	}
	got := &Fetched{
		Name: s.Name, URL: s.URL, File: file, Entries: len(l.Prefixes), Changed: now, Checked: now,
		ETag: resp.Header.Get("ETag"), Modified: resp.Header.Get("Last-Modified"),
	}
	if old != nil {
		got.Before = old.Entries
	}
	if !f.Force && (got.Entries == 0 || float64(got.Entries) < f.Keep*float64(got.Before)) {
		return nil, &ShrunkError{s.Name, got.Before, got.Entries}
	}
	// The list first: should the program be killed between the two, the next
	// update asks for what is already there.
	if err := f.Write(file, data); err != nil {
		return nil, err
	}
	return got, f.writeMeta(got)
}

// client follows redirections, but never from https to http.
func (f *Fetcher) client() *http.Client {
	c := *f.Client
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if req.URL.Scheme != "https" && !f.HTTP {
			return fmt.Errorf("redirected to %s, which is not over TLS", req.URL)
		}
		if len(via) >= 10 {
			return errors.New("redirected more than ten times")
		}
		return nil
	}
	return &c
}

func (f *Fetcher) writeMeta(l *Fetched) error {
	data, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return fmt.Errorf("writing about the blacklist %s: %w", l.Name, err)
	}
	return f.Write(filepath.Join(f.Dir, l.Name+".json"), append(data, '\n'))
}

// Have returns what is known of the list of that name; nil if it was not
// fetched yet. Entries are those that the file has now. What was noted beside
// it is forgotten if it can't be read: the list is then fetched anew.
func (f *Fetcher) Have(name string) (*Fetched, error) {
	file := filepath.Join(f.Dir, name+".txt")
	l, err := Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil && !f.Force {
		return nil, err
	}
	h := &Fetched{Name: name}
	if data, err := os.ReadFile(filepath.Join(f.Dir, name+".json")); err != nil || json.Unmarshal(data, h) != nil {
		h = &Fetched{Name: name}
		if st, err := os.Stat(file); err == nil {
			h.Changed = st.ModTime().UTC()
		}
	}
	h.File, h.Same, h.Before, h.Entries = file, false, 0, 0
	if l != nil {
		h.Entries = len(l.Prefixes)
	}
	return h, nil
}
