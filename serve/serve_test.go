package serve

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"toolkit/detect"
	"toolkit/features"
	"toolkit/internal/run"
)

// hostile is what a name in a log may hold.
const hostile = `<script>alert(1)</script>"'&`

// outputs is a directory with hosts, an alert and a report.
func outputs(t *testing.T) string {
	t.Helper()
	path := t.TempDir()
	dir, err := run.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	hosts := &features.Table{Name: "hosts", Columns: []*features.Column{
		features.TextColumn(features.Field{Name: "ip", Type: features.Text, Role: features.Key, Doc: "Address " + hostile}, []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}),
		{Field: features.Field{Name: "records", Role: features.Value}, Ints: []int64{5, 500, 50}},
		features.TextColumn(features.Field{Name: "label", Type: features.Text}, []string{"a", hostile, "b"}),
	}}
	tuples := &features.Table{Name: "flow_tuples", Columns: []*features.Column{
		features.TextColumn(features.Field{Name: "src_ip", Type: features.Text, Role: features.Key}, []string{"10.0.0.1", "10.0.0.2"}),
		{Field: features.Field{Name: "num_conns", Role: features.Value}, Ints: []int64{1, 2}},
	}}
	records := &features.Table{Name: features.RecordsTable, Columns: []*features.Column{
		{Field: features.Field{Name: "record", Role: features.Key}, Ints: []int64{0, 1, 2}},
		{Field: features.Field{Name: "flow_tuples", Role: features.Key}, Ints: []int64{0, 1, 1}},
	}}
	alerts := detect.Table([]*detect.Alert{{Detector: "scan", Start: time.Unix(0, 0), End: time.Unix(10, 0), Subject: detect.Subject{Src: netip.MustParseAddr("10.0.0.2")}, Records: []int64{1, 2}}})
	for _, table := range []*features.Table{hosts, tuples, records, alerts} {
		if _, err := dir.Put(table); err != nil {
			t.Fatal(err)
		}
	}
	if err := dir.PutData("report/index.html", []byte("<h1>the report</h1>")); err != nil {
		t.Fatal(err)
	}
	if err := dir.Commit(&run.Run{Command: "test"}); err != nil {
		t.Fatal(err)
	}
	return path
}

