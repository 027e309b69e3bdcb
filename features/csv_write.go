package features

import (
	"encoding/csv"
	"fmt"
	"io"
)

// A csvTable writes a table as CSV with a header. What columns mean, and which
// of them are keys and weights, has no place there.
type csvTable struct {
	w      *csv.Writer
	packed io.Closer // nil if it isn't
	rows   int64
	begun  bool
}

func newCSVWriter(w io.Writer, packed io.Closer) *csvTable {
	return &csvTable{w: csv.NewWriter(w), packed: packed}
}

func (c *csvTable) Rows() int64 { return c.rows }

func (c *csvTable) Write(t *Table) error {
	if err := t.Check(); err != nil {
		return fmt.Errorf("table %s: %w", t.Name, err)
	}
	if !c.begun {
		c.begun = true
		if err := c.w.Write(t.Names(nil)); err != nil {
			return err
		}
	}
	line := make([]string, len(t.Columns))
	for i := range t.Len() {
		for j, col := range t.Columns {
			line[j] = col.String(i)
		}
		if err := c.w.Write(line); err != nil {
			return err
		}
	}
	c.rows += int64(t.Len())
	return nil
}

func (c *csvTable) Close() error {
	c.w.Flush()
	if err := c.w.Error(); err != nil || c.packed == nil {
		return err
	}
	return c.packed.Close()
}
