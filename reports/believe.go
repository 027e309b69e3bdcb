package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"toolkit/evaluate"
)

// believe says which method to believe on this network, and why; nil if
// nothing was compared.
func (b *builder) believe() *Para {
	e := b.in.Evaluation
	if e == nil || len(e.Methods) < 2 {
		return nil
	}
	if e.Labelled && e.Anomalous > 0 {
		if p := b.believeLabels(e); p != nil {
			return p
		}
	}
	p := believeAgreement(e)
	if line := b.believeDetectors(); line != "" && p != nil {
		p.Items = append([]string{line}, p.Items...)
	}
	return p
}

// believeDetectors names the detectors that say what was done, those that
// accuse fewest sources first; "" if none but the baseline has found anything.
func (b *builder) believeDetectors() string {
	f := b.alerts
	if f == nil || f.src == nil {
		return ""
	}
	type accuser struct {
		name     string
		sources  int
		findings int
	}
	var all []accuser
	for _, name := range f.names {
		if name == baselineDetector {
			continue
		}
		sources := map[string]bool{}
		for _, i := range f.by[name] {
			sources[cellText(f.src, i)] = true
		}
		all = append(all, accuser{name, len(sources), len(f.by[name])})
	}
	if len(all) == 0 {
		return ""
	}
	slices.SortStableFunc(all, func(p, q accuser) int { return cmp.Compare(p.sources, q.sources) })
	var told []string
	for _, a := range all[:min(len(all), namesTold)] {
		told = append(told, fmt.Sprintf("%s (%s of %s)", a.name, plural(int64(a.findings), "finding", "findings"), plural(int64(a.sources), "source", "sources")))
	}
	return "First what says what was done, and the bound that was passed. The detectors that accuse fewest sources: " + list(told) + "."
}

// believeLabels is for records with labels: the highest average precision, with
// what can't be told apart from it, to rank by; what is precise, to raise alarms
// by; and what finds most attacks.
func (b *builder) believeLabels(e *evaluate.Evaluation) *Para {
	with := byAUPR(e.Methods)
	if len(with) == 0 {
		return nil
	}
	best := with[0]
	d := best.Detection
	base := float64(e.Anomalous) / math.Max(1, float64(e.Records))
	p := &Para{Text: "By the labels:"}
	digits := func(v float64) string { return human(rounded(v, 3)) }
	if i := d.Intervals; *d.AUPR < poorAUPR && (i == nil || i.AUPR == nil || i.AUPR.Low <= base) {
		p.Items = append(p.Items, fmt.Sprintf("None: no method is shown to be better than guessing by the %s with an anomalous label.", plural(e.Anomalous, "record", "records")))
		if line := b.believeDetectors(); line != "" {
			p.Items = append(p.Items, line)
		}
		return p
	}
	line := fmt.Sprintf("To choose what to look at first: %s ranks the records best, with an average precision of %s", best.Name, digits(*d.AUPR))
	if i := d.Intervals; i != nil && i.AUPR != nil {
		line += fmt.Sprintf(" (95 %%: %s to %s)", digits(i.AUPR.Low), digits(i.AUPR.High))
	}
	line += fmt.Sprintf(", where guessing has %s.", digits(base))
	if d.Precision != nil && d.Recall != nil {
		line += fmt.Sprintf(" Of the %s that it flags %s are anomalous; it finds %s of those that are.", plural(best.Flagged.Records, "record", "records"), percent(*d.Precision), percent(*d.Recall))
	}
	p.Items = append(p.Items, line)
	if best.Learned {
		line := fmt.Sprintf("%s has learned from the labels, each fifth of the pairs of addresses judged by those of the others: without labels it is another.", best.Name)
		for _, m := range with {
			if !m.Learned {
				line += fmt.Sprintf(" Of those that have not, %s ranks the records best, with %s.", m.Name, digits(*m.Detection.AUPR))
				break
			}
		}
		p.Items = append(p.Items, line)
	}
	var alike []string
	tested := 0
	for _, t := range e.Tests {
		if t.Best == best.Name && t.Method != best.Name {
			tested++
			if t.Holm >= 0.05 {
				alike = append(alike, t.Method)
			}
		}
	}
	switch {
	case tested > 0 && len(alike) == 0:
		p.Items = append(p.Items, "All others are worse, beyond chance (Holm's correction, 5 %).")
	case len(alike) > namesTold:
		p.Items = append(p.Items, fmt.Sprintf("Not told apart from it, beyond chance: %s and %d more (Holm's correction, 5 %%).", strings.Join(alike[:namesTold], ", "), len(alike)-namesTold))
	case len(alike) > 0:
		p.Items = append(p.Items, fmt.Sprintf("Not told apart from it, beyond chance: %s (Holm's correction, 5 %%).", list(alike)))
	}
	if line := alarms(e, best.Name); line != "" {
		p.Items = append(p.Items, line)
	}
	if line := mostAttacks(e, best.Name); line != "" {
		p.Items = append(p.Items, line)
	}
	return p
}

// A method is precise enough to raise alarms by if so large a share of at least
// so many flagged records are anomalous.
const (
	alarmPrecision = 0.9
	alarmRecords   = 10
)

