// Gallery writes docs/gallery.md: one figure of each kind that a report has,
// with its caption, of a directory of outputs.
//
//	toolkit run --out OUT && go run ./bench/gallery OUT docs
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// shown are the figures, by how their ID ends, in the order of the page.
var shown = []string{
	"over-time", "talkers-bytes", "tails",
	"flow_tuples-pca-variance", "flow_tuples-pca-loadings-figure", "ip_pairs-dbscan-scatter",
	"flow_tuples-kmeans-elbow", "flow_tuples-kmeans-silhouettes", "flow_tuples-dbscan-kdistance", "hosts-hdbscan-condensed", "epssweep", "reachability",
	"flow_tuples-hbos-bins", "flow_tuples-knn-scores",
	"detectors-time", "detectors-hosts",
	"labels-aupr", "labels-curves", "attacks-found", "flagged", "agreement-heat", "agreement-stability-grid", "trust-reliability",
	"hosts-time", "hosts-ports", "hosts-graph", "alert-rate", "drift", "entropies",
}

type section struct {
	Figures []struct {
		ID, Title, Caption, Alt string
		Files                   []string
	}
	Sections []section
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gallery OUT DOCS")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

func write(out, docs string) error {
	data, err := os.ReadFile(filepath.Join(out, "report", "report.json"))
	if err != nil {
		return fmt.Errorf("reading the report: %w; toolkit run --out %s makes it", err, out)
	}
	var report section
	if err := json.Unmarshal(data, &report); err != nil {
		return fmt.Errorf("reading report.json: %w", err)
	}
	dir := filepath.Join(docs, "gallery")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var page strings.Builder
	page.WriteString("# Gallery\n\nThe figures of a report, of the built-in data: `make gallery` draws them. Each has its numbers beside it in OUT/report/figures, as CSV.\n")
	for _, id := range shown {
		if err := report.each(id, func(title, caption, alt, file string) error {
			data, err := os.ReadFile(filepath.Join(out, "report", filepath.FromSlash(file)))
			if err != nil {
				return err
			}
			name := filepath.Base(file)
			fmt.Fprintf(&page, "\n## %s\n\n![%s](gallery/%s)\n\n%s\n", title, alt, name, caption)
			return os.WriteFile(filepath.Join(dir, name), data, 0o644)
		}); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(docs, "gallery.md"), []byte(page.String()), 0o644)
}

// each calls visit with the first figure whose ID is or ends in id, and the
// file that shows it.
func (s *section) each(id string, visit func(title, caption, alt, file string) error) error {
	done := false
	var walk func(s *section) error
	walk = func(s *section) error {
		for _, f := range s.Figures {
			if done || f.ID != id && !strings.HasSuffix(f.ID, "-"+id) {
				continue
			}
			done = true
			file := f.Files[0]
			for _, name := range f.Files {
				if strings.HasSuffix(name, ".png") {
					file = name
				}
			}
			return visit(f.Title, f.Caption, f.Alt, file)
		}
		for i := range s.Sections {
			if err := walk(&s.Sections[i]); err != nil {
				return err
			}
		}
		return nil
	}
	return walk(s)
}
