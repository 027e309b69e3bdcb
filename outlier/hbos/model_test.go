package hbos

import (
	"context"
	"math"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/features"
)

func TestExplain(t *testing.T) {
	// Column a: ten values in 0 to 1, ten in 9 to 10. Column b: nearly all 0.
	var data []float64
	for i := range 10 {
		data = append(data, float64(i)/10, 0, 9+float64(i)/10, 0)
	}
	data = append(data, 10, 500)
	for _, h := range []HBOS{{PyOD, 10, 0.1, 0.5}, {Static, 10, 0.1, 0.5}} {
		m := fit(t, h, matrix(2, data...), 1).Model.(*Model)
		for _, c := range []struct {
			a, b float64
			want []algo.Reason
		}{
			{0.5, 0, nil},
			{3, 0, []algo.Reason{{Column: "a", Value: 3, Low: 0, High: 1, Weight: 1}}},
			{7, 0, []algo.Reason{{Column: "a", Value: 7, Low: 9, High: 10, Weight: 1}}},
			{0.5, 450, []algo.Reason{{Column: "b", Value: 450, Low: 0, High: 50, Weight: 1}}},
			{9.5, -1e6, []algo.Reason{{Column: "b", Value: -1e6, Low: 0, High: 50, Weight: 1}}},
		} {
			// The two halves of a differ by a sample, so that a may have a little excess.
			got := m.Explain(matrix(2, c.a, c.b), 0)
			var strong []algo.Reason
			for _, r := range got {
				if r.Value < r.Low || r.Value > r.High {
					r.Weight = math.Round(r.Weight)
					strong = append(strong, r)
				}
			}
			if len(strong) != len(c.want) || len(strong) > 0 && strong[0] != c.want[0] {
				t.Errorf("%s: %v, %v: reasons %v, want %v", h.Mode, c.a, c.b, strong, c.want)
			}
		}
		// Both columns strange: what each adds over the least is its part.
		x := matrix(2, 5, 500)
		r := m.Explain(x, 0)
		shares := apply(t, m, x)
		a := shares.Columns[0].Floats[0] - m.hists[0].least
		b := shares.Columns[1].Floats[0] - m.hists[1].least
		if len(r) != 2 || r[0].Weight < r[1].Weight {
			t.Fatalf("%s: reasons %v, want two in order", h.Mode, r)
		}
		part := map[string]float64{"a": a / (a + b), "b": b / (a + b)}
		for _, reason := range r {
			if math.Abs(reason.Weight-part[reason.Column]) > 1e-12 {
				t.Errorf("%s: weight of %v, want %v", h.Mode, reason, part[reason.Column])
			}
		}
	}
}

func TestApplyRefusesOtherColumns(t *testing.T) {
	m := fit(t, Default(), matrix(2, 1, 2, 3, 4), 1).Model
	if _, err := m.Apply(context.Background(), matrix(1, 1, 2)); err == nil || !strings.Contains(err.Error(), "a,b") {
		t.Errorf("error %v, want one that names the columns", err)
	}
}

// A NaN that the caller has not refused counts as unseen.
func TestApplyNaN(t *testing.T) {
	for _, h := range variants {
		m := fit(t, h, traffic(50, 1, 1), 1).Model.(*Model)
		r, err := m.Apply(context.Background(), matrix(1, math.NaN()))
		if err != nil || r.Scores[0] != m.hists[0].shareAt[2*len(m.hists[0].low)] {
			t.Errorf("%+v: score %v, error %v", h, r.Scores, err)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct {
		fault string
		spoil func(t *features.Table)
		says  string
	}{
		{"no rows", func(t *features.Table) { *t = features.Table{} }, "no column"},
		{"no bins", func(t *features.Table) {
			for _, c := range t.Columns {
				c.Ints, c.Floats, c.Codes = nil, nil, nil
			}
		}, "no bins"},
		{"no scores", func(t *features.Table) { t.Columns = t.Columns[:7] }, "score"},
		{"bounds as text", func(t *features.Table) { *t.Columns[2] = *t.Columns[0]; t.Columns[2].Name = "low" }, "low"},
		{"other mode", func(t *features.Table) { t.Meta[metaMode] = "exact" }, "exact"},
		{"no tolerance", func(t *features.Table) { delete(t.Meta, metaTol) }, metaTol},
		{"bins out of order", func(t *features.Table) { t.Column("bin").Ints[0] = 3 }, "row 0"},
		{"columns of unequal length", func(t *features.Table) { t.Column("low").Floats = nil }, "rows"},
	} {
		state := fit(t, Default(), matrix(1, 1, 2, 3), 1).Model.State()
		c.spoil(state)
		if _, err := Algorithm.Load(state); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one with %q", c.fault, err, c.says)
		}
	}
}
