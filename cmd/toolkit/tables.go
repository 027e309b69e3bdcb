package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"toolkit/features"
	"toolkit/flow"
	runlog "toolkit/internal/run"

	"github.com/spf13/cobra"
)

// tableFlags are the flags about which tables extract makes, how they are
// written, and how much memory for files it takes in their place.
type tableFlags struct {
	only     []string // of the tables; nil for all
	key      string   // of a table of one's own; "" for none
	name     string   // of that table
	to       string
	compress string
	help     bool // say what columns there are, and do nothing
}

// tableFormats are what tables can be written as, and how their files end.
var tableFormats = []struct{ name, ending string }{{"arrow", ".arrow"}, {"parquet", ".parquet"}, {"csv", ".csv"}}

// saving returns how tables are written.
func (t *tableFlags) saving() features.Saving {
	s := features.Saving{Ending: "." + t.to, Compression: t.compress}
	if t.to == "" { // of run
		s.Ending = ".arrow"
	}
	return s
}

// madeNames are the names of the tables that extract makes.
func madeNames() []string {
	var names []string
	for _, g := range features.Groupings(features.DefaultOptions()) {
		names = append(names, g.Name)
	}
	return append(names, features.RecordsTable)
}

// flags declares --tables.
func (t *tableFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&t.only, "tables", nil, "tables to make, of "+strings.Join(madeNames(), ",")+"; all if not given. evaluate and report need records")
	cmd.Flags().StringVar(&t.key, "key", "", "a table more, with a row for each value of these `fields`, of "+strings.Join(features.KeyFields, ",")+": such as src_ip,dst_ip/24,dst_port; ts is the bin")
	cmd.Flags().StringVar(&t.name, "name", features.CustomTable, "name of the table of --key")
	cmd.Flags().StringVar(&t.to, "to", tableFormats[0].name, "what tables are written as: arrow, parquet or csv. Other commands find tables by their names as arrow, all by --on FILE")
	cmd.Flags().BoolVar(&t.help, "help-fields", false, "say what each column of the tables is, in which unit, and when it is null; no INPUT is needed")
	cmd.Flags().StringVar(&t.compress, "compression", "", compressionDoc)
}

var tableName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func (t *tableFlags) check(o features.Options) error {
	usage := func(err error) error { return &usageError{"toolkit extract", err} }
	names := madeNames()
	if t.key != "" {
		if _, err := features.Custom(t.name, t.key, o); err != nil {
			return usage(err)
		}
		if !tableName.MatchString(t.name) || slices.Contains(names, t.name) {
			return usage(fmt.Errorf("--name is %q, want a name of small letters, digits and _ that no other table has", t.name))
		}
		names = append(names, t.name)
	}
	if t.only != nil && len(t.only) == 0 && t.key == "" {
		return usage(fmt.Errorf("--tables names none; there are %s", strings.Join(names, ", ")))
	}
	for _, name := range t.only {
		if !slices.Contains(names, name) {
			return usage(fmt.Errorf("no table is named %q; there are %s", name, strings.Join(names, ", ")))
		}
	}
	if err := t.idle(o); err != nil {
		return usage(err)
	}
	if !slices.ContainsFunc(tableFormats, func(f struct{ name, ending string }) bool { return f.name == t.to }) {
		return usage(fmt.Errorf("--to is %q, want arrow, parquet or csv", t.to))
	}
	if err := t.saving().Check(); err != nil {
		return usage(err)
	}
	return nil
}

// idle reports a flag that would change none of the tables that are made.
func (t *tableFlags) idle(o features.Options) error {
	for _, f := range []struct {
		flag   string
		set    bool
		tables []string // that it changes
	}{
		{"--dense", o.Dense, []string{features.PairsTable}},
		{"--window-mode seed", o.WindowMode == flow.Seed, []string{features.BatchesTable}},
		{"--approx", o.Approx, []string{features.BatchesTable, features.HostsTable, t.name}},
	} {
		if f.set && !slices.ContainsFunc(f.tables, func(name string) bool { return t.makes(name) && (name != t.name || t.key != "") }) {
			return fmt.Errorf("%s changes none of the tables of --tables: it is for %s", f.flag, strings.Join(f.tables, ", "))
		}
	}
	return nil
}

// makes tells whether the table of that name is made: that of --key always.
func (t *tableFlags) makes(name string) bool {
	return t.only == nil || slices.Contains(t.only, name) || t.key != "" && name == t.name
}

