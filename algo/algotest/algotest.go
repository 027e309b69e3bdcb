// Package algotest holds algorithms to the contract of package algo.
//
//	func TestAlgorithm(t *testing.T) { algotest.Run(t, kmeans.Algorithm, algotest.Set("k", "3")) }
//
// The checks are run on made-up data of a few hundred rows: [Blobs], counts
// with many equal rows, blobs with planted outliers, and small and strange
// matrices. All of it is made from fixed seeds: what passes once passes always.
package algotest

import (
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"testing"

	"toolkit/algo"
)

// Run tests that a is a good algorithm: one that a program can run without
// knowing which it is. Each check is a subtest. Under the race detector only those
// are run that hand out work in ways that the others don't.
func Run(t *testing.T, a *algo.Algorithm, opts ...Option) {
	t.Helper()
	s := newSubject(a, opts)
	for _, name := range slices.Sorted(maps.Keys(s.exempt)) {
		if !slices.ContainsFunc(checks, func(c check) bool { return c.name == name }) {
			t.Errorf("there is no check %q to be exempt from", name)
		}
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if raced && !c.shares {
				t.Skip("what it has several goroutines do, other checks do too")
			}
			faults, note := s.judge(c)
			if note != "" {
				t.Log(note)
			}
			for _, f := range faults {
				t.Error(f)
			}
		})
	}
}

// An Option tells Run what is particular to an algorithm.
type Option func(*subject)

// Set gives a flag the value that fits the data of the kit: clusters of
// standard deviation 1 whose centres are 10 apart in each column. It holds in
// all checks but those of the defaults.
func Set(flag, value string) Option {
	return func(s *subject) { s.set = append(s.set, [2]string{flag, value}) }
}

// Rows says how many rows the check of workers has, for algorithms that hand
// out work in blocks of more than a hundred rows.
func Rows(n int) Option {
	return func(s *subject) { s.rows = n }
}

// Scales says that a flag is measured in the data's units to that power: 1 for
// a distance, −2 for what is multiplied by squared ones. The check of scale
// changes it with the data.
func Scales(flag string, power int) Option {
	return func(s *subject) { s.scales[flag] = power }
}

// Except says that the algorithm can't pass the check of that name, and why.
// The check must then fail: an exemption that is no longer needed is an error.
func Except(check, why string) Option {
	return func(s *subject) { s.exempt[check] = why }
}

// A check is one thing that is asked of all algorithms.
type check struct {
	name   string
	run    func(*subject)
	shares bool // work out among goroutines as no other check does
}

// checks are all checks, in the order in which they are run.
var checks = []check{
	{"declaration", (*subject).declaration, false},
	{"flags set the parameters", (*subject).flags, false},
	{"parameters out of range", (*subject).ranges, false},
	{"gives what it says", (*subject).gives, false},
	{"same result for any workers", (*subject).workers, true},
	{"leaves its input alone", (*subject).input, true},
	{"small and strange matrices", (*subject).strange, true},
	{"refuses what is not finite", (*subject).finite, false},
	{"weights are repetitions", (*subject).weights, false},
	{"order of rows", (*subject).order, false},
	{"scale of the data", (*subject).scale, false},
	{"stops when told to", (*subject).stops, true},
	{"memory", (*subject).memory, false},
	{"model", (*subject).model, true},
	{"learns on", (*subject).update, true},
	{"reasons", (*subject).reasons, false},
	{"finds the blobs", (*subject).blobs, false},
	{"ranks outliers high", (*subject).outliers, false},
}

// A subject is the algorithm under test, and the faults found by a check.
type subject struct {
	*algo.Algorithm
	set    [][2]string
	rows   int
	scales map[string]int
	exempt map[string]string
	faults []string
}

func newSubject(a *algo.Algorithm, opts []Option) *subject {
	s := &subject{Algorithm: a, rows: 600, scales: map[string]int{}, exempt: map[string]string{}}
	for _, o := range opts {
		o(s)
	}
	return s
}

// judge runs a check and heeds an exemption from it.
func (s *subject) judge(c check) (faults []string, note string) {
	faults = s.run(c)
	why, ok := s.exempt[c.name]
	switch {
	case !ok:
		return faults, ""
	case len(faults) == 0:
		return []string{fmt.Sprintf("passes, so that the exemption (%s) must go", why)}, ""
	}
	return nil, fmt.Sprintf("exempt: %s: %q", why, faults)
}

// stop is what fatalf panics with.
type stop struct{}

// run returns the faults that a check finds; a panic is one of them.
func (s *subject) run(c check) (faults []string) {
	s.faults = nil
	defer func() {
		if p := recover(); p != nil && p != (stop{}) {
			s.errorf("panic: %v\n%s", p, debug.Stack())
		}
		faults = s.faults
	}()
	c.run(s)
	return
}

func (s *subject) errorf(format string, args ...any) {
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

func (s *subject) fatalf(format string, args ...any) {
	s.errorf(format, args...)
	panic(stop{})
}
