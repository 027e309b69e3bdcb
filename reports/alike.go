package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"toolkit/evaluate"
)

const pairsShown = 60 // of methods, in the table of agreement

// A likeness is all that is known of how far two methods agree.
type likeness struct {
	a, b  string
	units map[string]evaluate.Agreement
	ranks *evaluate.RankAgreement
}

// likenesses returns every two methods that were compared, in the order of the
// evaluation.
func likenesses(e *evaluate.Evaluation) []*likeness {
	var all []*likeness
	at := map[[2]string]*likeness{}
	get := func(a, b string) *likeness {
		k := [2]string{min(a, b), max(a, b)}
		if at[k] == nil {
			at[k] = &likeness{a: a, b: b, units: map[string]evaluate.Agreement{}}
			all = append(all, at[k])
		}
		return at[k]
	}
	for _, a := range e.Agreement {
		get(a.A, a.B).units[a.Unit] = a
	}
	for i, r := range e.Ranks {
		get(r.A, r.B).ranks = &e.Ranks[i]
	}
	return all
}

// jaccard returns the index in a unit, nil if it is undefined.
func (l *likeness) jaccard(unit string) *float64 { return l.units[unit].Jaccard }

// alike is the subsection on how far the methods agree; nil if there are not
// two to compare.
func (b *builder) alike(e *evaluate.Evaluation) *Section {
	all := likenesses(e)
	s := &Section{ID: b.id("agreement", "methods"), Title: "How far the methods agree"}
	flagging := map[string]bool{}
	for _, m := range e.Methods {
		flagging[m.Name] = m.Flagged.Records > 0
	}
	compared := slices.DeleteFunc(slices.Clone(all), func(l *likeness) bool {
		return l.jaccard(evaluate.UnitRecords) == nil || !flagging[l.a] || !flagging[l.b]
	})
	if len(compared) == 0 {
		return nil
	}
	s.Text = []Para{{Text: "The Jaccard index of two methods is the number of records that both flag over the number that at least one flags: 1 if they flag the same, 0 if nothing is common. Cohen's kappa is their agreement beyond chance. Methods that agree may be wrong together: those over one table see the same columns."}}
	slices.SortStableFunc(compared, func(p, q *likeness) int {
		return cmp.Compare(*q.jaccard(evaluate.UnitRecords), *p.jaccard(evaluate.UnitRecords))
	})
	best := compared[0]
	heat := heatOf(e, compared, func(l *likeness) *float64 { return l.jaccard(evaluate.UnitRecords) })
	s.Figures = append(s.Figures, &Figure{ID: b.id("agreement", "heat"), Title: "Jaccard index of the records flagged", Plot: heat,
		Caption: fmt.Sprintf("n = %s. Methods that flag nothing are left out.", plural(e.Records, "record", "records")),
		Alt:     fmt.Sprintf("%s and %s agree best, with %.2f.", best.a, best.b, *best.jaccard(evaluate.UnitRecords))})
	if h := heatOf(e, all, func(l *likeness) *float64 {
		if l.ranks == nil {
			return nil
		}
		return l.ranks.Spearman
	}); len(h.Names) > 1 {
		s.Figures = append(s.Figures, &Figure{ID: b.id("agreement", "ranks"), Title: "Rank correlation of the scores", Plot: h,
			Caption: fmt.Sprintf("Spearman's, of the scores that methods give to %s; below 0 is as pale as 0.", plural(e.Records, "record", "records")),
			Alt:     fmt.Sprintf("Heat map of %s.", plural(int64(len(h.Names)), "method", "methods"))})
	}
	s.Tables = []*Table{b.likenessTable(e, compared)}
	return s
}

// heatOf is the heat map of the methods of which of says anything.
func heatOf(e *evaluate.Evaluation, all []*likeness, of func(*likeness) *float64) *Heat {
	heat := &Heat{Kind: "method"}
	has := map[string]bool{}
	for _, l := range all {
		if of(l) != nil {
			has[l.a], has[l.b] = true, true
		}
	}
	place := map[string]int{}
	for _, m := range e.Methods {
		if has[m.Name] {
			place[m.Name] = len(heat.Names)
			heat.Names = append(heat.Names, m.Name)
		}
	}
	for i := range heat.Names {
		row := make([]float64, len(heat.Names))
		for j := range row {
			row[j] = math.NaN()
		}
		row[i] = 1
		heat.Values = append(heat.Values, row)
	}
	for _, l := range all {
		i, okA := place[l.a]
		j, okB := place[l.b]
		if v := of(l); v != nil && okA && okB {
			heat.Values[i][j], heat.Values[j][i] = *v, *v
		}
	}
	return heat
}

// likenessTable lists the pairs of methods in all units.
func (b *builder) likenessTable(e *evaluate.Evaluation, compared []*likeness) *Table {
	t := &Table{ID: b.id("agreement", "pairs"), Title: "Pairs of methods, those that agree best first", Columns: []Head{{Name: "method"}, {Name: "other"},
		{Name: "both", Align: Right, Doc: "Records that both flag."}, {Name: "only the first", Align: Right}, {Name: "only the other", Align: Right}, {Name: "Jaccard", Align: Right, Doc: "Of records."}, {Name: "kappa", Align: Right, Doc: "Cohen's, of records."},
		{Name: "pairs", Align: Right, Doc: "Jaccard index of pairs of addresses."}, {Name: "hosts", Align: Right, Doc: "Jaccard index of source addresses."}, {Name: "windows", Align: Right, Doc: "Jaccard index of windows of time."},
		{Name: "rank correlation", Align: Right, Doc: "Spearman's, of the scores."}, {Name: "top 1 %", Align: Right, Doc: "Share that the hundredths of highest scores have in common."}}}
	for _, l := range compared[:min(len(compared), pairsShown)] {
		a := l.units[evaluate.UnitRecords]
		spearman, overlap := Cell{Text: "–"}, Cell{Text: "–"}
		if l.ranks != nil {
			spearman, overlap = fixed(l.ranks.Spearman), fixed(l.ranks.Overlap)
		}
		t.Add(plain(l.a), plain(l.b), count(a.Both), count(a.OnlyA), count(a.OnlyB), fixed(a.Jaccard), fixed(a.Kappa),
			fixed(l.jaccard(evaluate.UnitPairs)), fixed(l.jaccard(evaluate.UnitHosts)), fixed(l.jaccard(evaluate.UnitWindows)), spearman, overlap)
	}
	if rest := len(compared) - pairsShown; rest > 0 {
		t.Note = fmt.Sprintf("%s more are in the figure, and in evaluation.json.", plural(int64(rest), "pair", "pairs"))
	}
	return t
}
