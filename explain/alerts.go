package explain

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/features"
	"toolkit/internal/prose"
)

// Alerts are those of a detector, of one kind, that concern a subject.
type Alerts struct {
	Detector   string    `json:"detector"`
	Kind       string    `json:"kind,omitempty"`
	Against    bool      `json:"against,omitempty"` // the subject is the destination, and no source is accused with it
	Alerts     int       `json:"alerts"`
	Records    int       `json:"records"` // each once
	First      time.Time `json:"first"`
	Last       time.Time `json:"last"`
	Percentile Number    `json:"percentile"` // share of the addresses that have fewer of these alerts, and half of those with as many; null unless of a host
	Trust      Number    `json:"share_of_trust"`
	Worst      *Alert    `json:"worst"` // that of the highest score
}

// An Alert is one of alerts.arrow.
type Alert struct {
	Alert      int       `json:"alert"` // its row
	Start      time.Time `json:"start"`
	End        time.Time `json:"end"`
	Src        string    `json:"src,omitempty"`
	Dst        string    `json:"dst,omitempty"`
	Port       int64     `json:"dst_port,omitempty"`
	Score      Number    `json:"score"`
	Percentile Number    `json:"percentile"` // share of the detector's alerts of the kind with a lower score, and half of those equal
	OfKind     int       `json:"alerts_of_kind"`
	Records    int       `json:"records"`
	Reasons    []*Reason `json:"reasons"`
}

func microseconds(us int64) time.Time { return time.UnixMicro(us).UTC() }

// alertColumns are the columns of alerts.arrow; nil if one is not there.
type alertColumns struct {
	t                        *features.Table
	detector, kind, src, dst *features.Column
	start, end, port, score  *features.Column
	records                  *features.Column
	reasons                  func(i int) []algo.Reason
}

func (o *Outputs) alertColumns() *alertColumns {
	t := o.Tables[alertsTable]
	if t == nil {
		return nil
	}
	c := &alertColumns{
		t: t, detector: text(t, "detector"), kind: text(t, "kind"), src: text(t, "src_ip"), dst: text(t, "dst_ip"),
		start: moments(t, "start"), end: moments(t, "end"), port: numeric(t, "dst_port"), score: numeric(t, scoreColumn),
		records: t.Column("records"), reasons: detect.ReasonsOf(t),
	}
	for _, col := range []*features.Column{c.detector, c.kind, c.src, c.dst, c.start, c.end, c.port, c.score, c.records} {
		if col == nil {
			return nil
		}
	}
	return c
}

// group is what alerts of the same detector and kind go by.
func (c *alertColumns) group(i int) string { return c.detector.String(i) + "\x00" + c.kind.String(i) }

// concern tells whether alert i concerns the subject, as the one accused or
// as the one that suffers.
func (c *alertColumns) concern(i int, s *Subject, shared map[int64]bool) (concerns, against bool) {
	src, dst := c.src.String(i), c.dst.String(i)
	switch s.Kind {
	case AlertKind:
		return i == *s.Alert || slices.ContainsFunc(lists(c.records, i), func(r int64) bool { return shared[r] }), false
	case PairKind:
		return src == s.Src && dst == s.Dst, false
	}
	return src == s.Src || dst == s.Src, src != s.Src
}

// alerts returns those that concern the subject, the most records first; of an
// alert, itself first and then those that share records with it.
func (o *Outputs) alerts(s *Subject) []*Alerts {
	c := o.alertColumns()
	if c == nil {
		return nil
	}
	shared := map[int64]bool{}
	if s.Kind == AlertKind {
		for _, r := range lists(c.records, *s.Alert) {
			shared[r] = true
		}
	}
	type key struct {
		group   string
		against bool
		itself  bool
	}
	groups := map[key]*Alerts{}
	seen := map[key]map[int64]bool{}
	worst := map[key]int{}
	for i := range c.t.Len() {
		concerns, against := c.concern(i, s, shared)
		if !concerns {
			continue
		}
		k := key{c.group(i), against, s.Kind == AlertKind && i == *s.Alert}
		g := groups[k]
		if g == nil {
			g = &Alerts{Detector: c.detector.String(i), Kind: c.kind.String(i), Against: against, Percentile: nan, Trust: nan,
				First: microseconds(c.start.Ints[i]), Last: microseconds(c.end.Ints[i])}
			groups[k], seen[k], worst[k] = g, map[int64]bool{}, i
		}
		g.Alerts++
		for _, r := range lists(c.records, i) {
			seen[k][r] = true
		}
		if at := microseconds(c.start.Ints[i]); at.Before(g.First) {
			g.First = at
		}
		if at := microseconds(c.end.Ints[i]); at.After(g.Last) {
			g.Last = at
		}
		if c.score.Float(i) > c.score.Float(worst[k]) {
			worst[k] = i
		}
	}
	var keys []key
	for k, g := range groups {
		g.Records = len(seen[k])
		g.Worst = o.alert(c, worst[k])
		if s.Kind == HostKind {
			g.Percentile = Number(o.hostRank(c, k.group, k.against, s.Src))
		}
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		x, y := groups[a], groups[b]
		return cmp.Or(first(b.itself)-first(a.itself), first(a.against)-first(b.against), cmp.Compare(y.Records, x.Records), cmp.Compare(a.group, b.group))
	})
	var out []*Alerts
	for _, k := range keys {
		out = append(out, groups[k])
	}
	return out
}

