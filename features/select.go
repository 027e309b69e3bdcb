package features

import (
	"fmt"
	"slices"
	"strings"
)

// SetsOf returns the named sets of the features of a table of that name, none
// if it is none of the tables that are made of records.
func SetsOf(table string) []Set {
	for _, g := range Groupings(DefaultOptions()) {
		if g.Name == table {
			return g.Sets
		}
	}
	return nil
}

// ofSet returns the columns of a set, without those that an approximate table
// leaves out.
func (t *Table) ofSet(s *Set) []string {
	if t.Meta[ApproxMeta] == "" {
		return s.Columns
	}
	return slices.DeleteFunc(slices.Clone(s.Columns), func(name string) bool { return t.Column(name) == nil })
}

// Choose returns the names, for Matrix, of the columns of t that spec chooses:
// all for all numeric features, or a list of columns and names of sets
// separated by commas. An empty spec chooses the table's first set, or all. A
// Text column of a list becomes NAME=VALUE for each of the MaxValues values of
// the most samples, with NAME=other for the rest and NAME=null for none.
func (t *Table) Choose(spec string) ([]string, error) { return t.choose(spec, t.encoded) }

// ChooseWhole is Choose for algorithms that take categories: a Text column stays
// one.
func (t *Table) ChooseWhole(spec string) ([]string, error) {
	return t.choose(spec, func(c *Column) []string { return []string{c.Name} })
}

// choose is Choose with what a Text column becomes.
func (t *Table) choose(spec string, text func(*Column) []string) ([]string, error) {
	sets := SetsOf(t.Name)
	if spec == "" {
		if len(sets) == 0 {
			spec = "all"
		} else {
			spec = sets[0].Name
		}
	}
	if spec == "all" {
		names := t.Names(func(c *Column) bool {
			return c.Numeric() && (c.Role == Value || c.Role == "") // tables of others give their columns no role
		})
		if len(names) == 0 {
			return nil, fmt.Errorf("table %s has no numeric columns", t.Name)
		}
		return names, nil
	}
	var names []string
	for name := range strings.SplitSeq(spec, ",") {
		name = strings.TrimSpace(name)
		chosen := []string{name}
		if i := slices.IndexFunc(sets, func(s Set) bool { return s.Name == name }); i >= 0 {
			chosen = t.ofSet(&sets[i])
		} else if c := t.Column(name); c != nil && c.Type == Text {
			chosen = text(c)
		} else if c == nil {
			c, value := t.indicator(name)
			if c == nil {
				return nil, t.missing(name)
			}
			if value != nullValue && value != otherValue && !slices.Contains(c.Dict, value) {
				return nil, fmt.Errorf("column %s of %s has no value %q", c.Name, t.Name, value)
			}
		}
		for _, name := range chosen {
			if slices.Contains(names, name) {
				return nil, fmt.Errorf("column %s is chosen twice", name)
			}
			names = append(names, name)
		}
	}
	return names, nil
}
