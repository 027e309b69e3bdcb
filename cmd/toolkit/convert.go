package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"toolkit/features"
	"toolkit/flow"
	"toolkit/flow/cryptopan"
	runlog "toolkit/internal/run"

	"github.com/klauspost/compress/gzip"
	"github.com/spf13/cobra"
)

// A conversion is what datasets convert is told.
type conversion struct {
	inputs
	saving features.Saving
	key    string
	labels string
}

// A converted is what datasets convert has to say.
type converted struct {
	Inputs     []runlog.File `json:"inputs"`
	File       string        `json:"file"`
	Records    int64         `json:"records"`
	Labels     string        `json:"labels,omitempty"` // the file of labels, where the records have no column for them
	Labelled   int64         `json:"labelled"`
	Anonymized bool          `json:"anonymized"`

	lost []string // what there was and is not in the file
}

func (c *converted) text(w io.Writer) {
	fmt.Fprintf(w, "wrote %s to %s", plural(c.Records, "record"), c.File)
	if c.Labels != "" {
		fmt.Fprintf(w, ", the labels of %s to %s", count(c.Labelled), c.Labels)
	}
	fmt.Fprintln(w)
}

func (a *app) datasetsConvert() *cobra.Command {
	var c conversion
	cmd := &cobra.Command{
		Use:   "convert INPUT… OUT",
		Short: "Write records of any format as CSV, Parquet or Arrow, anonymised if wished",
		Long: `Convert reads flow records of any format and writes them in their order, to what
the name of OUT says:

  .csv .csv.gz  the nine columns of format csv, without a header; labels go to
                OUT.labels.csv, as record,label; durations, packets and TCP flags
                are lost
  .parquet      a column for each field that the records have
  .arrow        the same
  -             CSV to the standard output, without labels

Lines that can't be read are left out, so records are numbered anew.

--anonymize KEYFILE replaces all addresses by Crypto-PAn (Xu et al. 2002, AES-128):
the same key gives the same addresses in every file, and addresses that share a
network still share one. The file holds 32 bytes, or 64 hexadecimal digits, such
as of: openssl rand -hex 32 > KEYFILE. Private, multicast and broadcast addresses
become any. Times, ports, volumes and labels stay as they are: look at labels for
names and addresses, and don't take it for protection from those who know some of
the traffic.`,
		Example: "  toolkit datasets convert conn.log.gz flows.csv.gz\n  toolkit datasets convert --anonymize key.hex 'logs/*.gz' shared.parquet",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, out := args[:len(args)-1], args[len(args)-1]
			c.saving.Ending = features.Ending(out)
			if out == flow.Stdin {
				c.saving.Ending = ".csv"
			}
			if err := c.saving.Check(); err != nil {
				if c.saving.Ending == "" {
					err = fmt.Errorf("%s: %w", out, err)
				}
				return &usageError{cmd.CommandPath(), err}
			}
			var key *cryptopan.Anonymizer
			if c.key != "" {
				var err error
				if key, err = readKey(c.key); err != nil {
					return err
				}
			}
			defer a.frugal()()
			p := a.progress("reading", true)
			rs, err := a.open(cmd.Context(), in, &c.inputs, p)
			if err != nil {
				return err
			}
			if a.dryRun {
				_, err := fmt.Fprintf(a.stdout, "records of %s would be written to %s\n", strings.Join(in, ", "), out)
				return err
			}
			if key != nil {
				hosts := new(flow.Hosts)
				rs.source, rs.hosts = key.Source(rs.source, rs.hosts, hosts), hosts
			}
			done, err := a.convert(cmd.Context(), &c, rs, out)
			p.end()
			if err != nil {
				return err
			}
			if len(done.lost) > 0 {
				a.warn("%s has no column for %s of the records: write .parquet or .arrow to keep them", out, strings.Join(done.lost, " and "))
			}
			if done.Anonymized = key != nil; key != nil && done.Labelled > 0 {
				a.warn("labels are not anonymised: see that no names or addresses are in them")
			}
			if out == flow.Stdin {
				return nil
			}
			return a.show(done)
		},
	}
	c.inputs.flags(cmd.Flags())
	cmd.Flags().StringVar(&c.key, "anonymize", "", "replace addresses by the key in this `file`, keeping their prefixes")
	cmd.Flags().StringVar(&c.saving.Compression, "compression", "", compressionDoc)
	cmd.Flags().StringVar(&c.labels, "labels", "", "`file` for the labels of CSV; OUT.labels.csv if not given")
	return cmd
}

const compressionDoc = "how the file is packed: zstd or none; if not given Parquet by zstd and Arrow not"