// extractor returns what makes the tables of rs that are wanted, in the memory
// allowed. The caller closes it.
func (a *app) extractor(x *extractFlags, rs *records) *features.Extractor {
	ex := features.NewExtractor(x.groupings(), rs.hosts, rs.labels)
	ex.Records = x.makes(features.RecordsTable)
	memory := int64(a.memory)
	if rs.same != nil {
		memory -= memory / sameMemory
	}
	if x.entropy {
		memory -= memory / entropyMemory
	}
	ex.Limit(memory, x.tmp)
	return ex
}

// groupings returns the kinds of tables that are wanted.
func (x *extractFlags) groupings() []*features.Grouping {
	of := features.Groupings(x.Options)
	if x.key != "" {
		custom, err := features.Custom(x.name, x.key, x.Options)
		if err != nil {
			panic(err) // it has been checked
		}
		of = append(of, custom)
	}
	of = slices.DeleteFunc(of, func(g *features.Grouping) bool { return !x.makes(g.Name) })
	if x.entropy {
		of = append(of, features.EntropyWindows(x.Options))
	}
	return of
}

// What the program takes at the least: less would have the garbage collector at
// work without an end, in more memory than that.
const (
	leastHeap   = 48 << 20
	leastMemory = 96 << 20 // with the program itself
)

// frugal has the garbage collector keep to the memory allowed, until the
// function that is returned is called. What tables are gathered in has few
// pointers, so that collecting often costs little.
func (a *app) frugal() (undo func()) {
	percent := debug.SetGCPercent(40)
	limit := debug.SetMemoryLimit(-1)
	if a.memory > 0 {
		debug.SetMemoryLimit(min(limit, max(int64(a.memory)/10*8, leastHeap)))
	}
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// gather reads rs to its end. Batches are shown to also on the way, which
// looks at them while tables take them in.
func (a *app) gather(ctx context.Context, x *extractFlags, rs *records, ex *features.Extractor, also func(*flow.Batch) error) error {
	err := a.each(ctx, &x.inputs, rs, func(b *flow.Batch) error {
		var wg sync.WaitGroup
		var err error
		wg.Go(func() { err = also(b) })
		ex.Add(b)
		wg.Wait()
		return cmp.Or(ex.Failed(), err)
	})
	if err != nil {
		return err
	}
	return ex.Err()
}

// entropyMemory is what part of the memory running entropies may take.
const entropyMemory = 16

// writeEntropies makes the table of running entropies and stages its file.
func (a *app) writeEntropies(ctx context.Context, ent *features.Entropies, dir *runlog.Dir, r *runlog.Run) (madeTable, error) {
	out, err := dir.Begin(features.EntropyTable)
	if err != nil {
		return madeTable{}, err
	}
	err = ent.Write(func(t *features.Table) error {
		a.describe(t, r)
		return cmp.Or(ctx.Err(), out.Write(t))
	})
	if err != nil {
		return madeTable{}, err
	}
	f, err := out.End()
	return madeTable{features.EntropyTable, out.Path, f.Rows, float64(f.Rows)}, err
}

// write makes the tables and stages their files, described by r: side by side
// if they are in memory, that of records last.
func (a *app) write(ctx context.Context, ex *features.Extractor, dir *runlog.Dir, r *runlog.Run) ([]madeTable, error) {
	names := ex.Names()
	outs, made, errs := make([]*runlog.TableOutput, len(names)), make([]madeTable, len(names)), make([]error, len(names))
	for i, name := range names {
		var err error
		if outs[i], err = dir.Begin(name); err != nil {
			return nil, err
		}
		made[i] = madeTable{Name: name, File: outs[i].Path}
	}
	one := func(i int) {
		first := true
		errs[i] = ex.Write(i, func(t *features.Table) error {
			if first {
				a.describe(t, r)
				first = false
			}
			made[i].Samples += samples(t)
			return errors.Join(ctx.Err(), outs[i].Write(t))
		})
		if errs[i] == nil {
			errs[i] = outs[i].Finish()
		}
	}
	workers := min(a.workers, len(names))
	if ex.Summary().Spills > 0 {
		workers = 1
	}
	var wg sync.WaitGroup
	turn := make(chan struct{}, workers)
	for i, name := range names {
		if name == features.RecordsTable {
			wg.Wait()
			if errors.Join(errs...) != nil {
				break // it tells of tables that are there
			}
		}
		turn <- struct{}{}
		wg.Go(func() { one(i); <-turn })
	}
	wg.Wait()
	for i, out := range outs {
		if errs[i] != nil {
			return nil, errs[i]
		}
		f, err := out.End()
		if err != nil {
			return nil, err
		}
		made[i].Rows = f.Rows
	}
	return made, nil
}
