package detect

import (
	"cmp"
	"slices"

	"toolkit/features"
)

// Table returns alerts as a table, sorted by start, detector and subject. A
// part of a subject that doesn't matter is null.
func Table(alerts []*Alert) *features.Table {
	alerts = slices.Clone(alerts)
	slices.SortStableFunc(alerts, func(a, b *Alert) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Detector, b.Detector),
			a.Subject.Src.Compare(b.Subject.Src), a.Subject.Dst.Compare(b.Subject.Dst),
			cmp.Compare(a.Subject.DstPort, b.Subject.DstPort), cmp.Compare(a.Kind, b.Kind))
	})
	text := func(name, doc string, of func(*Alert) string) *features.Column {
		v := make([]string, len(alerts))
		for i, a := range alerts {
			v[i] = of(a)
		}
		c := features.TextColumn(features.Field{Name: name, Role: features.Key, Doc: doc}, v)
		for i, s := range v {
			if s == "" {
				if c.Null == nil {
					c.Null = make([]bool, len(v))
				}
				c.Null[i] = true
			}
		}
		return c
	}
	number := func(name string, typ features.Type, role features.Role, doc string, of func(*Alert) int64) *features.Column {
		c := &features.Column{Field: features.Field{Name: name, Type: typ, Role: role, Doc: doc}}
		for _, a := range alerts {
			c.Ints = append(c.Ints, of(a))
		}
		return c
	}
	port := number("dst_port", features.Int, features.Key, "Destination port.", func(a *Alert) int64 { return int64(a.Subject.DstPort) })
	for i, p := range port.Ints {
		if p == 0 {
			if port.Null == nil {
				port.Null = make([]bool, len(alerts))
			}
			port.Null[i] = true
		}
	}
	score := &features.Column{Field: features.Field{Name: "score", Type: features.Float, Role: features.Outcome, Doc: "In units of the detector; the higher, the stranger."}}
	records := &features.Column{Field: features.Field{Name: "records", Type: features.List, Role: features.Outcome, Doc: "Numbers of the records concerned."},
		Items: []*features.Column{{Field: features.Field{Name: "item", Type: features.Int}}}}
	for _, a := range alerts {
		score.Floats = append(score.Floats, a.Score)
		records.Items[0].Ints = append(records.Items[0].Ints, a.Records...)
		records.Ends = append(records.Ends, int32(len(records.Items[0].Ints)))
	}
	return &features.Table{Name: "alerts", Columns: []*features.Column{
		text("detector", "What raised the alert.", func(a *Alert) string { return a.Detector }),
		text("kind", "Which of the detector's findings it is.", func(a *Alert) string { return a.Kind }),
		number("start", features.Time, features.Key, "When the window begins.", func(a *Alert) int64 { return a.Start.UnixMicro() }),
		number("end", features.Time, features.Key, "When the window ends.", func(a *Alert) int64 { return a.End.UnixMicro() }),
		text("src_ip", "Source address.", func(a *Alert) string {
			if !a.Subject.Src.IsValid() {
				return ""
			}
			return a.Subject.Src.String()
		}),
		text("dst_ip", "Destination address.", func(a *Alert) string {
			if !a.Subject.Dst.IsValid() {
				return ""
			}
			return a.Subject.Dst.String()
		}),
		port,
		score,
		number("num_records", features.Int, features.Outcome, "How many records are concerned.", func(a *Alert) int64 { return int64(len(a.Records)) }),
		reasonsColumn(alerts), records,
	}}
}
