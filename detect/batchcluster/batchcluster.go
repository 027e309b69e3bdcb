// Package batchcluster finds windows that are like none of the kinds of
// windows before: by k-means, and by DBSCAN. Detector.Doc and DBSCAN.Doc say how.
package batchcluster

import (
	"context"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/cluster/kmeans"
	"toolkit/detect"
	"toolkit/detect/window"
	"toolkit/features"
	"toolkit/flow"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"
)

// Detector clusters windows.
var Detector = &detect.Detector{
	Name: "batchcluster",
	Doc: `windows far from all clusters of past windows (k-means)

Each window of ten seconds with at least ten records is described by ten
numbers: the logarithms of records, sources, destinations, destination ports,
pairs of addresses, bytes up and bytes down, of the most destinations and of the
most ports that one source has, and the share of records without an answer or
refused. k-means with a cluster for each 15 windows, four at the most, is learned
from the last 360 windows (an hour), in deviations of each number, anew every ten
windows. A window is strange
if its distance to the nearest centre is more than half as much again as that of
all but one in 200 of the windows learned from; the score is its multiple of
that.

Then the address is looked for without whose records the window would be
ordinary, as in entropy: it is the subject of the alert, its records are
accused, and the window is learned from without them. A window that no one
address explains is not told of. Nothing is judged in the first 30 windows with
enough records, the warm-up.`,
	Refs: []string{
		"Münz, Li, Carle: Traffic anomaly detection using k-means clustering. GI/ITG Workshop MMBnet, 2007",
	},
	New: func() detect.Watcher { w := Default(); return &w },
}

// A Watcher is one of the detectors at work.
type Watcher struct {
	window.Learner
	flags string // what the names of its flags begin with
}

// Default returns the detector of k-means with its default parameters.
func Default() Watcher { return Watcher{window.Default(&kind), "cluster"} }

// Flags implements detect.Watcher.
func (w *Watcher) Flags(fs *pflag.FlagSet) {
	fs.DurationVar(&w.Every, w.flags+"-window", w.Every, "length of the windows that are clustered")
	fs.IntVar(&w.Warm, w.flags+"-warm-up", w.Warm, "windows to learn from before any is judged")
	fs.IntVar(&w.Past, w.flags+"-past", w.Past, "windows that are learned from, the last ones")
}

// Check implements detect.Watcher.
func (w *Watcher) Check() error { return w.Learner.Check(w.flags) }

var kind = window.Kind{Names: names, Vector: vector, Learn: learn}

var names = []string{
	"ln_num_conns", "ln_src_ips", "ln_dst_ips", "ln_dst_ports", "ln_pairs", "ln_bytes_up", "ln_bytes_dw",
	"ln_most_dst_ips_of_src", "ln_most_dst_ports_of_src", "failed_share",
}

func vector(rows []window.Row, to *window.Scratch) []float64 {
	var (
		up, down, failed    int64
		mostDsts, mostPorts int32
		srcs, dsts, ports   = &to.Counts[0], &to.Counts[1], &to.Counts[2]
		dstsOf, portsOf     = &to.Counts[3], &to.Counts[4]
		pairs, srcPorts     = &to.Sets[0], &to.Sets[1]
	)
	for i := range rows {
		r := &rows[i]
		src, dst, port := uint64(r.Src), uint64(r.Dst), uint64(r.DstPort)
		up, down = up+r.Up, down+r.Down
		if r.State == flow.New || r.State == flow.Reset {
			failed++
		}
		srcs.Add(src)
		dsts.Add(dst)
		ports.Add(port)
		if _, fresh := pairs.Add(src<<32 | dst); fresh {
			mostDsts = max(mostDsts, dstsOf.Add(src))
		}
		if _, fresh := srcPorts.Add(src<<32 | port); fresh {
			mostPorts = max(mostPorts, portsOf.Add(src))
		}
	}
	ln := func(n int64) float64 { return math.Log1p(float64(max(n, 0))) }
	count := func(n int) float64 { return ln(int64(n)) }
	return []float64{
		count(len(rows)), count(srcs.Distinct()), count(dsts.Distinct()), count(ports.Distinct()), count(pairs.Len()), ln(up), ln(down),
		ln(int64(mostDsts)), ln(int64(mostPorts)), float64(failed) / float64(len(rows)),
	}
}

// The rule, which Doc states.
const (
	clusters   = 4
	perCluster = 15 // windows, or distances would be those of overfitting
	share      = 0.995
	above      = 1.5
)

// minSpread keeps a number that hardly ever changed from making every change
// an alarm.
const minSpread = 0.1

// A judge is what was learned of past windows.
type judge struct {
	mean, spread []float64
	model        algo.Model
	limit        float64
}

// standard returns a judge that scales by the past, and the past scaled.
func standard(past *features.Matrix) (*judge, *mat.Dense) {
	n, d := past.Dims()
	j := &judge{mean: make([]float64, d), spread: make([]float64, d)}
	for c := range d {
		for i := range n {
			j.mean[c] += past.X.At(i, c) / float64(n)
		}
		for i := range n {
			j.spread[c] += (past.X.At(i, c) - j.mean[c]) * (past.X.At(i, c) - j.mean[c]) / float64(n)
		}
		j.spread[c] = max(math.Sqrt(j.spread[c]), minSpread)
	}
	x := mat.NewDense(n, d, nil)
	for i := range n {
		x.SetRow(i, j.scaled(past.X.RawRowView(i)))
	}
	return j, x
}

func learn(past *features.Matrix) window.Judge {
	j, x := standard(past)
	n, _ := x.Dims()
	m := kmeans.Default()
	k := max(1, min(clusters, n/perCluster))
	m.K, m.NInit = kmeans.K{Min: k, Max: k}, 4
	r, err := algo.Fit(context.Background(), &m, past.With(past.Names, x), algo.Env{Workers: 1})
	if err != nil {
		return nil // fewer windows that differ than clusters
	}
	distances := slices.Clone(r.Scores)
	slices.Sort(distances)
	j.model, j.limit = r.Model, above*features.Quantile(distances, share)
	if j.limit == 0 {
		return nil
	}
	return j
}

func (j *judge) scaled(v []float64) []float64 {
	s := make([]float64, len(v))
	for c := range v {
		s[c] = (v[c] - j.mean[c]) / j.spread[c]
	}
	return s
}

// Judge implements window.Judge.
func (j *judge) Judge(v []float64) (score float64, reasons []algo.Reason) {
	x := &features.Matrix{Names: names, X: mat.NewDense(1, len(v), j.scaled(v))}
	r, err := algo.Apply(context.Background(), j.model, x)
	if err != nil {
		return 0, nil
	}
	if score = r.Scores[0] / j.limit; score <= 1 {
		return score, nil
	}
	reasons = []algo.Reason{{Column: "distance", Value: r.Scores[0], Low: math.Inf(-1), High: j.limit}}
	for _, why := range j.model.(algo.Explainer).Explain(x, 0) {
		c := slices.Index(names, why.Column)
		why.Value, why.Low, why.High = v[c], j.mean[c]+why.Low*j.spread[c], j.mean[c]+why.High*j.spread[c]
		reasons = append(reasons, why)
	}
	return score, reasons
}
