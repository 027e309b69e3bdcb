package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"toolkit/algo"
	"toolkit/ensemble"
	"toolkit/evaluate"
	"toolkit/features"
	runlog "toolkit/internal/run"
	"toolkit/suite"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	stackName     = "stack" // the combination that is learned from labels
	autoName      = "auto"  // stack where there is enough to learn from, else the first of ensemble.Combiners
	noCalibration = "none"
)

// trustFlags are the choices of how trust is worked out.
type trustFlags struct {
	unify       string
	calibrate   string
	combine     string
	context     float64
	falseAlarms float64
}

func defaultTrustFlags() trustFlags {
	return trustFlags{unify: ensemble.Unifiers[0].Name, calibrate: noCalibration, combine: autoName, context: 0.5, falseAlarms: 0.01}
}

// choices returns the names that flags take.
func choices() (unify, calibrate, combine []string) {
	for _, u := range ensemble.Unifiers {
		unify = append(unify, u.Name)
	}
	calibrate, combine = []string{noCalibration}, []string{autoName}
	for _, c := range ensemble.Calibrators {
		calibrate = append(calibrate, c.Name)
	}
	for _, c := range ensemble.Combiners {
		combine = append(combine, c.Name)
	}
	return unify, calibrate, append(combine, stackName)
}

// Flags declares the flags with their present values.
func (f *trustFlags) Flags(fs *pflag.FlagSet) {
	unify, calibrate, combine := choices()
	fs.StringVar(&f.unify, "unify", f.unify, "how scores of tables become probabilities without labels: "+strings.Join(unify, "|"))
	fs.StringVar(&f.calibrate, "calibrate", f.calibrate, "learn from the labels how likely a record of such a score is anomalous: "+strings.Join(calibrate, "|"))
	fs.StringVar(&f.combine, "combine", f.combine, "how probabilities are combined: "+strings.Join(combine, "|")+"; the last is learned from labels, the first is that where they are enough and else the second")
	fs.Float64Var(&f.context, "context", f.context, "share of a record's evidence that is the mean of its pair of addresses")
	fs.Float64Var(&f.falseAlarms, "false-alarms", f.falseAlarms, "expected share of the ordinary records that trust flags, at most")
}

// options returns what the flags choose; whether labels can be learned from
// matters to auto.
func (f *trustFlags) options(learnable bool) (unify ensemble.Unifier, o ensemble.Options, err error) {
	o = ensemble.Options{Context: f.context, FalseAlarms: f.falseAlarms}
	bad := func(name string, value any, want string) error {
		return &algo.ParamError{Name: name, Value: value, Want: want}
	}
	oneOf := func(name, value string, of []string) error {
		last := len(of) - 1
		return bad(name, value, strings.Join(of[:last], ", ")+" or "+of[last])
	}
	unifiers, calibrators, combiners := choices()
	if !(f.context >= 0 && f.context <= 1) {
		return unify, o, bad("context", f.context, "from 0 to 1")
	}
	if !(f.falseAlarms >= 0 && f.falseAlarms < 1) {
		return unify, o, bad("false-alarms", f.falseAlarms, "at least 0 and below 1")
	}
	for _, u := range ensemble.Unifiers {
		if u.Name == f.unify {
			unify = u
		}
	}
	if unify.Fit == nil {
		return unify, o, oneOf("unify", f.unify, unifiers)
	}
	for i := range ensemble.Calibrators {
		if ensemble.Calibrators[i].Name == f.calibrate {
			o.Calibrate = &ensemble.Calibrators[i]
		}
	}
	if o.Calibrate == nil && f.calibrate != noCalibration {
		return unify, o, oneOf("calibrate", f.calibrate, calibrators)
	}
	for i := range ensemble.Combiners {
		if ensemble.Combiners[i].Name == f.combine {
			o.Combine = &ensemble.Combiners[i]
		}
	}
	if f.combine == autoName && !learnable {
		o.Combine = &ensemble.Combiners[0]
	}
	if o.Combine == nil && f.combine != stackName && f.combine != autoName {
		return unify, o, oneOf("combine", f.combine, combiners)
	}
	return unify, o, nil
}

// learnedNote says how labels were used.
const learnedNote = "learned from labels: each fifth of the pairs of addresses is judged by the labels of the others"

// learnedMeta is what tables of trust are marked by that labels were learned
// for.
const learnedMeta = "learned"

// learns tells whether labels are learned from.
func learns(o ensemble.Options) bool { return o.Calibrate != nil || o.Combine == nil }

func (a *app) ensembleCommand() *cobra.Command {
	e := defaultEvaluateFlags()
	f := defaultTrustFlags()
	cmd := &cobra.Command{
		Use:   "ensemble",
		Short: "Make one probability of all scores and alerts",
		Long:  ensembleHelp(),
		Example: `  toolkit ensemble
  toolkit ensemble --false-alarms 0.001
  toolkit ensemble --labels labels.csv
  toolkit ensemble --combine noisy-or`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, _, err := f.options(false); err != nil {
				return err
			}
			dir, err := runlog.OpenDir(a.out)
			if err != nil {
				return err
			}
			defer dir.Discard()
			t, err := a.ensemble(cmd.Context(), dir, &f, &e)
			if err != nil {
				return err
			}
			return a.show(t)
		},
	}
	f.Flags(cmd.Flags())
	e.labelFlags(cmd.Flags())
	return cmd
}

