package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	runlog "toolkit/internal/run"
)

// skipsOf returns how many records of the files were skipped, by reason.
func skipsOf(files []runlog.File) map[string]int64 {
	skips := make(map[string]int64)
	for _, f := range files {
		for reason, n := range f.Skips {
			skips[reason] += n
		}
	}
	return skips
}

// reasons lists why records were skipped, the most frequent first: by kind, such as
// not IP traffic, and of each what they were.
func reasons(skips map[string]int64) string {
	if len(skips) == 0 {
		return ""
	}
	kinds, of := make(map[string]int64), make(map[string]map[string]int64)
	for reason, n := range skips {
		kind, what, _ := strings.Cut(reason, ": ")
		kinds[kind] += n
		if of[kind] == nil {
			of[kind] = make(map[string]int64)
		}
		of[kind][what] += n
	}
	var list []string
	for _, kind := range mostFirst(kinds) {
		var whats []string
		for _, what := range mostFirst(of[kind]) {
			whats = append(whats, strings.TrimSpace(what+" "+count(of[kind][what])))
		}
		list = append(list, kind+": "+strings.Join(whats, ", "))
	}
	return " (" + strings.Join(list, "; ") + ")"
}

// mostFirst returns the names, those with the highest counts first.
func mostFirst(counts map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}
