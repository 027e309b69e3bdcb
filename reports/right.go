package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"toolkit/evaluate"
)

const curvesShown = Hues // methods whose curves are drawn

// correct compares methods with labels.
func (b *builder) correct(e *evaluate.Evaluation) *Section {
	s := &Section{ID: b.id("labels", "detection"), Title: "How far the methods are right"}
	base := float64(e.Anomalous) / math.Max(1, float64(e.Records))
	s.Text = []Para{{Text: fmt.Sprintf("%s of %s are anomalous by their labels (%s): this is the average precision (AUPR) of guessing, while guessing has an AUROC of 0.5 always.", whole(e.Anomalous), plural(e.Records, "record", "records"), percent(base))}}
	var with []evaluate.Outcome
	for _, m := range e.Methods {
		if m.Detection != nil {
			with = append(with, m)
		}
	}
	if len(with) > 0 {
		for _, f := range []*Figure{b.auprRanges(e, with, base), b.rocAndPR(e, with, base)} {
			if f != nil {
				s.Figures = append(s.Figures, f)
			}
		}
		s.Tables = append(s.Tables, b.detectionTable(e, with), b.recalls(e, with))
		if t := b.tests(e); t != nil {
			s.Tables = append(s.Tables, t)
		}
	}
	if t := b.clustersRight(e); t != nil {
		s.Tables = append(s.Tables, t)
	}
	for _, sub := range []*Section{b.attacks(e, with), b.limits(e)} {
		if sub != nil {
			s.Subsections = append(s.Subsections, sub)
		}
	}
	return s
}

// byAUPR returns methods with an average precision, the best first.
func byAUPR(methods []evaluate.Outcome) []evaluate.Outcome {
	with := slices.DeleteFunc(slices.Clone(methods), func(m evaluate.Outcome) bool {
		return m.Detection == nil || m.Detection.AUPR == nil || !finite(*m.Detection.AUPR)
	})
	slices.SortStableFunc(with, func(p, q evaluate.Outcome) int { return cmp.Compare(*q.Detection.AUPR, *p.Detection.AUPR) })
	return with
}

// auprRanges draws the average precision of each method with its interval.
func (b *builder) auprRanges(e *evaluate.Evaluation, methods []evaluate.Outcome, base float64) *Figure {
	with := byAUPR(methods)
	if len(with) < 2 {
		return nil
	}
	r := &Ranges{Kind: "method", Axis: Axis{Label: "average precision (AUPR)"}, Marks: []Mark{{Value: base, Text: "guessing"}}}
	intervals := false
	for _, m := range with {
		low, high := math.NaN(), math.NaN()
		if i := m.Detection.Intervals; i != nil && i.AUPR != nil {
			low, high, intervals = i.AUPR.Low, i.AUPR.High, true
		}
		r.Names, r.Values, r.Low, r.High = append(r.Names, m.Name), append(r.Values, *m.Detection.AUPR), append(r.Low, low), append(r.High, high)
		r.Hues = append(r.Hues, kindHue(m.Name))
	}
	f := &Figure{ID: b.id("labels", "aupr"), Title: "Average precision, the best first", Plot: r,
		Caption: fmt.Sprintf("n = %s, %s of them anomalous. Blue: methods over tables; orange: detectors.", plural(e.Records, "record", "records"), whole(e.Anomalous)),
		Alt:     fmt.Sprintf("%s is best, with %.3f.", with[0].Name, *with[0].Detection.AUPR)}
	if intervals {
		f.Caption += fmt.Sprintf(" Bars are 95 %% intervals of %s of pairs of addresses drawn with replacement.", plural(int64(e.Bootstrap), "sample", "samples"))
	}
	return f
}

// kindHue tells methods over tables from detectors, whose names have no dot.
func kindHue(method string) Hue {
	if strings.Contains(method, ".") {
		return First
	}
	return First + 1
}

// rocAndPR draws the curves of the methods of highest average precision.
func (b *builder) rocAndPR(e *evaluate.Evaluation, methods []evaluate.Outcome, base float64) *Figure {
	with := slices.DeleteFunc(byAUPR(methods), func(m evaluate.Outcome) bool { return len(m.Detection.Curve) == 0 })
	if len(with) == 0 {
		return nil
	}
	all := len(with)
	with = with[:min(all, curvesShown)]
	unit := Axis{Kind: Percent}
	axis := func(label string) Axis { a := unit; a.Label = label; return a }
	roc := &Lines{X: axis("false alarms: share of the benign records flagged"), Y: axis("recall: share of the anomalous flagged"), Square: true}
	pr := &Lines{X: axis("recall"), Y: axis("precision"), Square: true, Marks: []Mark{{Value: base, Text: "guessing"}}}
	for k, m := range with {
		hue := First + Hue(k)
		x, y, p, q := []float64{0}, []float64{0}, []float64{}, []float64{}
		for _, at := range m.Detection.Curve {
			x, y = append(x, at.FalseAlarm), append(y, at.Recall)
			p, q = append(p, at.Recall), append(q, at.Precision)
		}
		roc.Series = append(roc.Series, Series{Name: m.Name, X: x, Y: y, Hue: hue})
		pr.Series = append(pr.Series, Series{Name: m.Name, X: p, Y: q, Hue: hue})
	}
	f := &Figure{ID: b.id("labels", "curves"), Title: "What every threshold would give", Plot: &Panels{Columns: 2, Height: 300, Names: []string{"ROC", "Precision and recall"}, Plots: []Plot{roc, pr}},
		Caption: sentence(fmt.Sprintf("n = %s, %s anomalous", plural(e.Records, "record", "records"), whole(e.Anomalous)), fmt.Sprintf("The %d of %d methods of highest average precision. A detector, which gives few scores, has few points", len(with), all)),
		Alt:     "ROC and precision-recall curves of "}
	var names []string
	for _, m := range with {
		names = append(names, m.Name)
	}
	f.Alt += list(names) + "."
	return f
}

