package evaluate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"toolkit/internal/ref"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func ptr(f float64) *float64 { return &f }

func TestEvaluate(t *testing.T) {
	rec := &Records{
		Pair:   []int32{0, 0, 1, 2, 2, 3},
		Host:   []int32{0, 0, 0, 1, 1, 1},
		Label:  []int32{2, -1, 2, 1, 3, 1},
		Labels: []string{"Unseen", "Normal", "Botnet", "  "},
	}
	views := []View{
		{Name: "a", Rule: "noise", Flagged: []bool{true, true, false, false, false, false},
			Score: []float64{3, 2, 2, 1, 0, math.NaN()}, Cluster: []int32{-1, -1, 0, 1, 1, 1}},
		{Name: "b", Flagged: []bool{true, false, true, true, false, true}},
		{Name: "c", Score: []float64{1, 0, 1, 0, 0, 0}},
		// What could not be judged isn't flagged, whatever Flagged says.
		{Name: "d", Flagged: []bool{false, true, true, false, false, false}, Score: []float64{0, math.NaN(), math.NaN(), 0, 0, 0}},
	}
	got := Evaluate(rec, views, Options{})
	// Worked out by hand. AUROC of a: positives 3 and 2 against 2, 1, 0, NaN
	// win 7.5 of 8 pairs; its thresholds 3, 2 have precisions 1 and 2/3. Of a's
	// clusters {0 1}, {2}, {3 4 5} and the labels {0 2}, {1 4}, {3 5}, 1 pair is
	// in both, 4 and 3 in one: (1 - 12/15) / (7/2 - 12/15) = 2/27.
	want := &Evaluation{
		Records: 6, Labelled: true, Anomalous: 2, Benign: DefaultBenign,
		Labels: []Label{{"Botnet", 2, true}, {"Normal", 2, false}, {Unlabelled, 2, false}},
		Methods: []Outcome{
			{Name: "a", Rule: "noise", Flagged: Counts{2, 1, 1, 0}, Unjudged: 1,
				Detection: &Detection{
					TruePositives: 1, FalsePositives: 1, FalseNegatives: 1, TrueNegatives: 3,
					Precision: ptr(0.5), Recall: ptr(0.5), F1: ptr(0.5), AUROC: ptr(7.5 / 8), AUPR: ptr((1 + 2.0/3) / 2),
					ByLabel: []LabelRecall{{"Botnet", 2, 1, 0.5}, {"Normal", 2, 0, 0}, {Unlabelled, 2, 1, 0.5}},
				},
				Clusters: &Clustering{Clusters: 2, Noise: 2, ARI: 2.0 / 27},
			},
			{Name: "b", Flagged: Counts{4, 4, 2, 0}, Detection: &Detection{
				TruePositives: 2, FalsePositives: 2, TrueNegatives: 2,
				Precision: ptr(0.5), Recall: ptr(1), F1: ptr(4.0 / 6), AUROC: ptr(0.75), AUPR: ptr(0.5),
				ByLabel: []LabelRecall{{"Botnet", 2, 2, 1}, {"Normal", 2, 2, 1}, {Unlabelled, 2, 0, 0}},
			}},
			{Name: "c", Detection: &Detection{AUROC: ptr(1), AUPR: ptr(1)}},
			{Name: "d", Unjudged: 2, Detection: &Detection{
				FalseNegatives: 2, TrueNegatives: 4,
				Recall: ptr(0), F1: ptr(0), AUROC: ptr((3*0.5 + 1 + 0 + 0 + 0 + 0.5) / 8), AUPR: ptr((1.0/4 + 2.0/6) / 2),
				ByLabel: []LabelRecall{{"Botnet", 2, 0, 0}, {"Normal", 2, 0, 0}, {Unlabelled, 2, 0, 0}},
			}},
		},
		Noise: NoiseOf(1.0 / 3), // see TestNoise
		Agreement: []Agreement{
			{"a", "b", UnitRecords, 1, 1, 3, ptr(1.0 / 5), nil},
			{"a", "b", UnitPairs, 1, 0, 3, ptr(1.0 / 4), nil},
			{"a", "b", UnitHosts, 1, 0, 1, ptr(1.0 / 2), nil},
			{"a", "d", UnitRecords, 0, 2, 0, ptr(0), nil},
			{"a", "d", UnitPairs, 0, 1, 0, ptr(0), nil},
			{"a", "d", UnitHosts, 0, 1, 0, ptr(0), nil},
			{"b", "d", UnitRecords, 0, 4, 0, ptr(0), nil},
			{"b", "d", UnitPairs, 0, 4, 0, ptr(0), nil},
			{"b", "d", UnitHosts, 0, 2, 0, ptr(0), nil},
		},
	}
	got.Methods[0].Clusters.AMI = 0 // see TestClustersAsScikitLearn
	measured := cmp.Options{        // in TestMeasuresAsScikitLearn
		cmpopts.IgnoreFields(Detection{}, "MCC", "PrecisionAt", "RecallAt1", "Best", "Curve"),
		cmpopts.IgnoreFields(Agreement{}, "Kappa"),
		cmpopts.IgnoreFields(Clustering{}, "NMI", "V", "Homogeneity", "Completeness", "FowlkesMallows"),
		cmpopts.IgnoreFields(Evaluation{}, "Ranks"),
	}
	approx := cmp.Comparer(func(a, b float64) bool { return closeTo(a, b, 1e-15) })
	if diff := cmp.Diff(want, got, approx, measured); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestNothingToCompareWith(t *testing.T) {
	flags, score, cluster := []bool{true, false, false}, []float64{1, 0, 2}, []int32{0, 0, -1}
	view := View{Name: "m", Flagged: flags, Score: score, Cluster: cluster}

	t.Run("no labels", func(t *testing.T) {
		for _, label := range [][]int32{nil, {-1, -1, -1}} {
			ev := Evaluate(&Records{Pair: []int32{0, 0, 1}, Label: label}, []View{view}, Options{})
			m := ev.Methods[0]
			if ev.Labelled || ev.Labels != nil || m.Detection != nil || m.Clusters != nil {
				t.Errorf("labels %v: compared with labels: %+v", label, m)
			}
			if m.Flagged != (Counts{Records: 1, Pairs: 1}) {
				t.Errorf("flagged %+v, want 1 record and 1 pair", m.Flagged)
			}
		}
	})
	for _, c := range []struct {
		label     string
		anomalous int64
	}{{"BENIGN", 0}, {"scan", 3}} {
		t.Run("all "+c.label, func(t *testing.T) {
			ev := Evaluate(&Records{Label: []int32{0, 0, 0}, Labels: []string{c.label}}, []View{view}, Options{})
			d := ev.Methods[0].Detection
			if ev.Anomalous != c.anomalous || d.AUROC != nil || d.AUPR != nil || d.TruePositives+d.FalsePositives != 1 {
				t.Errorf("%d anomalous, %+v", ev.Anomalous, d)
			}
			if (d.Recall == nil) != (c.anomalous == 0) {
				t.Errorf("recall %s", share(d.Recall))
			}
		})
	}
	t.Run("no flags", func(t *testing.T) {
		none := View{Name: "n", Flagged: make([]bool, 3)}
		ev := Evaluate(&Records{Label: []int32{0, 1, 1}, Labels: []string{"scan", "-"}}, []View{none, none}, Options{})
		if d := ev.Methods[0].Detection; d.Precision != nil || *d.Recall != 0 || *d.AUROC != 0.5 {
			t.Errorf("%+v", d)
		}
		if a := ev.Agreement; len(a) != 1 || a[0].Jaccard != nil {
			t.Errorf("agreement of empty sets %+v, want records only, without a Jaccard index", a)
		}
	})
	t.Run("no records", func(t *testing.T) {
		ev := Evaluate(&Records{}, []View{{Name: "m", Flagged: []bool{}, Score: []float64{}, Cluster: []int32{}}}, Options{})
		if _, err := json.Marshal(ev); err != nil || ev.Records != 0 {
			t.Errorf("%+v: %v", ev, err)
		}
	})
	t.Run("no methods", func(t *testing.T) {
		data, err := json.Marshal(Evaluate(&Records{Label: []int32{0}, Labels: []string{"x"}}, nil, Options{}))
		if err != nil || !strings.Contains(string(data), `"methods":[],"agreement":[]`) {
			t.Errorf("%s: %v", data, err)
		}
	})
}

func TestPartsOfOtherLengthPanic(t *testing.T) {
	f := func(rec *Records, v View) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("%+v, %+v: parts of different length are taken", rec, v)
			}
		}()
		Evaluate(rec, []View{v}, Options{})
	}
	three := &Records{Pair: make([]int32, 3)}
	f(three, View{Flagged: make([]bool, 2)})
	f(three, View{Score: make([]float64, 4)})
	f(three, View{Cluster: make([]int32, 0)})
	f(&Records{Pair: make([]int32, 3), Host: make([]int32, 2)}, View{})
	f(&Records{Pair: make([]int32, 3), Label: make([]int32, 4), Labels: []string{"x"}}, View{})
}

