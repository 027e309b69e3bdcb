package reports

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the files in testdata")

// The three forms of a small report are as they were when they were looked at.
func TestRenderers(t *testing.T) {
	dir := t.TempDir()
	files, err := Write(dir, sample())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"figures/talkers.svg", "figures/talkers.csv", "report.md", "report.json", "index.html"}
	if len(files) != len(want) {
		t.Fatalf("%d files, want %v", len(files), want)
	}
	for i, f := range files {
		if f.Path != want[i] {
			t.Errorf("file %s, want %s", f.Path, want[i])
		}
		got, err := os.ReadFile(filepath.Join(dir, f.Path))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Base(f.Path), got)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from testdata; look at it, and run go test -update if it is right:\n%s", name, got)
	}
}

// Words from the input stay words in each form.
func TestHostile(t *testing.T) {
	r := sample()
	page, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(strings.ToLower(string(page)), "<script"); n != 1 {
		t.Errorf("HTML: %d scripts, want the page's own", n)
	}
	if regexp.MustCompile(`(?i)<img|<iframe|javascript:|href="http`).Match(page) {
		t.Error("HTML: markup from the input")
	}
	// The hostile text holds a quote: no attribute may end early by it.
	if m := regexp.MustCompile(`="[^"]*<[^"]*"`).Find(page); m != nil {
		t.Errorf("HTML: a bare < in an attribute: %s", m)
	}
	text := string(r.Markdown())
	for _, l := range strings.Split(text, "\n") {
		if strings.HasPrefix(l, "    ") {
			continue // code, which holds words alone
		}
		if m := regexp.MustCompile(`<script|[^\\]\]\(http|http://`).FindString(l); m != "" {
			t.Errorf("Markdown: %q in %s", m, l)
		}
	}
	// A row stays one row: pipes and line breaks of the input don't cut it.
	bare := regexp.MustCompile(`(^|[^\\])\|`)
	for _, l := range strings.Split(text, "\n") {
		if strings.HasPrefix(l, "|") {
			if n := len(bare.FindAllString(l, -1)); n != 4 {
				t.Errorf("Markdown: a row with %d bare pipes, want 4: %s", n, l)
			}
		}
	}
	data, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Title    string
		Sections []struct {
			Tables []struct{ Rows [][]any }
		}
	}
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	rows := back.Sections[0].Tables[0].Rows
	if back.Title != r.Title || rows[1][0] != hostile || rows[0][1] != 64618988.0 || rows[1][1] != nil {
		t.Errorf("JSON gives back %q and rows %v", back.Title, rows)
	}
}

// The page asks for nothing from elsewhere and runs nothing but its own script,
// which its policy knows by its hash.
func TestSelfContained(t *testing.T) {
	page, err := sample().HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<link", " src=", "@import", "url(", "xlink:href", "fetch(", "XMLHttpRequest", "innerHTML", "eval("} {
		if bytes.Contains(page, []byte(bad)) {
			t.Errorf("the page holds %q", bad)
		}
	}
	script := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllSubmatch(page, -1)
	if len(script) != 1 {
		t.Fatalf("%d scripts, want 1", len(script))
	}
	sum := sha256.Sum256(script[0][1])
	if want := "script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !bytes.Contains(page, []byte(want)) {
		t.Errorf("the page's policy lacks %s", want)
	}
	for _, want := range []string{`lang="en"`, `class="skip"`, `<nav`, `<main`, `<caption`, `scope="col"`, `scope="row"`, `role="img"`, "prefers-color-scheme:dark"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestMarkdownEscapes(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := md(in); got != want {
			t.Errorf("md(%q) = %q, want %q", in, got, want)
		}
	}
	f("num_dst_ports", "num_dst_ports")
	f("_a_ b_", `\_a\_ b\_`)
	f("a|b\nc", `a\|b c`)
	f("# no heading", `\# no heading`)
	f("1. no list", `1\. no list`)
	f("10.0.0.1", "10.0.0.1")
	f("- no item", `\- no item`)
	f("`x` [y](z)", "\\`x\\` \\[y\\](z)")
	f("http://a www.b", "http&#58;//a www&#46;b")
	f("a & <b>", "a &amp; &lt;b&gt;")
	f("\u202egnp.exe", "gnp.exe")
}

func TestIdentifiers(t *testing.T) {
	for _, ids := range [][2]string{{"a", "a"}, {"a", "../b"}, {"a", ""}, {"a", "B"}} {
		r := &Report{Sections: []*Section{{ID: ids[0]}, {ID: ids[1]}}}
		if files, err := Write(t.TempDir(), r); err == nil || len(files) > 0 {
			t.Errorf("identifiers %q: written", ids)
		}
	}
}
