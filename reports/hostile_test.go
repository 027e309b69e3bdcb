package reports

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"toolkit/features"
)

// hostileInput is sampleInput in which all words are those of an attacker:
// addresses, labels, kinds, detectors, methods and files.
func hostileInput() *Input {
	in := sampleInput(400)
	bad := func(s string) string { return hostile + s }
	tables := map[string]*features.Table{}
	for _, name := range slices.Sorted(maps.Keys(in.Tables)) {
		t := *in.Tables[name]
		t.Columns = nil
		spoil := func(c *features.Column) *features.Column {
			d := *c
			d.Dict = slices.Clone(c.Dict)
			for k := range d.Dict {
				d.Dict[k] = bad(d.Dict[k])
			}
			d.Doc = bad(d.Doc)
			return &d
		}
		for _, c := range in.Tables[name].Columns {
			d := spoil(c)
			d.Items = nil
			for _, item := range c.Items {
				d.Items = append(d.Items, spoil(item))
			}
			t.Columns = append(t.Columns, d)
		}
		t.Meta = map[string]string{}
		for k, v := range in.Tables[name].Meta {
			t.Meta[k] = bad(v)
		}
		tables[name] = &t
		if table, algorithm, ok := strings.Cut(name, "."); ok && !strings.Contains(algorithm, ".") {
			tables[table+"."+strings.ReplaceAll(bad(algorithm), ".", "")] = &t
		}
	}
	in.Tables = tables
	e := in.Evaluation
	for i := range e.Labels {
		e.Labels[i].Name = bad(e.Labels[i].Name)
	}
	for i := range e.Events {
		e.Events[i].Label = bad(e.Events[i].Label)
	}
	for i := range e.Methods {
		m := &e.Methods[i]
		m.Name, m.Rule = bad(m.Name), bad(m.Rule)
		for k := range m.Detection.ByLabel {
			m.Detection.ByLabel[k].Label = bad(m.Detection.ByLabel[k].Label)
		}
	}
	for i := range e.Agreement {
		e.Agreement[i].A, e.Agreement[i].B = bad(e.Agreement[i].A), bad(e.Agreement[i].B)
	}
	for i := range e.Ranks {
		e.Ranks[i].A, e.Ranks[i].B = bad(e.Ranks[i].A), bad(e.Ranks[i].B)
	}
	for i := range e.Tests {
		e.Tests[i].Method, e.Tests[i].Best = bad(e.Tests[i].Method), bad(e.Tests[i].Best)
	}
	in.Title = hostile
	for _, r := range in.Manifest.Runs {
		r.Args = append(r.Args, hostile)
		for i := range r.Inputs {
			r.Inputs[i].Path = bad(r.Inputs[i].Path)
		}
		for i := range r.Warnings {
			r.Warnings[i] = bad(r.Warnings[i])
		}
	}
	return in
}

// A report of hostile words holds them as words: on the page, in figures, in
// Markdown and in JSON.
func TestHostileEverywhere(t *testing.T) {
	r := Build(hostileInput())
	if err := r.check(); err != nil {
		t.Fatal(err)
	}
	page, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(page), "&lt;script"); n < 50 {
		t.Errorf("only %d hostile words on the page: the test has lost its point", n)
	}
	if n := strings.Count(strings.ToLower(string(page)), "<script"); n != 1 {
		t.Errorf("%d scripts on the page, want its own", n)
	}
	body := page[bytes.Index(page, []byte("<body")):]
	body = body[:bytes.Index(body, []byte("<script"))]
	// What is markup is the page's own: no element or attribute beyond those it uses.
	for _, m := range regexp.MustCompile(`<\s*/?\s*([a-zA-Z][a-zA-Z0-9]*)`).FindAllSubmatch(body, -1) {
		if !slices.Contains(elements, string(m[1])) {
			t.Errorf("an element %s on the page", m[1])
		}
	}
	if m := regexp.MustCompile(`="[^"]*<[^"]*"|\son[a-z]+=|javascript:|href="[^#]`).Find(body); m != nil {
		t.Errorf("from the input: %s", m)
	}
	for _, f := range r.Figures() {
		d := xml.NewDecoder(bytes.NewReader(f.SVG()))
		for {
			tok, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", f.ID, err)
			}
			if e, ok := tok.(xml.StartElement); ok && strings.EqualFold(e.Name.Local, "script") {
				t.Errorf("%s: a script in the figure", f.ID)
			}
		}
	}
	if m := regexp.MustCompile(`(?m)^[^ ].*(<script|[^\\]\]\(http)`).Find(r.Markdown()); m != nil {
		t.Errorf("Markdown: %s", m)
	}
	data, err := r.JSON()
	if err != nil || !json.Valid(data) {
		t.Errorf("JSON: %v", err)
	}
}

// elements are what a page is made of.
var elements = strings.Fields(`body a header h1 h2 h3 h4 p nav ol ul li main section dl div dt dd small pre code figure figcaption
	svg g path rect line text polygon circle image table caption thead tbody tr th td i details summary span footer`)
