package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"toolkit/features"
	"toolkit/flow"
	"toolkit/flow/biflow"
	runlog "toolkit/internal/run"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// extractFlags are the flags about tables to make.
type extractFlags struct {
	inputs
	features.Options
	tableFlags
	mode    string
	entropy bool
	window  int // records, of running entropies
}

func (x *extractFlags) flags(fs *pflag.FlagSet) {
	x.Options = features.DefaultOptions()
	x.inputs.flags(fs)
	fs.DurationVar(&x.Bin, "bin", x.Bin, "length of the bins of pairs, of batches, and of ts in --key")
	fs.StringVar(&x.mode, "window-mode", string(x.WindowMode), "how records are cut into batches: tumbling, aligned to the epoch, or seed, after each record whose second divides by --bin, of whole seconds; other tables are always of tumbling bins")
	fs.Var((*windowFlag)(&x.HostWindow), "host-window", "length of the windows of hosts, or "+allTime+" for one row an address")
	fs.BoolVar(&x.SeedCompat, "seed-compat", x.SeedCompat, "count and write what is undefined as the seed did")
	fs.BoolVar(&x.Dense, "dense", x.Dense, "of ip_pairs, a row for every empty bin, instead of one for each run of them; other tables have no rows of what is empty")
	fs.BoolVar(&x.Approx, "approx", x.Approx, "sketches of bounded size (HyperLogLog, DDSketch) in place of the sets of addresses, pairs and tuples of hosts, batches and --key; their error is told, what needs all of a set is left out")
	fs.BoolVar(&x.entropy, "entropy", false, "tables of entropies too")
	fs.IntVar(&x.window, "entropy-window", features.DefaultEntropyWindow, "`records` that running entropies are of")
	fs.IntVar(&x.CIDR4, "cidr4", x.CIDR4, "prefix length of the networks of IPv4 addresses")
	fs.IntVar(&x.CIDR6, "cidr6", x.CIDR6, "prefix length of the networks of IPv6 addresses")
}

// check takes the flags as options.
func (x *extractFlags) check() error {
	x.WindowMode = flow.WindowMode(x.mode)
	if err := x.Options.Check(); err != nil {
		return &usageError{"toolkit extract", err}
	}
	if x.window < 1 {
		return &usageError{"toolkit extract", fmt.Errorf("--entropy-window is %d, want above 0", x.window)}
	}
	return nil
}

