// Package reproduce works out again every figure that the program which this
// toolkit grew from published, twice: with its faults replayed, and done right.
//
// That program read one log of a firewall, which is not public. On that very
// file the replayed figures are to equal the published ones, and a difference
// of the third column has a [Fault] for its reason; on any other, differences
// are those of the data, and the outcome says so.
package reproduce

// A Fault is a reason for a figure to differ from what was published.
type Fault string

// The faults of the original, and what else makes figures differ.
const (
	None     Fault = ""
	Data     Fault = "other data than the original's"
	Flush    Fault = "flush fault: the original closed a batch after every record of a second that is divisible by ten, and never analysed what was left at the end"
	Doubled  Fault = "doubled column: the original named both byte sums bytes_dw and selected that name twice, so that PCA and clusters saw ten columns, each byte sum twice"
	Counts   Fault = "record counts for distinct counts: X per Y counted records, not distinct X"
	Digit    Fault = "dropped digit: the text says 6,492 and the source's comment 76,492; a union of alerts can't be less than the 65,752 of one of its parts"
	Label    Fault = "cluster for noise: the original took every label but 0 for an outlier, so all clusters but the first counted too"
	Memory   Fault = "out of memory: the original did not end"
	Stopped  Fault = "stopped by hand: the original took time proportional to the window for each record"
	Rounding Fault = "rounding: the text says 94 %"
	Adding   Fault = "added up: the original summed the alerts of all detectors, a record once for each that accused it, and several of its detectors never fired or named the wrong address"
	Unsaid   Fault = "not published as a number"
)

// Published are the facts that tell whether an input is the original's.
var facts = []struct {
	name  string
	value float64
	of    func(f *dataFacts) float64
}{
	{"records", 142_373, func(f *dataFacts) float64 { return float64(f.records) }},
	{"seconds from the first to the last", 4218, func(f *dataFacts) float64 { return f.seconds }},
	{"protocols", 2, func(f *dataFacts) float64 { return float64(f.protocols) }},
	{"states", 6, func(f *dataFacts) float64 { return float64(f.states) }},
	{"source addresses", 218, func(f *dataFacts) float64 { return float64(f.srcIPs) }},
	{"destination addresses", 2273, func(f *dataFacts) float64 { return float64(f.dstIPs) }},
	{"source ports", 28_261, func(f *dataFacts) float64 { return float64(f.srcPorts) }},
	{"destination ports", 474, func(f *dataFacts) float64 { return float64(f.dstPorts) }},
	{"bytes sent by sources", 4_040_512_881, func(f *dataFacts) float64 { return float64(f.up) }},
	{"bytes sent by destinations", 4_547_933_614, func(f *dataFacts) float64 { return float64(f.down) }},
	{"flow tuples", 47_334, func(f *dataFacts) float64 { return float64(f.tuples) }},
}

// worst is the address that the original said had the worst behaviour.
const worst = "192.168.100.96"

// Published figures of PCA, k-means and the rest, by what they are of.
var (
	tupleVariance = []float64{2.32901393e13, 2.77019698e12}
	tupleShare    = []float64{89.37, 10.63}
	pairVariance  = []float64{4.14991042, 2.72059359, 1.25507818, 1.19799594, 0.59396742, 0.07303072}
	pairShare     = []float64{41.5, 27.21, 12.55, 11.98, 5.94, 0.73}
)

// iqrAlerts are the published counts of alerts, in the order of iqr.Choices.
var iqrAlerts = []float64{65_752, 14_366, 60_617, 6_492}
