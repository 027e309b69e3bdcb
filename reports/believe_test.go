package reports

import (
	"strings"
	"testing"

	"toolkit/evaluate"
)

func believed(t *testing.T, e *evaluate.Evaluation) string {
	t.Helper()
	b := newBuilder(&Input{Evaluation: e})
	p := b.believe()
	if p == nil {
		t.Fatal("nothing is said")
	}
	return strings.ReplaceAll(p.Text+" "+strings.Join(p.Items, " "), nbsp, " ")
}

// With labels the method of the highest average precision is told, with what
// can't be told apart from it; where none is better than guessing, that is.
func TestBelieveLabels(t *testing.T) {
	half := 0.5
	method := func(name string, aupr, low float64, found int, quiet int64) evaluate.Outcome {
		return evaluate.Outcome{Name: name, Flagged: evaluate.Counts{Records: 10}, Detection: &evaluate.Detection{Precision: &half, Recall: &half, AUPR: &aupr,
			Intervals: &evaluate.Intervals{AUPR: &evaluate.Interval{Low: low, High: aupr + .1}}, Events: &evaluate.Events{Found: found, Of: 3, QuietWindows: 100, FalseWindows: quiet}}}
	}
	e := &evaluate.Evaluation{Records: 100, Labelled: true, Anomalous: 10, Methods: []evaluate.Outcome{method("a", .3, .2, 3, 9), method("b", .7, .5, 1, 0), method("c", .6, .4, 3, 5)},
		Tests: []evaluate.Test{{Method: "a", Best: "b", Holm: .01}, {Method: "c", Best: "b", Holm: .4}}}
	got := believed(t, e)
	for _, want := range []string{"To choose what to look at first: b ranks the records best, with an average precision of 0.7 (95 %: 0.5 to 0.8), where guessing has 0.1.", "50 % are anomalous", "Not told apart from it, beyond chance: c (", "c finds 3 of 3, with false alarms in 5 %", "b finds 1"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if strings.Contains(got, "None:") || strings.Contains(got, "learned") {
		t.Errorf("a good method is not believed: %s", got)
	}
	e.Methods[1].Learned = true
	if got := believed(t, e); !strings.Contains(got, "b has learned from the labels") || !strings.Contains(got, "Of those that have not, c ranks the records best, with 0.6.") {
		t.Errorf("what has learned from labels is praised like the others: %s", got)
	}
	poor := &evaluate.Evaluation{Records: 100, Labelled: true, Anomalous: 10, Methods: []evaluate.Outcome{method("a", .12, .05, 0, 9), method("b", .11, .02, 0, 0)}}
	if got := believed(t, poor); !strings.Contains(got, "None: no method is shown to be better than guessing by the 10 records") {
		t.Errorf("a poor method is believed: %s", got)
	}
}

// A method that is right nearly each time is named beside one that ranks
// better: the two are of different use.
func TestBelieveAlarms(t *testing.T) {
	method := func(name string, aupr, precision, recall float64, records, right int64) evaluate.Outcome {
		return evaluate.Outcome{Name: name, Flagged: evaluate.Counts{Records: records}, Detection: &evaluate.Detection{TruePositives: right, Precision: &precision, Recall: &recall, AUPR: &aupr}}
	}
	e := &evaluate.Evaluation{Records: 1000, Labelled: true, Anomalous: 400, Methods: []evaluate.Outcome{
		method("kmeans", .9, .4, .5, 500, 200), method("few", .5, 1, .01, 4, 4), method("ports", .6, 1, .1, 40, 40), method("scan", .8, .95, .19, 80, 76)}}
	got := believed(t, e)
	for _, want := range []string{"kmeans ranks the records best", "To raise alarms: scan: of the 80 records that it flags 95 % are anomalous, 19 % of those that are. Right in nine of ten, too: ports (10 % of the anomalous records)."} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if strings.Contains(got, "few") {
		t.Errorf("four records make a method precise: %s", got)
	}
}

// Without labels, methods over the same table do not speak for each other.
func TestBelieveAgreement(t *testing.T) {
	k := func(v float64) *float64 { return &v }
	e := &evaluate.Evaluation{Records: 100}
	for _, name := range []string{"x.a", "x.b", "y.c", "scan"} {
		e.Methods = append(e.Methods, evaluate.Outcome{Name: name, Flagged: evaluate.Counts{Records: 5, Hosts: 2}})
	}
	for _, a := range []evaluate.Agreement{{A: "x.a", B: "x.b", Kappa: k(1)}, {A: "x.a", B: "y.c", Kappa: k(.1)}, {A: "x.b", B: "y.c", Kappa: k(.2)}, {A: "y.c", B: "scan", Kappa: k(.9)}, {A: "x.a", B: "scan", Kappa: k(0)}, {A: "x.b", B: "scan", Kappa: k(.1)}} {
		a.Unit = evaluate.UnitPairs
		e.Agreement = append(e.Agreement, a)
	}
	// y.c: (0.1 + 0.2 + 0.9) / 3 = 0.4, scan: (0.9 + 0 + 0.1) / 3, x.b: 0.15, x.a: 0.05; the 1 of x.a and x.b does not count.
	if got := believed(t, e); !strings.Contains(got, "y.c agrees most") || !strings.Contains(got, "kappa 0.40") || !strings.Contains(got, "scan (0.33), x.b (0.15) and x.a (0.05)") {
		t.Error(got)
	}
}
