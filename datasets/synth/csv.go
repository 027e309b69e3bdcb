package synth

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"toolkit/flow"
)

// WriteCSV writes the records of c to w as CSV of nine columns without a
// header: time, protocol, state, source address and port, destination address
// and port, bytes from the source, bytes from the destination. Unless labels
// is nil it writes to it, as CSV with the header record,label, the label of
// each record that has one; records count from 0.
func WriteCSV(w io.Writer, c Config, labels io.Writer) error {
	out := flow.NewCSVWriter(w)
	if labels == nil {
		labels = io.Discard
	}
	outLabels := bufio.NewWriterSize(labels, 1<<16)
	outLabels.WriteString("record,label\n")

	var line []byte
	for b := range c.Source(new(flow.Hosts), new(flow.Labels)) {
		if err := out.Write(b); err != nil {
			return fmt.Errorf("writing synthetic traffic: %w", err)
		}
		for i := range b.Len() {
			if b.Label[i] != 0 {
				line = strconv.AppendInt(line[:0], b.Seq+int64(i), 10)
				line = append(append(line, ','), b.Labels.Name(b.Label[i])...)
				if _, err := outLabels.Write(append(line, '\n')); err != nil {
					return fmt.Errorf("writing labels of synthetic records: %w", err)
				}
			}
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing synthetic traffic: %w", err)
	}
	if err := outLabels.Flush(); err != nil {
		return fmt.Errorf("writing labels of synthetic records: %w", err)
	}
	return nil
}
