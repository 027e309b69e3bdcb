package reports

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every kind of figure is drawn, of edges too, as well-formed SVG, a readable
// PNG and a rectangular CSV, and the second time with the same bytes. To look at
// them, set REPORTS_KEEP to a directory.
func TestFigures(t *testing.T) {
	again := kinds()
	for i, f := range kinds() {
		svg := f.SVG()
		d := xml.NewDecoder(bytes.NewReader(svg))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.ID, err)
			}
		}
		for _, bad := range []string{"NaN", "Inf"} {
			if bytes.Contains(svg, []byte(bad)) {
				t.Errorf("%s: %s in the SVG", f.ID, bad)
			}
		}
		img, err := f.PNG()
		if err != nil {
			t.Fatal(err)
		}
		conf, err := png.DecodeConfig(bytes.NewReader(img))
		if err != nil || conf.Width != figureWidth*pngScale {
			t.Errorf("%s: PNG of width %d, want %d (%v)", f.ID, conf.Width, figureWidth*pngScale, err)
		}
		if rows, err := csv.NewReader(bytes.NewReader(f.CSV())).ReadAll(); err != nil && err != io.EOF {
			t.Errorf("%s: CSV of %d rows: %v", f.ID, len(rows), err)
		}
		img2 := img
		if f.Dense() { // others are drawn as the SVG is
			img2, _ = again[i].PNG()
		}
		if !bytes.Equal(svg, again[i].SVG()) || !bytes.Equal(img, img2) || !bytes.Equal(f.CSV(), again[i].CSV()) {
			t.Errorf("%s: other bytes the second time", f.ID)
		}
		if dir := os.Getenv("REPORTS_KEEP"); dir != "" {
			os.WriteFile(filepath.Join(dir, f.ID+".svg"), svg, 0o644)
			os.WriteFile(filepath.Join(dir, f.ID+".png"), img, 0o644)
		}
	}
}

// Each kind of figure looks as it did when it was looked at, and its numbers are
// as they were.
func TestGoldenFigures(t *testing.T) {
	want := map[string]bool{"variance": true, "elbow": true, "bins": true, "agreement": true, "grid": true, "loadings": true, "ranges": true, "blades": true, "tree": true, "graph": true, "dots": true}
	for _, f := range kinds() {
		if !want[f.ID] {
			continue
		}
		delete(want, f.ID)
		golden(t, f.ID+".svg", f.SVG())
		golden(t, f.ID+".csv", f.CSV())
	}
	if len(want) > 0 {
		t.Errorf("no figure of these: %v", want)
	}
}

// On a page the figure's ink follows the page, and nothing of it stays behind.
func TestInline(t *testing.T) {
	for _, f := range kinds() {
		s := f.inline("x")
		for _, c := range []string{hex(ink), hex(soft), hex(grid)} {
			if strings.Count(s, c) != strings.Count(s, ","+c+")") {
				t.Errorf("%s: %s does not follow the page", f.ID, c)
			}
		}
		if strings.Contains(s, hex(paper)) {
			t.Errorf("%s: has a ground of its own", f.ID)
		}
	}
	for _, f := range kinds() {
		if f.ID == "few" || f.ID == "many" {
			for _, hue := range []string{"var(--h1,", "var(--h2,", "var(--h8,"} {
				if !strings.Contains(f.inline("x"), hue) {
					t.Errorf("%s: no %s: the canvas writes clear colours in another way", f.ID, hue)
				}
			}
		}
	}
	s := kinds()[0].inline("x")
	for _, want := range []string{"var(--soft,", "var(--grid,", "var(--h1,"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %s: the canvas writes the colour in another way", want)
		}
	}
}

// The cells of a density hold all points but noise.
func TestCells(t *testing.T) {
	for _, f := range kinds() {
		p, ok := f.Plot.(*Points)
		if !ok || !f.Dense() {
			continue
		}
		var want, got float64
		for i := range p.Px {
			if !p.Groups[p.group(i)].Noise {
				want += p.weight(i)
			}
		}
		for _, h := range p.cells() {
			got += h.all
		}
		if got != want {
			t.Errorf("%s: cells hold %v samples, want %v", f.ID, got, want)
		}
	}
}
