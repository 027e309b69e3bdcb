package evaluate

// What results are made again with, or of.
const (
	OverSeeds      = "seeds"
	OverSubsamples = "subsamples"
	OverWindows    = "windows" // of time
)

// Stability says how far a method's result over a table is the same when it is
// made again: with other seeds, of a part of the rows, or of one window of
// time, which is compared on the rows that both are of. 1 is the same. What a
// method does not give, or that can't be compared, is nil.
type Stability struct {
	Method  string  `json:"method"`
	Over    string  `json:"over"` // seeds, subsamples or windows
	Times   int     `json:"times"`
	Labels  *Spread `json:"labels"`  // adjusted Rand index of the samples; 0 is chance
	Scores  *Spread `json:"scores"`  // Spearman's rank correlation of the rows; 0 is chance
	Flagged *Spread `json:"flagged"` // Jaccard index of the samples called anomalous
}

// A Spread is the mean and the least of several figures.
type Spread struct {
	Mean  float64 `json:"mean"`
	Least float64 `json:"least"`
}

// Score returns the named score of a method's clusters by the rows alone (see
// InternalNames), nil if it was not worked out.
func (o *Outcome) Score(name string) *float64 {
	for _, f := range o.Internal {
		if f.Name == name {
			return &f.Value
		}
	}
	return nil
}
