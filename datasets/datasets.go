// Package datasets lists the data sets that can be had by name.
//
// A [Dataset] is declared once and listed in [All]; programs look it up by
// name and read its records as they do any others. Its truth comes with the
// records, as their labels.
package datasets

import (
	"strings"

	"toolkit/datasets/synth"
	"toolkit/flow"
)

// A Dataset describes flow records that can be had by name. It is constant.
type Dataset struct {
	Name    string   // a lower-case word
	Doc     string   // its first paragraph is a title of one line without a full stop
	Licence string   // under which the records may be used
	Source  string   // where the records come from
	Labels  []string // what records can be labelled with; ordinary ones have no label

	// Open returns the records, with numbers in hosts and labels for their
	// addresses and labels. Without labels (nil) the batches have none.
	Open func(hosts *flow.Hosts, labels *flow.Labels) flow.Source
}

func (d *Dataset) String() string { return d.Name }

// Title returns the first paragraph of d.Doc.
func (d *Dataset) Title() string {
	title, _, _ := strings.Cut(d.Doc, "\n\n")
	return title
}

// All is every data set.
var All = []*Dataset{synthetic}

// Find returns the data set of that name, or nil.
func Find(name string) *Dataset {
	for _, d := range All {
		if d.Name == name {
			return d
		}
	}
	return nil
}

var synthetic = &Dataset{
	Name: "synth",
	Doc: `generated traffic of an office, with planted and labelled anomalies

142,373 records of 70 minutes on 2017-01-27, of 218 sources and 2,273
destinations, in the shape of the traffic that the project began with. About
one record in seven belongs to an anomaly: a vertical, a horizontal and a slow
scan, a flood, an exfiltration, a beacon, and a host that misbehaves in many
ways. docs/synthetic.md describes them.`,
	Licence: "that of the program: the records are made by it",
	Source:  "made by package synth with its default configuration",
	Labels:  synth.Labels(),
	Open:    synth.Default().Source,
}
