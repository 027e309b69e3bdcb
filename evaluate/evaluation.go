// Package evaluate says how far the results of methods are right, where
// labels are known, and how far they agree, where they are not.
//
// All methods are compared on one unit, the record: a row of a table that is
// called anomalous stands for all its records. [Evaluate] compares the
// [View]s that methods have of the records; [AUROC], [AveragePrecision],
// [Confusion] and [Contingency] are the measures by themselves.
package evaluate

// An Evaluation compares the methods of a run. It is what evaluation.json
// holds.
type Evaluation struct {
	Records   int64       `json:"records"`
	Labelled  bool        `json:"labelled"`         // whether a record has a label
	Anomalous int64       `json:"anomalous"`        // records whose label is not benign
	Labels    []Label     `json:"labels,omitempty"` // that occur: the anomalous first, the more frequent first, Unlabelled last
	Benign    []string    `json:"benign,omitempty"` // which words in a label make it benign
	Methods   []Outcome   `json:"methods"`
	Agreement []Agreement `json:"agreement"` // of every two methods that flag records
}

// A Label is a label of the input and how often it occurs.
type Label struct {
	Name      string `json:"label"`
	Records   int64  `json:"records"`
	Anomalous bool   `json:"anomalous"`
}

// Unlabelled is the name under which records without a label are counted,
// where others have one.
const Unlabelled = "(none)"

// An Outcome is what came of one method.
type Outcome struct {
	Name      string      `json:"method"`         // such as flow_tuples.dbscan or iqr
	Rule      string      `json:"rule,omitempty"` // what it calls anomalous, in words
	Flagged   Counts      `json:"flagged"`
	Unjudged  int64       `json:"unjudged,omitempty"`   // records whose score is NaN: not flagged, and ranked below all others
	Detection *Detection  `json:"detection,omitempty"`  // nil without labels, or without flags and scores
	Clusters  *Clustering `json:"clustering,omitempty"` // nil without labels or clusters
}

// Counts counts what a method calls anomalous, in each unit.
type Counts struct {
	Records int64 `json:"records"`
	Pairs   int64 `json:"pairs"` // distinct source and destination addresses
	Hosts   int64 `json:"hosts"` // distinct source addresses
}

// Detection compares flags and scores with labels, on records. A figure that
// is undefined, such as the precision of a method that flags nothing, is nil.
// A method that gives scores only has AUROC and AUPR and nothing else.
type Detection struct {
	TruePositives  int64         `json:"tp"`
	FalsePositives int64         `json:"fp"`
	FalseNegatives int64         `json:"fn"`
	TrueNegatives  int64         `json:"tn"`
	Precision      *float64      `json:"precision"`
	Recall         *float64      `json:"recall"`
	F1             *float64      `json:"f1"`
	AUROC          *float64      `json:"auroc"`           // of the scores; of the flags where there are none
	AUPR           *float64      `json:"aupr"`            // average precision
	ByLabel        []LabelRecall `json:"recall_by_label"` // in the order of Labels
}

// LabelRecall is the share of a label's records that a method flags: for a
// benign label, the share of false alarms.
type LabelRecall struct {
	Label   string  `json:"label"`
	Records int64   `json:"records"`
	Flagged int64   `json:"flagged"`
	Recall  float64 `json:"recall"`
}

// Clustering compares clusters with labels, on records. Noise counts as a
// cluster of its own.
type Clustering struct {
	Clusters int     `json:"clusters"` // without noise
	Noise    int64   `json:"noise"`
	ARI      float64 `json:"ari"` // adjusted Rand index (Hubert & Arabie 1985)
	AMI      float64 `json:"ami"` // adjusted mutual information, arithmetic mean (Vinh et al. 2010)
}

// Agreement compares what two methods call anomalous, in one unit.
type Agreement struct {
	A       string   `json:"a"`
	B       string   `json:"b"`
	Unit    string   `json:"unit"` // records, pairs or hosts
	Both    int64    `json:"both"`
	OnlyA   int64    `json:"only_a"`
	OnlyB   int64    `json:"only_b"`
	Jaccard *float64 `json:"jaccard"` // nil if neither calls anything anomalous
}
