package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/datasets"
	"toolkit/explain"
	"toolkit/features"
	"toolkit/flow"
	runlog "toolkit/internal/run"
	"toolkit/suite"

	"github.com/spf13/cobra"
)

func (a *app) explainCommand() *cobra.Command {
	var records bool
	limit := 10
	cmd := &cobra.Command{
		Use:   "explain ALERT | HOST | PAIR",
		Short: "Say why an alert, a host or a pair of addresses stands out",
		Long: `Explain says all that the files of OUT know of a subject:

  ALERT  the number of a row of alerts.arrow, or the id of a finding of watch
  HOST   an address
  PAIR   two addresses, as SRC,DST or "SRC->DST"

Why: the alerts that concern it, and the strangest row of it in each table, with
the score of each method, its place among all rows, and the reasons: the value
of a feature, what is ordinary, and its share of the score (and of the trust,
once toolkit ensemble has worked it out).

What would have made it normal: for each method that flags the row, the
smallest change of one feature for which its model does not.

Then the nearest rows that no method flags, beside the row; when it was, by
windows; peers and ports; and, with --records, the records behind it, read
again from the inputs if these are still what they were.`,
		Example: `  toolkit explain 192.168.100.96
  toolkit explain 192.168.111.52,10.1.44.9 --records
  toolkit explain 17 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return &algo.ParamError{Name: "limit", Value: limit, Want: "at least 0"}
			}
			dir, err := runlog.OpenDir(a.out)
			if err != nil {
				return err
			}
			e, err := a.explain(cmd.Context(), dir, args[0], explain.Options{Records: records, Limit: limit})
			if err != nil {
				return err
			}
			return a.show(e)
		},
	}
	cmd.Flags().BoolVar(&records, "records", false, "the records behind it, too")
	cmd.Flags().IntVar(&limit, "limit", limit, "how many records, peers and ports are shown; 0 for all")
	return cmd
}

// An explained is what explain has to say.
type explained struct{ *explain.Explanation }

func (e explained) text(w io.Writer) { e.WriteText(w) }

func (a *app) explain(ctx context.Context, dir *runlog.Dir, name string, o explain.Options) (result, error) {
	out, err := a.outputs(ctx, dir)
	if err != nil {
		return nil, err
	}
	if len(out.Tables) == 0 {
		return nil, fmt.Errorf("nothing to explain in %s: make it by toolkit run --out %s INPUT", dir.Path, dir.Path)
	}
	subject, err := out.Find(name)
	if errors.Is(err, explain.ErrSubject) {
		return nil, &usageError{"toolkit explain", err}
	}
	if err != nil {
		return nil, fmt.Errorf("explaining %q from %s: %w", name, dir.Path, err)
	}
	for _, al := range suite.Algorithms {
		o.Order = append(o.Order, al.Name)
	}
	e, err := out.Explain(ctx, subject, o)
	if err != nil {
		return nil, err
	}
	if e.Records != nil {
		if err := a.reread(ctx, dir, e.Records); err != nil {
			return nil, err
		}
	}
	return explained{e}, nil
}

// outputs reads all tables of dir that are of use together, and the models.
func (a *app) outputs(ctx context.Context, dir *runlog.Dir) (*explain.Outputs, error) {
	names, err := dir.Names()
	if err != nil {
		return nil, err
	}
	out := explain.NewOutputs(make(map[string]*features.Table), make(map[string]*algo.ChainModel))
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t, err := dir.Table(name)
		if err != nil {
			return nil, err
		}
		base, _, isResult := strings.Cut(name, ".")
		if strings.HasPrefix(name, trustTable) {
			if dir.Manifest.Made(name+".arrow") != dir.Manifest.Made(trustTable+".arrow") {
				continue // of an earlier ensemble
			}
			base, isResult = features.RecordsTable, true
		}
		if of, ok := dir.Output(base); isResult && ok && t.Meta["input.0.sha256"] != of.SHA256 {
			a.warn("%s.arrow %v", name, errStale)
			continue
		}
		if algorithm, ok := strings.CutSuffix(name, ".model"); ok {
			m, err := algo.LoadChain(t, slices.Concat(suite.Scalers, suite.Algorithms))
			if err != nil { // of another version, perhaps; all but its reasons can be shown
				a.warn("%s.arrow can't be used, so there are no reasons by it: %v; make it again", name, err)
				continue
			}
			out.Models[algorithm] = m.(*algo.ChainModel)
			continue
		}
		out.Tables[name] = t
	}
	return out, nil
}

// reread reads the records again from the inputs that they were read from, if
// these are still what they were; if not it says so in rs.
func (a *app) reread(ctx context.Context, dir *runlog.Dir, rs *explain.Records) error {
	r := dir.Manifest.Made(features.RecordsTable + ".arrow")
	if r == nil || len(rs.List) == 0 {
		return nil
	}
	wanted := make(map[int64]*explain.Record)
	for _, rec := range rs.List {
		wanted[rec.Number] = rec
	}
	var from int64
	for _, f := range r.Inputs {
		to := from + f.Records + f.Rejected + f.Skipped
		if !slices.ContainsFunc(rs.List, func(rec *explain.Record) bool { return rec.Number >= from && rec.Number < to }) {
			from = to
			continue
		}
		why, err := a.rereadFile(ctx, r, f, from, wanted)
		if err != nil {
			return err
		}
		if why != "" {
			rs.Note = fmt.Sprintf("Not read again: %s %s.", f.Path, why)
		}
		from = to
	}
	return nil
}

// rereadFile fills in the wanted records of one input, of which the first has
// the number from. It says why it can't, if the input is not what it was.
func (a *app) rereadFile(ctx context.Context, r *runlog.Run, f runlog.File, from int64, wanted map[int64]*explain.Record) (why string, err error) {
	source, why, err := a.sourceAgain(r, f)
	if why != "" || err != nil {
		return why, err
	}
	var last int64
	for n := range wanted {
		last = max(last, n)
	}
	for b, err := range source {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		var syntax *flow.SyntaxError
		if errors.As(err, &syntax) {
			continue
		}
		if err != nil {
			return "", err
		}
		for i := range b.Len() {
			rec := wanted[from+b.Number(i)]
			if rec == nil {
				continue
			}
			q := b.Record(i)
			if q.Src.Addr().String() != rec.Src || q.Dst.Addr().String() != rec.Dst {
				return "gives other records now than when it was read", nil
			}
			rec.Line = &explain.Line{Time: q.Time.UTC(), Proto: q.Proto.String(), State: q.State.String(), SrcPort: q.Src.Port(), DstPort: q.Dst.Port(), BytesUp: q.BytesUp, BytesDown: q.BytesDown}
		}
		if b.Len() > 0 && from+b.Number(b.Len()-1) >= last {
			break
		}
	}
	return "", nil
}

// sourceAgain opens an input that was read before, or says why it can't.
func (a *app) sourceAgain(r *runlog.Run, f runlog.File) (source flow.Source, why string, err error) {
	if d := datasets.Find(f.Format); d != nil && f.Bytes == 0 {
		sum, err := builtinSum(d)
		if err != nil || sum != f.SHA256 {
			return nil, "is another data set in this version", err
		}
		return d.Open(new(flow.Hosts), new(flow.Labels)), "", nil
	}
	if st, err := os.Stat(f.Path); err != nil || !st.Mode().IsRegular() {
		return nil, "is no file that can be read a second time from here", nil
	}
	now, err := runlog.FileOf(f.Path)
	if err != nil {
		return nil, "", fmt.Errorf("reading records again: %w", err)
	}
	if now.SHA256 != f.SHA256 {
		return nil, "has changed since (its SHA-256 is another)", nil
	}
	opt := flow.Options{Format: f.Format, Workers: a.workers}
	for _, p := range r.Params {
		if p.Name == "year" {
			_, _ = fmt.Sscan(p.Value, &opt.Year)
		}
	}
	in, err := flow.Open([]string{f.Path}, opt)
	if err != nil {
		return nil, "", err
	}
	return in.Source(), "", nil
}
