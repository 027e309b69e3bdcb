package reports

import (
	"testing"

	"toolkit/features"
)

// Each table that is drawn as a curve is, with what it has, and one that lacks
// what it is drawn over is left out.
func TestCurves(t *testing.T) {
	number := func(name string, v ...float64) *features.Column {
		return &features.Column{Field: features.Field{Name: name, Type: features.Float}, Floats: v}
	}
	label := &features.Column{Field: features.Field{Name: "label", Type: features.Int}, Ints: []int64{0, -1, 0}}
	tables := map[string]*features.Table{
		"ip_pairs":                 {Columns: []*features.Column{number("bytes_up", 1, 2, 3)}},
		"ip_pairs.dbscan":          {Columns: []*features.Column{label}},
		"ip_pairs.optics":          {Columns: []*features.Column{label}},
		"ip_pairs.ward":            {Columns: []*features.Column{label}},
		"ip_pairs.dbscan.epssweep": {Columns: []*features.Column{number("eps", 1, 2), number("clusters", 3, 1), number("noise_share", 0.5, 0)}},
	}
	reachability := number("reachability")
	reachability.AppendNull() // of the first
	reachability.AppendFloat(1e-6)
	reachability.AppendFloat(10)
	tables["ip_pairs.optics.reachability"] = &features.Table{Columns: []*features.Column{number("place", 0, 1, 2), reachability}}
	tables["ip_pairs.ward.dendrogram"] = &features.Table{Columns: []*features.Column{number("height", 3, 2)}}
	got := map[string]bool{}
	for _, f := range Build(&Input{Tables: tables}).Figures() {
		got[f.ID] = len(f.SVG()) > 0
	}
	for id, want := range map[string]bool{"ip_pairs-dbscan-epssweep": true, "ip_pairs-optics-reachability": true, "ip_pairs-ward-dendrogram": false} {
		if got[id] != want {
			t.Errorf("figure %s: %v, want %v (of %v)", id, got[id], want, got)
		}
	}
}
