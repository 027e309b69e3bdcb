package detect_test

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/features"
)

// Reasons are read back as they were, of categories too, from a file of alerts
// (all but their weights) and from a state.
func TestReasonsAreKept(t *testing.T) {
	alerts := []*detect.Alert{
		{Start: time.Unix(1, 0), Reasons: []algo.Reason{
			{Column: "bytes", Value: 7, Low: math.Inf(-1), High: 5, Weight: 0.75},
			{Column: "state=reset", Value: 3, Low: math.Inf(-1), High: math.Inf(1), Weight: 0.25, Of: 75566},
		}},
		{Start: time.Unix(2, 0), Reasons: []algo.Reason{{Column: "hours", Value: 0, Low: 1, High: math.Inf(1)}}},
	}
	var file bytes.Buffer
	if err := detect.Table(alerts).WriteArrow(&file); err != nil {
		t.Fatal(err)
	}
	table, err := features.ReadArrow(bytes.NewReader(file.Bytes()), int64(file.Len()), "alerts")
	if err != nil {
		t.Fatal(err)
	}
	reasons := detect.ReasonsOf(table)
	for i, a := range alerts {
		var w state.Writer
		detect.SaveReasons(&w, a.Reasons)
		r := &state.Reader{Bytes: w.Bytes}
		if got := detect.LoadReasons(r); r.Err() != nil || !reflect.DeepEqual(got, a.Reasons) {
			t.Errorf("state of alert %d: %v, %v, want %v", i, got, r.Err(), a.Reasons)
		}
		want := slices.Clone(a.Reasons)
		for k := range want {
			want[k].Weight = 0
		}
		if got := reasons(i); !reflect.DeepEqual(got, want) {
			t.Errorf("file's alert %d: %v, want %v", i, got, want)
		}
	}
}

// Files of alerts by earlier versions have no column of samples; those by others
// may have any columns.
func TestReasonsOfOtherTables(t *testing.T) {
	table := detect.Table([]*detect.Alert{{Reasons: []algo.Reason{{Column: "bytes", Value: 7, High: 5}}}})
	c := table.Column("reasons")
	c.Items = c.Items[:4]
	if got := detect.ReasonsOf(table)(0); len(got) != 1 || got[0] != (algo.Reason{Column: "bytes", Value: 7, High: 5}) {
		t.Errorf("%v without samples", got)
	}
	c.Items[3] = features.TextColumn(features.Field{Name: "high"}, []string{"5"})
	if got := detect.ReasonsOf(table)(0); got != nil {
		t.Errorf("%v of text", got)
	}
}
