package serve

import (
	"embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"html/template"
	"math"
	"net/http"
	"net/netip"
	"strconv"

	"toolkit/features"
)

//go:embed page.html
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// A view is what a page shows.
type view struct {
	Title  string
	Links  []anchor
	Grids  []*grid
	Search *search // nil without a form
}

type anchor struct{ Text, Href, Note string }

// A grid is rows of a table.
type grid struct {
	Title string
	Note  string
	Head  []head
	Rows  [][]cell
	More  []anchor
}

type head struct{ Name, Doc, Href, Mark string }

type cell struct{ Text, Href string }

// A search is the form of a table.
type search struct {
	Action string
	Where  []string
	Query  *query
	JSON   string
	CSV    string
}

func (s *Server) show(w http.ResponseWriter, v *view) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, v) // the reader may be gone
}

// index lists what there is.
func (s *Server) index(w http.ResponseWriter, r *http.Request) {
	v := &view{Title: "Outputs"}
	for _, sub := range []anchor{{"Report", "report/index.html", ""}, {"Comparison of runs", "comparison/index.html", ""}, {"The original's results", "reproduction/index.html", ""}} {
		if _, err := s.root.Stat(sub.Href); err == nil {
			sub.Href = "/" + sub.Href
			v.Links = append(v.Links, sub)
		}
	}
	g := &grid{Title: "Tables", Head: []head{{Name: "table"}, {Name: "rows"}, {Name: "columns"}}}
	for _, name := range s.names() {
		t, err := s.load(name)
		if err != nil {
			g.Rows = append(g.Rows, []cell{{Text: name}, {Text: err.Error()}, {}})
			continue
		}
		g.Rows = append(g.Rows, []cell{{name, link(name, &query{Limit: usualRows})}, {Text: strconv.Itoa(t.Len())}, {Text: strconv.Itoa(len(t.Columns))}})
	}
	v.Grids = []*grid{g}
	s.show(w, v)
}

// table shows rows of a table, as a page, as JSON (format=json) or as CSV.
func (s *Server) table(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	t, err := s.load(name)
	if err != nil {
		s.noTable(w, name, err)
		return
	}
	q, err := parseQuery(r.URL.Query(), t)
	if err != nil {
		fail(w, http.StatusBadRequest, "%v", err)
		return
	}
	rows, all := q.rows(t)
	switch r.URL.Query().Get("format") {
	case "json":
		writeJSON(w, t, rows)
		return
	case "csv":
		writeCSV(w, t, rows)
		return
	case "":
	default:
		fail(w, http.StatusBadRequest, "format is json, csv or none")
		return
	}
	as := func(format string) string {
		v := q.values()
		v.Set("format", format)
		return "/table/" + name + "?" + v.Encode()
	}
	v := &view{Title: name, Links: []anchor{{"All tables", "/", ""}}, Search: &search{Action: "/table/" + name, Query: q, JSON: as("json"), CSV: as("csv")}}
	for _, c := range q.Where {
		v.Search.Where = append(v.Search.Where, c.String())
	}
	g := s.grid(name, t, rows, q)
	g.Note = strconv.Itoa(len(rows)) + " of " + strconv.Itoa(all) + " rows"
	if q.Offset > 0 {
		p := *q
		p.Offset = max(0, q.Offset-q.Limit)
		g.More = append(g.More, anchor{"Rows before", link(name, &p), ""})
	}
	if q.Offset+len(rows) < all {
		n := *q
		n.Offset += q.Limit
		g.More = append(g.More, anchor{"Next rows", link(name, &n), ""})
	}
	v.Grids = []*grid{g}
	s.show(w, v)
}

func (s *Server) noTable(w http.ResponseWriter, name string, err error) {
	if errors.Is(err, errNoTable) {
		fail(w, http.StatusNotFound, "there is no table %q", name)
		return
	}
	fail(w, http.StatusInternalServerError, "%v", err)
}

// grid shows rows of a table; heads sort by their column where q is not nil.
func (s *Server) grid(name string, t *features.Table, rows []int, q *query) *grid {
	g := &grid{Title: name}
	for _, c := range t.Columns {
		h := head{Name: c.Name, Doc: c.Doc}
		if q != nil {
			by := *q
			by.Sort, by.Desc, by.Offset = c.Name, !(q.Sort == c.Name && q.Desc), 0
			h.Href = link(name, &by)
			if q.Sort == c.Name {
				h.Mark = map[bool]string{true: "▼", false: "▲"}[q.Desc]
			}
		}
		g.Head = append(g.Head, h)
	}
	for _, i := range rows {
		var cells []cell
		for _, c := range t.Columns {
			x := cell{Text: c.String(i)}
			switch {
			case c.IsNull(i):
			case isAddress(c.Name):
				x.Href = "/host/" + x.Text
			case name == "alerts" && c.Name == "detector":
				x.Href = "/alert/" + strconv.Itoa(i)
			}
			if len(x.Text) > 300 {
				x.Text = x.Text[:300] + "…"
			}
			cells = append(cells, x)
		}
		g.Rows = append(g.Rows, cells)
	}
	return g
}

