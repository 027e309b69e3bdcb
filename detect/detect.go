// Package detect is the contract between detectors, which watch a stream of
// flow records and raise alerts, and the programs that run them.
//
// A [Detector] is declared once, as a variable of its package; its New makes
// a [Watcher], which is shown the records in order and reports each [Alert]
// with its reasons. Package detecttest holds every detector to this contract.
package detect

import (
	"net/netip"
	"strings"
	"time"

	"toolkit/algo"
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
type Watcher interface {
	Flags(fs *pflag.FlagSet)
	Check() error // *algo.ParamError

	// Watch takes in the next records. It must not keep b.
	Watch(b *flow.Batch, report func(*Alert))

	// Flush tells that no records from before now will come, and at the end
	// of the stream that none will at all (now is the zero time).
	Flush(now time.Time, report func(*Alert))
}

// An Alert accuses a subject and says why.
type Alert struct {
	Detector   string // filled in by the program that runs it
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