// drawRecords makes n records with labels, and two views of them, from few values.
func drawRecords(rng *rand.Rand, n int) (*Records, []View) {
	rec := &Records{Labels: []string{"scan", "Normal", "dos", "", "flow=Background"}}
	views := []View{{Name: "x"}, {Name: "y"}}
	for range n {
		pair := rng.Int32N(9)
		rec.Pair, rec.Host = append(rec.Pair, pair), append(rec.Host, pair/3)
		rec.Label = append(rec.Label, rng.Int32N(6)-1)
		for k := range views {
			v := &views[k]
			s := float64(rng.IntN(5))
			if s == 4 {
				s = math.NaN()
			}
			v.Score, v.Flagged = append(v.Score, s), append(v.Flagged, s > 2)
			v.Cluster = append(v.Cluster, rng.Int32N(4)-1)
		}
	}
	return rec, views
}

func toJSON(t testing.TB, ev *Evaluation) string {
	t.Helper()
	data, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// The order of the records and the numbers of pairs, hosts, labels and
// clusters change no byte.
func TestEvaluationInvariance(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		n := rapid.IntRange(1, 80).Draw(rt, "n")
		rec, views := drawRecords(rng, n)

		order := rng.Perm(n)
		number, label := rng.Perm(20), rng.Perm(len(rec.Labels))
		rec2 := &Records{Pair: make([]int32, n), Host: make([]int32, n), Label: make([]int32, n), Labels: make([]string, len(rec.Labels))}
		for i, p := range label {
			rec2.Labels[p] = rec.Labels[i]
		}
		for i, k := range order {
			rec2.Pair[k], rec2.Host[k] = int32(number[rec.Pair[i]]), int32(number[rec.Host[i]])
			rec2.Label[k] = -1
			if l := rec.Label[i]; l >= 0 {
				rec2.Label[k] = int32(label[l])
			}
		}
		views2 := make([]View, len(views))
		for j, v := range views {
			w := View{Name: v.Name, Flagged: make([]bool, n), Score: make([]float64, n), Cluster: make([]int32, n)}
			for i, k := range order {
				w.Flagged[k], w.Score[k], w.Cluster[k] = v.Flagged[i], v.Score[i], v.Cluster[i]
				if c := v.Cluster[i]; c >= 0 {
					w.Cluster[k] = int32(number[c])
				}
			}
			views2[j] = w
		}
		a, b := toJSON(t, Evaluate(rec, views, Options{})), toJSON(t, Evaluate(rec2, views2, Options{}))
		if a != b {
			rt.Fatalf("the records in another order, with other numbers:\n%s\n%s", a, b)
		}
	})
}

