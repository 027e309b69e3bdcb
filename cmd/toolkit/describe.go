package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"
	"time"

	"toolkit/algo"
	"toolkit/datasets/profile"
	runlog "toolkit/internal/run"

	"github.com/spf13/cobra"
)

// A described is what datasets describe has to say.
type described struct {
	Inputs   []runlog.File `json:"inputs"`
	Rejected int64         `json:"rejected"`
	Skipped  int64         `json:"skipped"`
	*profile.Description

	skips map[string]int64 // Skipped, by reason
}

func (a *app) datasetsDescribe() *cobra.Command {
	var in inputs
	top := 10
	cmd := &cobra.Command{
		Use:   "describe INPUT…|-",
		Short: "Say what records there are: counts, span, top talkers, ports, labels, order, duplicates, gaps",
		Long: `Describe reads flow records of any format and says how many there are, over what
time, who talks most, on which ports, by which protocols, in which states, and with
which labels; which lines could not be read, how many records are older than one
before them or equal to one before them in all but their label, and the longest
times in which none began. Nothing is written.`,
		Example: "  toolkit datasets describe conn.log.gz\n  toolkit datasets describe --json --top 3 'logs/**/*.gz'",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if top < 1 {
				return &algo.ParamError{Name: "top", Value: top, Want: "at least 1"}
			}
			p := a.progress("reading", true)
			rs, err := a.open(cmd.Context(), args, &in, p)
			if err != nil {
				return err
			}
			of := profile.New(rs.hosts, rs.labels, int64(a.memory)/sameMemory, in.tmp)
			defer of.Close()
			err = a.each(cmd.Context(), &in, rs, of.Add)
			p.end()
			if err != nil {
				return err
			}
			d := &described{Inputs: rs.files(), Description: of.Describe(top)}
			d.skips = skipsOf(d.Inputs)
			if d.BytesUp == math.MaxInt64 || d.BytesDown == math.MaxInt64 {
				a.warn("there are more bytes than can be counted: %d stands for what is more", int64(math.MaxInt64))
			}
			for _, f := range d.Inputs {
				d.Rejected += f.Rejected
				d.Skipped += f.Skipped
			}
			return a.show(d)
		},
	}
	in.flags(cmd.Flags())
	cmd.Flags().IntVar(&top, "top", top, "how long lists of addresses, ports and gaps are at the most")
	return cmd
}

func (d *described) text(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	line := func(name, format string, args ...any) { fmt.Fprintf(w, name+"\t"+format+"\n", args...) }
	for _, f := range d.Inputs {
		line("input", "%s (%s)", f.Path, f.Format)
	}
	line("records", "%s", count(d.Records))
	if d.Rejected > 0 {
		line("rejected", "%s lines that can't be read", count(d.Rejected))
	}
	if d.Skipped > 0 {
		line("skipped", "%s%s", plural(d.Skipped, "record"), reasons(d.skips))
	}
	line("first", "%s", d.First.Format(time.RFC3339Nano))
	line("last", "%s", d.Last.Format(time.RFC3339Nano))
	line("span", "%s", lasting(d.Span))
	line("bytes", "%s up, %s down", count(d.BytesUp), count(d.BytesDown))
	if d.Packets != nil {
		line("packets", "%s", count(*d.Packets))
	}
	if d.MeanDuration != nil {
		line("duration", "%s in the mean, %s at the most", lasting(*d.MeanDuration), lasting(*d.MaxDuration))
	}
	line("addresses", "%s, of which %s IPv6, %s private or reserved", count(d.Addresses), count(d.IPv6), count(d.Private))
	line("ports", "%s source, %s destination", count(d.SrcPorts), count(d.DstPorts))
	switch {
	case d.OutOfOrder > 0:
		line("order", "%s older than one before, by %s at the most", plural(d.OutOfOrder, "record"), lasting(d.FarthestBack))
	default:
		line("order", "by time")
	}
	of := ""
	if d.DuplicatesFull {
		of = ", or more: the first records are remembered, as many as --memory has room for"
	}
	line("duplicates", "%s of one before, but for the label%s", count(d.Duplicates), of)

	for _, list := range []struct {
		title  string
		shares []profile.Share
	}{
		{"top talkers, by records", d.TopTalkers}, {"top talkers, by bytes", d.TopByBytes}, {"destination ports", d.TopDstPorts},
		{"protocols", d.Protocols}, {"states", d.States}, {"labels", d.Labels},
	} {
		if len(list.shares) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s\trecords\tshare\tbytes\n", list.title)
		for _, s := range list.shares {
			name := s.Name
			if name == "" {
				name = "(none)"
			}
			fmt.Fprintf(w, "  %s\t%s\t%.4g %%\t%s\n", name, count(s.Records), 100*s.Share, count(s.Bytes))
		}
	}
	if len(d.Gaps) > 0 {
		fmt.Fprintf(w, "\nlongest times without a record\tfrom\tto\n")
		for _, g := range d.Gaps {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", lasting(g.Seconds), g.From.Format(time.RFC3339), g.To.Format(time.RFC3339))
		}
	}
}

// lasting writes a number of seconds for people: to the second from a minute
// on, else in three digits.
func lasting(seconds float64) string {
	switch {
	case seconds >= 48*3600:
		return strconv.FormatFloat(seconds/86400, 'f', 1, 64) + " days"
	case seconds >= 60:
		return (time.Duration(math.Round(seconds)) * time.Second).String()
	}
	return strconv.FormatFloat(seconds, 'g', 3, 64) + " s"
}
