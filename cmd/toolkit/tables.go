package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"toolkit/features"
	"toolkit/flow"
	runlog "toolkit/internal/run"

	"github.com/spf13/cobra"
)

// tableFlags are the flags about which tables extract makes, and how much
// memory for files it takes in their place.
type tableFlags struct {
	only []string // of the tables; nil for all
	tmp  string
}

// madeNames are the names of the tables that extract makes.
func madeNames() []string {
	var names []string
	for _, g := range features.Groupings(features.DefaultOptions()) {
		names = append(names, g.Name)
	}
	return append(names, features.RecordsTable)
}

// flags declares --tables; --tmp is a flag of all who make tables.
func (t *tableFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&t.only, "tables", nil, "tables to make, of "+strings.Join(madeNames(), ",")+"; all if not given. evaluate and report need records")
}

func (t *tableFlags) check() error {
	for _, name := range t.only {
		if !slices.Contains(madeNames(), name) {
			return &usageError{"toolkit extract", fmt.Errorf("no table is named %q; there are %s", name, strings.Join(madeNames(), ", "))}
		}
	}
	return nil
}

func (t *tableFlags) makes(name string) bool { return t.only == nil || slices.Contains(t.only, name) }

// extractor returns what makes the tables of rs that are wanted, in the memory
// allowed. The caller closes it.
func (a *app) extractor(x *extractFlags, rs *records) *features.Extractor {
	of := slices.DeleteFunc(features.Groupings(x.Options), func(g *features.Grouping) bool { return !x.makes(g.Name) })
	ex := features.NewExtractor(of, rs.hosts, rs.labels)
	ex.Records = x.makes(features.RecordsTable)
	ex.Limit(int64(a.memory), x.tmp)
	return ex
}

// frugal has the garbage collector keep to the memory allowed, until the
// function that is returned is called. What tables are gathered in has few
// pointers, so that collecting often costs little.
func (a *app) frugal() (undo func()) {
	percent := debug.SetGCPercent(40)
	limit := debug.SetMemoryLimit(-1)
	if a.memory > 0 {
		debug.SetMemoryLimit(min(limit, int64(a.memory)/10*8))
	}
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// gather reads rs to its end. Batches are shown to also on the way.
func (a *app) gather(ctx context.Context, x *extractFlags, rs *records, ex *features.Extractor, also func(*flow.Batch)) error {
	return a.each(ctx, &x.inputs, rs, func(b *flow.Batch) error {
		ex.Add(b)
		also(b)
		return ex.Err()
	})
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
		made[i] = madeTable{Name: name, File: dir.File(name)}
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