// Precision and recall of the interquartile-range alerts of the reference
// data: golden.json has them to four decimals, from pandas.
func TestReferenceAlerts(t *testing.T) {
	var alerts map[string][]int64
	ref.JSON(t, "reference/office10k/iqr_alerts.json.gz", &alerts)
	var golden struct {
		Labels map[string]map[string]float64
	}
	ref.JSON(t, "reference/office10k/golden.json", &golden)
	flows := strings.Split(strings.TrimSpace(string(ref.Read(t, "reference/office10k/flows.csv.gz"))), "\n")

	labels, err := ReadLabels(bytes.NewReader(ref.Read(t, "reference/office10k/labels.csv.gz")), "labels.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	rec := &Records{Labels: labels.Names}
	if rec.Label, err = labels.Spread(len(flows)); err != nil {
		t.Fatal(err)
	}
	pair, host := map[[2]string]int32{}, map[string]int32{}
	for _, line := range flows {
		f := strings.Split(line, ",")
		src, dst := f[3], f[5]
		if _, ok := pair[[2]string{src, dst}]; !ok {
			pair[[2]string{src, dst}] = int32(len(pair))
		}
		if _, ok := host[src]; !ok {
			host[src] = int32(len(host))
		}
		rec.Pair, rec.Host = append(rec.Pair, pair[[2]string{src, dst}]), append(rec.Host, host[src])
	}
	var compared int
	for name, records := range alerts {
		want, ok := golden.Labels["iqr_"+name]
		if !ok {
			continue
		}
		compared++
		flagged := make([]bool, len(flows))
		for _, r := range records {
			flagged[r] = true
		}
		ev := Evaluate(rec, []View{{Name: name, Flagged: flagged}}, Options{})
		if ev.Anomalous != 1595 { // the sum of golden.json's label_counts
			t.Fatalf("%d anomalous records, want 1595", ev.Anomalous)
		}
		m := ev.Methods[0]
		f := func(what string, got float64) {
			t.Helper()
			if w, ok := want[what]; !ok || !closeTo(got, w, 0.5e-4+1e-12) {
				t.Errorf("%s: %s = %v, want %v", name, what, got, w)
			}
		}
		f("flagged", float64(m.Flagged.Records))
		f("precision", *m.Detection.Precision)
		for _, l := range m.Detection.ByLabel {
			if l.Label == Unlabelled {
				f("benign_false_positive_rate", l.Recall)
			} else {
				f(l.Label, l.Recall)
			}
		}
		if len(m.Detection.ByLabel) != 8 {
			t.Errorf("%s: %d labels, want 7 and the benign", name, len(m.Detection.ByLabel))
		}
	}
	if compared != 8 {
		t.Errorf("compared %d sets of alerts, want 8", compared)
	}
}

// Taking in the views one by one, with what is read out in between, comes to
// the same.
func TestEvaluatorInSteps(t *testing.T) {
	rec, views := drawRecords(rand.New(rand.NewPCG(1, 2)), 100)
	again := views[0]
	again.Name = "z"
	views = append(views, again)
	e := New(rec, Options{})
	for i, v := range views {
		e.Add(v)
		if got, want := e.Evaluation(), Evaluate(rec, views[:i+1], Options{}); !reflect.DeepEqual(got, want) {
			t.Errorf("after %d views: %+v, want %+v", i+1, got, want)
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		rec := &Records{Labels: []string{"Normal", "scan", "dos"}}
		views := make([]View, 10)
		for range n {
			pair := rng.Int32N(int32(n / 10))
			rec.Pair, rec.Host = append(rec.Pair, pair), append(rec.Host, pair/10)
			rec.Label = append(rec.Label, max(0, rng.Int32N(100)-97))
		}
		for k := range views {
			v := &views[k]
			for range n {
				s := rng.ExpFloat64()
				v.Score, v.Flagged = append(v.Score, s), append(v.Flagged, s > 4)
				v.Cluster = append(v.Cluster, int32(s*s*20)-1)
			}
		}
		b.Run(fmt.Sprintf("methods=10/n=%dk", n/1000), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Evaluate(rec, views, Options{})
			}
		})
	}
}
