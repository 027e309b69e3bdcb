package model_test

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"toolkit/algo"
	"toolkit/datasets/synth"
	"toolkit/detect"
	"toolkit/detect/model"
	"toolkit/detect/state"
	"toolkit/features"
	"toolkit/features/scale"
	"toolkit/flow"
	"toolkit/suite"
)

func synthetic(t *testing.T, n int) *flow.Batch {
	t.Helper()
	cfg := synth.Default()
	cfg.Records = n
	whole := &flow.Batch{Hosts: new(flow.Hosts)}
	for b, err := range cfg.Source(whole.Hosts, new(flow.Labels)) {
		if err != nil {
			t.Fatal(err)
		}
		whole.AppendFrom(b, 0, b.Len())
	}
	return whole.ByTime()
}

var columns = []string{"bytes_up", "bytes_dw", "num_conns"}

// learned returns the table of b, the outcome of an algorithm on it, and the
// model as it is saved; limit is the score of the hundredth row from above.
func learned(t *testing.T, b *flow.Batch, table, name string) (*features.Table, *features.Matrix, *algo.Result, *features.Table, float64) {
	t.Helper()
	var of *features.Grouping
	for _, g := range features.Groupings(features.DefaultOptions()) {
		if g.Name == table {
			of = g
		}
	}
	builder := features.NewBuilder(of, b.Hosts)
	builder.Add(b)
	made, _ := builder.Table()
	cols := columns
	if table == "batches" {
		cols = []string{"num_entries", "count_dst_ip"}
	}
	x, _, err := made.Matrix(cols)
	if err != nil {
		t.Fatal(err)
	}
	al, err := suite.Algorithm(suite.Algorithms, name)
	if err != nil {
		t.Fatal(err)
	}
	chain := algo.NewChain(algo.NewStep(scale.Standard), algo.NewStep(al))
	res, err := algo.Fit(t.Context(), chain, x, algo.Env{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	saved := res.Model.State()
	saved.Meta["table"], saved.Meta["algorithm"] = table, name
	limit := math.NaN()
	if !al.Noise {
		sorted := slices.Sorted(slices.Values(res.Scores))
		limit = sorted[max(len(sorted)-100, len(sorted)/2)]
		saved.Meta[model.LimitKey] = strconv.FormatFloat(limit, 'g', -1, 64)
	}
	return made, x, res, saved, limit
}

func list() []*algo.Algorithm { return slices.Concat(suite.Scalers, suite.Algorithms) }

// watched runs the watcher over b in batches of that size, saving and loading
// it on the way if asked to.
func watched(t *testing.T, m *model.Model, b *flow.Batch, size int, learn, save bool) []*detect.Alert {
	t.Helper()
	w, err := m.Watcher(learn)
	if err != nil {
		t.Fatal(err)
	}
	var alerts []*detect.Alert
	report := func(a *detect.Alert) { alerts = append(alerts, a) }
	for i := 0; i < b.Len(); i += size {
		j := min(i+size, b.Len())
		w.Watch(b.Slice(i, j), report)
		w.Flush(time.Unix(0, b.Time[j-1]), report)
		if save && i/size%5 == 0 {
			to := &state.Writer{Hosts: b.Hosts}
			w.Save(to)
			if w, err = m.Watcher(learn); err != nil {
				t.Fatal(err)
			}
			from := &state.Reader{Bytes: to.Bytes, Hosts: b.Hosts}
			if w.Load(from); from.Err() != nil || len(from.Bytes) > 0 {
				t.Fatalf("loading: %v, %d bytes left", from.Err(), len(from.Bytes))
			}
		}
	}
	w.Flush(time.Time{}, report)
	return alerts
}

// The rows that are called anomalous in the stream are those that are in the
// table that the model was learned from.
func TestSameAsTable(t *testing.T) {
	b := synthetic(t, 8000)
	for _, c := range []struct{ table, algo string }{{"ip_pairs", "hbos"}, {"ip_pairs", "dbscan"}, {"batches", "hbos"}} {
		made, x, res, saved, limit := learned(t, b, c.table, c.algo)
		want := map[string]bool{}
		rows, _ := x.Dims()
		for i := range rows {
			row := int(x.TableRow(i))
			bad := res.Labels != nil && res.Labels[i] == algo.Noise
			if !math.IsNaN(limit) {
				bad = res.Scores[i] > limit
			}
			if bins := made.Column("bins"); bad && (bins == nil || made.Column("num_conns").Float(row) > 0) {
				key := made.Columns[0].String(row) + " " + made.Columns[1].String(row) + " " + made.Columns[2].String(row)
				if c.table == "batches" {
					key = made.Columns[0].String(row)
				}
				want[key] = true
			}
		}
		m, err := model.New(saved, list(), features.DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		alerts := watched(t, m, b, 4096, false, false)
		if len(alerts) != len(want) || len(want) == 0 {
			t.Errorf("%s of %s: %d alerts, want %d", c.algo, c.table, len(alerts), len(want))
		}
		for _, a := range alerts {
			if len(a.Reasons) == 0 || len(a.Records) == 0 || !slices.IsSorted(a.Records) {
				t.Fatalf("%+v", a)
			}
			for _, n := range a.Records {
				if at := b.Time[n]; at < a.Start.UnixNano() || at >= a.End.UnixNano() || a.Subject.Src.IsValid() && b.Hosts.Addr(b.Src[n]) != a.Subject.Src {
					t.Fatalf("record %d is not of %+v", n, a)
				}
			}
			if c.table == "ip_pairs" {
				found := false
				for k := range maps.Keys(want) {
					found = found || strings.HasPrefix(k, fmt.Sprintf("%s %s ", a.Subject.Src, a.Subject.Dst))
				}
				if !found {
					t.Errorf("%s of %s: %+v is not in the table", c.algo, c.table, a)
				}
			}
		}
		for _, size := range []int{1, 7} {
			if got := watched(t, m, b, size, false, size == 7); !reflect.DeepEqual(got, alerts) {
				t.Errorf("%s of %s, batches of %d: %d alerts, want %d", c.algo, c.table, size, len(got), len(alerts))
			}
		}
	}
}

// A model that learns on gives the same when it is saved on the way, and other
// alerts than one that does not.
func TestLearn(t *testing.T) {
	b := synthetic(t, 8000)
	_, _, _, saved, _ := learned(t, b.Slice(0, 2000), "ip_pairs", "loda")
	m, err := model.New(saved, list(), features.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	if !m.Updates() {
		t.Fatal("the model does not learn on")
	}
	want := watched(t, m, b, 7, true, false)
	if got := watched(t, m, b, 7, true, true); !reflect.DeepEqual(got, want) {
		t.Errorf("%d alerts, want %d", len(got), len(want))
	}
	if still := watched(t, m, b, 7, false, false); reflect.DeepEqual(still, want) {
		t.Error("learning on changes nothing")
	}
}

func TestRefused(t *testing.T) {
	b := synthetic(t, 2000)
	_, _, _, saved, _ := learned(t, b, "ip_pairs", "hbos")
	for key, c := range map[string]struct{ value, want string }{
		"table":        {"flow_tuples", "flow_tuples"},
		model.LimitKey: {"much", "want a number"},
		"chain":        {"{}", "no steps"},
	} {
		bad := *saved
		bad.Meta = maps.Clone(saved.Meta)
		bad.Meta[key] = c.value
		if _, err := model.New(&bad, list(), features.DefaultOptions()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: error %v, want one that says %s", key, c.value, err, c.want)
		}
	}
	delete(saved.Meta, model.LimitKey)
	if _, err := model.New(saved, list(), features.DefaultOptions()); err == nil || !strings.Contains(err.Error(), "learn it again") {
		t.Errorf("without a limit: %v", err)
	}
}
