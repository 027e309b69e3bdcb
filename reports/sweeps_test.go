package reports

import (
	"bytes"
	"strings"
	"testing"

	"toolkit/features"
)

func sweepTables() map[string]*features.Table {
	number := func(name string, role features.Role, v ...float64) *features.Column {
		return &features.Column{Field: features.Field{Name: name, Type: features.Float, Role: role}, Floats: v}
	}
	settings := []string{"dbscan --eps 1", "dbscan --eps 2", "hbos"}
	eps := number("eps", features.Key, 1, 2)
	eps.AppendNull()
	clusters := number("clusters", features.Outcome, 7, 3)
	clusters.AppendNull()
	return map[string]*features.Table{
		"ip_pairs": {Name: "ip_pairs", Columns: []*features.Column{number("bytes_up", features.Value, 1, 2)}},
		"ip_pairs.sweep": {Name: "ip_pairs.sweep", Columns: []*features.Column{
			features.TextColumn(features.Field{Name: "setting", Role: features.Key}, settings),
			features.TextColumn(features.Field{Name: "algorithm", Role: features.Key}, []string{"dbscan", "dbscan", "hbos"}), eps,
			features.TextColumn(features.Field{Name: "refused", Role: features.Outcome}, []string{"", "too <b>far", ""}), clusters,
			number("largest_share", features.Outcome, 0.5, 0.25, 1),
		}},
		"ip_pairs.sweep.agreement": {Name: "ip_pairs.sweep.agreement", Columns: []*features.Column{
			features.TextColumn(features.Field{Name: "a"}, settings[:1]), features.TextColumn(features.Field{Name: "b"}, settings[1:2]), number("agreement", features.Outcome, 0.75),
		}},
	}
}

// A sweep is a section of its own, and no result of an algorithm named sweep.
func TestSweeps(t *testing.T) {
	r := Build(&Input{Tables: sweepTables()})
	md := string(r.Markdown())
	for _, want := range []string{"Other parameters", "dbscan over eps", "Agreement of the settings", "dbscan --eps 2", percent(0.25)} {
		if !strings.Contains(md, want) {
			t.Errorf("the report has no %q", want)
		}
	}
	page, err := r.HTML()
	if err != nil || bytes.Contains(page, []byte("<b>far")) {
		t.Errorf("the page takes a reason as markup: %v", err)
	}
	figures := map[string]bool{}
	for _, f := range r.Figures() {
		figures[f.ID] = true
		if len(f.SVG()) == 0 {
			t.Errorf("figure %s is empty", f.ID)
		}
	}
	if !figures["ip_pairs-sweep-dbscan"] || figures["ip_pairs-sweep-hbos"] {
		t.Errorf("figures %v: want one of dbscan and none of hbos, which has no parameter", figures)
	}
}
