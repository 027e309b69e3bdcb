package serve

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"toolkit/features"
)

// A query says which rows of a table to show, and in which order.
type query struct {
	Where  []condition
	Sort   string // a column; "" for the table's order
	Desc   bool
	Limit  int
	Offset int
}

// A condition holds for a row whose column is so to the value.
type condition struct {
	Column, Op, Value string
}

func (c condition) String() string { return c.Column + c.Op + c.Value }

// ops are the comparisons, those of two characters first.
var ops = []string{">=", "<=", "!=", "=", ">", "<", "~"}

const (
	usualRows = 100
	mostRows  = 10_000
)

// parseQuery reads a query from the parameters where (COLUMN OP VALUE, any
// number of times), sort, desc, limit and offset.
func parseQuery(v url.Values, t *features.Table) (*query, error) {
	q := &query{Sort: v.Get("sort"), Desc: v.Get("desc") != "", Limit: usualRows}
	if q.Sort != "" && t.Column(q.Sort) == nil {
		return nil, fmt.Errorf("no column %q to sort by", q.Sort)
	}
	for _, n := range []struct {
		name string
		to   *int
		most int
	}{{"limit", &q.Limit, mostRows}, {"offset", &q.Offset, 1 << 31}} {
		if s := v.Get(n.name); s != "" {
			k, err := strconv.Atoi(s)
			if err != nil || k < 0 || k > n.most {
				return nil, fmt.Errorf("%s is %q, want a number up to %d", n.name, s, n.most)
			}
			*n.to = k
		}
	}
	for _, s := range v["where"] {
		if strings.TrimSpace(s) == "" {
			continue
		}
		c, err := parseCondition(s)
		if err != nil {
			return nil, err
		}
		if t.Column(c.Column) == nil {
			return nil, fmt.Errorf("no column %q; there are %s", c.Column, strings.Join(t.Names(func(*features.Column) bool { return true }), ", "))
		}
		q.Where = append(q.Where, c)
	}
	return q, nil
}

// parseCondition reads COLUMN OP VALUE.
func parseCondition(s string) (condition, error) {
	for i := range s {
		for _, op := range ops {
			if strings.HasPrefix(s[i:], op) && i > 0 {
				return condition{strings.TrimSpace(s[:i]), op, strings.TrimSpace(s[i+len(op):])}, nil
			}
		}
	}
	return condition{}, fmt.Errorf("%q is no condition such as num_conns>100, src_ip=10.0.0.1 or state~new", s)
}

// rows returns the rows that q shows, and how many there are in all.
func (q *query) rows(t *features.Table) (rows []int, all int) {
	var holds []func(i int) bool
	for _, c := range q.Where {
		holds = append(holds, c.test(t.Column(c.Column)))
	}
	for i := range t.Len() {
		if !slices.ContainsFunc(holds, func(h func(int) bool) bool { return !h(i) }) {
			rows = append(rows, i)
		}
	}
	if q.Sort != "" {
		less := order(t.Column(q.Sort))
		slices.SortStableFunc(rows, func(a, b int) int {
			if q.Desc {
				a, b = b, a
			}
			return less(a, b)
		})
	}
	all = len(rows)
	from := min(q.Offset, all)
	return rows[from:min(from+q.Limit, all)], all
}

// order compares rows by a column: numbers by size, others as text, rows
// without a value first.
func order(c *features.Column) func(a, b int) int {
	switch {
	case c.Numeric():
		return func(a, b int) int { return cmp.Compare(c.Float(a), c.Float(b)) }
	case c.Type == features.Time:
		return func(a, b int) int { return cmp.Compare(c.Ints[a], c.Ints[b]) }
	}
	return func(a, b int) int { return cmp.Compare(c.String(a), c.String(b)) }
}

// test returns what tells whether a row meets the condition: numbers are
// compared as numbers, all else as text. A row without a value meets none but
// "not equal".
func (c condition) test(col *features.Column) func(i int) bool {
	n, err := strconv.ParseFloat(c.Value, 64)
	number := err == nil && col.Numeric() && c.Op != "~"
	return func(i int) bool {
		if col.IsNull(i) {
			return c.Op == "!="
		}
		order := 0
		switch {
		case c.Op == "~":
			return strings.Contains(col.String(i), c.Value)
		case number:
			order = cmp.Compare(col.Float(i), n)
		default:
			order = cmp.Compare(col.String(i), c.Value)
		}
		switch c.Op {
		case "=":
			return order == 0
		case "!=":
			return order != 0
		case ">":
			return order > 0
		case "<":
			return order < 0
		case ">=":
			return order >= 0
		}
		return order <= 0
	}
}

// values returns q as parameters, for a link.
func (q *query) values() url.Values {
	v := url.Values{}
	for _, c := range q.Where {
		v.Add("where", c.String())
	}
	if q.Sort != "" {
		v.Set("sort", q.Sort)
	}
	if q.Desc {
		v.Set("desc", "1")
	}
	if q.Limit != usualRows {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	if q.Offset > 0 {
		v.Set("offset", strconv.Itoa(q.Offset))
	}
	return v
}
