package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"toolkit/features"
	"toolkit/internal/run"
)

// A Server shows one directory of outputs. It is safe for concurrent use.
type Server struct {
	dir   string
	root  *os.Root // of the directory: nothing outside of it is opened
	hosts []string // that requests may name, without a port
	mux   *http.ServeMux

	mu     sync.Mutex
	tables map[string]*loaded
}

// A loaded is a table as it was when the file was last read.
type loaded struct {
	t    *features.Table
	info fs.FileInfo
}

// New returns a Server of the directory of outputs at dir. Requests are answered
// that name localhost, one of the hosts, or any address by its number.
func New(dir string, hosts ...string) (*Server, error) {
	if _, err := os.Stat(path.Join(dir, run.ManifestName)); err != nil {
		return nil, fmt.Errorf("serving %s: it is no directory of outputs: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("serving %s: %w", dir, err)
	}
	s := &Server{dir: dir, root: root, hosts: append([]string{"localhost"}, hosts...), mux: http.NewServeMux(), tables: map[string]*loaded{}}
	s.mux.HandleFunc("GET /{$}", s.index)
	s.mux.HandleFunc("GET /table/{name}", s.table)
	s.mux.HandleFunc("GET /host/{addr}", s.host)
	s.mux.HandleFunc("GET /alert/{row}", s.alert)
	for _, sub := range []string{"report", "comparison", "reproduction"} {
		s.mux.HandleFunc("GET /"+sub+"/", s.file)
	}
	return s, nil
}

// Close lets go of the directory.
func (s *Server) Close() error { return s.root.Close() }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	if !s.named(r.Host) {
		http.Error(w, "this server answers to the name it was started with only", http.StatusMisdirectedRequest)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "this server only shows", http.StatusMethodNotAllowed)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// named tells whether a request may name this host.
func (s *Server) named(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.Trim(strings.ToLower(host), "[]")
	if _, err := netip.ParseAddr(host); err == nil {
		return true // no name that could be bound to this machine
	}
	return slices.Contains(s.hosts, host)
}

// file shows a file of the report.
func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	info, err := s.root.Stat(name)
	if err == nil && info.IsDir() {
		if !strings.HasSuffix(r.URL.Path, "/") {
			http.Redirect(w, r, r.URL.Path+"/", http.StatusMovedPermanently)
			return
		}
		name += "/index.html"
	}
	f, err := s.root.Open(name)
	if err != nil {
		fail(w, http.StatusNotFound, "there is no %s: toolkit report makes the report", name)
		return
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil || !info.Mode().IsRegular() {
		fail(w, http.StatusNotFound, "%s is no file", name)
		return
	}
	http.ServeContent(w, r, name, info.ModTime(), f)
}

// names returns the names of the tables that are there.
func (s *Server) names() []string {
	d, err := run.OpenDir(s.dir)
	if err != nil {
		return nil
	}
	names, _ := d.Names()
	return names
}

// errNoTable is returned for a table that isn't there.
var errNoTable = errors.New("no such table")

// load returns a table, read anew if its file has changed.
func (s *Server) load(name string) (*features.Table, error) {
	if !slices.Contains(s.names(), name) {
		return nil, errNoTable
	}
	info, err := s.root.Stat(name + ".arrow")
	if err != nil {
		return nil, errNoTable
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.tables[name]; ok && l.info.ModTime().Equal(info.ModTime()) && l.info.Size() == info.Size() {
		return l.t, nil
	}
	d, err := run.OpenDir(s.dir)
	if err != nil {
		return nil, err
	}
	t, err := d.Table(name)
	if err != nil {
		return nil, err
	}
	s.tables[name] = &loaded{t, info}
	return t, nil
}

func fail(w http.ResponseWriter, code int, format string, args ...any) {
	http.Error(w, fmt.Sprintf(format, args...), code)
}

// link returns the address of rows of a table.
func link(table string, q *query) string {
	u := url.URL{Path: "/table/" + table, RawQuery: q.values().Encode()}
	return u.String()
}
