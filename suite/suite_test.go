package suite

import (
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// What is listed is well declared, and names are unique among all that
// `toolkit help NAME` can tell of.
func TestDeclarations(t *testing.T) {
	if err := algo.Validate(append(slices.Clone(Scalers), Algorithms...)); err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for _, a := range Algorithms {
		seen[a.Name] = true
	}
	for _, a := range Defaults {
		if !slices.Contains(Algorithms, a) {
			t.Errorf("%s is run by default and is not listed", a)
		}
	}
	for _, d := range DefaultDetectors {
		if !slices.Contains(Detectors, d) {
			t.Errorf("%s is run by default and is not listed", d)
		}
	}
	for _, list := range [][]string{named(Detectors, func(d *detect.Detector) string { return d.Name }), named(Formats, func(f *flow.Format) string { return f.Name })} {
		for _, name := range list {
			if seen[name] || name == "" {
				t.Errorf("the name %q is used twice, or empty", name)
			}
			seen[name] = true
		}
	}
}

// All detectors' flags stand side by side on one command line.
func TestDetectorFlags(t *testing.T) {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, d := range Detectors {
		d.New().Flags(fs) // panics on a flag that is declared twice
	}
}

func named[T any](list []T, name func(T) string) []string {
	var s []string
	for _, x := range list {
		s = append(s, name(x))
	}
	return s
}
