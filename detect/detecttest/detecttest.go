// Package detecttest holds detectors to the contract of package detect, on
// records annotated with what should be said of them.
package detecttest

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"toolkit/detect"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

var wantRE = regexp.MustCompile("\\s*# want(?: `(.*)`)?$")

// Run runs d over a CSV file of the seed's format whose lines may end in
//
//	# want `regexp`
//
// A line so marked must be in an alert one of whose reasons matches; a line
// not so marked must be in none. Every alert has reasons, records in
// ascending order, and a span that is not negative. The outcome must not
// depend on how the records are cut into batches, nor on when the stream's
// clock is told, nor on whether the watcher is saved and loaded on the way, by
// a process that numbers addresses otherwise; damaged state is refused.
func Run(t *testing.T, d *detect.Detector, file string, args ...string) {
	t.Run("declaration", func(t *testing.T) { declaration(t, d) })
	text, want := annotated(t, file)
	whole := records(t, text, file)
	first := run(t, d, args, whole, how{size: 1})
	t.Run("annotations", func(t *testing.T) { annotations(t, file, want, first) })
	for name, h := range map[string]how{
		"batches of 7":             {size: 7},
		"one batch":                {size: flow.BatchSize},
		"the clock is told":        {size: 7, clock: true},
		"the clock is told always": {size: 1, clock: true},
		"saved and loaded":         {size: 5, save: 3},
		"saved after each batch":   {size: 3, save: 1, clock: true},
		"a limit that is not met":  {size: 7, limit: 1 << 30},
	} {
		t.Run(name, func(t *testing.T) {
			if alerts := run(t, d, args, whole, h); !reflect.DeepEqual(alerts, first) {
				t.Errorf("alerts differ from those with batches of 1:\n%s\nwant\n%s", list(alerts), list(first))
			}
		})
	}
	t.Run("little room", func(t *testing.T) { run(t, d, args, whole, how{size: 7, limit: 1}) })
	t.Run("damaged state", func(t *testing.T) { damaged(t, d, args, whole) })
}

// annotations tests alerts against what the lines of the file want.
func annotations(t *testing.T, file string, want []string, alerts []*detect.Alert) {
	said := make([]string, len(want))
	for _, a := range alerts {
		if len(a.Reasons) == 0 || len(a.Records) == 0 || !slices.IsSorted(a.Records) || a.End.Before(a.Start) {
			t.Errorf("alert without reasons or records, or out of order: %+v", a)
		}
		for _, s := range a.Records {
			said[s] += fmt.Sprint(a.Reasons)
		}
	}
	for i, re := range want {
		switch {
		case re == "" && said[i] != "":
			t.Errorf("%s:%d: unexpected alert: %s", file, i+1, said[i])
		case re != "" && said[i] == "":
			t.Errorf("%s:%d: no alert, want one that matches %s", file, i+1, re)
		case re != "" && !regexp.MustCompile(re).MatchString(said[i]):
			t.Errorf("%s:%d: alert %s does not match %s", file, i+1, said[i], re)
		}
	}
}

func list(alerts []*detect.Alert) string {
	var b strings.Builder
	for _, a := range alerts {
		fmt.Fprintf(&b, "%+v\n", *a)
	}
	return b.String()
}

// declaration tests that d says what it must and that flags set parameters.
func declaration(t *testing.T, d *detect.Detector) {
	if title := d.Title(); d.Name == "" || title == "" || strings.HasSuffix(title, ".") || strings.Contains(title, "\n") {
		t.Errorf("name %q, title %q", d.Name, d.Title())
	}
	one, two := d.New(), d.New()
	if err := one.Check(); err != nil {
		t.Errorf("default %v", err)
	}
	f1, f2 := pflag.NewFlagSet("", pflag.ContinueOnError), pflag.NewFlagSet("", pflag.ContinueOnError)
	one.Flags(f1)
	two.Flags(f2)
	f1.VisitAll(func(f *pflag.Flag) {
		text := f.Value.String()
		if f.Value.Type() == "stringSlice" {
			text = strings.Trim(text, "[]")
		}
		if f.Usage == "" {
			t.Errorf("flag %s has no usage", f.Name)
		}
		if err := f2.Set(f.Name, text); err != nil {
			t.Errorf("flag %s: %v", f.Name, err)
		}
	})
	if !reflect.DeepEqual(one, two) {
		t.Errorf("flags set %+v, want %+v", two, one)
	}
}

// annotated returns the records of a file and what is wanted of each, "" for
// nothing.
func annotated(t *testing.T, file string) (text []byte, want []string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\n")
		w := ""
		if m := wantRE.FindStringSubmatch(line); m != nil {
			w, line = m[1], strings.TrimSuffix(line, m[0])
		}
		want = append(want, w)
		fmt.Fprintln(&b, line)
	}
	return b.Bytes(), want
}
