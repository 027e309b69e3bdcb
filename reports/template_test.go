package reports

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func theme(t *testing.T, files map[string]string) (*Theme, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return LoadTheme(dir)
}

// The user's templates replace the page or parts of it, and words from the
// data stay words in them.
func TestTheme(t *testing.T) {
	page := func(files map[string]string) string {
		t.Helper()
		th, err := theme(t, files)
		if err != nil {
			t.Fatal(err)
		}
		r := sample()
		r.Theme = th
		data, err := r.HTML()
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	whole := page(map[string]string{"page.html": `<h1>{{.Title}}</h1>{{range .Sections}}<p id="{{.ID}}">{{.Title}}</p>{{end}}`})
	if !strings.Contains(whole, `<p id="more">More</p>`) || strings.Contains(whole, "<nav") {
		t.Errorf("the page is not the user's: %s", whole)
	}
	if strings.Contains(whole, "<script") {
		t.Errorf("markup from the data: %s", whole)
	}
	part := page(map[string]string{"mine.html": `{{define "heading"}}<h2 class="mine">{{.Title}}</h2>{{end}}`, "style.css": ".mine{color:teal}"})
	for _, want := range []string{`<h2 class="mine">Summary</h2>`, ".mine{color:teal}", "<nav"} {
		if !strings.Contains(part, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	built, err := sample().HTML()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(built, []byte("mine")) {
		t.Error("the built-in page has taken over from a theme")
	}
}

func TestThemeErrors(t *testing.T) {
	for want, files := range map[string]map[string]string{
		"neither":     {},
		"broken.html": {"broken.html": "{{range}}"},
	} {
		if _, err := theme(t, files); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("files %v: error %v, want one line with %q", files, err, want)
		}
	}
	if th, err := theme(t, map[string]string{"page.html": "{{.Nothing}}"}); err == nil {
		r := sample()
		r.Theme = th
		if _, err := r.HTML(); err == nil {
			t.Error("a field that is not there: no error")
		}
	}
}
