package reports

import (
	"math"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/features"
)

// small is a table of five tuples of two sources; row 3 stands out in a, row 4
// in nothing. Two methods judge it: a score, and flags alone.
func small() *Input {
	t := maker{&features.Table{Name: "flow_tuples"}}
	score := maker{&features.Table{Name: "flow_tuples.hbos", Meta: map[string]string{"features": "a,num_conns"}}}
	flags := maker{&features.Table{Name: "flow_tuples.dbscan", Meta: map[string]string{"features": "a"}}}
	for i, src := range []string{"10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.2"} {
		t.text("src_ip", src)
		t.text("dst_ip", "10.0.0.9")
		t.int("a", features.Count, []int64{1, 2, 1, 900, 2}[i])
		t.int("num_conns", features.Count, []int64{10, 10, 10, 5, 65}[i])
		score.float("score", []float64{1, 2, 2, 9, math.NaN()}[i])
		score.bool("anomaly", i == 3 || i == 2)
		flags.bool("anomaly", i == 3)
	}
	return &Input{Tables: map[string]*features.Table{"flow_tuples": t.Table, "flow_tuples.hbos": score.Table, "flow_tuples.dbscan": flags.Table}}
}

func TestRanking(t *testing.T) {
	k := newBuilder(small()).ranking("flow_tuples")
	// Of four scores 1, 2, 2, 9: ranks 1/8, 1/2, 1/2, 7/8. Of five flags, one
	// set: 2/5 and 9/10. The fifth row has no score: its flag alone counts.
	want := []float64{(.125 + .4) / 2, (.5 + .4) / 2, (.5 + .4) / 2, (.875 + .9) / 2, .4}
	for i, w := range want {
		if math.Abs(k.mean[i]-w) > 1e-15 {
			t.Errorf("row %d: mean %v, want %v", i, k.mean[i], w)
		}
	}
	if !slices.Equal(k.flags, []uint8{0, 0, 1, 2, 0}) {
		t.Errorf("flags %v", k.flags)
	}
	if got := k.strangest(9, nil); !slices.Equal(got, []int{3, 2, 1, 4, 0}) {
		t.Errorf("order %v", got)
	}
	if got := k.strangest(9, func(i int) string { return []string{"x", "x", "y", "y", "x"}[i] }); !slices.Equal(got, []int{3, 1}) {
		t.Errorf("order of groups %v", got)
	}
}

// Hosts go by the mean of their shares in what each method flags: dbscan flags
// 5 records, all of .2; hbos flags 15, 5 of them of .2.
func TestHosts(t *testing.T) {
	hosts := newBuilder(small()).hosts
	if len(hosts) != 2 || hosts[0].name != "10.0.0.2" || hosts[0].records != 70 ||
		math.Abs(hosts[0].share-(1+1.0/3)/2) > 1e-15 || math.Abs(hosts[1].share-(2.0/3)/2) > 1e-15 {
		t.Errorf("hosts %+v %+v", hosts[0], hosts[1])
	}
}

// Reasons are those of the methods that flag the row, said with what is
// common; ordinary values are not reasons while there are others.
func TestWhy(t *testing.T) {
	in := small()
	asked := map[string]bool{}
	in.Explain = func(table, algorithm string, row int) []algo.Reason {
		asked[algorithm] = true
		if algorithm == "dbscan" {
			return nil
		}
		return []algo.Reason{{Column: "num_conns", Weight: .6, Value: -1}, {Column: "a", Weight: .4, Value: -1}}
	}
	// num_conns is 5, 10, 10, 10, 65: with five samples the least is the 1st
	// percentile and the greatest the 99th, so nothing is beyond; each fifth
	// of the samples is too much to be rare.
	f := func(row int, want string) {
		t.Helper()
		if got := newBuilder(in).why("flow_tuples", row); got != want {
			t.Errorf("row %d: %q, want %q", row, got, want)
		}
	}
	f(3, "num_conns 5 (median 10); a 900 (median 2)")
	if !asked["dbscan"] || !asked["hbos"] {
		t.Error("not all methods that flag the row were asked")
	}
	// Among many samples the value of a is far out.
	tt := in.Tables["flow_tuples"]
	w := &features.Column{Field: features.Field{Name: "bins", Type: features.Int, Role: features.Weight}, Ints: []int64{500, 500, 500, 1, 500}}
	tt.Columns = append(tt.Columns, w)
	f(3, "num_conns 5, where 99\u00a0% have at least 10; a 900, where 99\u00a0% have at most 2")
	in.Explain = func(string, string, int) []algo.Reason {
		return []algo.Reason{{Column: "pc9", Value: 3, High: 2, Weight: 1}}
	}
	f(3, "a 900, where 99\u00a0% have at most 2; num_conns 5, where 99\u00a0% have at least 10")
	in.Explain = nil
	f(3, "a 900, where 99\u00a0% have at most 2; num_conns 5, where 99\u00a0% have at least 10")
	f(0, "")
}
