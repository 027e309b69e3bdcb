package explain

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"toolkit/features"
	"toolkit/internal/prose"
)

// A Value is what a row has in a column: a number, or a category by its name. In
// JSON it is the one or the other.
type Value struct {
	Number   Number
	Category string
}

// MarshalJSON implements json.Marshaler.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.Category != "" {
		return json.Marshal(v.Category)
	}
	return v.Number.MarshalJSON()
}

// in says v in a unit.
func (v Value) in(unit features.Unit) string {
	if v.Category != "" {
		return v.Category
	}
	return prose.Value(float64(v.Number), unit)
}

// valueOf returns what v stands for in column j of x.
func valueOf(x *features.Matrix, j int, v float64) Value {
	if names := x.CategoriesOf(j); names != nil {
		return Value{Category: names[int(v)]}
	}
	return Value{Number: Number(v)}
}

// A dial is what can be another of a row by itself: a number or a category.
type dial struct {
	name    string
	columns []int    // of a matrix: one, or, of a category, those NAME=VALUE
	values  []string // of a category; "" for one of what stands for several, or for none
	encoded bool     // columns are NAME=VALUE, values[k] that of columns[k]
}

// dials returns those of the columns of x, which is of t. NAME=null of a column of numbers is none.
func dials(t *features.Table, x *features.Matrix) []*dial {
	var all []*dial
	encoded := map[string]*dial{}
	for j, name := range x.Names {
		if values := x.CategoriesOf(j); values != nil {
			all = append(all, &dial{name: name, columns: []int{j}, values: values})
			continue
		}
		if t.Column(name) != nil {
			all = append(all, &dial{name: name, columns: []int{j}})
			continue
		}
		for i, c := range name {
			if c != '=' || text(t, name[:i]) == nil {
				continue
			}
			d := encoded[name[:i]]
			if d == nil {
				d = &dial{name: name[:i], encoded: true}
				encoded[name[:i]] = d
				all = append(all, d)
			}
			value := name[i+1:]
			if _, ok := code(t.Column(d.name), value); !ok {
				value = ""
			}
			d.columns, d.values = append(d.columns, j), append(d.values, value)
			break
		}
	}
	return all
}

// of returns what row has: a number, or the place of the category among the
// values, −1 if it is none of them.
func (d *dial) of(row []float64) float64 {
	if d.encoded {
		return float64(slices.IndexFunc(d.columns, func(j int) bool { return row[j] != 0 }))
	}
	return row[d.columns[0]]
}

// set gives row another.
func (d *dial) set(row []float64, v float64) {
	if !d.encoded {
		row[d.columns[0]] = v
		return
	}
	for k, j := range d.columns {
		row[j] = 0
		if k == int(v) {
			row[j] = 1
		}
	}
}

// value returns what v stands for.
func (d *dial) value(v float64) Value {
	switch {
	case d.values == nil:
		return Value{Number: Number(v)}
	case v < 0:
		return Value{}
	}
	return Value{Category: d.values[int(v)]}
}

// others returns the categories but v, those of the most samples first: spread
// at most.
func (d *dial) others(samples map[float64]float64, v float64) []float64 {
	own := d.value(v).Category
	all := slices.DeleteFunc(slices.Collect(maps.Keys(samples)), func(k float64) bool {
		name := d.value(k).Category
		return name == "" || name == own
	})
	slices.SortFunc(all, func(a, b float64) int {
		return cmp.Or(cmp.Compare(samples[b], samples[a]), cmp.Compare(d.values[int(a)], d.values[int(b)]))
	})
	return all[:min(spread, len(all))]
}

// distance2 returns the squared distance between two rows of x. Another category
// is 1 away (Wilson and Martinez 1997).
func distance2(x *features.Matrix, i, k int) float64 {
	var s float64
	a, b := x.X.RawRowView(i), x.X.RawRowView(k)
	for j := range a {
		switch d := a[j] - b[j]; {
		case d != 0 && x.CategoriesOf(j) != nil:
			s++
		default:
			s += d * d
		}
	}
	return s
}