// readKey reads the key of an anonymised export.
func readKey(file string) (*cryptopan.Anonymizer, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the key to anonymise by: %w (openssl rand -hex 32 > %s makes one)", err, file)
	}
	key, err := cryptopan.ParseKey(data)
	if err != nil {
		return nil, fmt.Errorf("reading the key to anonymise by, %s: %w", file, err)
	}
	return cryptopan.New(key), nil
}

// convert writes the records of rs to the file out.
func (a *app) convert(ctx context.Context, c *conversion, rs *records, out string) (*converted, error) {
	done := &converted{File: out}
	var err error
	switch {
	case out == flow.Stdin:
		err = a.convertCSV(ctx, c, rs, done, a.stdout, nil)
	case strings.HasPrefix(c.saving.Ending, ".csv"):
		err = a.convertToCSV(ctx, c, rs, done)
	default:
		err = a.convertToTable(ctx, c, rs, done)
	}
	done.Inputs = rs.files()
	return done, err
}

// convertToCSV writes the records to a CSV file, and their labels to another
// if any has one.
func (a *app) convertToCSV(ctx context.Context, c *conversion, rs *records, done *converted) error {
	labelFile := c.labels
	if labelFile == "" {
		base, packed := strings.CutSuffix(done.File, ".gz")
		labelFile = strings.TrimSuffix(base, ".csv") + ".labels.csv"
		if packed {
			labelFile += ".gz"
		}
	}
	var ws [2]io.Writer
	var outs [2]*runlog.Output
	var zs [2]*gzip.Writer
	for i, path := range []string{done.File, labelFile} {
		out, err := runlog.Create(path)
		if err != nil {
			return err
		}
		defer out.Discard()
		outs[i], ws[i] = out, out
		if strings.HasSuffix(path, ".gz") {
			zs[i] = gzip.NewWriter(out)
			ws[i] = zs[i]
		}
	}
	if err := a.convertCSV(ctx, c, rs, done, ws[0], ws[1]); err != nil {
		return err
	}
	n := 1
	if done.Labelled > 0 {
		n, done.Labels = 2, labelFile
	}
	for i := range n {
		if zs[i] != nil {
			if err := zs[i].Close(); err != nil {
				return err
			}
		}
		if err := outs[i].Finish(); err != nil {
			return err
		}
	}
	for _, out := range outs[:n] {
		if err := out.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// convertCSV writes the records to w, and their labels to labels unless it is
// nil.
func (a *app) convertCSV(ctx context.Context, c *conversion, rs *records, done *converted, w, labels io.Writer) error {
	if labels == nil {
		labels = io.Discard
	}
	to, label := flow.NewCSVWriter(w), csv.NewWriter(labels)
	if err := label.Write([]string{"record", "label"}); err != nil {
		return err
	}
	var duration, packets, flags bool
	err := a.each(ctx, &c.inputs, rs, func(b *flow.Batch) error {
		for i, l := range b.Label {
			if l != 0 {
				done.Labelled++
				if err := label.Write([]string{strconv.FormatInt(done.Records+int64(i), 10), b.Labels.Name(l)}); err != nil {
					return err
				}
			}
		}
		duration, packets, flags = duration || b.Duration != nil, packets || b.PacketsUp != nil, flags || b.FlagsUp != nil
		done.Records += int64(b.Len())
		return to.Write(b)
	})
	if duration {
		done.lost = append(done.lost, "durations")
	}
	if packets {
		done.lost = append(done.lost, "packets")
	}
	if flags {
		done.lost = append(done.lost, "TCP flags")
	}
	label.Flush()
	return errors.Join(err, to.Flush(), label.Error())
}

// convertToTable writes the records to a Parquet or an Arrow file.
func (a *app) convertToTable(ctx context.Context, c *conversion, rs *records, done *converted) error {
	out, err := runlog.Create(done.File)
	if err != nil {
		return err
	}
	defer out.Discard()
	of := features.NewFlows(rs.hosts, rs.labels, int64(a.memory)/4, c.tmp)
	defer of.Close()
	err = a.each(ctx, &c.inputs, rs, func(b *flow.Batch) error {
		done.Records += int64(b.Len())
		for _, l := range b.Label {
			if l != 0 {
				done.Labelled++
			}
		}
		return of.Add(b)
	})
	if err != nil {
		return err
	}
	w := features.NewTableWriter(out, c.saving)
	err = of.Write(func(t *features.Table) error {
		t.Meta["toolkit.version"] = runlog.Version()
		t.Meta["command"] = "datasets convert"
		return errors.Join(ctx.Err(), w.Write(t))
	})
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return out.Commit()
}
