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
	Events    []Event     `json:"events,omitempty"` // attacks, in the order of Labels, then of sources and time
	Methods   []Outcome   `json:"methods"`
	Agreement []Agreement `json:"agreement"` // of every two methods that flag records

	Ranks     []RankAgreement `json:"ranks,omitempty"`       // of every two methods that give scores
	Bootstrap int             `json:"bootstrap,omitempty"`   // samples of pairs of addresses that intervals and tests are made of
	Tests     []Test          `json:"tests,omitempty"`       // of each method against the best
	Noise     *LabelNoise     `json:"label_noise,omitempty"` // what wrong labels would make of a perfect method
	Conflicts []Conflict      `json:"conflicts,omitempty"`   // of labels, by the columns that methods look at
	Stability []Stability     `json:"stability,omitempty"`   // of each method over a table; empty if results were not made again
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
	Learned   bool        `json:"learned_from_labels,omitempty"`
	Flagged   Counts      `json:"flagged"`
	Unjudged  int64       `json:"unjudged,omitempty"`   // records whose score is NaN: not flagged, and ranked below all others
	Detection *Detection  `json:"detection,omitempty"`  // nil without labels, or without flags and scores
	Clusters  *Clustering `json:"clustering,omitempty"` // nil without labels or clusters
	Internal  []Figure    `json:"internal,omitempty"`   // scores of its clusters by the rows alone
}

// A Figure is a named number.
type Figure struct {
	Name  string  `json:"name"` // such as silhouette, calinski_harabasz, davies_bouldin, dbcv
	Value float64 `json:"value"`
}

// Counts counts what a method calls anomalous, in each unit.
type Counts struct {
	Records int64 `json:"records"`
	Pairs   int64 `json:"pairs"` // distinct source and destination addresses
	Hosts   int64 `json:"hosts"` // distinct source addresses
	Windows int64 `json:"windows"`
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
	MCC            *float64      `json:"mcc"`
	AUROC          *float64      `json:"auroc"`           // of the scores; of the flags where there are none
	AUPR           *float64      `json:"aupr"`            // average precision
	ByLabel        []LabelRecall `json:"recall_by_label"` // in the order of Labels
	PrecisionAt    []PrecisionAt `json:"precision_at,omitempty"`
	RecallAt1      *float64      `json:"recall_at_1_percent,omitempty"` // the highest with at most a hundredth of the benign records flagged
	Best           *Best         `json:"best,omitempty"`                // threshold, had the labels been known
	Curve          []Point       `json:"curve,omitempty"`               // of the scores
	Events         *Events       `json:"events,omitempty"`
	Intervals      *Intervals    `json:"intervals,omitempty"`
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

	NMI            float64 `json:"nmi"`          // normalised mutual information, arithmetic mean
	Homogeneity    float64 `json:"homogeneity"`  // of the clusters in labels (Rosenberg & Hirschberg 2007)
	Completeness   float64 `json:"completeness"` // of the labels in clusters
	V              float64 `json:"v_measure"`    // harmonic mean of these two
	FowlkesMallows float64 `json:"fowlkes_mallows"`
}

// Agreement compares what two methods call anomalous, in one unit.
type Agreement struct {
	A       string   `json:"a"`
	B       string   `json:"b"`
	Unit    string   `json:"unit"` // records, pairs, hosts or windows
	Both    int64    `json:"both"`
	OnlyA   int64    `json:"only_a"`
	OnlyB   int64    `json:"only_b"`
	Jaccard *float64 `json:"jaccard"` // nil if neither calls anything anomalous
	Kappa   *float64 `json:"kappa"`   // Cohen's; nil if both say the same of all
}
