// Package detect is the contract between detectors, which watch a stream of
// flow records and raise alerts, and the programs that run them.
//
// A [Detector] is declared once, as a variable of its package; its New makes
// a [Watcher], which is shown the records in order and reports each [Alert]
// with its reasons. Package detecttest holds every detector to this contract.
package detect

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"toolkit/algo"
	"toolkit/detect/state"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// A Detector describes a way to find what is strange in a stream of records.
// It is constant.
type Detector struct {
	Name string // what --detectors takes: a lower-case word
	Doc  string // its first paragraph is a title of one line without a full stop
	Refs []string
	New  func() Watcher // with default parameters

	// Variants returns watchers like w whose alerts are only counted, to be
	// told beside those of w; nil if there are none.
	Variants func(w Watcher) []Variant
}

// A Variant is a watcher of which it is only told how many records and
// subjects it accuses, for several choices of features at once.
type Variant struct {
	Watcher    Watcher
	WindowMode flow.WindowMode
	Choices    []Choice
}

// A Choice is a choice of a detector's features.
type Choice struct {
	Features string              // names separated by commas
	Has      func(a *Alert) bool // whether there is the alert with that choice
}

func (d *Detector) String() string { return d.Name }

// Title returns the first paragraph of d.Doc.
func (d *Detector) Title() string {
	title, _, _ := strings.Cut(d.Doc, "\n\n")
	return title
}

// A Watcher is a detector with its parameters and with what it has seen. It
// is used for one stream, by one goroutine.
//
// Alerts depend on the records and parameters alone: not on how the stream is
// cut into batches, nor on when Flush tells the time, nor on whether what was
// seen has been saved and loaded on the way.
type Watcher interface {
	Flags(fs *pflag.FlagSet)
	Check() error // *algo.ParamError

	// Watch takes in the next records, which come in the order of time (see
	// Unordered), those of the same time in the order of their numbers. It
	// must not keep b.
	Watch(b *flow.Batch, report func(*Alert))

	// Flush tells that no records from before now will come, and at the end
	// of the stream that none will at all (now is the zero time).
	Flush(now time.Time, report func(*Alert))

	// Limit bounds what is kept to about so many bytes, before the first
	// record; 0 is no bound. What has to be forgotten for it is what has been
	// idle longest, and Usage counts it.
	Limit(bytes int64)

	// Usage says how much is kept.
	Usage() Usage

	// Save writes all that has been seen. Load takes it in, in a Watcher of
	// the same parameters that has seen nothing; what is damaged is reported
	// by r.Err.
	Save(w *state.Writer)
	Load(r *state.Reader)
}

// Unordered is a Watcher that may want records in the order of the input and
// not in that of time, as the seed's windows do.
type Unordered interface {
	InputOrder() bool
}

// A Usage says what a Watcher keeps.
type Usage struct {
	Entries int64 // addresses, pairs, windows …
	Bytes   int64 // about
	Evicted int64 // entries forgotten for want of room
}

// An Alert accuses a subject and says why.
type Alert struct {
	Detector   string // filled in by the program that runs it
	Kind       string // which of the detector's findings it is, a lower-case word; "" if there is only one
	Start, End time.Time
	Subject    Subject
	Score      float64       // in units of the detector; the higher, the stranger
	Reasons    []algo.Reason // never empty
	Records    []int64       // Seq of each record concerned, ascending: what alerts are counted and compared by
}

// A Subject is what an alert is about. Parts that don't matter are zero.
type Subject struct {
	Src, Dst         netip.Addr
	SrcPort, DstPort uint16
	Proto            flow.Proto
}

// SortRecords puts the records of a in ascending order, each once.
func SortRecords(a *Alert) {
	slices.Sort(a.Records)
	a.Records = slices.Compact(a.Records)
}
