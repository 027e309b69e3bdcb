package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// baselineDetector is the one that the others are compared with: what it finds
// is named where no other finds anything.
const baselineDetector = "iqr"

const allDetectors = 99

// wrong says in at most summaryHosts lines what is wrong on the network: the
// hosts that stand out, with what they did.
func (b *builder) wrong() Para {
	var p Para
	accused := false
	for k, h := range b.hosts[:min(len(b.hosts), summaryHosts)] {
		if k > 0 && h.share < summaryShare {
			break
		}
		did := b.findingsOf(h.name, 2, 2)
		accused = accused || len(did) > 0
		if len(did) == 0 {
			if words := b.worst(h.name); words != "" {
				did = []string{words}
			}
		}
		line := fmt.Sprintf("%s – %s", h.name, strings.Join(did, ". Also "))
		line += fmt.Sprintf(". %s", plural(int64(h.records), "record", "records"))
		if to := b.reach(h.name); to != "" {
			line += " to " + strings.Replace(to, ", ", " and ", 1)
		}
		line += fmt.Sprintf("; flagged by %d of %s, with %s of what they flag on average.", len(h.by), plural(int64(b.flagging), "method", "methods"), percent(h.share))
		p.Items = append(p.Items, line)
	}
	if !accused {
		p.Text = "No detector but the baseline accuses any of these hosts: they are what the methods find strange, which need not be wrong."
	}
	return p
}

// findingsOf says of each detector the strongest finding that a host is the
// source of: the detectors with fewest hosts first, since what is said of few
// says most; the baseline only if there is nothing else.
func (b *builder) findingsOf(host string, n, reasons int) []string {
	f := b.alerts
	if f == nil || f.src == nil {
		return nil
	}
	type said struct {
		words string
		hosts int
	}
	var all []said
	for _, name := range f.names {
		var rows []int
		hosts := map[string]bool{}
		for _, i := range f.by[name] {
			src := cellText(f.src, i)
			hosts[src] = true
			if src == host {
				rows = append(rows, i)
			}
		}
		if len(rows) == 0 {
			continue
		}
		i := f.strongest(rows, 1)[0]
		what := name
		if kind := kindWords(cellText(f.kind, i)); strings.Contains(kind, name) {
			what = kind
		} else {
			what = joined(kind, name)
		}
		words := joined(what, f.target(i))
		if len(rows) > 1 {
			words += fmt.Sprintf(" (%s findings)", whole(int64(len(rows))))
		}
		if why := f.why(i, reasons); why != "" {
			words += ": " + why
		}
		s := said{words, len(hosts)}
		if name == baselineDetector {
			if n < allDetectors {
				continue
			}
			s.hosts = math.MaxInt
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(p, q said) int { return cmp.Compare(p.hosts, q.hosts) })
	var out []string
	for _, s := range all {
		if len(out) == n {
			break
		}
		out = append(out, s.words)
	}
	return out
}
