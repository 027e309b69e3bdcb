package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/features"
	runlog "toolkit/internal/run"
	"toolkit/reports"
	"toolkit/suite"

	"github.com/spf13/cobra"
)

func (a *app) reportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "report",
		Short: "Write a report of all results",
		Long: `Report writes, of all that is in OUT, OUT/report/index.html (one file that opens
offline), report.md, report.json, and figures/ with the numbers of each.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := runlog.OpenDir(a.out)
			if err != nil {
				return err
			}
			r, _, err := a.report(cmd.Context(), dir)
			if err != nil {
				return err
			}
			return a.show(r)
		},
	}
}

// A reported is what report has to say.
type reported struct {
	Page  string `json:"page"`
	Files int    `json:"files"`
}

func (r *reported) text(w io.Writer) {
	fmt.Fprintf(w, "wrote %s and %s\n", r.Page, plural(r.Files-1, "more file"))
}

// report makes the report of what is in dir, and returns the hosts that stand
// out in it.
func (a *app) report(ctx context.Context, dir *runlog.Dir) (*reported, []reports.Host, error) {
	r := a.begin("report")
	in, err := a.reportInput(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	rep := reports.Build(in)
	to := filepath.Join(dir.Path, "report")
	if a.dryRun {
		return &reported{filepath.Join(to, "index.html"), 1}, rep.Hosts, nil
	}
	files, err := reports.Write(to, rep)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		f.Path = "report/" + f.Path
		r.Outputs = append(r.Outputs, f)
	}
	return &reported{filepath.Join(to, "index.html"), len(files)}, rep.Hosts, a.commit(dir, r)
}

// reportInput reads all tables of dir that are of use together.
func (a *app) reportInput(ctx context.Context, dir *runlog.Dir) (*reports.Input, error) {
	if _, _, err := a.table(dir, features.RecordsTable); err != nil {
		return nil, err
	}
	names, err := dir.Names()
	if err != nil {
		return nil, err
	}
	in := &reports.Input{Version: runlog.Version(), Tables: make(map[string]*features.Table), Manifest: dir.Manifest, Algorithms: suite.Algorithms, Detectors: suite.Detectors}
	models := make(map[string]*algo.ChainModel)
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
			models[algorithm] = m.(*algo.ChainModel)
			continue
		}
		in.Tables[name] = t
	}
	in.Explain = explainer(in.Tables, models)
	if in.Evaluation, err = readEvaluation(dir.Path); err != nil {
		return nil, err
	}
	return in, nil
}

// explainer returns what tells why an algorithm judged a row of a table so.
func explainer(tables map[string]*features.Table, models map[string]*algo.ChainModel) func(table, algorithm string, row int) []algo.Reason {
	matrices := make(map[string]*features.Matrix)
	return func(table, algorithm string, row int) []algo.Reason {
		name := table + "." + algorithm
		model, t, res := models[name], tables[table], tables[name]
		if model == nil || t == nil || res == nil {
			return nil
		}
		m, ok := matrices[name]
		if !ok {
			m, _, _ = t.Matrix(model.Columns())
			matrices[name] = m
		}
		if m == nil {
			return nil
		}
		i := row
		if m.Row != nil { // rows were left out
			n, _ := m.Dims()
			for i = 0; i < n && m.Row[i] < int64(row); i++ {
			}
			if i == n || m.Row[i] != int64(row) {
				return nil
			}
		}
		return model.Explain(m, i)
	}
}
