package evaluate

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// RecordLabels are labels of some records by the records' numbers.
type RecordLabels struct {
	Names []string // in the order in which they first occur

	file    string
	entries []labelEntry // ascending by record
}

// A labelEntry is a line of a file of labels.
type labelEntry struct {
	record int64
	line   int32
	label  int32 // index in Names, -1 if it is blank
}

// ReadLabels reads CSV with the number of a record, from 0, and its label in
// each line, in any order of lines. A first line with the columns record and
// label says where they are among others; without it they are the first two.
// A blank label is none. What is wrong is said with name and line, such as a
// record that has two labels. It takes 16 bytes a line.
func ReadLabels(r io.Reader, name string) (*RecordLabels, error) {
	l := &RecordLabels{file: name}
	index := map[string]int32{}
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	recordCol, labelCol := 0, 1
	for first := true; ; first = false {
		row, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading labels: %s: %w", name, err)
		}
		line, _ := in.FieldPos(0)
		if first {
			row[0] = strings.TrimPrefix(row[0], "\ufeff")
			if i, j := column(row, "record"), column(row, "label"); i >= 0 && j >= 0 {
				recordCol, labelCol = i, j
				continue
			}
		}
		if len(row) <= max(recordCol, labelCol) {
			return nil, lineError(name, line, "%d columns, want record,label", len(row))
		}
		record, err := strconv.ParseInt(strings.TrimSpace(row[recordCol]), 10, 64)
		if err != nil || record < 0 {
			hint := ""
			if first {
				hint = "; a header has the columns record and label"
			}
			return nil, lineError(name, line, "%q is not the number of a record, which counts from 0%s", row[recordCol], hint)
		}
		if line > math.MaxInt32 {
			return nil, lineError(name, line, "more lines than can be counted")
		}
		l.entries = append(l.entries, labelEntry{record, int32(line), l.number(index, row[labelCol])})
	}
	byRecord := func(a, b labelEntry) int {
		return cmp.Or(cmp.Compare(a.record, b.record), cmp.Compare(a.line, b.line))
	}
	if !slices.IsSortedFunc(l.entries, byRecord) {
		slices.SortFunc(l.entries, byRecord)
	}
	for k := 1; k < len(l.entries); k++ {
		if a, b := l.entries[k-1], l.entries[k]; a.record == b.record {
			return nil, lineError(name, int(b.line), "record %d has a label in line %d already; keep one of them", b.record, a.line)
		}
	}
	return l, nil
}

// number returns the index in Names of a label.
func (l *RecordLabels) number(index map[string]int32, label string) int32 {
	label = strings.TrimSpace(label)
	if label == "" {
		return -1
	}
	n, ok := index[label]
	if !ok {
		label = strings.Clone(label) // the rest of the line is not kept
		n = int32(len(l.Names))
		index[label] = n
		l.Names = append(l.Names, label)
	}
	return n
}

// Len returns the number of records that are listed.
func (l *RecordLabels) Len() int { return len(l.entries) }

// Spread returns the label of each of n records as an index in Names, -1 for
// none, as Records has them. A label of a record beyond them is an error.
func (l *RecordLabels) Spread(n int) ([]int32, error) {
	if k := len(l.entries); k > 0 && l.entries[k-1].record >= int64(n) {
		e := l.entries[k-1]
		return nil, lineError(l.file, int(e.line), "record %d is labelled, but the input has %d records, numbered from 0; are the labels of another input?", e.record, n)
	}
	label := make([]int32, n)
	for i := range label {
		label[i] = -1
	}
	for _, e := range l.entries {
		label[e.record] = e.label
	}
	return label, nil
}

// column returns where a header names a column, -1 if it doesn't.
func column(header []string, name string) int {
	return slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) })
}

func lineError(file string, line int, format string, args ...any) error {
	return fmt.Errorf("reading labels: %s, line %d: %s", file, line, fmt.Sprintf(format, args...))
}
