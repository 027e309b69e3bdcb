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
		if p := believeLabels(e); p != nil {
			return p
		}
	}
	return believeAgreement(e)
}

// believeLabels is for records with labels: the highest average precision, and
// what can't be told apart from it.
func believeLabels(e *evaluate.Evaluation) *Para {
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
		p.Items = append(p.Items, fmt.Sprintf("None: no method is shown to be better than guessing by the %s with an anomalous label. Look at what the detectors found and why.", plural(e.Anomalous, "record", "records")))
	}
	line := fmt.Sprintf("%s ranks the records best: average precision %s", best.Name, digits(*d.AUPR))
	if i := d.Intervals; i != nil && i.AUPR != nil {
		line += fmt.Sprintf(" (95 %%: %s to %s)", digits(i.AUPR.Low), digits(i.AUPR.High))
	}
	line += fmt.Sprintf(", where guessing has %s.", digits(base))
	if d.Precision != nil && d.Recall != nil {
		line += fmt.Sprintf(" Of the %s that it flags %s are anomalous; it finds %s of those that are.", plural(best.Flagged.Records, "record", "records"), percent(*d.Precision), percent(*d.Recall))
	}
	p.Items = append(p.Items, line)
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
	if line := mostAttacks(e, best.Name); line != "" {
		p.Items = append(p.Items, line)
	}
	return p
}

// poorAUPR is the average precision below which a method is not recommended
// unless it is surely better than guessing.
const poorAUPR = 0.2

// namesTold is how many names of methods a sentence has at most.
const namesTold = 5

// mostAttacks says which method finds most attacks, of equal ones that with
// the fewest false windows.
func mostAttacks(e *evaluate.Evaluation, best string) string {
	var most, own *evaluate.Events
	name := ""
	for _, m := range e.Methods {
		if m.Detection == nil || m.Detection.Events == nil {
			continue
		}
		v := m.Detection.Events
		if m.Name == best {
			own = v
		}
		if most == nil || v.Found > most.Found || v.Found == most.Found && v.FalseWindows < most.FalseWindows {
			most, name = v, m.Name
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
	line := fmt.Sprintf("Attacks: %s finds %d of %d%s", name, most.Found, most.Of, quiet(most))
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
