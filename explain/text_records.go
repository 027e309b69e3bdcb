package explain

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"toolkit/features"
	"toolkit/internal/prose"
)

func (t *printer) records() {
	rs := t.e.Records
	if rs == nil {
		return
	}
	title := "Records: " + plural(int64(rs.Total), "record")
	if len(rs.List) < rs.Total {
		title += fmt.Sprintf(", of which the %d most accused are shown (--limit)", len(rs.List))
	}
	t.title(title)
	if rs.Note != "" {
		t.wrap("  "+rs.Note, 2)
	}
	g := t.recordGrid(rs.List)
	labelled := slices.ContainsFunc(rs.List, func(r *Record) bool { return r.Label != "" })
	if labelled {
		g.Head = append(g.Head, "label")
		for i, r := range rs.List {
			g.Rows[i] = append(g.Rows[i], r.Label)
		}
	}
	g.Write(t)
}

// recordGrid shows records as the input has them, if they were read, and else
// by their addresses. What is the same in all of them is in their title.
func (t *printer) recordGrid(list []*Record) *prose.Grid {
	read := slices.ContainsFunc(list, func(r *Record) bool { return r.Line != nil })
	one := func(of func(r *Record) string) bool {
		return !slices.ContainsFunc(list, func(r *Record) bool { return of(r) != of(list[0]) })
	}
	day := one(func(r *Record) string { return r.day() })
	src, dst := one(func(r *Record) string { return r.Src }), one(func(r *Record) string { return r.Dst })
	if !read {
		g := &prose.Grid{Head: []string{"source", "destination", "record", "by"}, Left: 2, Indent: "  "}
		for _, r := range list {
			g.Rows = append(g.Rows, []string{r.Src, r.Dst, strconv.FormatInt(r.Number, 10), strconv.Itoa(r.Accusers)})
		}
		return g
	}
	same := "  "
	if src {
		same += "from " + list[0].Src + " "
	}
	if dst {
		same += "to " + list[0].Dst + " "
	}
	if day {
		same += "on " + list[0].day()
	}
	if strings.TrimSpace(same) != "" {
		t.wrap(strings.TrimRight(same, " "), 2)
	}
	g := &prose.Grid{Head: []string{"time", "proto", "source", "destination", "state", "record", "sent", "received", "by"}, Left: 5, Indent: "  "}
	for _, r := range list {
		f := r.Line
		if f == nil {
			f = &Line{}
		}
		row := []string{f.Time.Format(time.TimeOnly), f.Proto, end(r.Src, f.SrcPort, src), end(r.Dst, f.DstPort, dst), f.State,
			strconv.FormatInt(r.Number, 10), prose.Value(float64(f.BytesUp), features.Bytes), prose.Value(float64(f.BytesDown), features.Bytes), strconv.Itoa(r.Accusers)}
		if !day {
			row[0] = f.Time.Format("01-02 15:04:05")
		}
		if r.Line == nil { // of an input that could not be read again
			row[0], row[2], row[3], row[6], row[7] = "", r.Src, r.Dst, "", ""
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// day returns the day of a record, "" if it was not read.
func (r *Record) day() string {
	if r.Line == nil {
		return ""
	}
	return r.Line.Time.Format(time.DateOnly)
}

// end writes an address with a port, or the port alone.
func end(addr string, port uint16, alone bool) string {
	if alone {
		return "port " + strconv.Itoa(int(port))
	}
	return net.JoinHostPort(addr, strconv.Itoa(int(port)))
}
