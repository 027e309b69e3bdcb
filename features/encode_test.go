package features_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"toolkit/features"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// connections is a table of five rows, the third of which stands for three.
func connections() *features.Table {
	state := features.TextColumn(features.Field{Name: "state", Role: features.Key}, []string{"new", "reset", "new", "", "a,b"})
	state.Null = []bool{false, false, false, true, false}
	return &features.Table{Name: "conns", Columns: []*features.Column{
		state,
		{Field: features.Field{Name: "bytes", Type: features.Int}, Ints: []int64{1, 2, 3, 4, 0}, Null: []bool{false, false, false, false, true}},
		{Field: features.Field{Name: "bins", Type: features.Int, Role: features.Weight}, Ints: []int64{1, 1, 3, 1, 1}},
	}}
}

// A column of text that is taken whole is one of categories, null among them, and
// goes where the matrix goes.
func TestCategories(t *testing.T) {
	table := connections()
	names, err := table.ChooseWhole("state,bytes=null,state=new")
	if err != nil {
		t.Fatal(err)
	}
	m, skipped, err := table.Matrix(names)
	if err != nil || skipped != 0 {
		t.Fatal(skipped, err)
	}
	var got []string
	for i := range 5 {
		got = append(got, m.CategoriesOf(0)[int(m.X.At(i, 0))])
	}
	if want := []string{"new", "reset", "new", "null", "a,b"}; !slices.Equal(got, want) || m.CategoriesOf(1) != nil {
		t.Errorf("categories %q and %q, want %q and none", got, m.CategoriesOf(1), want)
	}
	numbers, text := m.Split()
	if !slices.Equal(numbers.Names, names[1:]) || numbers.Categories != nil || !slices.Equal(text.Names, names[:1]) || text.CategoriesOf(0) == nil {
		t.Errorf("numbers %v, text %v", numbers.Names, text.Names)
	}
	all := numbers.Join(text)
	if !slices.Equal(all.Names, []string{"bytes=null", "state=new", "state"}) || all.CategoriesOf(2) == nil || all.W(2) != 3 || !mat.Equal(all.X.ColView(2), m.X.ColView(0)) {
		t.Errorf("joined: %v, weights %v:\n%v", all.Names, all.Weight, mat.Formatted(all.X))
	}
	if whole, none := numbers.Split(); whole != numbers || none != nil || numbers.Join(nil) != numbers {
		t.Error("numbers alone are split")
	}
	if none, whole := text.Split(); whole != text || none != nil {
		t.Error("text alone is split")
	}
	// Equal lists of numbers are no equal columns, but a category alone says nothing.
	m.X.SetCol(1, mat.Col(nil, 0, m.X))
	if _, left := m.Reduce(); left != nil {
		t.Errorf("left out: %v", left)
	}
	m.X.SetCol(0, []float64{1, 1, 1, 1, 1})
	if r, left := m.Reduce(); len(left) != 1 || left[0].Error() != "column state is left out: it is a,b in every row" || len(r.Names) != 2 {
		t.Errorf("left out: %v of %v", left, r.Names)
	}
}

func TestOneHot(t *testing.T) {
	for _, c := range []struct {
		spec, names string
		rows        [][]float64
		row         []int64 // nil for all
	}{
		{"state", "state=new state=reset state=other state=null",
			[][]float64{{1, 0, 0, 0}, {0, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 1}, {0, 0, 1, 0}}, nil},
		{"bytes,state=new", "bytes state=new", [][]float64{{1, 1}, {2, 0}, {3, 1}, {4, 0}}, []int64{0, 1, 2, 3}},
		{"state=other,state=reset", "state=other state=reset", [][]float64{{1, 0}, {0, 1}, {1, 0}, {0, 0}, {1, 0}}, nil},
		{"bytes=null", "bytes=null", [][]float64{{0}, {0}, {0}, {0}, {1}}, nil},
	} {
		table := connections()
		names, err := table.Choose(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(names, " "); got != c.names {
			t.Errorf("%s: columns %s, want %s", c.spec, got, c.names)
		}
		m, skipped, err := table.Matrix(names)
		if err != nil {
			t.Fatal(err)
		}
		want := mat.NewDense(len(c.rows), len(names), slices.Concat(c.rows...))
		if !mat.Equal(m.X, want) || !slices.Equal(m.Row, c.row) || skipped != 5-len(c.rows) {
			t.Errorf("%s: %v, rows %v, %d skipped, want\n%v", c.spec, mat.Formatted(m.X), m.Row, skipped, mat.Formatted(want))
		}
	}
	for spec, want := range map[string]string{
		"state=old": `no value "old"`, "proto=tcp": "no column proto", "bytes=1": "no column bytes=1", "state,state=new": "state=new is chosen twice",
	} {
		if names, err := connections().Choose(spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: columns %v, error %v, want one of %q", spec, names, err, want)
		}
	}
	var missing *features.ColumnError
	if _, _, err := connections().Matrix([]string{"proto=tcp"}); !errors.As(err, &missing) || missing.Column != "proto" || !slices.Contains(missing.Have, "state") || !slices.Contains(missing.Have, "bytes") {
		t.Errorf("error %v, want a ColumnError of proto, with the columns of numbers and of text", err)
	}
	// Another table need not have the values that a model was learned from.
	if m, _, err := connections().Matrix([]string{"state=old", "state=other"}); err != nil || mat.Sum(m.X.ColView(0)) != 0 || mat.Sum(m.X.ColView(1)) != 4 {
		t.Errorf("error %v, matrix %v, want zeros and all but the row without a value", err, m)
	}
}

// Of many values those of the most samples have columns, and every row is in
// exactly one, whether rows are repeated or weigh more.
func TestOneHotOfManyValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var once, repeated []string
		bins := &features.Column{Field: features.Field{Name: "bins", Type: features.Int, Role: features.Weight}}
		weight := map[string]int{}
		for range rapid.IntRange(1, 80).Draw(t, "rows") {
			v, w := fmt.Sprint(rapid.IntRange(0, 45).Draw(t, "value")), rapid.IntRange(1, 5).Draw(t, "weight")
			once, repeated = append(once, v), append(repeated, slices.Repeat([]string{v}, w)...)
			bins.AppendInt(int64(w))
			weight[v] += w
		}
		field := features.Field{Name: "v"}
		table := &features.Table{Columns: []*features.Column{features.TextColumn(field, once), bins}}
		names, err := table.Choose("v")
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := (&features.Table{Columns: []*features.Column{features.TextColumn(field, repeated)}}).Choose("v"); !slices.Equal(names, again) {
			t.Errorf("columns %v, of repeated rows %v", names, again)
		}
		m, _, err := table.Matrix(names)
		if err != nil {
			t.Fatal(err)
		}
		for i := range once {
			if s := mat.Sum(m.X.RowView(i)); s != 1 {
				t.Errorf("row %d is in %v columns", i, s)
			}
		}
		own := min(len(weight), features.MaxValues)
		if others := slices.Contains(names, "v=other"); others != (len(weight) > own) || len(names) != own+int(flag(others)) {
			t.Errorf("%d columns of %d values: %v", len(names), len(weight), names)
		}
		least := 1 << 30
		for _, n := range names {
			if w, ok := weight[n[2:]]; ok {
				least = min(least, w)
			}
		}
		for v, w := range weight {
			if w > least && !slices.Contains(names, "v="+v) {
				t.Errorf("%s has weight %d but no column, another has one with %d", v, w, least)
			}
		}
	})
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
