package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"toolkit/flow"
	"toolkit/flow/biflow"
	"toolkit/flow/dedup"
	"toolkit/flow/netflow"
	runlog "toolkit/internal/run"

	"github.com/spf13/pflag"
)

// shownRejects is how many records that can't be read are shown.
const shownRejects = 10

// inputs are the flags about records to read.
type inputs struct {
	format  string
	columns string
	year    int
	zone    string
	filter  string
	since   string
	until   string
	rejects string
	long    time.Duration
	maxBad  float64
	biflow  bool
	window  time.Duration // of biflow
	ratio   int64
	same    string // what is done about duplicates
	tmp     string
}

// What can be done about records that are the same as one before.
const (
	sameRecent = "recent" // count them among the latest
	sameCount  = "count"
	sameDrop   = "drop"
)

func (in *inputs) flags(fs *pflag.FlagSet) {
	*in = inputs{maxBad: 0.01, window: biflow.DefaultWindow, ratio: flow.DefaultUnpackRatio, same: sameRecent}
	fs.StringVar(&in.format, "format", in.format, "`format` of the inputs: "+formatNames()+"; found by their content if not given")
	fs.StringVar(&in.columns, "columns", in.columns, "what the columns of other tables with a header are: `FIELD[:UNIT]=COLUMN,…` or @FILE, such as ts:unix_ms=start,src_ip=client; fields: "+strings.Join(flow.ColumnFields(), ", "))
	fs.StringVar(&in.zone, "tz", in.zone, "time zone of times that are written without one, such as Europe/Prague or local; UTC if not given")
	fs.DurationVar(&in.long, "for", in.long, "how long to listen at inputs such as udp://0.0.0.0:2055; 0 until interrupted")
	fs.StringVar(&in.filter, "filter", in.filter, "keep only records that fit this `expression` in nfdump's words, or that in @FILE, such as 'src net 10/8 and port in [53 443] and bytes > 1M'")
	fs.StringVar(&in.since, "since", in.since, "leave out records that begin before this time: a date, with a time or not")
	fs.StringVar(&in.until, "until", in.until, "leave out records that begin at this time or later: a date, with a time or not")
	fs.BoolVar(&in.biflow, "biflow", in.biflow, "join records of one direction, as of NetFlow, to records of both, as nfdump -b does")
	fs.DurationVar(&in.window, "biflow-window", in.window, "`time` without a record after which what comes is another connection, of --biflow")
	fs.StringVar(&in.same, "duplicates", in.same, "`what` to do about records that are the same as one before in all but the label: recent counts those of one of the last 16,000 or so, where a command tells of them; count, all; drop leaves all out, before --biflow")
	fs.StringVar(&in.tmp, "tmp", in.tmp, "`directory` for what does not fit in --memory; the system's if not given")
	fs.Int64Var(&in.ratio, "unpack-ratio", in.ratio, "refuse packed data that unpacks to more than so many times its size, once that is above 256 MiB")
	fs.IntVar(&in.year, "year", in.year, "year of times that are written without one; 0 for 1970")
	fs.StringVar(&in.rejects, "rejects", in.rejects, "`file` to keep the records in that can't be read")
	fs.Float64Var(&in.maxBad, "max-bad", in.maxBad, "fail if more than this share of the records can't be read")
}

// A records is what is read: files, or a data set that is made on the way.
type records struct {
	hosts  *flow.Hosts
	labels *flow.Labels
	source flow.Source
	files  func() []runlog.File
	passed func() []string // files that were passed over; nil for none
	joiner *biflow.Joiner  // nil without --biflow
	recent *dedup.Recent   // of duplicates; nil if all are counted or dropped
	same   *dedup.Filter   // nil unless they are
}

// shape has the records of rs freed of duplicates and joined, as far as flags ask
// for it.
func (in *inputs) shape(rs *records, memory int64) {
	in.dedup(rs, memory)
	in.join(rs, memory)
}

// sameMemory is what part of the memory telling duplicates may take.
const sameMemory = 8

// dedup has duplicates counted or dropped, as --duplicates says.
func (in *inputs) dedup(rs *records, memory int64) {
	if in.same == sameRecent {
		rs.recent = new(dedup.Recent)
		if in.biflow { // what is joined is counted before
			rs.source = rs.recent.Source(rs.source)
		}
		return
	}
	rs.same = &dedup.Filter{Drop: in.same == sameDrop, Seen: dedup.Set{Limit: memory / sameMemory, Dir: in.tmp}}
	rs.source = rs.same.Source(rs.source)
}

// join has the records of rs joined, if --biflow asks for it, in a sixteenth of
// the memory.
func (in *inputs) join(rs *records, memory int64) {
	if !in.biflow {
		return
	}
	rs.joiner = &biflow.Joiner{Window: in.window}
	if memory > 0 {
		rs.joiner.Limit = int(max(memory/16/biflow.Bytes, 1<<12))
	}
	rs.source = rs.joiner.Source(rs.source, rs.hosts)
}

