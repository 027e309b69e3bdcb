package detect

import "toolkit/features"

// A Count is how many records and how many subjects in windows a detector
// accuses with a choice of features, or by findings of a kind.
type Count struct {
	Detector   string `json:"detector"`
	Features   string `json:"features"` // or the kind of the findings
	WindowMode string `json:"window_mode"`
	Alerts     int64  `json:"alerts"`   // records, which is what the seed counted
	Findings   int64  `json:"findings"` // rows of the table of alerts
}

// CountsTable returns counts as a table.
func CountsTable(counts []Count) *features.Table {
	text := func(name, doc string, of func(Count) string) *features.Column {
		var v []string
		for _, c := range counts {
			v = append(v, of(c))
		}
		return features.TextColumn(features.Field{Name: name, Role: features.Key, Doc: doc}, v)
	}
	number := func(name, doc string, of func(Count) int64) *features.Column {
		col := &features.Column{Field: features.Field{Name: name, Unit: features.Count, Role: features.Outcome, Doc: doc}}
		for _, c := range counts {
			col.Ints = append(col.Ints, of(c))
		}
		return col
	}
	return &features.Table{Name: "alert_counts", Columns: []*features.Column{
		text("detector", "What raised the alerts.", func(c Count) string { return c.Detector }),
		text("features", "Features that subjects were judged by, or the kind of the findings.", func(c Count) string { return c.Features }),
		text("window_mode", "How windows were cut; seed: as the seed did, with its faults.", func(c Count) string { return c.WindowMode }),
		number("alerts", "Records accused.", func(c Count) int64 { return c.Alerts }),
		number("findings", "Subjects accused, each once a window.", func(c Count) int64 { return c.Findings }),
	}}
}
