package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"toolkit/algo"
	"toolkit/evaluate"
	"toolkit/features"
	runlog "toolkit/internal/run"

	"github.com/klauspost/compress/gzip"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// evaluationFile is the name of the file that holds the evaluation.
const evaluationFile = "evaluation.json"

// evaluateFlags are the flags about labels, and about how methods are compared.
type evaluateFlags struct {
	labels    string
	benign    []string
	bootstrap int
	stability int
}

func defaultEvaluateFlags() evaluateFlags {
	return evaluateFlags{benign: evaluate.DefaultBenign, bootstrap: evaluate.DefaultBootstrap}
}

// flags declares all flags, with their present values as defaults.
func (e *evaluateFlags) flags(fs *pflag.FlagSet) {
	e.labelFlags(fs)
	fs.IntVar(&e.bootstrap, "bootstrap", e.bootstrap, "samples that confidence intervals and tests are made of, where there are labels; 0 for none")
	fs.IntVar(&e.stability, "stability", e.stability, "make each result over a table again with `n` other seeds, of n subsamples and of n windows of time, and say how far it holds; 0 for not at all")
}

// labelFlags declares those about labels.
func (e *evaluateFlags) labelFlags(fs *pflag.FlagSet) {
	fs.StringVar(&e.labels, "labels", e.labels, "`file` of record,label (record numbers from 0), instead of the labels of the input")
	fs.StringSliceVar(&e.benign, "benign", e.benign, "words that make a label benign; all other labels are anomalous")
}

// check reports a flag that is out of its range.
func (e *evaluateFlags) check() error {
	switch {
	case e.bootstrap < 0:
		return &algo.ParamError{Name: "bootstrap", Value: e.bootstrap, Want: "at least 0"}
	case e.stability < 0:
		return &algo.ParamError{Name: "stability", Value: e.stability, Want: "at least 0"}
	}
	return nil
}

func (a *app) evaluateCommand() *cobra.Command {
	e := defaultEvaluateFlags()
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
hosts and windows; rank correlation and common top of their scores. With
--stability N each result over a table is made again, with the parameters that it
was made with: with N other seeds, of N subsamples of 80 % of the rows, and of
each of N windows of time alone; labels, scores and what is called anomalous are
compared on the rows that both have. It writes OUT/evaluation.json.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := e.check(); err != nil {
				return err
			}
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
	r.Params = params("", flagsOf(flagger(e.flags)))
	rec, err := a.recordsOf(dir, records, e)
	if err != nil {
		return nil, err
	}
	ev := evaluate.New(rec, evaluate.Options{Benign: e.benign, Bootstrap: e.bootstrap, Seed: a.seed})
	if err := a.eachView(ctx, dir, records, r, func(v said) { ev.Add(v.View) }); err != nil {
		return nil, err
	}
	trust, file, err := a.trust(dir, r.Inputs)
	switch {
	case err != nil:
		return nil, err
	case trust != nil:
		ev.Add(trustView(trust))
		r.Inputs = append(r.Inputs, file)
	}
	if err := e.input(r); err != nil {
		return nil, err
	}
	out := ev.Evaluation()
	if out.Conflicts, err = a.conflicts(ctx, dir, records, rec.Anomalous(e.benign)); err != nil {
		return nil, err
	}
	internalScores(dir, out)
	if e.stability > 0 {
		if out.Stability, err = a.stable(ctx, dir, e.stability, r); err != nil {
			return nil, err
		}
	}
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

// internalScores fills in what the clusterings of dir have said of their own
// clusters.
func internalScores(dir *runlog.Dir, ev *evaluate.Evaluation) {
	for i := range ev.Methods {
		m := &ev.Methods[i]
		r := dir.Manifest.Made(m.Name + ".arrow")
		if r == nil {
			continue
		}
		for _, name := range evaluate.InternalNames {
			for _, s := range r.Stats {
				if s.Name == name && s.Value != nil {
					m.Internal = append(m.Internal, evaluate.Figure{Name: name, Value: *s.Value})
				}
			}
		}
	}
}

// input adds the file of labels, if there is one, to what r has read.
func (e *evaluateFlags) input(r *runlog.Run) error {
	if e.labels == "" {
		return nil
	}
	f, err := runlog.FileOf(e.labels)
	if err != nil {
		return fmt.Errorf("reading labels: %w", err)
	}
	r.Inputs = append(r.Inputs, f)
	return nil
}

// A flagger declares flags.
type flagger func(*pflag.FlagSet)

// Flags calls f.
func (f flagger) Flags(fs *pflag.FlagSet) { f(fs) }

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
