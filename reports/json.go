package reports

import (
	"encoding/json"
	"fmt"
)

type jsonReport struct {
	Title    string         `json:"title"`
	Subtitle string         `json:"subtitle,omitempty"`
	Version  string         `json:"version,omitempty"`
	Sections []*jsonSection `json:"sections"`
}

type jsonSection struct {
	ID       string         `json:"id" doc:"Unique in the report."`
	Title    string         `json:"title"`
	Facts    []jsonFact     `json:"facts,omitempty" doc:"Numbers worth a glance, as texts."`
	Text     []jsonPara     `json:"text,omitempty"`
	Figures  []*jsonFigure  `json:"figures,omitempty"`
	Tables   []*jsonTable   `json:"tables,omitempty"`
	Sections []*jsonSection `json:"sections,omitempty"`
}

type jsonFact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Note  string `json:"note,omitempty"`
}

type jsonPara struct {
	Text  string   `json:"text,omitempty"`
	Items []string `json:"items,omitempty"`
	Code  []string `json:"code,omitempty" doc:"Commands."`
}

type jsonFigure struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Caption string   `json:"caption,omitempty" doc:"What is drawn, of how many, with which parameters."`
	Alt     string   `json:"alt,omitempty" doc:"What is to be seen, in words."`
	Files   []string `json:"files" doc:"Paths from the directory of the report: SVG, PNG of dense figures, and the numbers as CSV."`
}

type jsonTable struct {
	ID      string       `json:"id"`
	Title   string       `json:"title"`
	Note    string       `json:"note,omitempty"`
	Columns []jsonColumn `json:"columns"`
	Rows    [][]any      `json:"rows" doc:"Values, null where there is none; each row as long as columns."`
}

type jsonColumn struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
	Doc  string `json:"doc,omitempty"`
}

// JSON returns the report for programs, as docs/report.schema.json says: tables hold values, not their texts,
// and figures the names of their files.
func (r *Report) JSON() ([]byte, error) {
	doc := jsonReport{Title: r.Title, Subtitle: r.Subtitle, Version: r.Version, Sections: []*jsonSection{}}
	for _, s := range r.Sections {
		doc.Sections = append(doc.Sections, s.json())
	}
	data, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return nil, fmt.Errorf("writing the report as JSON: %w", err)
	}
	return append(data, '\n'), nil
}

func (s *Section) json() *jsonSection {
	out := &jsonSection{ID: s.ID, Title: s.Title}
	for _, f := range s.Facts {
		out.Facts = append(out.Facts, jsonFact(f))
	}
	for _, p := range s.Text {
		out.Text = append(out.Text, jsonPara(p))
	}
	for _, f := range s.Figures {
		out.Figures = append(out.Figures, &jsonFigure{f.ID, f.Title, f.Caption, f.Alt, f.files()})
	}
	for _, t := range s.Tables {
		jt := &jsonTable{ID: t.ID, Title: t.Title, Note: t.Note, Rows: make([][]any, 0, len(t.Rows))}
		for _, h := range t.Columns {
			jt.Columns = append(jt.Columns, jsonColumn{h.Name, h.Unit, h.Doc})
		}
		for _, row := range t.Rows {
			values := make([]any, len(row))
			for i, c := range row {
				values[i] = c.Value
			}
			jt.Rows = append(jt.Rows, values)
		}
		out.Tables = append(out.Tables, jt)
	}
	for _, sub := range s.Subsections {
		out.Sections = append(out.Sections, sub.json())
	}
	return out
}
