package reports

// A Report is what is to be read, without markup.
type Report struct {
	Title    string
	Subtitle string // one line
	Version  string // of the program
	Sections []*Section

	Hosts []Host // those with flagged records, the most conspicuous first

	Theme *Theme // of the page; nil for the built-in one
}

// A Host is a source address, and how far it stands out.
type Host struct {
	Name  string   `json:"host"`
	Share float64  `json:"share"` // mean over the methods of its share in the records that they flag
	By    []string `json:"by"`    // the methods that flag any of its records
}

// A Section is a part of a report under a heading of its own. Its parts are
// shown in the order of the fields.
type Section struct {
	ID      string // a slug, unique in the report
	Title   string
	Facts   []Fact
	Text    []Para
	Figures []*Figure
	Tables  []*Table

	Subsections []*Section

	Fold bool   // shown closed on a page, to be opened
	Gist string // of a folded section: what stands beside its title
}

// A Fact is a number worth a glance, with its name.
type Fact struct {
	Name  string
	Value string
	Note  string // what else there is to say of it, in a few words
}

// A Para is a paragraph of plain text, with what belongs under it.
type Para struct {
	Text  string
	Items []string // a list, one line each
	Code  []string // commands, one line each
}

// A Table is rows of cells under named columns.
type Table struct {
	ID      string // a slug, unique in the report
	Title   string
	Note    string
	Columns []Head
	Rows    [][]Cell // each as long as Columns; the first cell names the row
}

// Add adds a row. It panics if it is not as long as the head.
func (t *Table) Add(cells ...Cell) {
	if len(cells) != len(t.Columns) {
		panic("reports: a row of table " + t.ID + " has another length than its head")
	}
	t.Rows = append(t.Rows, cells)
}

// A Head is the head of a column.
type Head struct {
	Name  string
	Unit  string
	Align Align
	Doc   string // one sentence, shown where the reader asks for it
}

// An Align is the side that a column's cells stand at.
type Align uint8

// The sides: text stands left, numbers right.
const (
	Left Align = iota
	Right
	Wide // left, for running text: wrapped, and given the room that is left
)

// A Cell is a value as it is shown and as it is.
type Cell struct {
	Text  string
	Value any    // for programs: a string, int64, float64, bool or, where there is none, nil
	Hue   Hue    // a spot of colour before the text; 0 for none
	Link  string // ID of the part of the report that says more; "" for none
}

// A Figure is a drawing of data.
type Figure struct {
	ID      string // a slug, unique in the report; names the figure's files
	Title   string
	Caption string // what is drawn, of how many, with which parameters
	Alt     string // what is to be seen in it, for those who cannot see it
	Plot    Plot
}

// Dense tells whether the figure draws so much that it is kept as an image
// beside its vectors.
func (f *Figure) Dense() bool { return dense(f.Plot) }

// Numbers returns the figure's numbers, one record a row under a head.
func (f *Figure) Numbers() (head []string, rows [][]string) { return f.Plot.numbers() }

// walk calls visit for s and all sections below it, parents first.
func (s *Section) walk(visit func(*Section)) {
	visit(s)
	for _, sub := range s.Subsections {
		sub.walk(visit)
	}
}

// Figures returns the figures of all sections in the order of the report.
func (r *Report) Figures() []*Figure {
	var all []*Figure
	for _, s := range r.Sections {
		s.walk(func(s *Section) { all = append(all, s.Figures...) })
	}
	return all
}
