package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/features"
)

// findings are what the detectors found: the rows of the table of alerts.
// Columns that are not there are nil.
type findings struct {
	n                        int
	detector, kind, src, dst *features.Column
	start, end               *features.Column
	port, score, count       *features.Column
	records                  *features.Column
	reasons                  func(i int) []algo.Reason

	names []string         // of the detectors, in the order to show them in
	by    map[string][]int // the rows of each
	order map[string]int   // its place
}

// findings returns those of the run, nil if there are none.
func (b *builder) findings() *findings {
	t := b.table("alerts")
	if t == nil || words(t, "detector") == nil {
		return nil
	}
	timed := func(name string) *features.Column {
		if c := t.Column(name); c != nil && c.Type == features.Time {
			return c
		}
		return nil
	}
	f := &findings{n: t.Len(), detector: words(t, "detector"), kind: words(t, "kind"), src: words(t, "src_ip"), dst: words(t, "dst_ip"),
		start: timed("start"), end: timed("end"), port: numeric(t, "dst_port"), score: numeric(t, "score"), count: numeric(t, "num_records"), reasons: detect.ReasonsOf(t),
		by: map[string][]int{}, order: map[string]int{}}
	if c := t.Column("records"); c != nil && c.Type == features.List && len(c.Items) == 1 && c.Items[0].Type == features.Int {
		f.records = c
	}
	for i := range f.n {
		name := f.detector.String(i)
		f.by[name] = append(f.by[name], i)
	}
	for name := range f.by {
		f.names = append(f.names, name)
	}
	place := map[string]int{}
	for i, d := range b.in.Detectors {
		place[d.Name] = i - len(b.in.Detectors)
	}
	slices.SortFunc(f.names, func(p, q string) int { return cmp.Or(cmp.Compare(place[p], place[q]), cmp.Compare(p, q)) })
	for i, name := range f.names {
		f.order[name] = i
	}
	return f
}

func cellText(c *features.Column, i int) string {
	if c == nil || c.IsNull(i) {
		return ""
	}
	return c.String(i)
}

// size returns how many records finding i accuses.
func (f *findings) size(i int) int64 {
	switch {
	case f.records != nil:
		lo, hi := f.records.Span(i)
		return int64(hi - lo)
	case f.count != nil && !f.count.IsNull(i):
		return int64(f.count.Float(i))
	}
	return 0
}

// distinct counts the records of the rows, each once.
func (f *findings) distinct(rows []int) int64 {
	if f.records == nil {
		var n int64
		for _, i := range rows {
			n += f.size(i)
		}
		return n
	}
	seen := map[int64]struct{}{}
	for _, i := range rows {
		lo, hi := f.records.Span(i)
		for _, r := range f.records.Items[0].Ints[lo:hi] {
			seen[r] = struct{}{}
		}
	}
	return int64(len(seen))
}

// whom says what finding i is about: "10.0.0.66 to 10.0.0.1 port 22".
func (f *findings) whom(i int) string {
	s := cellText(f.src, i)
	return joined(s, f.target(i))
}

// target says where to.
func (f *findings) target(i int) string {
	s := cellText(f.dst, i)
	if s != "" {
		s = "to " + s
	}
	if p := cellText(f.port, i); p != "" {
		s = joined(s, "port "+p)
	}
	return s
}

// why says the first n reasons of finding i in words.
func (f *findings) why(i, n int) string {
	var parts []string
	rs := f.reasons(i)
	for _, r := range rs[:min(n, len(rs))] {
		parts = append(parts, inWords(r))
	}
	return strings.Join(parts, "; ")
}

// inWords says a reason of a detector: "dst ports 120 (ordinary: up to 18)".
func inWords(r algo.Reason) string {
	if r.Of > 0 {
		return fmt.Sprintf("%s (%s of %s samples)", r.Column, human(r.Value), human(r.Of))
	}
	unit := unitOf(r.Column)
	write := func(v float64) string {
		if unit == features.Ratio && strings.HasSuffix(r.Column, "_share") {
			return percent(v)
		}
		return value(rounded(v, 4), unit)
	}
	s := strings.ReplaceAll(strings.TrimPrefix(r.Column, "num_"), "_", " ") + " " + write(r.Value)
	// Counts and bytes have no ordinary values below 0: a fence there bounds nothing.
	low, high := finite(r.Low) && !(r.Low < 0 && r.Value >= 0), finite(r.High)
	switch {
	case low && high && write(r.Low) == write(r.High):
		s += fmt.Sprintf(" (ordinary: %s)", write(r.Low))
	case low && high:
		s += fmt.Sprintf(" (ordinary: %s to %s)", write(r.Low), write(r.High))
	case high:
		s += fmt.Sprintf(" (ordinary: up to %s)", write(r.High))
	case low:
		s += fmt.Sprintf(" (ordinary: %s or more)", write(r.Low))
	}
	return s
}

// unitOf tells the unit of a detector's figure, which its name says.
func unitOf(name string) features.Unit {
	switch {
	case strings.HasSuffix(name, "_share"), strings.HasSuffix(name, "_ratio"), strings.HasSuffix(name, "_factor"):
		return features.Ratio
	case strings.HasPrefix(name, "bytes"), strings.HasSuffix(name, "_tx"), strings.HasSuffix(name, "_bytes"):
		return features.Bytes
	case strings.HasPrefix(name, "seconds"), strings.HasSuffix(name, "_seconds"):
		return features.Seconds
	}
	return features.None
}

// strongest returns the n rows of highest score, of equal ones those of more
// records, one a subject.
func (f *findings) strongest(rows []int, n int) []int {
	score := func(i int) float64 {
		if f.score == nil || math.IsNaN(f.score.Float(i)) {
			return math.Inf(-1)
		}
		return f.score.Float(i)
	}
	best := map[string]int{}
	for _, i := range rows {
		key := f.whom(i) + "\x00" + cellText(f.kind, i)
		if j, ok := best[key]; !ok || cmp.Or(cmp.Compare(score(i), score(j)), cmp.Compare(f.size(i), f.size(j))) > 0 {
			best[key] = i
		}
	}
	var out []int
	for _, i := range best {
		out = append(out, i)
	}
	slices.SortFunc(out, func(i, j int) int {
		return cmp.Or(cmp.Compare(score(j), score(i)), cmp.Compare(f.size(j), f.size(i)), cmp.Compare(i, j))
	})
	return out[:min(len(out), n)]
}

// detectorTitle returns what a detector finds, in a line.
func (b *builder) detectorTitle(name string) string {
	for _, d := range b.in.Detectors {
		if d.Name == name {
			return d.Title()
		}
	}
	return ""
}