// open opens the inputs at paths.
func (a *app) open(ctx context.Context, paths []string, in *inputs, p *progress) (*records, error) {
	opt, err := in.options()
	if err != nil {
		return nil, err
	}
	opt.Live = func(address string) (io.ReadCloser, error) { return netflow.Listen(ctx, address, in.long) }
	opt.Wait = func(r io.Reader) io.ReadCloser { return newWaiting(ctx, r) }
	opt.Stdin, opt.Workers, opt.Progress = a.stdin, a.workers, p.step
	r, err := flow.Open(paths, opt)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	rs := &records{hosts: r.Hosts(), labels: r.Labels(), source: r.Source(), passed: r.Passed, files: func() []runlog.File {
		var fs []runlog.File
		for _, i := range r.Inputs() {
			fs = append(fs, runlog.File{Path: i.Path, Bytes: i.Bytes, SHA256: i.SHA256, Format: i.Format, Records: i.Records, Rejected: i.Rejected, Skipped: i.Skipped, Filtered: i.Filtered, Skips: i.Skips})
		}
		return fs
	}}
	in.shape(rs, int64(a.memory))
	return rs, nil
}

// errEnough ends a pass before the end of its source.
var errEnough = errors.New("enough has been read")

// each reads all records and hands every batch to f. Records that can't be
// read are shown, kept and counted; too many of them, or none that can be
// read, are an error. An f that returns errEnough ends the pass.
func (a *app) each(ctx context.Context, in *inputs, rs *records, f func(*flow.Batch) error) (err error) {
	rej, err := newRejects(in.rejects)
	if err != nil {
		return err
	}
	defer rej.discard()
	var good, bad, skipped int64
	old := false // whether there are records of 1970
	for b, err := range rs.source {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var syntax *flow.SyntaxError
		switch {
		case errors.As(err, &syntax):
			if _, skip := flow.SkipReason(err); skip {
				skipped++
			} else if bad++; bad <= shownRejects {
				a.warn("%v", syntax)
			}
			if err := rej.keep(syntax); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		good += int64(b.Len())
		old = old || b.Len() > 0 && time.Unix(0, b.Time[0]).UTC().Year() == 1970
		switch err := f(b); {
		case errors.Is(err, errEnough):
			return nil
		case err != nil:
			return err
		}
	}
	a.warnPassed(rs)
	if rs.same != nil {
		a.note("%s the same as one before%s", plural(rs.same.N, "record"), map[bool]string{true: ", and left out"}[rs.same.Drop])
	}
	if rs.joiner != nil {
		a.note("%s", rs.joiner.Stats)
	}
	if bad > shownRejects {
		a.warn("%s more records can't be read", count(bad-shownRejects))
	}
	if err := rej.commit(); err != nil {
		return err
	}
	if share := float64(bad) / float64(max(good+bad, 1)); share > in.maxBad {
		return fmt.Errorf("%s of %s records can't be read (%.3g %%), more than --max-bad %g: see the lines above, allow more, or name the --format", count(bad), count(good+bad), 100*share, in.maxBad)
	}
	if good == 0 {
		return noRecords(rs, skipped)
	}
	if old && in.year == 0 && slices.ContainsFunc(rs.files(), func(f runlog.File) bool { return f.Format == "argus" }) {
		a.warn("records of Argus are of 1970: if their times have no year, say which with --year")
	}
	return nil
}

// noRecords is the error of an input without a record that is kept.
func noRecords(rs *records, skipped int64) error {
	var filtered int64
	for _, f := range rs.files() {
		filtered += f.Filtered
	}
	switch {
	case filtered > 0:
		return fmt.Errorf("--filter, --since or --until leave none of %s", plural(filtered, "record"))
	case skipped > 0:
		return fmt.Errorf("no flow records of IP traffic in the input; %s of something else", plural(skipped, "record"))
	}
	return errors.New("no records in the input")
}

// warnPassed tells which files were passed over.
func (a *app) warnPassed(rs *records) {
	if rs.passed == nil {
		return
	}
	names := rs.passed()
	for _, name := range names[:min(len(names), shownRejects)] {
		a.warn("%s is passed over: it is empty or of no known format", name)
	}
	if more := len(names) - shownRejects; more > 0 {
		a.warn("%s more are passed over", plural(int64(more), "file"))
	}
}

// A rejects keeps the lines that can't be used, each after a comment that
// says why.
type rejects struct{ out *runlog.Output }

func newRejects(path string) (*rejects, error) {
	if path == "" {
		return &rejects{}, nil
	}
	out, err := runlog.Create(path)
	return &rejects{out}, err
}

func (r *rejects) keep(e *flow.SyntaxError) error {
	if r.out == nil {
		return nil
	}
	_, err := io.WriteString(r.out, "# "+strings.ReplaceAll(e.Error(), "\n", " ")+"\n"+e.Text+"\n")
	return err
}

func (r *rejects) commit() error {
	if r.out == nil {
		return nil
	}
	return r.out.Commit()
}

func (r *rejects) discard() {
	if r.out != nil {
		r.out.Discard()
	}
}
