package reports

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
)

//go:embed page.html
var pageSource string

//go:embed style.css
var styleSource string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"svg":   func(f *Figure) template.HTML { return template.HTML(f.inline(f.ID + "-title")) }, // its words are escaped by the canvas
	"css":   func() template.CSS { return template.CSS(styleSource) },
	"hues":  hueRules,
	"align": func(a Align) string { return [...]string{"", "r", "w"}[a] },
	"sub":   func(s *Section, level int) sub { return sub{s, level} },
	"next":  func(level int) int { return min(level+1, 6) },
	"line":  oneLine,
}).Parse(pageSource))

type sub struct {
	*Section
	Level int
}

// hueRules are the colours of spots: one class a hue.
func hueRules() template.CSS {
	var b bytes.Buffer
	for i, c := range palette {
		fmt.Fprintf(&b, ".h%d{background:var(--h%[1]d,%s)}", int(First)+i, hex(c))
	}
	return template.CSS(b.String())
}

// HTML returns the report as one page that needs no other file, no network and
// no script.
func (r *Report) HTML() ([]byte, error) {
	var b bytes.Buffer
	if err := page.Execute(&b, r); err != nil {
		return nil, fmt.Errorf("writing the report as HTML: %w", err)
	}
	return b.Bytes(), nil
}
