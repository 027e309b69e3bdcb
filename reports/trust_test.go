package reports

import (
	"strings"
	"testing"

	"toolkit/features"
)

// The host of the highest trust comes first, with those that have the largest
// shares in it, and nobody is certain but at 1.
func TestTrust(t *testing.T) {
	number := func(name string, v ...float64) *features.Column {
		return &features.Column{Field: features.Field{Name: name, Type: features.Float}, Floats: v}
	}
	in := &Input{Tables: map[string]*features.Table{
		"trust": {Name: "trust", Meta: map[string]string{"rule": "trust of at least 0.9"}, Columns: []*features.Column{
			number("trust", 0.1, 0.95, 0), {Field: features.Field{Name: "anomaly", Type: features.Bool}, Ints: []int64{0, 1, 0}},
			number("share_scan", 0.5, 0.25, 0), number("share_iqr", 0.5, 0.75, 0)}},
		"trust_hosts": {Name: "trust_hosts", Meta: map[string]string{}, Columns: []*features.Column{
			features.TextColumn(features.Field{Name: "ip"}, []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}),
			number("trust", 0.1, 0.999999, 0), number("num_conns", 7, 9, 1), number("anomalies", 0, 4, 0),
			number("share_scan", 0.5, 0.02, 0), number("share_iqr", 0.5, 0.98, 0)}},
		"trust_reliability": {Name: "trust_reliability", Meta: map[string]string{}, Columns: []*features.Column{
			number("mean", 0.05, 0.95), number("observed", 0, 1), number("records", 2, 1)}},
	}}
	b := newBuilder(in)
	p := b.trustSummary()
	if p == nil || len(p.Items) != 2 || !strings.HasPrefix(p.Items[0], "10.0.0.2: trust 0.9999, 4 of 9 records flagged (iqr 98") {
		t.Fatalf("summary %+v", p)
	}
	s := b.trust()
	if s == nil || len(s.Figures) != 2 || len(s.Tables) != 1 || len(s.Tables[0].Rows) != 2 {
		t.Fatalf("section %+v", s)
	}
	if s.Facts[0].Value != "1" || !strings.Contains(s.Text[0].Text, "trust of at least 0.9") {
		t.Errorf("facts %+v, text %q", s.Facts, s.Text[0].Text)
	}
	if bars := s.Figures[1].Plot.(*Bars); bars.Names[0] != "iqr" || bars.Values[0] != 0.75 {
		t.Errorf("shares %v %v", bars.Names, bars.Values)
	}
	if newBuilder(&Input{}).trust() != nil {
		t.Error("a section without trust")
	}
}
