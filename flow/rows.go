package flow

import (
	"fmt"
	"slices"
	"strings"
)

// A RowReader reads the rows of a table that is not of text, such as a Parquet
// file, for packages below. Values mean what the text means that a CSV file has in
// their place, nothing for null.
type RowReader struct {
	p    *tableReader
	cols []RowColumn
	of   []*Values // by cols
	bufs [][32]byte
	look []int // of cols: those that the dialect looks at besides
	row  int   // that is being read
	text []byte
}

// columnDialects are known by the names of columns where they need not be
// told from other text: records as the toolkit writes them, or whoever names
// columns as --columns does, and logs of Zeek and Argus that were put in tables.
var columnDialects = append([]*dialect{
	{
		name: "fields", columns: fieldColumns(),
		known: []string{"ts|time|start", "src_ip", "dst_ip", "proto|ip_protocol|protocol"},
	},
	{
		name: "zeek",
		columns: mustColumns(`proto=proto, ts=ts, dur=duration, src_ip=id.orig_h|id_orig_h, src_port=id.orig_p|id_orig_p,
			dst_ip=id.resp_h|id_resp_h, dst_port=id.resp_p|id_resp_p, bytes_up=orig_bytes, bytes_dw=resp_bytes,
			packets_up=orig_pkts, packets_dw=resp_pkts, state=conn_state, label=label|detailedlabel`),
		known: []string{"ts", "proto", "id.orig_h|id_orig_h", "id.resp_h|id_resp_h"},
		after: zeekICMP,
	},
	{
		name: "argus",
		columns: mustColumns(`proto=Proto, ts=StartTime, dur=Dur, src_ip=SrcAddr, src_port=Sport, dst_ip=DstAddr, dst_port=Dport,
			bytes=TotBytes, bytes_up=SrcBytes, bytes_dw=DstBytes, packets=TotPkts, packets_up=SrcPkts, packets_dw=DstPkts,
			state=State, label=Label`),
		known: []string{"StartTime", "SrcAddr", "DstAddr"},
	},
}, dialects...)

// fieldColumns are columns that are called as the fields are.
func fieldColumns() *Columns {
	var c Columns
	for _, f := range columnFields {
		c.list = append(c.list, column{f, "", append([]string{f.name}, f.aliases...)})
	}
	return &c
}

// zeekICMP makes icmp between IPv6 addresses ICMPv6, which Zeek has no other
// word for.
func zeekICMP(p *tableReader, r *row) error {
	if r.proto == ICMP && p.cell.hosts.Addr(r.src).Is6() {
		r.proto = ICMPv6
	}
	return nil
}

// NewRowReader returns what reads rows of columns of these names: by in.Columns,
// or as they are called, if that is known.
func NewRowReader(names []string, in Input) (*RowReader, error) {
	in.fill()
	d := &dialect{name: "table", columns: in.Columns}
	if in.Columns == nil {
		i := slices.IndexFunc(columnDialects, func(d *dialect) bool { return d.knows(names) })
		if i < 0 {
			return nil, fmt.Errorf("its columns (%s) are not those of flow records that are known; say with --columns which are what (FIELD=COLUMN,…)", cutNames(names))
		}
		d = columnDialects[i]
	}
	p := newTableReader(d, in)
	if err := p.setHeader(names); err != nil {
		return nil, err
	}
	p.f = make([][]byte, len(names))
	t := &RowReader{p: p}
	p.rows = t
	t.cols = t.columns()
	t.of, t.bufs = make([]*Values, len(t.cols)), make([][32]byte, len(t.cols))
	for k, c := range t.cols {
		if slices.Contains(p.extra, c.Index) {
			t.look = append(t.look, k)
		}
	}
	return t, nil
}

func cutNames(names []string) string {
	const most = 20
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// A RowColumn is a column that a RowReader wants the values of.
type RowColumn struct {
	Index int    // among the names
	Field string // what it is taken for, as of --columns; "" if it is only looked at
	Unit  string // that was asked for; "" if none was

	// Address tells that numbers and bytes are addresses, and not what stands for
	// others, as in data sets whose addresses are names.
	Address bool
}

// Columns returns the columns whose values are wanted.
func (t *RowReader) Columns() []RowColumn { return t.cols }

func (t *RowReader) columns() []RowColumn {
	var list []RowColumn
	for _, s := range t.p.steps {
		if s.at >= 0 {
			name := s.field.name
			list = append(list, RowColumn{s.at, name, s.unit, (name == "src_ip" || name == "dst_ip") && t.p.d.prepare == nil})
		}
	}
	for i, name := range t.p.names {
		if slices.Contains(t.p.d.extra, name) && !slices.ContainsFunc(list, func(c RowColumn) bool { return c.Index == i }) {
			list = append(list, RowColumn{Index: i})
		}
	}
	return list
}

// SetUnit says in which unit a column is, as its type tells.
func (t *RowReader) SetUnit(index int, unit string) {
	for i := range t.p.steps {
		if s := &t.p.steps[i]; s.at == index && slices.Contains(s.field.units, unit) {
			s.unit = unit
		}
	}
}

// Set gives the values of the i-th of Columns in the next rows.
func (t *RowReader) Set(i int, v *Values) {
	t.of[i] = v
	for k := range t.p.steps {
		if s := &t.p.steps[k]; s.at == t.cols[i].Index && s.field.name == t.cols[i].Field {
			s.take(v)
		}
	}
}

// Read adds the records that the first n rows of the values are to out. A row is a
// line of it.
func (t *RowReader) Read(n int, out *Out) {
	p := t.p
	var rec row
	for i := range n {
		t.row = i
		for _, k := range t.look {
			p.f[t.cols[k].Index] = t.of[k].text(i, t.bufs[k][:])
		}
		rec = row{}
		if err := p.record(&rec); err != nil {
			out.Bad(i+1, t.show(), err)
			continue
		}
		out.Batch().add(&rec, out.labels)
	}
	out.Lines(n)
}

// show returns the values of the row, as a message or a list of rejects shows them.
func (t *RowReader) show() []byte {
	t.text = t.text[:0]
	for k, c := range t.cols {
		if len(t.text) > 0 {
			t.text = append(t.text, ' ')
		}
		t.text = append(append(append(t.text, t.p.names[c.Index]...), '='), t.of[k].text(t.row, t.bufs[k][:])...)
	}
	return t.text
}
