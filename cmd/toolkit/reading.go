package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"toolkit/flow"
	"toolkit/flow/filter"
	"toolkit/internal/tempfile"
	"toolkit/suite"
)

// options takes the flags as options of flow.Open. What is wrong with them is a
// usage error.
func (in *inputs) options() (flow.Options, error) {
	opt := flow.Options{Formats: suite.Formats, Format: in.format, Year: in.year, UnpackRatio: in.ratio, Tmp: in.tmp}
	usage := func(flag string, err error) (flow.Options, error) {
		return opt, &usageError{"toolkit", fmt.Errorf("--%s: %w", flag, err)}
	}
	if in.format != "" && !slices.ContainsFunc(suite.Formats, func(f *flow.Format) bool { return f.Name == in.format }) {
		return usage("format", fmt.Errorf("%q is none of %s", in.format, formatNames()))
	}
	var err error
	if opt.Zone, err = zoneNamed(in.zone); err != nil {
		return usage("tz", err)
	}
	if in.columns != "" {
		text, err := textOrFile(in.columns)
		if err != nil {
			return opt, fmt.Errorf("reading --columns: %w", err)
		}
		if opt.Columns, err = flow.ParseColumns(text); err != nil {
			return usage("columns", err)
		}
	}
	if in.ratio < 1 {
		return usage("unpack-ratio", fmt.Errorf("%d is not above 0", in.ratio))
	}
	if !slices.Contains([]string{sameRecent, sameCount, sameDrop}, in.same) {
		return usage("duplicates", fmt.Errorf("%q is none of %s, %s and %s", in.same, sameRecent, sameCount, sameDrop))
	}
	if in.window <= 0 {
		return usage("biflow-window", fmt.Errorf("%v is not above 0", in.window))
	}
	var keep keeper
	if keep.since, err = parseWhen(in.since, opt.Zone); err != nil {
		return usage("since", err)
	}
	if keep.until, err = parseWhen(in.until, opt.Zone); err != nil {
		return usage("until", err)
	}
	if in.filter != "" {
		text, err := textOrFile(in.filter)
		if err != nil {
			return opt, fmt.Errorf("reading --filter: %w", err)
		}
		in.filter = text // what it was, for who asks
		if keep.filter, err = filter.Parse(text); err != nil {
			return usage("filter", err)
		}
	}
	if keep.any() {
		opt.Keep = keep.rows
	}
	if in.tmp != "" { // known now, not after an hour
		f, err := tempfile.Create(in.tmp)
		if err != nil {
			return opt, fmt.Errorf("--tmp: %w", err)
		}
		f.Close()
	}
	return opt, nil
}

// formatNames lists the formats that can be read.
func formatNames() string {
	var names []string
	for _, f := range suite.Formats {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// textOrFile returns text, or what is in the file that it names after an @.
func textOrFile(text string) (string, error) {
	name, ok := strings.CutPrefix(text, "@")
	if !ok {
		return text, nil
	}
	data, err := os.ReadFile(name)
	return string(data), err
}

// zoneNamed returns a time zone, nil for UTC.
func zoneNamed(name string) (*time.Location, error) {
	switch strings.ToLower(name) {
	case "", "utc", "z":
		return nil, nil
	case "local":
		return time.Local, nil
	}
	if t, err := time.Parse("-07:00", name); err == nil {
		return t.Location(), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is no time zone; name one such as Europe/Prague, +02:00, UTC or local", name)
	}
	return zone, nil
}

// parseWhen reads a time as nanoseconds since 1970, nil for none.
func parseWhen(text string, zone *time.Location) (*int64, error) {
	if text == "" {
		return nil, nil
	}
	if zone == nil {
		zone = time.UTC
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			ns := t.UnixNano()
			return &ns, nil
		}
	}
	return nil, fmt.Errorf("%q is no time; want one such as 2017-01-27, 2017-01-27T16:24 or 2017-01-27T16:24:42+01:00", text)
}

// A keeper says which records are kept.
type keeper struct {
	since, until *int64 // nanoseconds since 1970; nil for no limit
	filter       *filter.Filter
	list         []int32
	all          []int32 // 0, 1, …
}

func (k *keeper) any() bool { return k.since != nil || k.until != nil || k.filter != nil }

func (k *keeper) rows(b *flow.Batch) []int32 {
	k.list = k.list[:0]
	for len(k.all) < b.Len() {
		k.all = append(k.all, int32(len(k.all)))
	}
	rows := k.all[:b.Len()]
	if k.filter != nil {
		rows = k.filter.Rows(b)
	}
	if k.since == nil && k.until == nil {
		return rows
	}
	for _, i := range rows {
		t := b.Time[i]
		if (k.since == nil || t >= *k.since) && (k.until == nil || t < *k.until) {
			k.list = append(k.list, i)
		}
	}
	return k.list
}
