package detect

import (
	"toolkit/features"
	"toolkit/flow"
)

// Compatible is a Watcher that can do what the program did that this toolkit
// grew from, faults included.
type Compatible interface {
	// SeedCompat is called before the first record.
	SeedCompat(on bool)
}

// SeedVariant returns a variant of a detector that does as the seed did, w,
// whose findings are counted by kind.
func SeedVariant(w interface {
	Watcher
	Compatible
}, kinds ...string) []Variant {
	w.SeedCompat(true)
	v := Variant{Watcher: w, WindowMode: flow.Seed}
	for _, kind := range kinds {
		v.Choices = append(v.Choices, Choice{Features: kind, Has: func(a *Alert) bool { return a.Kind == kind }})
	}
	return []Variant{v}
}

// Tabler is a Watcher that has tables to tell besides alerts.
type Tabler interface {
	// Tables is called after the last Flush.
	Tables() []*features.Table
}
