// Package suite lists everything that the toolkit can do. To add an
// algorithm, a detector, a format or a data set, add a line here or, for
// formats, scalers and data sets, to the list that is named here.
package suite

import (
	"fmt"
	"strings"

	"toolkit/algo"
	"toolkit/cluster/dbscan"
	"toolkit/cluster/hdbscan"
	"toolkit/cluster/kmeans"
	"toolkit/cluster/optics"
	"toolkit/cluster/spectral"
	"toolkit/cluster/ward"
	"toolkit/datasets"
	"toolkit/detect"
	"toolkit/detect/amplification"
	"toolkit/detect/basic"
	"toolkit/detect/batchcluster"
	"toolkit/detect/beacon"
	"toolkit/detect/blacklist"
	"toolkit/detect/entropy"
	"toolkit/detect/exfiltration"
	"toolkit/detect/firstseen"
	"toolkit/detect/flood"
	"toolkit/detect/iqr"
	"toolkit/detect/longconn"
	"toolkit/detect/newports"
	"toolkit/detect/ports"
	"toolkit/detect/responses"
	"toolkit/detect/scan"
	"toolkit/detect/thresholds"
	"toolkit/detect/windowhbos"
	"toolkit/features/scale"
	"toolkit/flow"
	"toolkit/flow/columnar"
	"toolkit/flow/netflow"
	"toolkit/flow/nfcapd"
	"toolkit/outlier/copod"
	"toolkit/outlier/ecod"
	"toolkit/outlier/hbos"
	"toolkit/outlier/hst"
	"toolkit/outlier/iforest"
	"toolkit/outlier/knn"
	"toolkit/outlier/loda"
	"toolkit/outlier/lof"
	"toolkit/pca"
)

// Algorithms are what `toolkit pca`, `cluster` and `score` can run.
var Algorithms = []*algo.Algorithm{
	pca.Algorithm,
	kmeans.Algorithm,
	dbscan.Algorithm,
	hdbscan.Algorithm,
	optics.Algorithm,
	spectral.Algorithm,
	ward.Algorithm,
	hbos.Algorithm,
	iforest.Algorithm,
	ecod.Algorithm,
	copod.Algorithm,
	loda.Algorithm,
	hst.Algorithm,
	knn.Algorithm,
	lof.Algorithm,
}

// Defaults are the algorithms that `toolkit run` runs: those that tell most
// for the time they take, at any size. Left out are those that take longer
// than all of these (optics, and spectral and ward, which are quadratic) or
// say much the same as one of them (copod), lof, whose density has no bound
// where rows have many copies, and hst and loda, which are for streams.
var Defaults = []*algo.Algorithm{
	pca.Algorithm,
	kmeans.Algorithm,
	dbscan.Algorithm,
	hdbscan.Algorithm,
	hbos.Algorithm,
	iforest.Algorithm,
	ecod.Algorithm,
	knn.Algorithm,
}

// Scalers are what --scale can put before an algorithm.
var Scalers = scale.Algorithms

// Detectors are what `toolkit detect` can run.
var Detectors = []*detect.Detector{
	iqr.Detector,
	basic.Detector,
	blacklist.Detector,
	ports.Detector,
	batchcluster.Detector,
	batchcluster.DBSCAN,
	entropy.Detector,
	windowhbos.Detector,
	scan.Detector,
	newports.Detector,
	responses.Detector,
	amplification.Detector,
	beacon.Detector,
	flood.Detector,
	exfiltration.Detector,
	longconn.Detector,
	thresholds.Detector,
	firstseen.Detector,
}

// DefaultDetectors are the detectors that run where none are chosen: the
// baseline, the seed's others, and those whose alerts are few. Left out are newports and firstseen,
// which tell what is new and not what is wrong.
var DefaultDetectors = []*detect.Detector{
	iqr.Detector,
	basic.Detector,
	blacklist.Detector,
	ports.Detector,
	scan.Detector,
	responses.Detector,
	amplification.Detector,
	beacon.Detector,
	flood.Detector,
	exfiltration.Detector,
	longconn.Detector,
	thresholds.Detector,
}

// Formats are what records can be read from.
var Formats = append([]*flow.Format{nfcapd.Format, columnar.Arrow, columnar.Parquet, netflow.Capture, netflow.Raw}, flow.Formats...)

// Datasets are the data sets that can be had by name.
var Datasets = datasets.All

// Giving returns the algorithms that give all of the parts.
func Giving(parts algo.Parts) []*algo.Algorithm {
	var as []*algo.Algorithm
	for _, a := range Algorithms {
		if a.Gives&parts == parts {
			as = append(as, a)
		}
	}
	return as
}

// Algorithm returns that of the list which has the name.
func Algorithm(list []*algo.Algorithm, name string) (*algo.Algorithm, error) {
	return find(list, name, "algorithm", func(a *algo.Algorithm) string { return a.Name })
}

// Detector returns the detector of that name.
func Detector(name string) (*detect.Detector, error) {
	return find(Detectors, name, "detector", func(d *detect.Detector) string { return d.Name })
}

func find[T any](list []T, name, what string, nameOf func(T) string) (none T, err error) {
	var names []string
	for _, x := range list {
		if nameOf(x) == name {
			return x, nil
		}
		names = append(names, nameOf(x))
	}
	return none, fmt.Errorf("no %s is named %q; there are %s", what, name, strings.Join(names, ", "))
}
