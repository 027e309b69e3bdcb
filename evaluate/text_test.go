package evaluate

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func ExampleWriteText() {
	rec := &Records{
		Pair:   []int32{0, 0, 1, 2, 2, 3, 3, 3},
		Host:   []int32{0, 0, 0, 1, 1, 2, 2, 2},
		Label:  []int32{0, 0, 1, -1, -1, -1, -1, -1},
		Labels: []string{"port_scan", "exfiltration"},
	}
	views := []View{
		{Name: "iqr", Rule: "records of alerts", Flagged: []bool{true, false, false, true, false, false, false, false}},
		{Name: "flow_tuples.dbscan", Rule: "noise",
			Flagged: []bool{true, true, false, false, false, false, false, false},
			Cluster: []int32{-1, -1, 0, 1, 1, 1, 1, 1}},
		{Name: "flow_tuples.hbos", Rule: "the highest scores, 2 % of the rows",
			Flagged: []bool{false, false, true, false, false, false, false, false},
			Score:   []float64{2, 3, 9, 1, 1, 2, 0, 1}},
	}
	ev := Evaluate(rec, views, Options{})
	ev.Conflicts = []Conflict{{Table: "flow_tuples", Columns: []string{"num_conns", "time_flow"}, Methods: []string{"flow_tuples.dbscan", "flow_tuples.hbos"}, Mixed: 4, Errors: 1, Judged: 8}}
	ev.Methods[1].Internal = []Figure{{Silhouette, 0.75}, {CalinskiHarabasz, 1234}}
	ev.Stability = []Stability{{Method: "flow_tuples.dbscan", Over: OverWindows, Times: 2, Labels: &Spread{0.5, 0.25}, Flagged: &Spread{0.75, 0.5}}}
	if err := WriteText(os.Stdout, ev); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 8 records, 3 of them anomalous (37.50 %)
	//
	// Flagged by each method
	//     method              records  pairs  hosts   prec.  recall      F1   AUROC    AUPR
	//  1  iqr                       2      2      2  0.5000  0.3333  0.4000  0.5667  0.4167
	//  2  flow_tuples.dbscan        2      1      1  1.0000  0.6667  0.8000  0.8333  0.7917
	//  3  flow_tuples.hbos          1      1      1  1.0000  0.3333  0.5000  0.9667  0.9167
	//
	// What each method flags
	//  1  records of alerts
	//  2  noise
	//  3  the highest scores, 2 % of the rows
	//
	// Against labels: interval of AUPR; p that it equals the best one's; recall with 1 % of benign records
	// flagged; attacks found, median delay of the first alert; windows without attack that have an alert
	//     method                 MCC  AUPR, 95 %  p  recall@1%  attacks  delay  false windows
	//  1  iqr                 0.1491           -  -          -        -      -              -
	//  2  flow_tuples.dbscan  0.7454           -  -          -        -      -              -
	//  3  flow_tuples.hbos    0.4880           -  -     0.6667        -      -              -
	//
	// Share of each label's records that are flagged, by method (* benign: false alarms)
	// label           records      1      2      3
	//   port_scan           2  0.500  1.000  0.000
	//   exfiltration        1  0.000  0.000  1.000
	// * (none)              5  0.200  0.000  0.000
	//
	// How far the labels allow one to be right
	// Guessing has an AUPR of 0.3750, the share of anomalous records. Were one in 100 of the labels wrong,
	// at random, a method that is always right would seem to have a precision of 0.990 and a recall of
	// 0.983: figures above that, and smaller differences, are within such noise.
	// Records of rows that are equal in all columns are the same to a method. Where they have both kinds
	// of label, any method over these columns is wrong on some:
	// table        columns  methods  records of such rows  at least wrong
	// flow_tuples        2        2                     4               1
	//
	// Clusters against labels
	//     method              clusters  noise     ARI     AMI     NMI       V  homog.  complete.
	//  2  flow_tuples.dbscan         2      2  1.0000  1.0000  1.0000  1.0000  1.0000     1.0000
	//
	// Clusters by the rows alone: silhouettes and DBCV from -1 to 1; all the higher the better but
	// Davies-Bouldin
	//     method              silhouette  simplified  Caliński-H.  Davies-B.  DBCV
	//  2  flow_tuples.dbscan        0.75           -         1234          -     -
	//
	// Agreement of methods in records (Jaccard index)
	//     method                   2       3
	//  1  iqr                 0.3333  0.0000
	//  2  flow_tuples.dbscan          0.0000
	//
	// How far results hold, made again with other seeds, of subsamples, of single windows of time: labels
	// (adjusted Rand index), else scores (rank correlation); what is flagged (Jaccard index); means
	//     method              seeds  flagged  subsamples  flagged  windows  flagged
	//  2  flow_tuples.dbscan      -        -           -        -    0.500    0.750
}

