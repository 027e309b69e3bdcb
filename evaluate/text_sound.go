package evaluate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"toolkit/internal/prose"
)

// noise says how far the labels themselves can be relied on.
func (t *text) noise() {
	if t.e.Noise == nil && len(t.e.Conflicts) == 0 {
		return
	}
	t.title("How far the labels allow one to be right")
	if n := t.e.Noise; n != nil {
		prose.Wrap(t, "Guessing has an AUPR of "+share(t.e.base())+", the share of anomalous records. "+n.Words(), 0, textWidth)
	}
	if len(t.e.Conflicts) == 0 {
		return
	}
	prose.Wrap(t, "Records of rows that are equal in all columns are the same to a method. Where they have both kinds of label, any method over these columns is wrong on some:", 0, textWidth)
	g := prose.Grid{Head: []string{"table", "columns", "methods", "records of such rows", "at least wrong"}, Left: 1}
	for _, c := range t.e.Conflicts {
		g.Rows = append(g.Rows, []string{name(c.Table), whole(int64(len(c.Columns))), whole(int64(len(c.Methods))), whole(c.Mixed), whole(c.Errors)})
	}
	g.Write(t)
}

// Words says what n means.
func (n *LabelNoise) Words() string {
	return fmt.Sprintf("Were %s of the labels wrong, at random, a method that is always right would seem to have a precision of %.3f and a recall of %.3f: figures above that, and smaller differences, are within such noise.", oneIn(n.Share), n.Precision, n.Recall)
}

// oneIn says a small share as one in so many.
func oneIn(share float64) string {
	return fmt.Sprintf("one in %.0f", 1/share)
}

// base is the share of the records that are anomalous by their labels.
func (e *Evaluation) base() *float64 {
	if !e.Labelled || e.Records == 0 {
		return nil
	}
	b := float64(e.Anomalous) / float64(e.Records)
	return &b
}

// internal shows the scores of clusters that need no labels.
func (t *text) internal() {
	g := prose.Grid{Head: []string{"", "method", "silhouette", "simplified", "Caliński-H.", "Davies-B.", "DBCV"}, Left: 2}
	for i, m := range t.e.Methods {
		if m.Internal == nil {
			continue
		}
		row := []string{number(i), name(m.Name)}
		for _, s := range InternalNames {
			row = append(row, figure(m.Score(s)))
		}
		g.Rows = append(g.Rows, row)
	}
	if len(g.Rows) > 0 {
		t.title("Clusters by the rows alone: silhouettes and DBCV from -1 to 1; all the higher the better but\nDavies-Bouldin")
		g.Write(t)
	}
}

// figure shows a number of any size with four digits, one that is undefined
// as "-".
func figure(f *float64) string {
	if f == nil {
		return "-"
	}
	return fmt.Sprintf("%.4g", *f)
}

// stability shows how far results hold when they are made again.
func (t *text) stability() {
	if len(t.e.Stability) == 0 {
		if slices.ContainsFunc(t.e.Methods, func(m Outcome) bool { return strings.Contains(m.Name, ".") }) { // over a table
			t.title("Do results hold over other seeds, subsamples, windows of time? toolkit evaluate --stability 3")
		}
		return
	}
	g := prose.Grid{Head: []string{"", "method", OverSeeds, "flagged", OverSubsamples, "flagged", OverWindows, "flagged"}, Left: 2}
	of := map[[2]string]*Stability{}
	for i := range t.e.Stability {
		s := &t.e.Stability[i]
		of[[2]string{s.Method, s.Over}] = s
	}
	mean := func(s *Spread) string {
		if s == nil {
			return "-"
		}
		return fmt.Sprintf("%.3f", s.Mean)
	}
	for i, m := range t.e.Methods {
		row, any := []string{number(i), name(m.Name)}, false
		for _, over := range []string{OverSeeds, OverSubsamples, OverWindows} {
			s := of[[2]string{m.Name, over}]
			if s == nil {
				row = append(row, "-", "-")
				continue
			}
			any = true
			row = append(row, mean(cmp.Or(s.Labels, s.Scores)), mean(s.Flagged))
		}
		if any {
			g.Rows = append(g.Rows, row)
		}
	}
	t.title("How far results hold, made again with other seeds, of subsamples, of single windows of time: labels\n(adjusted Rand index), else scores (rank correlation); what is flagged (Jaccard index); means")
	g.Write(t)
}
