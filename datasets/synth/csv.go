package synth

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"time"

	"toolkit/flow"
)

// WriteCSV writes the records of c to w as CSV of nine columns without a
// header: time, protocol, state, source address and port, destination address
// and port, bytes from the source, bytes from the destination. Unless labels
// is nil it writes to it, as CSV with the header record,label, the label of
// each record that has one; records count from 0.
func WriteCSV(w io.Writer, c Config, labels io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	if labels == nil {
		labels = io.Discard
	}
	outLabels := bufio.NewWriterSize(labels, 1<<16)
	outLabels.WriteString("record,label\n")

	var line []byte
	second, stamp := int64(-1), "" // of the record before: most share it
	addrs := map[flow.Host]string{}
	var hosts flow.Hosts
	text := func(h flow.Host) string {
		s, ok := addrs[h]
		if !ok {
			s = hosts.Addr(h).String()
			addrs[h] = s
		}
		return s
	}
	for b := range c.Source(&hosts, new(flow.Labels)) {
		for i := range b.Len() {
			if b.Time[i] != second {
				second, stamp = b.Time[i], time.Unix(0, b.Time[i]).UTC().Format(time.DateTime)
			}
			line = append(line[:0], stamp...)
			line = append(append(line, ','), b.Proto[i].String()...)
			line = append(append(line, ','), b.State[i].String()...)
			line = append(append(line, ','), text(b.Src[i])...)
			line = strconv.AppendUint(append(line, ','), uint64(b.SrcPort[i]), 10)
			line = append(append(line, ','), text(b.Dst[i])...)
			line = strconv.AppendUint(append(line, ','), uint64(b.DstPort[i]), 10)
			line = strconv.AppendInt(append(line, ','), b.BytesUp[i], 10)
			line = strconv.AppendInt(append(line, ','), b.BytesDown[i], 10)
			if _, err := out.Write(append(line, '\n')); err != nil {
				return fmt.Errorf("writing synthetic records: %w", err)
			}
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
		return fmt.Errorf("writing synthetic records: %w", err)
	}
	if err := outLabels.Flush(); err != nil {
		return fmt.Errorf("writing labels of synthetic records: %w", err)
	}
	return nil
}