// alarms names the methods whose flags can be taken as alarms, the one that
// finds most first; if there are none, the most precise. "" if nothing is
// flagged.
func alarms(e *evaluate.Evaluation, best string) string {
	flag := slices.DeleteFunc(slices.Clone(e.Methods), func(m evaluate.Outcome) bool {
		d := m.Detection
		return d == nil || d.Precision == nil || d.Recall == nil || m.Flagged.Records < alarmRecords
	})
	if len(flag) == 0 {
		return ""
	}
	says := func(m evaluate.Outcome) string {
		return fmt.Sprintf("of the %s that it flags %s are anomalous, %s of those that are", plural(m.Flagged.Records, "record", "records"), percent(*m.Detection.Precision), percent(*m.Detection.Recall))
	}
	precise := slices.DeleteFunc(slices.Clone(flag), func(m evaluate.Outcome) bool { return *m.Detection.Precision < alarmPrecision })
	if len(precise) == 0 {
		best := slices.MaxFunc(flag, func(p, q evaluate.Outcome) int { return cmp.Compare(*p.Detection.Precision, *q.Detection.Precision) })
		return fmt.Sprintf("To raise alarms: no method is right in nine of ten records that it flags. The most precise is %s: %s.", best.Name, says(best))
	}
	slices.SortStableFunc(precise, func(p, q evaluate.Outcome) int {
		return cmp.Compare(q.Detection.TruePositives, p.Detection.TruePositives)
	})
	line := fmt.Sprintf("To raise alarms: %s: %s.", precise[0].Name, says(precise[0]))
	if precise[0].Name == best {
		line = "To raise alarms: " + best + " as well."
	}
	var others []string
	for _, m := range precise[1:min(len(precise), namesTold)] {
		others = append(others, fmt.Sprintf("%s (%s of the anomalous records)", m.Name, percent(*m.Detection.Recall)))
	}
	if others != nil {
		line += " Right in nine of ten, too: " + list(others) + "."
	}
	return line
}

// poorAUPR is the average precision below which a method is not recommended
// unless it is surely better than guessing.
const poorAUPR = 0.2

// namesTold is how many names of methods a sentence has at most.
const namesTold = 5

// mostAttacks says which method finds most attacks, of equal ones that with
// the fewest false windows: of methods that leave half of the quiet windows
// quiet, if any finds an attack, since who always alarms misses none.
func mostAttacks(e *evaluate.Evaluation, best string) string {
	var most, own *evaluate.Events
	name, loud := "", false
	for _, m := range e.Methods {
		if m.Detection == nil || m.Detection.Events == nil {
			continue
		}
		v := m.Detection.Events
		if m.Name == best {
			own = v
		}
		always := 2*v.FalseWindows > v.QuietWindows || v.Found == 0
		if most == nil || loud && !always || loud == always && (v.Found > most.Found || v.Found == most.Found && v.FalseWindows < most.FalseWindows) {
			most, name, loud = v, m.Name, always
		}
	}
	if most == nil || most.Of == 0 {
		return ""
	}
	quiet := func(v *evaluate.Events) string {
		if v.QuietWindows == 0 {
			return ""
		}
		return fmt.Sprintf(", with false alarms in %s of the quiet windows", percent(float64(v.FalseWindows)/float64(v.QuietWindows)))
	}
	line := fmt.Sprintf("Attacks: %s finds %s of %s%s", name, whole(int64(most.Found)), whole(int64(most.Of)), quiet(most))
	if own != nil && name != best {
		line += fmt.Sprintf("; %s finds %d%s", best, own.Found, quiet(own))
	}
	return line + "."
}

// believeAgreement is for records without labels: the method that agrees most
// with those that see other things than it does.
func believeAgreement(e *evaluate.Evaluation) *Para {
	family := func(method string) string {
		table, _, _ := strings.Cut(method, ".")
		return table
	}
	sum, n := map[string]float64{}, map[string]float64{}
	for _, a := range e.Agreement {
		if a.Unit != evaluate.UnitPairs || a.Kappa == nil || family(a.A) == family(a.B) {
			continue
		}
		for _, m := range []string{a.A, a.B} {
			sum[m], n[m] = sum[m]+*a.Kappa, n[m]+1
		}
	}
	type agreeing struct {
		evaluate.Outcome
		kappa float64
	}
	var all []agreeing
	for _, m := range e.Methods {
		if n[m.Name] > 0 && m.Flagged.Records > 0 {
			all = append(all, agreeing{m, sum[m.Name] / n[m.Name]})
		}
	}
	if len(all) < 2 {
		return nil
	}
	slices.SortStableFunc(all, func(p, q agreeing) int { return cmp.Compare(q.kappa, p.kappa) })
	best := all[0]
	p := &Para{Text: "There are no labels. By how far the methods agree:"}
	p.Items = append(p.Items, fmt.Sprintf("%s agrees most with the methods that look at something else: Cohen's kappa %.2f on average over pairs of addresses (0 is chance, 1 the same). It flags %s, %s of all, of %s.",
		best.Name, best.kappa, plural(best.Flagged.Records, "record", "records"), percent(float64(best.Flagged.Records)/math.Max(1, float64(e.Records))), plural(best.Flagged.Hosts, "host", "hosts")))
	var next []string
	for _, m := range all[1:min(len(all), 4)] {
		next = append(next, fmt.Sprintf("%s (%.2f)", m.Name, m.kappa))
	}
	p.Items = append(p.Items, "After it: "+list(next)+".")
	if best.kappa < 0.2 {
		p.Items = append(p.Items, "This is little: the methods see different things, and none speaks for the others. Begin with the hosts that most of them flag.")
	} else {
		p.Items = append(p.Items, "Methods that agree may be wrong together: labels for a few dozen records (--labels) would tell.")
	}
	return p
}
