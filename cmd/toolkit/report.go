package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"toolkit/features"
	runlog "toolkit/internal/run"
	"toolkit/reports"
	"toolkit/suite"

	"github.com/spf13/cobra"
)

// reportName is the folder of the report.
const reportName = "report"

func (a *app) reportCommand() *cobra.Command {
	var templates string
	cmd := &cobra.Command{
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
			var theme *reports.Theme
			if templates != "" {
				if theme, err = reports.LoadTheme(templates); err != nil {
					return err
				}
			}
			r, _, err := a.report(cmd.Context(), dir, theme)
			if err != nil {
				return err
			}
			return a.show(r)
		},
	}
	cmd.Flags().StringVar(&templates, "template", "", "`directory` of templates of your own for the page (docs/report.md)")
	return cmd
}

// A reported is what report has to say.
type reported struct {
	Page  string `json:"page"`
	Files int    `json:"files"`
}

func (r *reported) text(w io.Writer) {
	fmt.Fprintf(w, "wrote %s and %s\n", r.Page, plural(r.Files-1, "more file"))
}

// report makes the report of what is in dir, in the theme (nil for the built-in one), and returns the hosts that stand
// out in it.
func (a *app) report(ctx context.Context, dir *runlog.Dir, theme *reports.Theme) (*reported, []reports.Host, error) {
	r := a.begin("report")
	in, err := a.reportInput(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	rep := reports.Build(in)
	rep.Theme = theme
	if a.dryRun {
		return &reported{filepath.Join(dir.Path, reportName, "index.html"), 1}, rep.Hosts, nil
	}
	page, err := a.publish(dir, reportName, rep, r)
	return page, rep.Hosts, err
}

// publish writes a report in the folder of that name of dir, commits r with its
// files as outputs, and removes files of the report that it takes the place of,
// where they are as they were written.
func (a *app) publish(dir *runlog.Dir, name string, rep *reports.Report, r *runlog.Run) (*reported, error) {
	to := filepath.Join(dir.Path, name)
	former := dir.Manifest.Made(name + "/index.html")
	files, err := reports.Write(to, rep)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		f.Path = name + "/" + f.Path
		r.Outputs = append(r.Outputs, f)
	}
	if err := a.commit(dir, r); err != nil {
		return nil, err
	}
	if former != nil {
		if err := dir.RemoveStale(former.Outputs, r.Outputs); err != nil {
			return nil, err
		}
	}
	return &reported{filepath.Join(to, "index.html"), len(files)}, nil
}

// reportInput reads all tables of dir that are of use together.
func (a *app) reportInput(ctx context.Context, dir *runlog.Dir) (*reports.Input, error) {
	if _, _, err := a.table(dir, features.RecordsTable); err != nil {
		return nil, err
	}
	out, err := a.outputs(ctx, dir)
	if err != nil {
		return nil, err
	}
	in := &reports.Input{Version: runlog.Version(), Tables: out.Tables, Manifest: dir.Manifest, Explain: out.Reasons, Algorithms: suite.Algorithms, Detectors: suite.Detectors}
	if in.Evaluation, err = readEvaluation(dir.Path); err != nil {
		return nil, err
	}
	return in, nil
}
