package batchcluster

import (
	"context"
	"math"
	"slices"

	"toolkit/algo"
	"toolkit/cluster/dbscan"
	"toolkit/detect"
	"toolkit/detect/window"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// DBSCAN clusters windows by density.
var DBSCAN = &detect.Detector{
	Name: "batchdbscan",
	Doc: `windows that are noise among past windows (DBSCAN)

Windows of ten seconds are described by the same ten numbers as in batchcluster,
in deviations of the last 360 windows. A window of these is a core window if five
of them, itself counted, are within eps; eps is the distance within which all but
one in 200 have so many. A new window is strange if
no core window is within eps of it: it is noise, of no cluster. The score is
the distance to the nearest core window by eps, and that window's numbers are the
bounds of the reasons. What has closed is among the past from the next ten
windows on, so that clusters grow, join and vanish with the traffic.

Unlike k-means it asks not for kinds of windows around a middle, but whether
there have been windows like this one, in however odd a shape they lie: what
recurs, such as the rush at every full hour, becomes ordinary.

Who makes the window so is found as in batchcluster, and the warm-up is the same.`,
	Refs: []string{
		"Ester, Kriegel, Sander, Xu: A density-based algorithm for discovering clusters in large spatial databases with noise. KDD, 1996",
		"Ester, Kriegel, Sander, Wimmer, Xu: Incremental clustering for mining in a data warehousing environment. VLDB, 1998",
	},
	New: func() detect.Watcher { w := DefaultDBSCAN(); return &w },
}

// DefaultDBSCAN returns the detector of DBSCAN with its default parameters.
func DefaultDBSCAN() Watcher { return Watcher{window.Default(&density), "dbscan"} }

var density = window.Kind{Names: names, Vector: vector, Learn: learnDensity}

// minSamples makes a window a core window.
const minSamples = 5

func learnDensity(past *features.Matrix) window.Judge {
	j, x := standard(past)
	kth := kthDistances(x, minSamples)
	slices.Sort(kth)
	if j.limit = features.Quantile(kth, share); j.limit == 0 {
		return nil // all windows are alike
	}
	m := dbscan.Method{Eps: j.limit, MinSamples: minSamples}
	r, err := algo.Fit(context.Background(), &m, past.With(past.Names, x), algo.Env{Workers: 1})
	if err != nil {
		return nil
	}
	j.model = r.Model
	return j
}

// kthDistances returns for each row the distance within which there are k rows,
// itself counted; the greatest there is if there are less.
func kthDistances(x *mat.Dense, k int) []float64 {
	n, _ := x.Dims()
	kth := make([]float64, n)
	nearest := make([]float64, 0, k+1) // squares, ascending
	for i := range kth {
		nearest = nearest[:0]
		a := x.RawRowView(i)
		for o := range n {
			var d2 float64
			for c, v := range x.RawRowView(o) {
				d2 += (v - a[c]) * (v - a[c])
			}
			if len(nearest) == k && d2 >= nearest[k-1] {
				continue
			}
			at, _ := slices.BinarySearch(nearest, d2)
			nearest = slices.Insert(nearest, at, d2)
			nearest = nearest[:min(len(nearest), k)]
		}
		kth[i] = math.Sqrt(nearest[len(nearest)-1])
	}
	return kth
}