func (a *app) extractCommand() *cobra.Command {
	var x extractFlags
	cmd := &cobra.Command{
		Use:   "extract INPUT…|-",
		Short: "Make feature tables of flow records",
		Long: `Extract reads flow records and writes tables of them as Arrow files:

  flow_tuples.arrow  a row for each source, destination, ports and protocol
  ip_pairs.arrow     a row for each pair of addresses and 10 s; runs of empty
                     bins are one row, whose column bins says how many
  batches.arrow      a row for each 10 s, of all its records: the seed's 57
                     features, and bytes, durations and protocols
  hosts.arrow        a row for each address and 10 min: whom it spoke to on
                     which ports and how regularly, and who spoke to it
  entropy.arrow      with --entropy: at each record, entropies of six fields of
                     the last 100; and entropy_windows.arrow, of each 10 s
  custom.arrow       with --key: a row for each value of any key, with sums and
                     with distinct counts of what is not in the key
  records.arrow      which row of each table a record is part of, and its label

Inputs are files, folders, patterns, udp://ADDRESS:PORT, or - for the standard
input, in any order of time. Formats are found by content; packed files (gzip,
zstd, bz2, xz, lz4) and archives (tar, zip) are unpacked. Other tables with a
header are read by --columns, whose fields are:

` + flow.ColumnHelp(),
		Args: func(cmd *cobra.Command, args []string) error {
			if x.help {
				return nil
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, f := range []string{"key", "name"} {
				if cmd.Flags().Changed(f) && x.key == "" {
					return &usageError{"toolkit extract", fmt.Errorf("--%s is given, but no field of --key", f)}
				}
			}
			if err := errors.Join(x.check(), x.tableFlags.check(x.Options)); err != nil {
				return err
			}
			if x.help {
				return a.show(helpOf(x.groupings()))
			}
			if a.dryRun {
				return a.forecastRead(cmd.Context(), args, &x.inputs, "extract", func(rs *records) (add func(*flow.Batch), wait func()) {
					ex := features.NewExtractor(x.groupings(), rs.hosts, rs.labels)
					return ex.Add, func() { _ = ex.Err() }
				})
			}
			dir, err := runlog.OpenDir(a.out)
			if err != nil {
				return err
			}
			if err := dir.Try(); err != nil {
				return err
			}
			defer dir.Discard()
			dir.Saving = x.saving()
			p := a.progress("reading", true)
			rs, err := a.open(cmd.Context(), args, &x.inputs, p)
			if err != nil {
				return err
			}
			r, err := a.extract(cmd.Context(), &x, rs, dir, nil)
			p.end()
			if err != nil {
				return err
			}
			for _, t := range r.Tables {
				if old := dir.File(t.Name); old != t.File && exists(old) {
					a.warn("%s is of an earlier run, and what --on %s means: give --on %s", old, t.Name, t.File)
				}
			}
			return a.show(r)
		},
	}
	x.flags(cmd.Flags())
	x.tableFlags.flags(cmd)
	return cmd
}

// An extracted is what extract has to say.
type extracted struct {
	Inputs     []runlog.File `json:"inputs"`
	Records    int64         `json:"records"`
	Rejected   int64         `json:"rejected"`
	Skipped    int64         `json:"skipped"`
	Filtered   int64         `json:"filtered"`
	OutOfOrder int64         `json:"out_of_order"`
	Repeats    *int64        `json:"repeats,omitempty"`    // records that are the same as one of the last 16,000 or so
	Duplicates *int64        `json:"duplicates,omitempty"` // … as any before, if all are counted or dropped
	Labelled   int64         `json:"labelled"`
	First      time.Time     `json:"first"`
	Last       time.Time     `json:"last"`
	BytesUp    int64         `json:"bytes_up"`
	BytesDown  int64         `json:"bytes_dw"`
	Tables     []madeTable   `json:"tables"`
	Biflow     *biflow.Stats `json:"biflow,omitempty"` // what was joined to Records, with --biflow
	Approx     []approxTable `json:"approx,omitempty"`

	skips map[string]int64 // Skipped, by reason
}

// An approxTable says what of a table is approximate.
type approxTable struct {
	Name string `json:"table"`
	What string `json:"what"`
}

// A madeTable is a table that was written.
type madeTable struct {
	Name    string  `json:"table"`
	File    string  `json:"file"`
	Rows    int64   `json:"rows"`
	Samples float64 `json:"samples"` // what the rows stand for
}

// extract reads rs, makes the tables of it and commits them. Batches are
// shown to also, if it is not nil, on the way.
func (a *app) extract(ctx context.Context, x *extractFlags, rs *records, dir *runlog.Dir, also func(*flow.Batch)) (*extracted, error) {
	r := a.begin("extract")
	defer a.frugal()()
	if a.memory > 0 && a.memory < leastMemory {
		a.warn("--memory %s is less than what the program takes by itself, about %s: it will take more", sizeText(int64(a.memory)), sizeText(leastMemory))
	}
	ex := a.extractor(x, rs)
	defer ex.Close()
	var ent *features.Entropies
	if x.entropy {
		ent = features.NewEntropies(x.window, int64(a.memory)/entropyMemory, x.tmp)
		defer ent.Close()
	}
	err := a.gather(ctx, x, rs, ex, func(b *flow.Batch) error {
		if rs.recent != nil && rs.joiner == nil { // else they have been counted before they were joined
			rs.recent.Add(b)
		}
		if also != nil {
			also(b)
		}
		if ent != nil {
			return ent.Add(b)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s := ex.Summary()
	e := &extracted{
		Inputs: rs.files(), Records: s.Records, OutOfOrder: s.OutOfOrder, Labelled: s.Labelled,
		First: s.First, Last: s.Last, BytesUp: s.BytesUp, BytesDown: s.BytesDown,
	}
	if rs.recent != nil {
		e.Repeats = &rs.recent.N
		r.Stats = append(r.Stats, runlog.NewStat("repeats", float64(rs.recent.N)))
	}
	if rs.same != nil {
		e.Duplicates = &rs.same.N
		r.Stats = append(r.Stats, runlog.NewStat("duplicates", float64(rs.same.N)))
	}
	if rs.joiner != nil {
		e.Biflow = &rs.joiner.Stats
		r.Stats = append(r.Stats, runlog.NewStat("joined", float64(e.Biflow.Joined)), runlog.NewStat("connections", float64(e.Biflow.Connections)), runlog.NewStat("alone", float64(e.Biflow.Alone)))
	}
	for _, f := range e.Inputs {
		e.Rejected += f.Rejected
		e.Skipped += f.Skipped
		e.Filtered += f.Filtered
	}
	e.skips = skipsOf(e.Inputs)
	r.Inputs = e.Inputs
	r.Params = params("", x.flagSet())
	if x.key != "" {
		r.Params = append(r.Params, runlog.Param{Name: "key", Value: x.key})
	}
	for _, st := range []struct {
		name  string
		value int64
	}{{"records", s.Records}, {"rejected", e.Rejected}, {"skipped", e.Skipped}, {"out_of_order", s.OutOfOrder}, {"labelled", s.Labelled}, {"spills", int64(s.Spills)}} {
		r.Stats = append(r.Stats, runlog.NewStat(st.name, float64(st.value)))
	}
	for _, g := range x.groupings() {
		if g.Approx != "" {
			e.Approx = append(e.Approx, approxTable{g.Name, g.Approx})
		}
	}
	if e.Tables, err = a.write(ctx, ex, dir, r); err != nil {
		return nil, err
	}
	if ent != nil {
		t, err := a.writeEntropies(ctx, ent, dir, r)
		if err != nil {
			return nil, err
		}
		e.Tables = append(e.Tables, t)
	}
	return e, a.commit(dir, r)
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// flagSet returns the flags of x with their present values.
func (x *extractFlags) flagSet() *pflag.FlagSet {
	y := &extractFlags{}
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	y.flags(fs)
	*y = *x
	return fs
}

// describe puts into the metadata of t what it was made of and how: nothing
// that differs between equal runs.
func (a *app) describe(t *features.Table, r *runlog.Run) {
	if t.Meta == nil {
		t.Meta = make(map[string]string)
	}
	t.Meta["toolkit.version"] = r.Version
	t.Meta["command"] = r.Command
	t.Meta["seed"] = strconv.FormatUint(r.Seed, 10)
	for i, f := range r.Inputs {
		t.Meta[fmt.Sprintf("input.%d.sha256", i)] = f.SHA256
	}
	for _, p := range r.Params {
		t.Meta["param."+p.Name] = p.Value
	}
}

// samples returns how many samples the rows of t stand for.
func samples(t *features.Table) float64 {
	for _, c := range t.Columns {
		if c.Role == features.Weight {
			var n float64
			for i := range c.Len() {
				n += c.Float(i)
			}
			return n
		}
	}
	return float64(t.Len())
}

// params returns the flags of fs as they stand, but for those that decide
// where things are and not what they are.
func params(prefix string, fs *pflag.FlagSet) []runlog.Param {
	var ps []runlog.Param
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Name != "rejects" && f.Name != "tmp" {
			ps = append(ps, runlog.Param{Name: prefix + f.Name, Value: f.Value.String()})
		}
	})
	return ps
}

func (e *extracted) text(w io.Writer) {
	fmt.Fprintf(w, "%s from %s, %s to %s\n", plural(e.Records, "record"), plural(len(e.Inputs), "input"),
		e.First.Format("2006-01-02 15:04:05"), e.Last.Format("2006-01-02 15:04:05 MST"))
	var repeats int64
	if e.Repeats != nil {
		repeats = *e.Repeats
	}
	for _, n := range []struct {
		n    int64
		what string
	}{{e.Rejected, "could not be read"}, {e.Skipped, "were skipped" + reasons(e.skips)}, {e.Filtered, "were left out by --filter, --since or --until"}, {e.OutOfOrder, "were older than one before them"}, {repeats, "are the same as one of about the last 16,000"}, {e.Labelled, "have a label"}} {
		if n.n > 0 {
			fmt.Fprintf(w, "%15s  %s\n", count(n.n), n.what)
		}
	}
	fmt.Fprintln(w)
	for _, t := range e.Tables {
		stand := ""
		if int64(t.Samples) != t.Rows {
			stand = fmt.Sprintf(", standing for %s samples", count(int64(t.Samples)))
		}
		fmt.Fprintf(w, "%15s  rows in %s%s\n", count(t.Rows), t.File, stand)
	}
	for _, t := range e.Approx {
		fmt.Fprintf(w, "\n%s: %s\n", t.Name, t.What)
	}
}