func ensembleHelp() string {
	var b strings.Builder
	b.WriteString(`Ensemble makes one number in 0…1 for each record of all that is said of it in
OUT: the trust that it is anomalous. It writes OUT/trust.arrow, and rolled up
OUT/trust_ip_pairs.arrow, OUT/trust_hosts.arrow and OUT/trust_windows.arrow, each
with the share of every method in it.

An alert counts by how few source addresses its detector accuses, or by a third
of the share of the records it flags if that is more: it becomes the probability
1 less that share. Sources that other detectors accuse too are left out of the
count so far. The score of an alert counts for nothing: it is in units of its
detector. Scores of tables, which every record has, become probabilities without
labels by --unify:
`)
	for _, u := range ensemble.Unifiers {
		fmt.Fprintf(&b, "  %-9s %s\n", u.Name, u.Doc)
	}
	b.WriteString("or by labels, if --calibrate says so:\n")
	for _, c := range ensemble.Calibrators {
		fmt.Fprintf(&b, "  %-9s %s\n", c.Name, c.Doc)
	}
	b.WriteString("and are combined by --combine:\n")
	for _, c := range ensemble.Combiners {
		fmt.Fprintf(&b, "  %-9s %s\n", c.Name, c.Doc)
	}
	fmt.Fprintf(&b, "  %-9s %s\n", stackName, "a logistic regression on all of them, learned from labels; --calibrate is then of its outcome")
	b.WriteString(`
Where records have labels, or --labels gives some, --combine auto learns from
them, if at least five pairs of addresses have an anomalous record and five an
ordinary one. No record is judged by its own label: of five parts of the pairs
of addresses, each is judged by what was learned from the other four. Without
--calibrate, --combine noisy-or and the others leave labels alone: then they
only tell how good the result is (OUT/trust_reliability.arrow, Brier score).

A record is flagged from the lowest trust on at which, if trust is true, at
most --false-alarms of the ordinary records are flagged; where it was learned
from labels, at most that share of those that labels call ordinary.`)
	return b.String()
}

// A trusted is what ensemble has to say.
type trusted struct {
	Methods   []string    `json:"methods"`
	Records   int         `json:"records"`
	Flagged   int64       `json:"flagged"`
	Threshold *float64    `json:"threshold"` // nil if nothing is flagged
	Expected  float64     `json:"expected_false_alarms"`
	Learned   bool        `json:"learned_from_labels"`
	Brier     *float64    `json:"brier,omitempty"` // nil without labels
	Hosts     []trustHost `json:"hosts"`
	Outputs   []string    `json:"outputs"`
}

// A trustHost is a host and who accuses it.
type trustHost struct {
	Name  string  `json:"host"`
	Trust float64 `json:"trust"`
	By    string  `json:"by"`
}

func (t *trusted) text(w io.Writer) {
	fmt.Fprintf(w, "trust of %s by %s", plural(t.Records, "record"), plural(len(t.Methods), "method"))
	if t.Learned {
		fmt.Fprintf(w, ", %s", learnedNote)
	}
	fmt.Fprintln(w)
	if t.Threshold == nil {
		fmt.Fprintf(w, "%15s  flagged: no threshold keeps to --false-alarms\n", "no record")
	} else {
		what := "expected to flag %.2g%% of the ordinary records\n"
		if t.Learned {
			what = "%.2g%% of the ordinary records among them\n"
		}
		fmt.Fprintf(w, "%15s  flagged, from a trust of %.4g on; "+what, plural(t.Flagged, "record"), *t.Threshold, 100*t.Expected)
	}
	if t.Brier != nil {
		fmt.Fprintf(w, "%15.4g  Brier score, by labels\n", *t.Brier)
	}
	for _, h := range t.Hosts {
		fmt.Fprintf(w, "%15.4f  %s: %s\n", h.Trust, h.Name, h.By)
	}
	for _, o := range t.Outputs {
		fmt.Fprintf(w, "%15s  %s\n", "wrote", o)
	}
}