func isAddress(column string) bool {
	return column == "src_ip" || column == "dst_ip" || column == "ip"
}

// hostRows is how many rows of each table a host's page shows.
const hostRows = 20

// host shows the rows of all tables that are of an address.
func (s *Server) host(w http.ResponseWriter, r *http.Request) {
	addr, err := netip.ParseAddr(r.PathValue("addr"))
	if err != nil {
		fail(w, http.StatusBadRequest, "%q is no address", r.PathValue("addr"))
		return
	}
	v := &view{Title: addr.String(), Links: []anchor{{"All tables", "/", ""}}}
	for _, name := range s.names() {
		t, err := s.load(name)
		if err != nil {
			continue
		}
		for _, c := range t.Columns {
			if !isAddress(c.Name) {
				continue
			}
			q := &query{Where: []condition{{c.Name, "=", addr.String()}}, Limit: hostRows}
			if t.Column("score") != nil {
				q.Sort, q.Desc = "score", true
			}
			rows, all := q.rows(t)
			if all == 0 {
				continue
			}
			g := s.grid(name, t, rows, nil)
			g.Title = name + ", " + c.Name
			g.Note = strconv.Itoa(len(rows)) + " of " + strconv.Itoa(all) + " rows"
			q.Limit = usualRows
			g.More = []anchor{{"All of them", link(name, q), ""}}
			v.Grids = append(v.Grids, g)
		}
	}
	if v.Grids == nil {
		fail(w, http.StatusNotFound, "no table has the address %s", addr)
		return
	}
	s.show(w, v)
}

// alertRecords is how many records an alert's page shows.
const alertRecords = 200

// alert shows an alert and the rows of flow tuples that its records went to.
func (s *Server) alert(w http.ResponseWriter, r *http.Request) {
	alerts, err := s.load("alerts")
	if err != nil {
		s.noTable(w, "alerts", err)
		return
	}
	i, err := strconv.Atoi(r.PathValue("row"))
	if err != nil || i < 0 || i >= alerts.Len() {
		fail(w, http.StatusNotFound, "there is no alert %q; they are numbered 0 to %d", r.PathValue("row"), alerts.Len()-1)
		return
	}
	v := &view{Title: "Alert " + strconv.Itoa(i), Links: []anchor{{"All alerts", link("alerts", &query{Limit: usualRows}), ""}}, Grids: []*grid{s.grid("alerts", alerts, []int{i}, nil)}}
	records, errRecords := s.load(features.RecordsTable)
	tuples, errTuples := s.load("flow_tuples")
	if list := alerts.Column("records"); list != nil && errRecords == nil && errTuples == nil {
		wanted := map[int64]bool{}
		lo, hi := list.Span(i)
		for _, n := range list.Items[0].Ints[lo:hi] {
			wanted[n] = true
		}
		number, row := records.Column("record"), records.Column("flow_tuples")
		var rows []int
		seen := map[int64]bool{}
		for k := range records.Len() {
			if wanted[number.Ints[k]] && !row.IsNull(k) && !seen[row.Ints[k]] && len(rows) < alertRecords {
				seen[row.Ints[k]] = true
				rows = append(rows, int(row.Ints[k]))
			}
		}
		g := s.grid("flow_tuples", tuples, rows, nil)
		g.Title = "Flow tuples of its records"
		g.Note = strconv.Itoa(len(wanted)) + " records"
		v.Grids = append(v.Grids, g)
	}
	s.show(w, v)
}

// writeJSON writes rows as a list of objects. Numbers that are none are null.
func writeJSON(w http.ResponseWriter, t *features.Table, rows []int) {
	out := make([]map[string]any, 0, len(rows))
	for _, i := range rows {
		o := map[string]any{}
		for _, c := range t.Columns {
			switch f := c.Float(i); {
			case c.IsNull(i):
				o[c.Name] = nil
			case c.Type == features.Int:
				o[c.Name] = c.Ints[i]
			case c.Type == features.Bool:
				o[c.Name] = c.Ints[i] != 0
			case c.Type == features.Float && (math.IsNaN(f) || math.IsInf(f, 0)):
				o[c.Name] = nil
			case c.Type == features.Float:
				o[c.Name] = f
			default:
				o[c.Name] = c.String(i)
			}
		}
		out = append(out, o)
	}
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(out)
}

func writeCSV(w http.ResponseWriter, t *features.Table, rows []int) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", "attachment; filename=rows.csv")
	out := csv.NewWriter(w)
	_ = out.Write(t.Names(func(*features.Column) bool { return true }))
	for _, i := range rows {
		line := make([]string, len(t.Columns))
		for k, c := range t.Columns {
			line[k] = c.String(i)
		}
		_ = out.Write(line)
	}
	out.Flush()
}
