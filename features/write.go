package features

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// A TableWriter writes a table to a file, a chunk of rows at a time. The first
// chunk says what the columns and the metadata are. Bytes do not depend on how
// the table is cut into chunks.
type TableWriter interface {
	Write(t *Table) error
	Close() error // ends the file; it does not close what it is written to
	Rows() int64  // written so far
}

// A Saving says how tables are written to files.
type Saving struct {
	Ending      string // one of Endings
	Compression string // one of Compressions, "" for what is usual
}

// Compressions are how files with tables can be packed.
var Compressions = []string{"zstd", "none"}

// Check reports a Saving that there isn't.
func (s Saving) Check() error {
	if !slices.Contains(Endings, s.Ending) {
		return fmt.Errorf("no tables are written to files that don't end in one of %s", strings.Join(Endings, ", "))
	}
	if s.Compression == "" {
		return nil
	}
	if !slices.Contains(Compressions, s.Compression) {
		return fmt.Errorf("no compression is named %q; there are %s", s.Compression, strings.Join(Compressions, ", "))
	}
	if strings.HasPrefix(s.Ending, ".csv") {
		return fmt.Errorf("a file that ends in %s is not packed by --compression: a name that ends in .csv.gz packs it", s.Ending)
	}
	return nil
}

// NewTableWriter returns what writes a table to w in the way of s, which has
// been checked.
func NewTableWriter(w io.Writer, s Saving) TableWriter {
	switch s.Ending {
	case ".arrow":
		a := NewArrowWriter(w)
		a.zstd = s.Compression == "zstd"
		return a
	case ".parquet":
		return &parquetWriter{w: w, plain: s.Compression == "none"}
	case ".csv":
		return newCSVWriter(w, nil)
	case ".csv.gz":
		z := gzip.NewWriter(w)
		return newCSVWriter(z, z)
	}
	panic("features: no writer of " + s.Ending)
}
