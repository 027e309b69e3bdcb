package features

import (
	"fmt"
	"strings"
)

// What is told of columns that Options.Approx makes approximate. Up to
// exactUpTo distinct values a set is kept and its count exact.
const (
	exactUpTo = 1024

	// HyperLogLog's standard error is 1.04/√registers, of which there are 2¹⁴.
	countError    = "by HyperLogLog past 1,024, with a standard error of 0.81 %"
	quantileError = "by DDSketch past 1,024 records, within 1 %"

	quantileAccuracy = 0.01
)

// ApproxMeta is the name, in the metadata of a table, of what is approximate
// in it.
const ApproxMeta = "approx"

// An approximation says what stands for a feature where memory is bounded: the
// feature gathered otherwise, or how it is worked out, and what error it has,
// "" for none. It is false if nothing does.
type approximation func(f Feature) (_ Feature, err string, ok bool)

func leftOut(f Feature) (Feature, string, bool) { return f, "", false }

// gatheredBy is an approximation: part of another Gather.
func gatheredBy(g *Gather, part int, err string) approximation {
	return func(f Feature) (Feature, string, bool) {
		f.Gather, f.Part = g, part
		return f, err, true
	}
}

// approximate has g gather, of what could take any memory, sketches of a
// bounded size, and leaves out what there is no sketch for.
func (g *Grouping) approximate() {
	var fs []Feature
	var left, counts, quantiles []string
	for _, f := range g.Features {
		if f.Gather != nil && f.Gather.approx != nil {
			by, err, ok := f.Gather.approx(f)
			if !ok {
				left = append(left, f.Name)
				continue
			}
			if f = by; err != "" {
				f.Doc = strings.TrimSuffix(f.Doc, ".") + "; " + err + "."
				if err == quantileError {
					quantiles = append(quantiles, f.Name)
				} else {
					counts = append(counts, f.Name)
				}
			}
		}
		if of, is := strings.CutSuffix(f.Name, normSuffix); is && len(left) > 0 && left[len(left)-1] == of {
			left = append(left, f.Name) // worked out from it
			continue
		}
		fs = append(fs, f)
	}
	g.Features = fs
	for i, s := range g.Sets {
		g.Sets[i].Columns = nil // not those of all groupings
		for _, c := range s.Columns {
			if g.feature(c) != nil {
				g.Sets[i].Columns = append(g.Sets[i].Columns, c)
			}
		}
	}
	var say []string
	for _, part := range []struct {
		columns []string
		what    string
	}{{counts, countError}, {quantiles, quantileError}, {left, "left out: no sketch tells them"}} {
		if len(part.columns) > 0 {
			say = append(say, some(part.columns)+" "+part.what)
		}
	}
	g.Approx = strings.Join(say, "; ")
}

// some names the first of columns, and says how many there are more.
func some(columns []string) string {
	const most = 4
	if len(columns) <= most {
		return strings.Join(columns, ", ")
	}
	return fmt.Sprintf("%s and %d columns more", strings.Join(columns[:most], ", "), len(columns)-most)
}

// instead says what takes less memory, if anything does.
func (g *Grouping) instead() string {
	for _, f := range g.Features {
		if f.Gather != nil && f.Gather.approx != nil {
			return " (--approx takes less)"
		}
	}
	return ""
}

func (g *Grouping) feature(name string) *Feature {
	for i := range g.Features {
		if g.Features[i].Name == name {
			return &g.Features[i]
		}
	}
	return nil
}