// ensemble works out the trust of all records of dir.
func (a *app) ensemble(ctx context.Context, dir *runlog.Dir, f *trustFlags, e *evaluateFlags) (*trusted, error) {
	r := a.begin("ensemble")
	records, file, err := a.table(dir, features.RecordsTable)
	if err != nil {
		return nil, err
	}
	r.Inputs = []runlog.File{file}
	rec, err := a.recordsOf(dir, records, e)
	if err != nil {
		return nil, err
	}
	anomalous := rec.Anomalous(e.benign)
	unify, o, err := f.options(anomalous != nil && ensemble.Learnable(rec.Pair, anomalous))
	if err != nil {
		return nil, err
	}
	chosen := *f
	if f.combine == autoName { // what it came to is what is kept
		chosen.combine = stackName
		if o.Combine != nil {
			chosen.combine = o.Combine.Name
		}
	}
	r.Params = params("", flagsOf(&chosen))
	on := ensemble.Records{Source: rec.Host, Pair: rec.Pair}
	if learns(o) {
		if anomalous == nil {
			return nil, fmt.Errorf("--calibrate and --combine %s learn from labels, and the records have none: give them by --labels FILE, or leave these flags out", stackName)
		}
		on.Anomalous = anomalous
		r.Notes = append(r.Notes, learnedNote)
	}
	if err := a.fits(dir, records); err != nil {
		return nil, err
	}
	var ms []ensemble.Method
	err = a.eachView(ctx, dir, records, r, func(v said) {
		switch {
		case v.claim:
			ms = append(ms, ensemble.Claimed(v.Name, v.Flagged))
		case v.Score != nil:
			ms = append(ms, ensemble.Unify(v.Name, v.Score, unify.Fit(v.Score, rec.Pair)))
		}
	})
	if err != nil {
		return nil, err
	}
	if len(ms) == 0 {
		return nil, fmt.Errorf("no scores and no alerts in %s: make some by toolkit score or detect", dir.Path)
	}
	if err := e.input(r); err != nil {
		return nil, err
	}
	t := ensemble.NewTrust(ms, on, o, a.env(nil))
	return a.putTrust(dir, r, t, records, rec, anomalous)
}

// fits reports that there are more methods and records than --memory allows.
func (a *app) fits(dir *runlog.Dir, records *features.Table) error {
	methods := 0
	for _, g := range features.Groupings(features.DefaultOptions()) {
		for _, al := range suite.Algorithms {
			if _, err := os.Stat(dir.File(g.Name + "." + al.Name)); err == nil {
				methods++
			}
		}
	}
	alerts, err := a.alerts(dir, records)
	if err != nil {
		return err
	}
	if alerts != nil {
		methods += len(alerts.Column("detector").Dict)
	}
	if need := ensemble.Bytes(records.Len(), methods); a.memory > 0 && need > int64(a.memory) {
		return fmt.Errorf("combining %s: %w", plural(methods, "method"), &algo.MemoryError{Need: need, Limit: int64(a.memory)})
	}
	return nil
}

// putTrust writes what came of t.
func (a *app) putTrust(dir *runlog.Dir, r *runlog.Run, t *ensemble.Trust, records *features.Table, rec *evaluate.Records, anomalous []bool) (*trusted, error) {
	done := &trusted{Methods: t.Methods, Records: len(t.P), Expected: t.Expected, Learned: t.Learned}
	if !math.IsInf(t.Threshold, 1) {
		done.Threshold = &t.Threshold
	}
	for i := range t.P {
		done.Flagged += bit(t.Flagged(i))
	}
	r.Stats = []runlog.Stat{runlog.NewStat("flagged", float64(done.Flagged)), runlog.NewStat("threshold", t.Threshold), runlog.NewStat("expected_false_alarms", t.Expected)}
	tables := []*features.Table{recordsTrust(t, records)}
	pairs, _, err := a.table(dir, features.PairsTable)
	if err != nil {
		return nil, err
	}
	hosts := hostsTrust(t, rec, pairs)
	tables = append(tables, pairsTrust(t, rec, records, pairs), hosts)
	batches, _, err := a.table(dir, features.BatchesTable)
	if err != nil {
		return nil, err
	}
	if windows := windowsTrust(t, records, batches); windows != nil {
		tables = append(tables, windows)
	}
	if anomalous != nil {
		bins, brier := t.Reliable(anomalous)
		done.Brier = &brier
		r.Stats = append(r.Stats, runlog.NewStat("brier", brier))
		tables = append(tables, reliability(bins))
	}
	for _, table := range tables {
		a.describe(table, r)
		table.Meta["rule"] = trustRule(t, r)
		if t.Learned {
			table.Meta[learnedMeta] = "labels"
		}
		if _, err := dir.Put(table); err != nil {
			return nil, err
		}
		done.Outputs = append(done.Outputs, dir.File(table.Name))
	}
	done.Hosts = topHosts(hosts, t.Methods)
	if a.dryRun {
		return done, nil
	}
	return done, a.commit(dir, r)
}

// trustRule says in words what trust flags.
func trustRule(t *ensemble.Trust, r *runlog.Run) string {
	want := ""
	for _, p := range r.Params {
		if p.Name == "false-alarms" {
			want = p.Value
		}
	}
	if math.IsInf(t.Threshold, 1) {
		return "nothing: no trust is high enough for an expected share of false alarms of at most " + want
	}
	rule := fmt.Sprintf("trust of at least %s: an expected share of false alarms of at most %s", strconv.FormatFloat(t.Threshold, 'g', 4, 64), want)
	if t.Learned {
		rule += "; " + learnedNote
	}
	return rule
}
