package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page shows the figures that there are, dense ones as images, and old
// pictures are gone.
func TestWrite(t *testing.T) {
	out, docs := t.TempDir(), t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(out, docs); err == nil || !strings.Contains(err.Error(), "toolkit run") {
		t.Errorf("without a report: %v", err)
	}
	put(filepath.Join(out, "report", "report.json"), `{"sections": [{"id": "a", "figures": [{"id": "drift", "title": "Drift", "alt": "x", "caption": "n = 3", "files": ["figures/drift.svg", "figures/drift.csv"]}],
		"sections": [{"figures": [{"id": "ip_pairs-dbscan-scatter", "title": "Scatter", "files": ["figures/s.svg", "figures/s.png", "figures/s.csv"]}, {"id": "other", "files": ["figures/o.svg"]}]}]}]}`)
	put(filepath.Join(out, "report", "figures", "drift.svg"), "<svg/>")
	put(filepath.Join(out, "report", "figures", "s.png"), "png")
	put(filepath.Join(docs, "gallery", "old.svg"), "<svg/>")
	if err := write(out, docs); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(docs, "gallery.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"## Drift\n\n![x](gallery/drift.svg)\n\nn = 3\n", "(gallery/s.png)"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	files, _ := os.ReadDir(filepath.Join(docs, "gallery"))
	if len(files) != 2 {
		t.Errorf("files %v, want drift.svg and s.png", files)
	}
}
