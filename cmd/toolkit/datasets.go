package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"toolkit/algo"
	"toolkit/datasets"
	"toolkit/datasets/remote"
	"toolkit/datasets/synth"
	"toolkit/flow"
	"toolkit/flow/dedup"
	runlog "toolkit/internal/run"
	"toolkit/suite"

	"github.com/klauspost/compress/gzip"
	"github.com/spf13/cobra"
)

func (a *app) datasetsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "datasets",
		Short: "Describe, convert, list, fetch or generate flow records",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.datasetsList(), a.datasetsDescribe(), a.datasetsConvert(), a.datasetsFetch(), a.datasetsSynth())
	return cmd
}

// A datasetList is what datasets list has to say.
type datasetList struct {
	BuiltIn []datasetInfo `json:"built_in"`
	Public  []*remote.Set `json:"public"`
}

type datasetInfo struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Licence string   `json:"licence"`
	Source  string   `json:"source"`
	Labels  []string `json:"labels"`
}

func (l datasetList) text(w io.Writer) {
	for _, d := range l.BuiltIn {
		fmt.Fprintf(w, "%-8s %s\n         source: %s\n         licence: %s\n         labels: %s\n", d.Name, d.Title, d.Source, d.Licence, strings.Join(d.Labels, ", "))
	}
	fmt.Fprintln(w, "\nTo be fetched by toolkit datasets fetch NAME [FILE…]:")
	for _, s := range l.Public {
		how, size := "by hand: its publisher wants a form filled in first", ""
		if s.Files[0].URL != "" {
			how = s.Files[0].URL
			if n := len(s.Files) - 1; n > 0 {
				how += fmt.Sprintf(" and %d more", n)
			}
		}
		if s.Files[0].Bytes > 0 {
			size = ", " + sizeText(s.Files[0].Bytes)
		}
		fmt.Fprintf(w, "%-10s %s\n           source: %s (%s%s)\n           licence: %s\n           cite: %s\n           from: %s\n", s.Name, s.Title, s.Page, s.Format, size, s.Licence, s.Citation, how)
	}
}

func (a *app) datasetsList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the data sets that can be had by name",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			l := datasetList{Public: remote.Sets}
			for _, d := range suite.Datasets {
				l.BuiltIn = append(l.BuiltIn, datasetInfo{d.Name, d.Title(), d.Licence, d.Source, d.Labels})
			}
			return a.show(l)
		},
	}
}

// A generated is what datasets synth has to say.
type generated struct {
	File    string `json:"file"`
	Labels  string `json:"labels,omitempty"`
	Records int    `json:"records"`
	Seed    uint64 `json:"seed"`
}

func (g *generated) text(w io.Writer) {
	fmt.Fprintf(w, "wrote %s to %s", plural(g.Records, "record"), g.File)
	if g.Labels != "" {
		fmt.Fprintf(w, ", their labels to %s", g.Labels)
	}
	fmt.Fprintln(w)
}

func (a *app) datasetsSynth() *cobra.Command {
	c := synth.Default()
	var output, labels string
	cmd := &cobra.Command{
		Use:   "synth -o FILE",
		Short: "Generate office traffic with planted, labelled anomalies",
		Long: `Synth writes generated traffic as CSV of the seed's nine columns, and the labels
of the records in planted anomalies as CSV of record,label. Names that end in
.gz are packed. With -o - the records go to stdout, without labels.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.Seed = a.seed
			if c.Records < 1 {
				return &algo.ParamError{Name: "records", Value: c.Records, Want: "at least 1"}
			}
			if output == "" {
				return &usageError{cmd.CommandPath(), fmt.Errorf("-o FILE is not given")}
			}
			if output == "-" {
				return synth.WriteCSV(a.stdout, c, nil)
			}
			if labels == "" {
				base, packed := strings.CutSuffix(output, ".gz")
				labels = strings.TrimSuffix(base, ".csv") + ".labels.csv"
				if packed {
					labels += ".gz"
				}
			}
			g := &generated{output, labels, c.Records, c.Seed}
			if a.dryRun {
				return a.show(g)
			}
			if err := generate(cmd.Context(), c, output, labels); err != nil {
				return err
			}
			return a.show(g)
		},
	}
	cmd.Flags().IntVar(&c.Records, "records", c.Records, "how many records")
	cmd.Flags().StringVarP(&output, "output", "o", "", "`file` for the records")
	cmd.Flags().StringVar(&labels, "labels", "", "`file` for the labels; FILE.labels.csv if not given")
	return cmd
}

// generate writes both files, or neither.
func generate(ctx context.Context, c synth.Config, output, labels string) error {
	var outs [2]*runlog.Output
	var ws [2]io.Writer
	var zs [2]*gzip.Writer
	for i, path := range []string{output, labels} {
		out, err := runlog.Create(path)
		if err != nil {
			return err
		}
		defer out.Discard()
		outs[i], ws[i] = out, &stopped{ctx, out}
		if strings.HasSuffix(path, ".gz") {
			zs[i] = gzip.NewWriter(ws[i])
			ws[i] = zs[i]
		}
	}
	if err := synth.WriteCSV(ws[0], c, ws[1]); err != nil {
		return err
	}
	for _, z := range zs {
		if z != nil {
			if err := z.Close(); err != nil {
				return err
			}
		}
	}
	for _, out := range outs {
		if err := out.Finish(); err != nil {
			return err
		}
	}
	for _, out := range outs {
		if err := out.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// A stopped is a writer that fails once its context is done.
type stopped struct {
	ctx context.Context
	w   io.Writer
}

func (s *stopped) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.w.Write(p)
}

// builtin returns the records of a data set as an input like any other.
func builtin(d *datasets.Dataset, p *progress) (*records, error) {
	rs := &records{hosts: new(flow.Hosts), labels: new(flow.Labels), recent: new(dedup.Recent)}
	var n int64
	rs.source = func(yield func(*flow.Batch, error) bool) {
		for b, err := range d.Open(rs.hosts, rs.labels) {
			if b != nil {
				n += int64(b.Len())
				p.step(n, 0)
			}
			if !yield(b, err) {
				return
			}
		}
	}
	sum, err := builtinSum(d)
	if err != nil {
		return nil, err
	}
	rs.files = func() []runlog.File {
		return []runlog.File{{Path: "built-in data set " + d.Name, Format: d.Name, Records: n, SHA256: sum}}
	}
	return rs, nil
}

// builtinSum identifies a data set by its first records, so that another
// generator has another sum.
func builtinSum(d *datasets.Dataset) (string, error) {
	var head bytes.Buffer
	for b, err := range d.Open(new(flow.Hosts), new(flow.Labels)) {
		if err != nil {
			return "", err
		}
		for i := range b.Len() {
			fmt.Fprintln(&head, b.Record(i))
		}
		break
	}
	return runlog.Sum(head.Bytes()), nil
}
