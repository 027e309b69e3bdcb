//go:build unix

// Command detection measures detectors: which share of each label's records
// they accuse, which share of the ordinary ones, and in how many alerts; on
// the synthetic data set with many seeds, or on files of records with labels.
//
//	go run ./bench/detection --seeds 20
//	go run ./bench/detection --ordinary Benign,Background conn.log.labeled
//	go run ./bench/detection --list proxy_rolling/*.log
//
// It prints the tables of docs/detection.md.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"toolkit/datasets/synth"
	"toolkit/detect"
	"toolkit/flow"
	"toolkit/suite"

	"github.com/spf13/pflag"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "detection:", err)
		os.Exit(1)
	}
}

// seeds are the detectors that the project began with, which alone accuse much
// of what is ordinary.
var seeds = []string{"iqr", "basic", "blacklist", "ports"}

// options are the flags.
type options struct {
	seeds     int
	from      uint64
	records   int
	detectors []string
	ordinary  []string
	list      bool
}

func run(args []string, out io.Writer) error {
	var o options
	fs := pflag.NewFlagSet("detection", pflag.ContinueOnError)
	fs.IntVar(&o.seeds, "seeds", 20, "seeds of the synthetic set to measure on")
	fs.Uint64Var(&o.from, "from", 1, "the first of them")
	fs.IntVar(&o.records, "records", synth.Default().Records, "its records")
	fs.StringSliceVar(&o.detectors, "detectors", nil, "detectors to measure; all but the seed's if none is given")
	fs.StringSliceVar(&o.ordinary, "ordinary", []string{""}, "labels of ordinary records; * at the end for any rest")
	fs.BoolVar(&o.list, "list", false, "list the alerts")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if len(o.detectors) == 0 {
		for _, d := range suite.Detectors {
			if !slices.Contains(seeds, d.Name) {
				o.detectors = append(o.detectors, d.Name)
			}
		}
	}
	m := newMeasure(o.detectors, o.ordinary)
	if fs.NArg() > 0 {
		labels := new(flow.Labels)
		r, err := flow.Open(fs.Args(), flow.Options{Labels: labels})
		if err != nil {
			return err
		}
		b, err := gather(r.Source(), labels)
		if err != nil {
			return err
		}
		if err := m.add(b, o.list, out); err != nil {
			return err
		}
		return m.print(out)
	}
	for i := range o.seeds {
		labels := new(flow.Labels)
		c := synth.Config{Records: o.records, Seed: o.from + uint64(i)}
		b, err := gather(c.Source(nil, labels), labels)
		if err != nil {
			return err
		}
		if err := m.add(b, o.list, out); err != nil {
			return err
		}
	}
	return m.print(out)
}

// gather returns all records that can be read.
func gather(src flow.Source, labels *flow.Labels) (*flow.Batch, error) {
	whole := &flow.Batch{Labels: labels}
	for b, err := range src {
		var syntax *flow.SyntaxError
		if errors.As(err, &syntax) {
			continue
		} else if err != nil {
			return nil, err
		}
		for i := range b.Len() {
			whole.Append(b.Record(i))
		}
	}
	whole.Seq = 0 // numbers are rows
	return whole, nil
}

// A measure adds up what detectors say of several streams.
type measure struct {
	detectors []string // and all of them together, last
	ordinary  []string
	labels    []string
	shares    map[string][][]float64 // by label, detector, stream
	records   map[string]int64       // by label
	alerts    [][]float64            // by detector, stream
	took      []time.Duration
	seen      int64
}

func newMeasure(detectors, ordinary []string) *measure {
	n := len(detectors) + 1
	return &measure{detectors: append(slices.Clone(detectors), "together"), ordinary: ordinary,
		shares: make(map[string][][]float64), records: make(map[string]int64), alerts: make([][]float64, n), took: make([]time.Duration, n)}
}

func (m *measure) isOrdinary(label string) bool {
	return slices.ContainsFunc(m.ordinary, func(o string) bool {
		begin, any := strings.CutSuffix(o, "*")
		return label == o || any && strings.HasPrefix(label, begin)
	})
}

// add runs the detectors over a stream.
func (m *measure) add(b *flow.Batch, list bool, out io.Writer) error {
	label := make([]string, b.Len())
	total := make(map[string]int64)
	for i := range label {
		if b.Label != nil {
			label[i] = b.Labels.Name(b.Label[i])
		}
		if m.isOrdinary(label[i]) {
			label[i] = ordinary
		}
		total[label[i]]++
	}
	together := make([]bool, b.Len())
	all := 0
	for d, name := range m.detectors {
		accused := together
		if d < len(m.detectors)-1 {
			accused = make([]bool, b.Len())
			n, err := m.watch(b, d, name, accused, list, out)
			if err != nil {
				return err
			}
			m.alerts[d] = append(m.alerts[d], float64(n))
			all += n
		} else {
			m.alerts[d] = append(m.alerts[d], float64(all))
		}
		hit := make(map[string]int64)
		for i, a := range accused {
			if a {
				hit[label[i]]++
				together[i] = true
			}
		}
		for l, n := range total {
			if m.shares[l] == nil {
				m.shares[l] = make([][]float64, len(m.detectors))
				m.labels = append(m.labels, l)
			}
			m.shares[l][d] = append(m.shares[l][d], float64(hit[l])/float64(n))
		}
	}
	for l, n := range total {
		m.records[l] += n
	}
	m.seen += int64(b.Len())
	return nil
}

const ordinary = "ordinary"

// watch runs a detector over a stream and marks what it accuses.
func (m *measure) watch(whole *flow.Batch, d int, name string, accused []bool, list bool, out io.Writer) (alerts int, err error) {
	det, err := suite.Detector(name)
	if err != nil {
		return 0, err
	}
	w := det.New()
	if u, ok := w.(detect.Unordered); !ok || !u.InputOrder() {
		whole = whole.ByTime()
	}
	report := func(a *detect.Alert) {
		alerts++
		for _, r := range a.Records {
			accused[r] = true
		}
		if list {
			fmt.Fprintf(out, "%s %s %s %s %s:%d %.4g %v %d records\n", a.Start.Format(time.DateTime), name, a.Kind, a.Subject.Src, a.Subject.Dst, a.Subject.DstPort, a.Score, a.Reasons, len(a.Records))
		}
	}
	began := spent()
	for i := 0; i < whole.Len(); i += flow.BatchSize {
		w.Watch(whole.Slice(i, min(i+flow.BatchSize, whole.Len())), report)
	}
	w.Flush(time.Time{}, report)
	m.took[d] += spent() - began
	return alerts, nil
}

// spent returns the processor time of the process: other work on the machine
// does not count.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
