//go:build unix

package main

import (
	"fmt"
	"io"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// print writes a table in Markdown: a row a detector, a column a label.
func (m *measure) print(out io.Writer) error {
	slices.SortFunc(m.labels, func(a, b string) int {
		if (a == ordinary) != (b == ordinary) { // ordinary records last
			if a == ordinary {
				return 1
			}
			return -1
		}
		return int(m.records[b] - m.records[a])
	})
	fmt.Fprintf(out, "| detector | alerts |")
	for _, l := range m.labels {
		fmt.Fprintf(out, " %s |", l)
	}
	fmt.Fprintf(out, " CPU ns a record |\n|---|---|")
	for range m.labels {
		fmt.Fprint(out, "---|")
	}
	fmt.Fprint(out, "---|\n| records | |")
	for _, l := range m.labels {
		fmt.Fprintf(out, " %.4g |", float64(m.records[l])/float64(len(m.shares[l][0])))
	}
	fmt.Fprintln(out, " |")
	for d, name := range m.detectors {
		fmt.Fprintf(out, "| %s | %s |", name, spread(m.alerts[d], "%.4g", 1))
		for _, l := range m.labels {
			format := "%.1f"
			if l == ordinary {
				format = "%.2f"
			}
			fmt.Fprintf(out, " %s |", spread(m.shares[l][d], format, 100))
		}
		fmt.Fprintf(out, " %.0f |\n", float64(m.took[d].Nanoseconds())/float64(max(1, m.seen)))
	}
	return nil
}

// spread says the mean and the standard deviation of values.
func spread(v []float64, format string, unit float64) string {
	if len(v) == 0 {
		return ""
	}
	mean, sd := stat.MeanStdDev(v, nil)
	if len(v) == 1 {
		return fmt.Sprintf(format, mean*unit)
	}
	return fmt.Sprintf(format+" ± "+format, mean*unit, sd*unit)
}
