package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"toolkit/evaluate"
	"toolkit/features"
	runlog "toolkit/internal/run"
	"toolkit/reports"

	"github.com/spf13/cobra"
)

// comparisonName is the directory of a comparison, and its JSON file.
const comparisonName = "comparison"

func (a *app) compareCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "compare RUN RUN…",
		Short: "Compare directories of outputs",
		Long: `Compare says how directories of outputs differ: inputs, parameters, figures of the
methods, and alerts that came and went since the first. It writes
OUT/comparison.json and a page, OUT/comparison/index.html.`,
		Example: "  toolkit evaluate compare monday tuesday --out changes",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.compare(cmd.Context(), args)
			if err != nil {
				return err
			}
			return a.show(c)
		},
	}
}

// A compared is what compare has to say.
type compared struct {
	*reports.Comparison
	Page string `json:"page"`
}

func (c *compared) text(w io.Writer) {
	fmt.Fprint(w, c.Text())
	if c.Page != "" {
		fmt.Fprintf(w, "\nwrote %s\n", c.Page)
	}
}

func (a *app) compare(ctx context.Context, paths []string) (*compared, error) {
	r := a.begin("evaluate compare")
	var runs []*reports.Input
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		in, err := outcome(path)
		if err != nil {
			return nil, fmt.Errorf("comparing runs: %w", err)
		}
		f, err := runlog.FileOf(filepath.Join(path, runlog.ManifestName))
		if err != nil {
			return nil, fmt.Errorf("comparing runs: %w", err)
		}
		runs, r.Inputs = append(runs, in), append(r.Inputs, f)
	}
	c := &compared{Comparison: reports.Compare(paths, runs)}
	if a.dryRun {
		return c, nil
	}
	dir, err := runlog.OpenDir(a.out)
	if err != nil {
		return nil, err
	}
	defer dir.Discard()
	data, err := json.MarshalIndent(c.Comparison, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the comparison: %w", err)
	}
	if err := dir.PutData(comparisonName+".json", append(data, '\n')); err != nil {
		return nil, err
	}
	page, err := a.publish(dir, comparisonName, c.Report(runlog.Version()), r)
	if err != nil {
		return nil, err
	}
	c.Page = page.Page
	return c, nil
}

// outcome reads what a comparison needs of a directory of outputs.
func outcome(path string) (*reports.Input, error) {
	if _, err := os.Stat(filepath.Join(path, runlog.ManifestName)); err != nil {
		return nil, fmt.Errorf("%s is no directory of outputs: %w", path, err)
	}
	dir, err := runlog.OpenDir(path)
	if err != nil {
		return nil, err
	}
	in := &reports.Input{Manifest: dir.Manifest, Tables: map[string]*features.Table{}}
	switch t, err := dir.Table("alerts"); {
	case err == nil:
		in.Tables["alerts"] = t
	case !errors.Is(err, runlog.ErrNoTable):
		return nil, err
	}
	in.Evaluation, err = readEvaluation(path)
	return in, err
}

// readEvaluation returns the evaluation of a directory, nil if it has none.
func readEvaluation(path string) (*evaluate.Evaluation, error) {
	file := filepath.Join(path, evaluationFile)
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the evaluation: %w", err)
	}
	ev := new(evaluate.Evaluation)
	if err := json.Unmarshal(data, ev); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return ev, nil
}
