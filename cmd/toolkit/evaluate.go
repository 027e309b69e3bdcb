package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"toolkit/algo"
	"toolkit/evaluate"
	"toolkit/features"
	runlog "toolkit/internal/run"
	"toolkit/suite"

	"github.com/klauspost/compress/gzip"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// evaluationFile is the name of the file that holds the evaluation.
const evaluationFile = "evaluation.json"

// evaluateFlags are the flags about labels.
type evaluateFlags struct {
	labels    string
	benign    []string
	bootstrap int
}

func (e *evaluateFlags) flags(fs *pflag.FlagSet) {
	*e = evaluateFlags{benign: evaluate.DefaultBenign, bootstrap: evaluate.DefaultBootstrap}
	fs.StringVar(&e.labels, "labels", "", "`file` of record,label (record numbers from 0), instead of the labels of the input")
	fs.StringSliceVar(&e.benign, "benign", e.benign, "words that make a label benign; all other labels are anomalous")
	fs.IntVar(&e.bootstrap, "bootstrap", e.bootstrap, "samples that confidence intervals and tests are made of, where there are labels; 0 for none")
}

func (a *app) evaluateCommand() *cobra.Command {
	var e evaluateFlags
	cmd := &cobra.Command{
		Use:   "evaluate",
		Short: "Compare methods with labels and with each other",
		Long: `Evaluate compares all results of a directory, record by record: with the labels
of the input or of a file, where there are any, and each with each other. A row
that a method calls anomalous stands for all its records.

With labels: precision, recall, F1, MCC, AUROC, average precision, precision of
the k highest, recall by label and by attack, with the time to the first alert;
95 % intervals by drawing pairs of addresses with replacement, and a test of
each method against the best, corrected for their number; ARI, AMI, NMI,
homogeneity, completeness and V-measure of clusters. Without: Jaccard index and
Cohen's kappa of what methods call anomalous, in records, pairs of addresses,
hosts and windows; rank correlation and common top of their scores. It writes
OUT/evaluation.json.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := runlog.OpenDir(a.out)
			if err != nil {
				return err
			}
			defer dir.Discard()
			ev, err := a.evaluate(cmd.Context(), dir, &e)
			if err != nil {
				return err
			}
			return a.show((*evaluated)(ev))
		},
	}
	e.flags(cmd.Flags())
	cmd.AddCommand(a.compareCommand())
	return cmd
}

// An evaluated is what evaluate has to say.
type evaluated evaluate.Evaluation

func (e *evaluated) text(w io.Writer) { _ = evaluate.WriteText(w, (*evaluate.Evaluation)(e)) }

// evaluate compares all that there is in dir.
func (a *app) evaluate(ctx context.Context, dir *runlog.Dir, e *evaluateFlags) (*evaluate.Evaluation, error) {
	r := a.begin("evaluate")
	records, file, err := a.table(dir, features.RecordsTable)
	if err != nil {
		return nil, err
	}
	r.Inputs = []runlog.File{file}
	r.Params = params("", flagsOf(flagger(e.declare)))
	rec, err := a.recordsOf(dir, records, e)
	if err != nil {
		return nil, err
	}
	if e.labels != "" {
		f, err := runlog.FileOf(e.labels)
		if err != nil {
			return nil, fmt.Errorf("reading labels: %w", err)
		}
		r.Inputs = append(r.Inputs, f)
	}
	ev := evaluate.New(rec, evaluate.Options{Benign: e.benign, Bootstrap: e.bootstrap, Seed: a.seed})
	found := 0
	for _, g := range features.Groupings(features.DefaultOptions()) {
		for _, al := range suite.Algorithms {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			t, file, err := a.results(dir, g.Name, al)
			switch {
			case errors.Is(err, errStale):
				a.warn("%v", err)
				r.Warnings = append(r.Warnings, err.Error())
				continue
			case err != nil:
				return nil, err
			case t == nil:
				continue
			}
			ev.Add(rowView(t, records.Column(g.Name)))
			r.Inputs = append(r.Inputs, file)
			found++
		}
	}
	alerts, err := dir.Table("alerts")
	switch {
	case err == nil && !sameInputs(alerts, records):
		a.warn("alerts.arrow is of other records than the tables; make it again by toolkit detect")
	case err == nil:
		for _, v := range alertViews(alerts, records) {
			ev.Add(v)
			found++
		}
	case !errors.Is(err, runlog.ErrNoTable):
		return nil, err
	}
	if found == 0 {
		return nil, fmt.Errorf("no results in %s to evaluate: make some by toolkit cluster, score or detect", dir.Path)
	}
	out := ev.Evaluation()
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the evaluation: %w", err)
	}
	if a.dryRun {
		return out, nil
	}
	if err := dir.PutData(evaluationFile, append(data, '\n')); err != nil {
		return nil, err
	}
	return out, a.commit(dir, r)
}

// declare declares the flags of e with their present values.
func (e *evaluateFlags) declare(fs *pflag.FlagSet) {
	fs.StringVar(&e.labels, "labels", e.labels, "")
	fs.StringSliceVar(&e.benign, "benign", e.benign, "")
	fs.IntVar(&e.bootstrap, "bootstrap", e.bootstrap, "")
}

// A flagger declares flags.
type flagger func(*pflag.FlagSet)

// Flags calls f.
func (f flagger) Flags(fs *pflag.FlagSet) { f(fs) }

// errStale is what results wrap that were made of another table than the one
// that is there.
var errStale = errors.New("was made of another table than the one that is there now; make it again")

// results returns what an algorithm said of a table, nil if there is nothing.
func (a *app) results(dir *runlog.Dir, table string, al *algo.Algorithm) (*features.Table, runlog.File, error) {
	name := table + "." + al.Name
	t, err := dir.Table(name)
	if errors.Is(err, runlog.ErrNoTable) {
		return nil, runlog.File{}, nil
	}
	if err != nil {
		return nil, runlog.File{}, err
	}
	if of, ok := dir.Output(table); ok && t.Meta["input.0.sha256"] != of.SHA256 {
		return nil, runlog.File{}, fmt.Errorf("%s.arrow %w", name, errStale)
	}
	f, _ := dir.Output(name)
	return t, f, nil
}

// recordsOf returns what is known of the records.
func (a *app) recordsOf(dir *runlog.Dir, records *features.Table, e *evaluateFlags) (*evaluate.Records, error) {
	n := records.Len()
	rec := &evaluate.Records{Pair: make([]int32, n), Host: make([]int32, n)}
	pairs, _, err := a.table(dir, features.PairsTable)
	if err != nil {
		return nil, err
	}
	row, src, dst := records.Column(features.PairsTable), pairs.Column("src_ip"), pairs.Column("dst_ip")
	number := make(map[[2]uint32]int32)
	for i := range n {
		at := row.Ints[i]
		k := [2]uint32{src.Codes[at], dst.Codes[at]}
		id, ok := number[k]
		if !ok {
			id = int32(len(number))
			number[k] = id
		}
		rec.Pair[i], rec.Host[i] = id, int32(src.Codes[at])
	}
	if err := a.windowsOf(dir, records, rec); err != nil {
		return nil, err
	}
	if e.labels != "" {
		return rec, readLabels(rec, records, e.labels)
	}
	label := records.Column("label")
	rec.Labels = label.Dict
	any := false
	for i := range n {
		id := int32(-1)
		if !label.IsNull(i) {
			id, any = int32(label.Codes[i]), true
		}
		rec.Label = append(rec.Label, id)
	}
	if !any {
		rec.Label, rec.Labels = nil, nil
	}
	return rec, nil
}

// windowsOf fills in when the window of each record begins: records.arrow keeps
// no times, and the windows of the batches are near enough.
func (a *app) windowsOf(dir *runlog.Dir, records *features.Table, rec *evaluate.Records) error {
	batches, _, err := a.table(dir, features.BatchesTable)
	if err != nil {
		return err
	}
	row, start := records.Column(features.BatchesTable), batches.Column("window_start")
	for i := range row.Len() {
		if row.IsNull(i) {
			rec.Time = nil // the seed's last window has no row
			return nil
		}
		rec.Time = append(rec.Time, start.Ints[row.Ints[i]]/1e6)
	}
	return nil
}

// readLabels takes the labels of a file, which go by the numbers of records.
func readLabels(rec *evaluate.Records, records *features.Table, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("reading labels: %w", err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return fmt.Errorf("reading labels %s: %w", path, err)
		}
	}
	l, err := evaluate.ReadLabels(r, path)
	if err != nil {
		return err
	}
	seq := records.Column("record").Ints
	last := int64(-1)
	for _, s := range seq {
		last = max(last, s)
	}
	all, err := l.Spread(int(last + 1))
	if err != nil {
		return err
	}
	rec.Labels, rec.Label = l.Names, make([]int32, len(seq))
	for i, s := range seq {
		rec.Label[i] = all[s]
	}
	return nil
}

// rowView spreads what is said of rows over their records.
func rowView(t *features.Table, row *features.Column) evaluate.View {
	v := evaluate.View{Name: t.Name, Rule: t.Meta["rule"]}
	if v.Rule == "" {
		v.Rule = "calls nothing anomalous"
	}
	anomaly, score, label := t.Column(anomalyColumn), t.Column(scoreColumn), t.Column(labelColumn)
	for i := range row.Len() {
		at, known := 0, !row.IsNull(i)
		if known {
			at = int(row.Ints[i])
		}
		if anomaly != nil {
			v.Flagged = append(v.Flagged, known && !anomaly.IsNull(at) && anomaly.Ints[at] != 0)
		}
		if score != nil {
			s := math.NaN()
			if known {
				s = score.Float(at)
			}
			v.Score = append(v.Score, s)
		}
		if label != nil {
			l := int32(algo.Noise)
			if known && !label.IsNull(at) {
				l = int32(label.Ints[at])
			}
			v.Cluster = append(v.Cluster, l)
		}
	}
	return v
}

// alertViews returns a view for each detector: the records of its alerts,
// each with the highest score of an alert that it is part of.
func alertViews(alerts, records *features.Table) []evaluate.View {
	at := make(map[int64]int, records.Len())
	for i, s := range records.Column("record").Ints {
		at[s] = i
	}
	detector, score, list := alerts.Column("detector"), alerts.Column("score"), alerts.Column("records")
	var views []evaluate.View
	for code, name := range detector.Dict {
		v := evaluate.View{Name: name, Rule: "records that are part of an alert", Flagged: make([]bool, records.Len()), Score: make([]float64, records.Len())}
		for i := range alerts.Len() {
			if detector.Codes[i] != uint32(code) {
				continue
			}
			lo, hi := list.Span(i)
			for _, s := range list.Items[0].Ints[lo:hi] {
				if k, ok := at[s]; ok {
					v.Flagged[k] = true
					v.Score[k] = max(v.Score[k], score.Floats[i])
				}
			}
		}
		views = append(views, v)
	}
	return views
}

// sameInputs tells whether two tables were made of the same inputs.
func sameInputs(a, b *features.Table) bool {
	for i := 0; ; i++ {
		k := fmt.Sprintf("input.%d.sha256", i)
		x, okA := a.Meta[k]
		y, okB := b.Meta[k]
		if x != y || okA != okB {
			return false
		}
		if !okA {
			return true
		}
	}
}
