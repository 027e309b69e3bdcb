package untrusted

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

// ErrParquet is what is wrong with a Parquet file whose numbers don't fit its
// size.
var ErrParquet = errors.New("damaged Parquet file: what it says of its own size can't be true")

// ParquetFile sees to it that no count or length in the footer of a Parquet
// file of size bytes is beyond what the footer can hold.
func ParquetFile(r io.ReaderAt, size int64) error {
	const magic = "PAR1"
	if size < int64(2*len(magic)+4) {
		return errors.New("not a Parquet file: too short")
	}
	tail := make([]byte, 4+len(magic))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil {
		return fmt.Errorf("reading Parquet: %w", err)
	}
	if string(tail[4:]) == "PARE" {
		return errors.New("the Parquet file is encrypted")
	}
	if string(tail[4:]) != magic {
		return errors.New("not a whole Parquet file: its end is missing")
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	if n > size-int64(2*len(magic)+4) {
		return ErrParquet
	}
	footer := io.NewSectionReader(r, size-int64(len(tail))-n, n)
	t := &thriftWalk{r: bufio.NewReader(footer), left: n}
	return t.structure(0, 0, func(int16, int16, int64) {})
}

// maxValues is how many values a page may have: a run of equal ones takes a few
// bytes and as many values as it says.
const maxValues = 16 << 20

// A pageHeader is what has to be known of a page of Parquet.
type pageHeader struct {
	packed, unpacked, values int64
	levels                   int64 // bytes before what is packed, of the second version
	plain                    bool  // not packed, of the second version
}

// The numbers of fields in parquet.thrift.
func (h *pageHeader) set(parent, field int16, v int64) {
	switch {
	case parent == 0 && field == 2:
		h.unpacked = v
	case parent == 0 && field == 3:
		h.packed = v
	case field == 1 && (parent == 5 || parent == 7 || parent == 8):
		h.values = v
	case parent == 8 && (field == 5 || field == 6):
		h.levels += v
	case parent == 8 && field == 7:
		h.plain = v == 0
	}
}

// check sees to it that the lengths of a page of which there may be that much are
// possible.
func (h *pageHeader) check(left int64) error {
	if h.packed < 0 || h.packed > left || h.unpacked < 0 || h.unpacked > maxPage || h.values < 0 || h.values > maxValues || h.levels < 0 || h.levels > min(h.packed, h.unpacked) {
		return ErrParquet
	}
	return nil
}

// maxPage is how many bytes a page may have when unpacked: writers make them a
// MiB long or so, and dictionaries some.
const maxPage = 256 << 20

// ParquetChunk sees to it that the pages of a column in a group of rows are as
// long as they say, when unpacked too.
func ParquetChunk(r io.ReaderAt, f *parquet.File, group, leaf int) error {
	columns := f.Metadata().RowGroups[group].Columns
	if leaf >= len(columns) {
		return ErrParquet
	}
	m := &columns[leaf].MetaData
	offset, n := m.DataPageOffset, m.TotalCompressedSize
	if m.DictionaryPageOffset != 0 {
		offset = m.DictionaryPageOffset
	}
	return pages(r, offset, n, int(m.Codec))
}

// pages looks at the pages in n bytes from offset on, of a codec of that number.
func pages(r io.ReaderAt, offset, n int64, codec int) error {
	if offset < 4 || n < 0 || offset > math.MaxInt64-n {
		return ErrParquet
	}
	br := bufio.NewReader(nil)
	var data []byte
	for end := offset + n; offset < end; {
		br.Reset(io.NewSectionReader(r, offset, end-offset))
		t := &thriftWalk{r: br, left: end - offset}
		var h pageHeader
		if err := t.structure(0, 0, h.set); err != nil {
			return err
		}
		if err := h.check(t.left); err != nil {
			return err
		}
		offset = end - t.left
		if codec != 0 && !h.plain {
			data = slices.Grow(data[:0], int(h.packed-h.levels))[:h.packed-h.levels]
			if _, err := r.ReadAt(data, offset+h.levels); err != nil {
				return fmt.Errorf("reading Parquet: %w", err)
			}
			if err := unpacks(codec, data, h.unpacked-h.levels); err != nil {
				return err
			}
		}
		offset += h.packed
	}
	return nil
}

// unpacks sees to it that data does not unpack to more than size bytes.
func unpacks(codec int, data []byte, size int64) error {
	var r io.Reader
	var err error
	switch codec {
	case 1:
		if n, err := snappy.DecodedLen(data); err != nil || int64(n) > size {
			return ErrParquet
		}
		return nil
	case 2:
		r, err = gzip.NewReader(bytes.NewReader(data))
	case 4:
		r = brotli.NewReader(bytes.NewReader(data))
	case 6:
		// Mostly the headers tell. What they don't say themselves is a little less than
		// what they allow, for which there is room.
		if most, said, ok := zstdLength(data); ok && (said && most <= size || !said && most <= 2*size+1<<18) {
			return nil
		}
		var z *zstd.Decoder
		if z, err = zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true)); err == nil {
			defer z.Close()
			r = z
		}
	default:
		return fmt.Errorf("its columns are packed with LZO, or in a way that is not known (codec %d of Parquet's list), which can't be read; write it with zstd, snappy or gzip", codec)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrParquet, err)
	}
	switch n, err := io.Copy(io.Discard, io.LimitReader(r, size+1)); {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrParquet, err)
	case n > size:
		return ErrParquet
	}
	return nil
}