func server(t *testing.T) *Server {
	t.Helper()
	s, err := New(outputs(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func get(s http.Handler, target string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	r.Host = "127.0.0.1:8321"
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestPages(t *testing.T) {
	s := server(t)
	for target, want := range map[string]string{
		"/":                               "/table/hosts",
		"/report/":                        "the report",
		"/report/index.html":              "the report",
		"/table/hosts":                    "3 of 3 rows",
		"/table/hosts?where=records%3E10": "2 of 2 rows",
		"/table/hosts?limit=1&offset=1":   "Rows before",
		"/table/hosts?where=ip~0.0.3":     "10.0.0.3",
		"/host/10.0.0.2":                  "flow_tuples, src_ip",
		"/alert/0":                        "Flow tuples of its records",
	} {
		if w := get(s, target); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d, and not %q: %.300s", target, w.Code, want, w.Body)
		}
	}
	for target, code := range map[string]int{
		"/table/none": 404, "/table/..%2Fmanifest": 404, "/table/hosts?where=records": 400, "/table/hosts?where=none%3D1": 400, "/table/hosts?sort=none": 400,
		"/table/hosts?limit=-1": 400, "/table/hosts?limit=999999": 400, "/host/nobody": 400, "/host/192.0.2.1": 404, "/alert/1": 404, "/alert/x": 404,
		"/manifest.json": 404, "/report/none.html": 404, "/table/hosts?format=xml": 400,
	} {
		if w := get(s, target); w.Code != code || strings.Contains(w.Body.String(), "<script>alert") {
			t.Errorf("%s: %d, want %d: %.200s", target, w.Code, code, w.Body)
		}
	}
}

// What comes from the data is escaped wherever it stands.
func TestEscaped(t *testing.T) {
	s := server(t)
	for _, target := range []string{"/table/hosts", "/host/10.0.0.2", "/table/hosts?where=" + url.QueryEscape("label="+hostile)} {
		w := get(s, target)
		if body := w.Body.String(); w.Code != 200 || strings.Contains(body, "<script>alert") || !strings.Contains(body, "&lt;script&gt;") {
			t.Errorf("%s: %d: %.2000s", target, w.Code, body)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
			t.Errorf("%s: content policy %q", target, csp)
		}
	}
}

func TestFormats(t *testing.T) {
	s := server(t)
	var rows []map[string]any
	if err := json.Unmarshal(get(s, "/table/hosts?sort=records&desc=1&format=json").Body.Bytes(), &rows); err != nil || len(rows) != 3 || rows[0]["records"] != 500.0 || rows[0]["label"] != hostile {
		t.Errorf("%v: %v", rows, err)
	}
	lines, err := csv.NewReader(get(s, "/table/hosts?where=records%3C100&sort=records&format=csv").Body).ReadAll()
	if err != nil || len(lines) != 3 || lines[1][1] != "5" || lines[0][0] != "ip" {
		t.Errorf("%v: %v", lines, err)
	}
}

// Another name for this machine, as a page elsewhere would use, is refused; so
// is what would change anything.
func TestRefused(t *testing.T) {
	s := server(t)
	for host, ok := range map[string]bool{"localhost:8321": true, "[::1]:8321": true, "127.0.0.1": true, "LOCALHOST": true, "evil.example": false, "evil.example:8321": false, "127.0.0.1.evil.example": false, "": false} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if (w.Code == 200) != ok {
			t.Errorf("host %q: %d", host, w.Code)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE"} {
		r := httptest.NewRequest(method, "/table/hosts", nil)
		r.Host = "localhost"
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

// Nothing outside of the directory is shown, by dots or by links.
func TestTraversal(t *testing.T) {
	s := server(t)
	secret := filepath.Join(filepath.Dir(s.dir), "secret.html")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(s.dir, "report", "link.html")); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/report/../../secret.html", "/report/..%2f..%2fsecret.html", "/report/link.html", "/report/%2e%2e/%2e%2e/secret.html", "/report//etc/passwd"} {
		if w := get(s, target); strings.Contains(w.Body.String(), "secret\n") || w.Body.String() == "secret" || w.Code == 200 {
			t.Errorf("%s: %d: %.100s", target, w.Code, w.Body)
		}
	}
}

// A table that is made anew is shown anew.
func TestReload(t *testing.T) {
	s := server(t)
	if w := get(s, "/table/hosts"); !strings.Contains(w.Body.String(), "3 of 3") {
		t.Fatal(w.Body)
	}
	dir, err := run.OpenDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Put(&features.Table{Name: "hosts", Columns: []*features.Column{features.TextColumn(features.Field{Name: "ip", Type: features.Text}, []string{"10.9.9.9"})}}); err != nil {
		t.Fatal(err)
	}
	if err := dir.Commit(&run.Run{Command: "again"}); err != nil {
		t.Fatal(err)
	}
	if w := get(s, "/table/hosts"); !strings.Contains(w.Body.String(), "1 of 1") {
		t.Error("the old table is shown")
	}
}

func TestNotOutputs(t *testing.T) {
	if _, err := New(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no directory of outputs") {
		t.Errorf("error %v", err)
	}
}

// A browser shows the pages, and a click on a head sorts. It runs where there
// is a Chromium.
func TestBrowser(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium on this machine")
	}
	if testing.Short() {
		t.Skip("starts a browser")
	}
	web := httptest.NewServer(server(t))
	defer web.Close()
	dom := func(target string) string {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--dump-dom", web.URL+target)
		cmd.Stderr = io.Discard
		out, err := cmd.Output()
		if err != nil {
			t.Skipf("chromium does not run here: %v", err)
		}
		return string(out)
	}
	page := dom("/table/hosts?sort=records&desc=1")
	if a, b := strings.Index(page, "10.0.0.2"), strings.Index(page, "10.0.0.1"); a < 0 || b < a {
		t.Errorf("not sorted: %.3000s", page)
	}
	if strings.Contains(page, "<script>alert") {
		t.Error("a script from the data runs")
	}
}
