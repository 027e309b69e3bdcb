package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"time"

	"toolkit/algo"
	"toolkit/datasets"
	"toolkit/features"
	"toolkit/flow"

	"gonum.org/v1/gonum/mat"
)

// A forecast is what --dry-run has to say: rough, and nothing is done.
type forecast struct {
	What     string  `json:"what"`
	Rows     int64   `json:"rows"`
	Distinct int64   `json:"distinct_rows,omitempty"`
	Bytes    int64   `json:"peak_memory_bytes"`
	Limit    int64   `json:"memory_limit_bytes"`
	Seconds  float64 `json:"seconds"`
	Note     string  `json:"note"`
}

func (f *forecast) text(w io.Writer) {
	fmt.Fprintf(w, "%s: %s", f.What, plural(f.Rows, "row"))
	if f.Distinct > 0 {
		fmt.Fprintf(w, ", %s distinct", count(f.Distinct))
	}
	fmt.Fprintf(w, "; about %s of memory", sizeText(f.Bytes))
	if f.Limit > 0 {
		fmt.Fprintf(w, " of %s allowed", sizeText(f.Limit))
	}
	fmt.Fprintf(w, "; %s\n%s\n", roughly(f.Seconds), f.Note)
}

// roughly says a time to the second, to the minute from one on.
func roughly(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Second:
		return "less than a second"
	case d < time.Minute:
		return "about " + d.Round(time.Second).String()
	}
	return "about " + d.Round(time.Minute).String()
}

// forecastFit tells what a job would take. Memory is what the algorithm
// declares; time is that of two samples of the rows, drawn out by the power of
// the number of their distinct rows that lies between them, from 1 to 2: no
// algorithm here takes more than the square, and what seems to has met another
// case in one sample than in the other, such as a graph in more parts.
func (a *app) forecastFit(ctx context.Context, j *job) error {
	n, d := j.matrix.Dims()
	distinct := features.Distinct(j.matrix)
	f := &forecast{
		What: fmt.Sprintf("%s on %s", j.algo, j.table.Name), Rows: int64(n), Distinct: int64(distinct), Limit: int64(a.memory),
		Bytes: j.chain.Bytes(n, distinct, d, a.workers) + int64(n)*int64(d)*8,
		Note:  "Time is drawn out from two samples of the rows; nothing was written.",
	}
	if f.Limit > 0 && f.Bytes > f.Limit {
		f.Note = "More than --memory allows: it would be refused."
		return a.show(f)
	}
	if seconds, ok, err := j.chain.Seconds(ctx, j.matrix, a.env(nil)); ok || err != nil {
		f.Seconds, f.Note = seconds, "Time is drawn out from some pairs of rows; nothing was written."
		if err != nil {
			return err
		}
		return a.show(f)
	}
	sizes := []int{max(n/8, min(n, 500)), max(n/4, min(n, 1000))}
	var took, differ [2]float64
	for i, size := range sizes {
		if size == n && i > 0 {
			took[i], differ[i] = took[i-1], differ[i-1]
			break
		}
		part := sample(j.matrix, size)
		differ[i] = float64(features.Distinct(part))
		began := time.Now()
		if _, err := algo.Fit(ctx, j.chain, part, a.env(nil)); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			// A sample may be too small for the parameters; the whole need not be.
			f.Note = fmt.Sprintf("No time is known, as a sample of the rows can't be fitted: %v.", err)
			return a.show(f)
		}
		took[i] = time.Since(began).Seconds()
	}
	power := 1.0
	if differ[0] < differ[1] && took[0] > 0 {
		power = min(max(math.Log(took[1]/took[0])/math.Log(differ[1]/differ[0]), 1), 2)
	}
	f.Seconds = took[1] * math.Pow(float64(distinct)/differ[1], power)
	return a.show(f)
}

// sample returns about size rows of m, evenly spread.
func sample(m *features.Matrix, size int) *features.Matrix {
	n, d := m.Dims()
	s := m.Other(mat.NewDense(size, d, nil))
	for k := range size {
		i := k * n / size
		s.X.SetRow(k, m.X.RawRowView(i))
		if m.Weight != nil {
			s.Weight = append(s.Weight, m.Weight[i])
		}
	}
	return s
}

// forecastRecords is how many records a forecast reads.
const forecastRecords = 50_000

// forecastRead tells what reading the inputs would take, from their first
// records. The consumer is made anew for them, and what it returns waits for what
// has been added.
func (a *app) forecastRead(ctx context.Context, paths []string, in *inputs, what string, consumer func(*records) (add func(*flow.Batch), wait func())) error {
	var total, done int64
	p := func(d, t int64) { done, total = d, t }
	var rs *records
	var err error
	if len(paths) == 0 {
		if rs, err = builtin(datasets.Find("synth"), nil); err != nil {
			return err
		}
	} else {
		for _, path := range paths {
			if path == flow.Stdin {
				return &usageError{"toolkit " + what, fmt.Errorf("--dry-run can't look into the standard input, which can be read only once")}
			}
		}
		opt, err := in.options()
		if err != nil {
			return err
		}
		opt.Progress = p
		r, err := flow.Open(paths, opt)
		if err != nil {
			return err
		}
		rs = &records{hosts: r.Hosts(), labels: r.Labels(), source: r.Source()}
		in.shape(rs, int64(a.memory))
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	add, wait := consumer(rs)
	began, n, whole := time.Now(), int64(0), true
	dry := *in
	dry.rejects, dry.maxBad = "", 1
	err = a.each(ctx, &dry, rs, func(b *flow.Batch) error {
		add(b)
		if n += int64(b.Len()); n >= forecastRecords && len(paths) > 0 {
			whole = false
			return errEnough
		}
		return nil
	})
	wait()
	if err != nil {
		return err
	}
	seconds := time.Since(began).Seconds()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(add)
	factor := 1.0
	if !whole && done > 0 {
		factor = max(1, float64(total)/float64(done))
	}
	const making = 2 // tables are made beside what was gathered
	f := &forecast{
		What: what, Rows: int64(float64(n) * factor), Limit: int64(a.memory), Seconds: seconds * factor * making,
		Bytes: int64(float64(max(int64(after.HeapAlloc)-int64(before.HeapAlloc), 0))*factor*making) + 64<<20,
		Note:  fmt.Sprintf("Drawn out from the first %s; nothing was written. Learning is not in it: see --dry-run of cluster and score.", plural(n, "record")),
	}
	if spill := f.Bytes - f.Limit; what == "extract" && f.Limit > 0 && spill > 0 {
		f.Bytes, f.Note = f.Limit, fmt.Sprintf("About %s of it will not fit in --memory, and go to temporary files in --tmp. %s", sizeText(spill), f.Note)
	}
	return a.show(f)
}
