package main

import (
	"fmt"
	"io"

	"toolkit/features"
	"toolkit/flow"
)

var typeNames = map[features.Type]string{
	features.Int: "int64", features.Float: "float64", features.Bool: "bool", features.Text: "dictionary<uint32, utf8>",
	features.Time: "timestamp[us, UTC]", features.List: "list",
}

// fieldsOf returns the declarations of the columns of t.
func fieldsOf(t *features.Table) []features.Field {
	var fs []features.Field
	for _, c := range t.Columns {
		fs = append(fs, c.Field)
	}
	return fs
}

// A fieldHelp is what extract --help-fields says of a table.
type fieldHelp struct {
	Table   string       `json:"table"`
	Doc     string       `json:"doc"`
	Columns []columnHelp `json:"columns"`
	Sets    []setHelp    `json:"sets,omitempty"`
}

type setHelp struct {
	Name    string   `json:"name"`
	Doc     string   `json:"doc"`
	Columns []string `json:"columns"`
}

type columnHelp struct {
	Name string        `json:"name"`
	Type string        `json:"type"`
	Unit features.Unit `json:"unit,omitempty"`
	Role features.Role `json:"role"`
	Doc  string        `json:"doc"`
}

// fieldHelps is what extract --help-fields has to say.
type fieldHelps []fieldHelp

// helpOf returns what there is to say of the tables of these kinds, of their
// declarations.
func helpOf(of []*features.Grouping) fieldHelps {
	var hs fieldHelps
	for _, g := range of {
		made, _ := features.NewBuilder(g, new(flow.Hosts)).Table()
		h := fieldHelp{Table: g.Name, Doc: g.Doc}
		for _, s := range g.Sets {
			h.Sets = append(h.Sets, setHelp{s.Name, s.Doc, s.Columns})
		}
		for _, f := range fieldsOf(made) {
			h.Columns = append(h.Columns, columnHelp{f.Name, typeNames[f.Type], f.Unit, f.Role, f.Doc})
		}
		hs = append(hs, h)
	}
	return hs
}

func (hs fieldHelps) text(w io.Writer) {
	for i, h := range hs {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s: %s\n", h.Table, h.Doc)
		for _, c := range h.Columns {
			kind := c.Type
			if c.Unit != features.None {
				kind += ", " + string(c.Unit)
			}
			fmt.Fprintf(w, "  %s (%s; %s)\n      %s\n", c.Name, kind, c.Role, c.Doc)
		}
		for _, s := range h.Sets {
			fmt.Fprintf(w, "  --features %s: %d columns, %s\n", s.Name, len(s.Columns), s.Doc)
		}
	}
}