// methodsAndLabels makes an evaluation with names as long as real ones.
func methodsAndLabels(methods, labels int) *Evaluation {
	rng := rand.New(rand.NewPCG(4, 2))
	rec := &Records{}
	for k := range labels {
		rec.Labels = append(rec.Labels, fmt.Sprintf("flow=From-Botnet-V%d-UDP-Attempt-\x1b[31mDNS", k))
	}
	rec.Labels = append(rec.Labels, "flow=Background-Established-cmpgw-CVUT")
	for range 2000 {
		rec.Pair = append(rec.Pair, rng.Int32N(100))
		rec.Label = append(rec.Label, rng.Int32N(int32(labels+1)))
	}
	var views []View
	for m := range methods {
		v := View{Name: fmt.Sprintf("flow_tuples.some_method_with_a_name_%d", m), Rule: strings.Repeat("rows above the threshold ", 9)}
		for range 2000 {
			v.Flagged = append(v.Flagged, rng.IntN(5) == 0)
			v.Cluster = append(v.Cluster, rng.Int32N(9)-1)
		}
		views = append(views, v)
	}
	return Evaluate(rec, views, Options{})
}

func TestTextStaysWithinATerminal(t *testing.T) {
	for _, methods := range []int{0, 1, 2, 8, 9, 21} {
		ev := methodsAndLabels(methods, 45)
		// The widest numbers there may be.
		for i := range ev.Methods {
			ev.Methods[i].Flagged = Counts{999_999_999, 9_999_999, 999_999, 0}
		}
		var out strings.Builder
		if err := WriteText(&out, ev); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(out.String(), "\n") {
			if n := utf8.RuneCountInString(line); n > textWidth || strings.HasSuffix(line, " ") {
				t.Errorf("%d methods: %d columns: %q", methods, n, line)
			}
			if strings.ContainsFunc(line, unicode.IsControl) {
				t.Errorf("%d methods: control characters: %q", methods, line)
			}
		}
		if !strings.Contains(out.String(), "2,000 records") {
			t.Errorf("%d methods: no heading:\n%s", methods, out.String())
		}
		// Each two methods have one index.
		if _, table, ok := strings.Cut(out.String(), "(Jaccard index)\n"); ok != (methods > 1) || strings.Count(table, "0.") != methods*(methods-1)/2 {
			t.Errorf("%d methods: agreement\n%s", methods, table)
		}
	}
}

func TestTextOfUndefinedFigures(t *testing.T) {
	f := func(ev *Evaluation, want string) {
		t.Helper()
		var out strings.Builder
		if err := WriteText(&out, ev); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) || strings.Contains(out.String(), "NaN") {
			t.Errorf("want %q in\n%s", want, out.String())
		}
	}
	v := []View{{Name: "m", Flagged: make([]bool, 2)}}
	f(Evaluate(&Records{}, nil, Options{}), "0 records, without labels")
	f(Evaluate(&Records{Pair: make([]int32, 2)}, v, Options{}), "without labels")
	f(Evaluate(&Records{Label: make([]int32, 2), Labels: []string{"Normal"}}, v, Options{}), "all benign")
	f(Evaluate(&Records{Label: make([]int32, 2), Labels: []string{"dos"}}, v, Options{}), "all anomalous")
}

func TestWriteTextReportsTheWritersError(t *testing.T) {
	if err := WriteText(brokenWriter{}, methodsAndLabels(2, 2)); !errors.Is(err, errBroken) {
		t.Errorf("error %v, want %v", err, errBroken)
	}
}

var errBroken = errors.New("broken pipe")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWhole(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -123: "-123"} {
		if got := whole(n); got != want {
			t.Errorf("whole(%d) = %s, want %s", n, got, want)
		}
	}
}
