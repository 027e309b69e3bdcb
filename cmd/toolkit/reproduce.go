package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"toolkit/algo"
	"toolkit/datasets"
	"toolkit/detect"
	"toolkit/flow"
	runlog "toolkit/internal/run"
	"toolkit/reports"
	"toolkit/reproduce"
	"toolkit/suite"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// reproductionName is the directory of a reproduction, and its JSON file.
const reproductionName = "reproduction"

// originals are the detectors that the original had besides IQR.
var originals = []string{"basic", "blacklist", "ports"}

func (a *app) reproduceCommand() *cobra.Command {
	var in inputs
	var lists []string
	cmd := &cobra.Command{
		Use:   "reproduce [INPUT…|-]",
		Short: "Work out the original's published results again",
		Long: `Reproduce works out every figure that the program published which this toolkit grew
from, on its log data.csv or any other: as published, with the original's faults
replayed, and done right, each with the reason for a difference. Whether the
input is the original's file is told by its data facts. Without an input it
takes the built-in synthetic data, which has the original's shape.

It writes OUT/reproduction.json and a page, OUT/reproduction/index.html, with
the original's plots drawn again.`,
		Example: "  toolkit reproduce data.csv --blacklist blacklist_ips.csv",
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.reproduce(cmd.Context(), args, &in, lists)
			if err != nil {
				return err
			}
			return a.show(r)
		},
	}
	in.flags(cmd.Flags())
	cmd.Flags().StringSliceVar(&lists, "blacklist", nil, "`files` of addresses that the original warned of")
	return cmd
}

// A reproduced is what reproduce has to say.
type reproduced struct {
	Original bool            `json:"original"` // the input is the original's
	Input    string          `json:"input"`
	Rows     []reproduce.Row `json:"figures"`
	Page     string          `json:"page"`
	result   *reproduce.Result
}

func (r *reproduced) text(w io.Writer) {
	fmt.Fprint(w, reports.ReproductionText(r.result, r.Input))
	if r.Page != "" {
		fmt.Fprintf(w, "\nwrote %s\n", r.Page)
	}
}

func (a *app) reproduce(ctx context.Context, args []string, in *inputs, lists []string) (*reproduced, error) {
	r := a.begin("reproduce")
	faulty, right, err := originalDetectors(lists)
	if err != nil {
		return nil, err
	}
	p := a.progress("reading", len(args) > 0)
	var rs *records
	if len(args) == 0 {
		rs, err = builtin(datasets.Find("synth"), p)
	} else {
		rs, err = a.open(ctx, args, in, p)
	}
	if err != nil {
		return nil, err
	}
	job := reproduce.New(rs.hosts, rs.labels, faulty, right)
	err = a.each(ctx, in, rs, func(b *flow.Batch) error { job.Add(b); return nil })
	p.end()
	if err != nil {
		return nil, err
	}
	p = a.progress("working out figures", false)
	steps := int64(0)
	res, err := job.Finish(ctx, algo.Env{Seed: a.seed, Workers: a.workers, Memory: int64(a.memory)}, func(string) {
		steps++
		p.step(steps, 0)
	})
	p.end()
	if err != nil {
		return nil, err
	}
	r.Inputs = rs.files()
	name := r.Inputs[0].Path
	if len(r.Inputs) > 1 {
		name += fmt.Sprintf(" and %d more", len(r.Inputs)-1)
	}
	out := &reproduced{Original: res.Original, Input: name, Rows: res.Rows, result: res}
	if a.dryRun {
		return out, nil
	}
	dir, err := runlog.OpenDir(a.out)
	if err != nil {
		return nil, err
	}
	defer dir.Discard()
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the figures: %w", err)
	}
	if err := dir.PutData(reproductionName+".json", append(data, '\n')); err != nil {
		return nil, err
	}
	page, err := a.publish(dir, reproductionName, reports.Reproduction(res, name, runlog.Version()), r)
	if err != nil {
		return nil, err
	}
	out.Page = page.Page
	return out, nil
}

// originalDetectors returns the original's detectors with its faults, and
// without.
func originalDetectors(lists []string) (faulty, right []detect.Watcher, err error) {
	for _, seed := range []bool{true, false} {
		for _, name := range originals {
			d, err := suite.Detector(name)
			if err != nil {
				return nil, nil, err
			}
			w := d.New()
			fs := pflag.NewFlagSet(name, pflag.ContinueOnError)
			w.Flags(fs)
			if fs.Lookup("blacklist") != nil {
				for _, file := range lists {
					if err := fs.Set("blacklist", file); err != nil {
						return nil, nil, err
					}
				}
			}
			if err := w.Check(); err != nil {
				return nil, nil, err
			}
			if seed {
				w.(detect.Compatible).SeedCompat(true)
				faulty = append(faulty, w)
			} else {
				right = append(right, w)
			}
		}
	}
	return faulty, right, nil
}