func first(b bool) int {
	if b {
		return 1
	}
	return 0
}

// hostRank returns the share of all addresses that have fewer alerts of a
// group than host, and half of those with as many.
func (o *Outputs) hostRank(c *alertColumns, group string, against bool, host string) float64 {
	counts := map[string]int{}
	for i := range c.t.Len() {
		if c.group(i) != group {
			continue
		}
		name := c.src.String(i)
		if against {
			name = c.dst.String(i)
		}
		counts[name]++
	}
	hosts := map[string]bool{}
	for _, end := range o.ends() {
		for _, s := range end.Dict {
			hosts[s] = true
		}
	}
	delete(hosts, "")
	var below, equal float64
	for name := range hosts {
		switch n := counts[name]; {
		case n < counts[host]:
			below++
		case n == counts[host]:
			equal++
		}
	}
	return (below + equal/2) / float64(len(hosts))
}

// alert returns alert i with its reasons.
func (o *Outputs) alert(c *alertColumns, i int) *Alert {
	a := &Alert{
		Alert: i, Start: microseconds(c.start.Ints[i]), End: microseconds(c.end.Ints[i]),
		Src: c.src.String(i), Dst: c.dst.String(i), Port: int64(at(c.port, i)), Score: Number(c.score.Float(i)),
		Records: len(lists(c.records, i)), Reasons: []*Reason{},
	}
	same := func(k int) bool { return c.group(k) == c.group(i) }
	scores := OrdinaryOf(c.score, nil, same)
	a.Percentile, a.OfKind = Number(scores.Rank(c.score.Float(i))), int(scores.Total())
	for _, q := range c.reasons(i) {
		r := &Reason{Column: q.Column, Value: Number(q.Value), Low: Number(q.Low), High: Number(q.High), Percentile: nan, Share: nan, unit: unitNamed(q.Column)}
		if q.Of > 0 {
			r.Words = rare(q)
		} else {
			r.Percentile = Number(c.reasonRank(same, q))
			r.Words = bounded(q, r.unit)
		}
		a.Reasons = append(a.Reasons, r)
	}
	return a
}

// reasonRank returns the share of the values that same alerts give for the
// column of q that are below its value, and half of those equal.
func (c *alertColumns) reasonRank(same func(i int) bool, q algo.Reason) float64 {
	var below, equal, n float64
	for i := range c.t.Len() {
		if !same(i) {
			continue
		}
		for _, r := range c.reasons(i) {
			if r.Column != q.Column || math.IsNaN(r.Value) {
				continue
			}
			n++
			if r.Value < q.Value {
				below++
			} else if r.Value == q.Value {
				equal++
			}
		}
	}
	return (below + equal/2) / n
}

// unitNamed returns the unit of the column of that name of a table of
// records, or that its name tells.
func unitNamed(name string) features.Unit {
	for _, g := range features.Groupings(features.DefaultOptions()) {
		for _, f := range g.Features {
			if f.Name == name {
				return f.Unit
			}
		}
	}
	switch word, _, _ := strings.Cut(name, "_"); word {
	case "bytes":
		return features.Bytes
	case "seconds":
		return features.Seconds
	}
	return features.None
}

// rare says how many have a category.
func rare(q algo.Reason) string {
	return fmt.Sprintf("%s of %s samples have it", prose.Whole(int64(q.Value)), prose.Whole(int64(q.Of)))
}

// bounded says a value beside what would have been ordinary.
func bounded(q algo.Reason, unit features.Unit) string {
	s := prose.Value(q.Value, unit)
	low, high := !math.IsInf(q.Low, 0) && !math.IsNaN(q.Low), !math.IsInf(q.High, 0) && !math.IsNaN(q.High)
	switch {
	case low && high && q.Low == q.High:
		return s + ", ordinary: " + prose.Value(q.Low, unit)
	case low && high:
		return s + ", ordinary: " + prose.Value(q.Low, unit) + " to " + prose.Value(q.High, unit)
	case high:
		return s + ", ordinary: at most " + prose.Value(q.High, unit)
	case low:
		return s + ", ordinary: at least " + prose.Value(q.Low, unit)
	}
	return s
}

// Who says whom an alert is about: "to 10.0.0.9 port 445".
func (a *Alert) who() string {
	s := ""
	if a.Src != "" {
		s = "from " + a.Src
	}
	if a.Dst != "" {
		s += " to " + a.Dst
	}
	if a.Port != 0 {
		s += " port " + strconv.FormatInt(a.Port, 10)
	}
	return s
}

// detectors counts those of alerts, and those that have looked.
func (o *Outputs) detectors(alerts []*Alerts) (accuse, of int) {
	names := map[string]bool{}
	for _, a := range alerts {
		if !a.Against {
			names[a.Detector] = true
		}
	}
	all := map[string]bool{}
	if t := o.Tables[alertsTable]; t != nil {
		for name := range strings.SplitSeq(t.Meta["param.detectors"], ",") {
			all[name] = name != ""
		}
		if c := text(t, "detector"); c != nil {
			for i := range c.Len() {
				all[c.String(i)] = true
			}
		}
	}
	delete(all, "")
	return len(names), len(all)
}
