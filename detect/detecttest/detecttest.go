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
	"time"

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
// clock is told.
func Run(t *testing.T, d *detect.Detector, file string, args ...string) {
	t.Run("declaration", func(t *testing.T) { declaration(t, d) })
	text, want := annotated(t, file)
	var first []*detect.Alert
	for _, size := range []int{1, 7, flow.BatchSize} {
		t.Run(fmt.Sprintf("batch=%d", size), func(t *testing.T) {
			alerts := run(t, d, args, text, file, size)
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
			if first == nil {
				first = alerts
			} else if !reflect.DeepEqual(alerts, first) {
				t.Error("alerts differ from those with batches of 1")
			}
		})
	}
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

func run(t *testing.T, d *detect.Detector, args []string, text []byte, file string, size int) []*detect.Alert {
	w := d.New()
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	w.Flags(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
	var alerts []*detect.Alert
	report := func(a *detect.Alert) { alerts = append(alerts, a) }
	csv, err := flow.FormatNamed("csv")
	if err != nil {
		t.Fatal(err)
	}
	for b, err := range csv.Read(bytes.NewReader(text), flow.Input{Name: file, Hosts: new(flow.Hosts), Labels: new(flow.Labels)}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < b.Len(); i += size {
			w.Watch(b.Slice(i, min(i+size, b.Len())), report)
		}
	}
	w.Flush(time.Time{}, report)
	return alerts
}