// detectionTable is the methods' figures against labels.
func (b *builder) detectionTable(e *evaluate.Evaluation, methods []evaluate.Outcome) *Table {
	t := &Table{ID: b.id("labels", "scores"), Title: "Methods against the labels, by record", Columns: []Head{{Name: "method"},
		{Name: "precision", Align: Right, Doc: "Share of what is flagged that is anomalous."}, {Name: "recall", Align: Right, Doc: "Share of what is anomalous that is flagged."},
		{Name: "F1", Align: Right}, {Name: "best F1", Align: Right, Doc: "With the threshold that would have been chosen had the labels been known."}, {Name: "MCC", Align: Right, Doc: "Matthews' correlation coefficient."},
		{Name: "AUROC", Align: Right}, {Name: "AUPR", Align: Right, Doc: "Average precision."}, {Name: "AUPR, 95 %", Align: Right, Doc: "Interval, by a bootstrap of pairs of addresses."},
		{Name: "recall at 1 %", Align: Right, Doc: "The highest with at most 1 % of the benign records flagged."}}}
	var ks []int64
	for _, m := range methods {
		for _, p := range m.Detection.PrecisionAt {
			if !slices.Contains(ks, p.K) {
				ks = append(ks, p.K)
			}
		}
	}
	slices.Sort(ks)
	for _, k := range ks {
		t.Columns = append(t.Columns, Head{Name: "P@" + whole(k), Align: Right, Doc: "Precision of the records of highest score."})
	}
	t.Columns = append(t.Columns, Head{Name: "right", Align: Right, Doc: "True positives."}, Head{Name: "false alarms", Align: Right}, Head{Name: "missed", Align: Right})
	t.Note = "AUROC and AUPR are of the scores, of the flags where a method has none. – is undefined."
	for _, m := range methods {
		d := m.Detection
		best, interval := Cell{Text: "–"}, Cell{Text: "–"}
		if d.Best != nil {
			best = fixed(&d.Best.F1)
		}
		if i := d.Intervals; i != nil && i.AUPR != nil {
			interval = plain(fixed(&i.AUPR.Low).Text + " to " + fixed(&i.AUPR.High).Text)
		}
		row := []Cell{b.methodCell(m.Name), fixed(d.Precision), fixed(d.Recall), fixed(d.F1), best, fixed(d.MCC), fixed(d.AUROC), fixed(d.AUPR), interval, fixed(d.RecallAt1)}
		for _, k := range ks {
			c := Cell{Text: "–"}
			for _, p := range d.PrecisionAt {
				if p.K == k {
					c = fixed(&p.Precision)
				}
			}
			row = append(row, c)
		}
		t.Add(append(row, count(d.TruePositives), count(d.FalsePositives), count(d.FalseNegatives))...)
	}
	return t
}

// tests is the table of tests against the best method; nil without any.
func (b *builder) tests(e *evaluate.Evaluation) *Table {
	if len(e.Tests) == 0 {
		return nil
	}
	t := &Table{ID: b.id("labels", "tests"), Title: "Is the best really better than " + "the others?", Columns: []Head{{Name: "method"}, {Name: "best"}, {Name: "difference", Align: Right, Doc: "Of average precision."},
		{Name: "standard error", Align: Right}, {Name: "p", Align: Right, Doc: "Two-sided."}, {Name: "p, Holm", Align: Right, Doc: "Corrected for the number of tests (Holm 1979)."}, {Name: "verdict"}},
		Note: fmt.Sprintf("In %s of pairs of addresses, the same for both methods. Not told apart: p after Holm's correction is 0.05 or more.", plural(int64(e.Bootstrap), "sample", "samples"))}
	for _, x := range e.Tests {
		verdict := "not told apart"
		if x.Holm < 0.05 {
			verdict = "worse"
		}
		t.Add(plain(x.Method), plain(x.Best), fixed(&x.Difference), fixed(&x.StdErr), num(rounded(x.P, 2)), num(rounded(x.Holm, 2)), plain(verdict))
	}
	return t
}

// clustersRight compares clusters with labels; nil if there are none.
func (b *builder) clustersRight(e *evaluate.Evaluation) *Table {
	t := &Table{ID: b.id("labels", "clusters"), Title: "Clusters against the labels, by record", Columns: []Head{{Name: "method"}, {Name: "clusters", Align: Right}, {Name: "noise", Align: Right},
		{Name: "ARI", Align: Right, Doc: "Adjusted Rand index (Hubert & Arabie 1985)."}, {Name: "AMI", Align: Right, Doc: "Adjusted mutual information (Vinh et al. 2010)."},
		{Name: "NMI", Align: Right, Doc: "Normalised mutual information."}, {Name: "homogeneity", Align: Right}, {Name: "completeness", Align: Right}, {Name: "V", Align: Right, Doc: "Harmonic mean of the two (Rosenberg & Hirschberg 2007)."}, {Name: "FM", Align: Right, Doc: "Fowlkes and Mallows' index."}},
		Note: "All are 1 if clusters and labels part the records alike; ARI and AMI are about 0 if they have nothing in common."}
	for _, m := range e.Methods {
		if k := m.Clusters; k != nil {
			t.Add(plain(m.Name), count(int64(k.Clusters)), count(k.Noise), fixed(&k.ARI), fixed(&k.AMI), fixed(&k.NMI), fixed(&k.Homogeneity), fixed(&k.Completeness), fixed(&k.V), fixed(&k.FowlkesMallows))
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}
