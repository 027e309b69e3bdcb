package reports

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strconv"
)

//go:embed page.html
var pageSource string

//go:embed style.css
var styleSource string

//go:embed page.js
var scriptSource string

// scriptHash is what the page's policy knows its only script by.
var scriptHash = func() string {
	sum := sha256.Sum256([]byte(scriptSource))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}()

// page is the built-in page.
var page = newPage("")

// newPage returns the built-in page with more style, as templates that may be
// exchanged before it is first executed.
func newPage(style string) *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"svg": func(f *Figure) template.HTML { return template.HTML(f.inline(f.ID + "-title")) }, // its words are escaped by the canvas
		"css": func() template.CSS { return template.CSS(styleSource + style) },
		"js":  func() template.HTML { return template.HTML("<script>" + scriptSource + "</script>") },
		"policy": func() template.HTMLAttr {
			return template.HTMLAttr(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src '` + scriptHash + `'"`)
		},
		"number": numberOf,
		"hues":   hueRules,
		"align":  func(a Align) string { return [...]string{"", "r", "w"}[a] },
		"sub":    func(s *Section, level int) sub { return sub{s, level} },
		"next":   func(level int) int { return min(level+1, 6) },
		"line":   oneLine,
	}).Parse(pageSource))
}

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

// numberOf returns a cell's value for sorting, "" if it is no number.
func numberOf(c Cell) string {
	switch v := c.Value.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case uint64:
		return strconv.FormatUint(v, 10)
	case float64:
		return decimal(rounded(v, 6))
	}
	return ""
}

// HTML returns the report as one page that needs no other file and no network.
// Its script sorts and searches tables; it reads as well without.
func (r *Report) HTML() ([]byte, error) {
	var b bytes.Buffer
	t := page
	if r.Theme != nil && r.Theme.page != nil {
		t = r.Theme.page
	}
	if err := t.Execute(&b, r); err != nil {
		return nil, fmt.Errorf("writing the report as HTML: %w", err)
	}
	return b.Bytes(), nil
}
