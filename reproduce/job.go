package reproduce

import (
	"context"
	"encoding/json"
	"fmt"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/iqr"
	"toolkit/detect/stream"
	"toolkit/features"
	"toolkit/flow"
)

// A Row is a figure: as published, with the original's faults, and right. A
// value that there is none of is the word –.
type Row struct {
	Section  string `json:"section"`
	Name     string `json:"figure"`
	Unit     string `json:"unit,omitempty"`
	Theirs   Value  `json:"original"`
	Replayed Value  `json:"with_faults"`
	Right    Value  `json:"right"`
	Fault    Fault  `json:"reason,omitempty"` // why the right value is not the published one
}

// A Value is a number or, if Text is not empty, words; Number then is 0.
type Value struct {
	Number float64
	Text   string
}

// MarshalJSON writes the words or the number.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.Text != "" {
		return json.Marshal(v.Text)
	}
	return json.Marshal(v.Number)
}

func number(v float64) Value { return Value{Number: v} }
func words(s string) Value   { return Value{Text: s} }

// none is a value that there is none of.
func none() Value { return words("–") }

// A Result is all figures, and what plots of them are drawn from.
type Result struct {
	Original bool // the input is, by all data facts, the original's
	Rows     []Row

	Tables   map[string]*features.Table // flow_tuples, ip_pairs, batches, batches_seed, entropy
	Outcomes []Outcome
}

// An Outcome is what an algorithm made of a table, for plots: Replayed ones are
// of the columns that the original used.
type Outcome struct {
	Table, Algo string
	Title       string
	Replayed    bool
	Result      *algo.Result
	Rows        *features.Matrix // what it was made of
}

// A Job takes in records once, for all figures.
type Job struct {
	right, seed *features.Extractor
	detectors   *stream.Stream
	entropy     *entropy
	counts      counts
}

// counts are alerts, by what raised them.
type counts struct {
	iqr     map[flow.WindowMode][]int64
	faulty  int64            // all alerts of the original's detectors, added up
	accused map[int64]bool   // records in an alert of any detector, done right
	by      map[string]int64 // alerts of an address as their source, with the faults
}

// New returns a Job for records whose addresses are numbers in hosts. seed are
// the original's detectors besides IQR, with its faults; right the same
// without.
func New(hosts *flow.Hosts, labels *flow.Labels, seed, right []detect.Watcher) *Job {
	o := features.DefaultOptions()
	s := o
	s.SeedCompat, s.WindowMode = true, flow.Seed
	j := &Job{
		right:   features.NewExtractor([]*features.Grouping{features.FlowTuples(o), features.IPPairs(o), features.SeedBatches(o)}, hosts, labels),
		seed:    features.NewExtractor([]*features.Grouping{features.SeedBatches(s)}, hosts, labels),
		entropy: newEntropy(),
		counts:  counts{iqr: map[flow.WindowMode][]int64{}, accused: map[int64]bool{}, by: map[string]int64{}},
	}
	var all []*stream.Watched
	add := func(name string, w detect.Watcher, report func(*detect.Alert)) {
		all = append(all, &stream.Watched{Name: fmt.Sprintf("%s %d", name, len(all)), Watcher: w, Report: report})
	}
	w := iqr.Default()
	for _, v := range iqr.Detector.Variants(&w) {
		add("iqr", v.Watcher, j.onIQR(v))
	}
	for _, w := range seed {
		add("seed", w, j.onFaulty)
	}
	for _, w := range right {
		add("right", w, j.onRight)
	}
	j.detectors = stream.New(all, stream.Options{Late: stream.Unbounded})
	return j
}

// Add takes in the next records.
func (j *Job) Add(b *flow.Batch) {
	j.right.Add(b)
	j.seed.Add(b)
	j.entropy.add(b)
	j.detectors.Add(b)
}

func (j *Job) onIQR(v detect.Variant) func(*detect.Alert) {
	if j.counts.iqr[v.WindowMode] == nil {
		j.counts.iqr[v.WindowMode] = make([]int64, len(v.Choices))
	}
	n := j.counts.iqr[v.WindowMode]
	return func(a *detect.Alert) {
		for k, c := range v.Choices {
			if c.Has(a) {
				n[k] += int64(len(a.Records))
			}
		}
		// The original's total is with num_dst_ports alone.
		if !v.Choices[onlyPorts].Has(a) {
			return
		}
		switch v.WindowMode {
		case flow.Seed:
			j.counts.faulty += int64(len(a.Records))
			j.counts.by[a.Subject.Src.String()] += int64(len(a.Records))
		default:
			j.onRight(a)
		}
	}
}

// onlyPorts is the index in iqr.Choices of num_dst_ports alone.
const onlyPorts = 1

func (j *Job) onFaulty(a *detect.Alert) {
	j.counts.faulty += int64(len(a.Records))
	if a.Subject.Src.IsValid() {
		j.counts.by[a.Subject.Src.String()] += int64(len(a.Records))
	}
}

func (j *Job) onRight(a *detect.Alert) {
	for _, r := range a.Records {
		j.counts.accused[r] = true
	}
}

// Finish works out all figures. It takes about a minute on the original's
// size; progress is told to step, if it is not nil.
func (j *Job) Finish(ctx context.Context, env algo.Env, step func(what string)) (*Result, error) {
	if step == nil {
		step = func(string) {}
	}
	j.detectors.End()
	r := &Result{Tables: map[string]*features.Table{}}
	right, err := j.right.Tables()
	if err != nil {
		return nil, err
	}
	for _, t := range right {
		r.Tables[t.Name] = t
	}
	seed, err := j.seed.Tables()
	if err != nil {
		return nil, err
	}
	for _, t := range seed {
		if t.Name == features.BatchesTable {
			r.Tables["batches_seed"] = t
		}
	}
	s := j.right.Summary()
	if s.Records == 0 {
		return nil, fmt.Errorf("reproducing figures: there are no records")
	}
	w := &work{ctx: ctx, env: env, step: step, r: r}
	w.facts(s)
	for _, part := range []func() error{w.tuples, w.pairs} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	w.batches(s)
	w.entropy(j.entropy)
	w.alerts(&j.counts)
	w.addresses(&j.counts)
	if !r.Original {
		for i := range r.Rows {
			if row := r.Rows[i]; row.Theirs.Text == "" && row.Fault == None && row.Theirs != row.Right {
				r.Rows[i].Fault = Data
			}
		}
	}
	return r, ctx.Err()
}
