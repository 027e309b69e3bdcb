package untrusted

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"

	"toolkit/internal/tempfile"
)

// PlainParquet returns what to read in place of a Parquet file of size bytes,
// which ParquetFile has found in order: the file itself or, if columns of it are
// packed with LZ4, a copy of it with these unpacked, in a temporary file in dir,
// which close gives back. The library reads no LZ4 of Hadoop's kind, and makes
// zeros of some pages of the other (version 0.32.0).
func PlainParquet(r io.ReaderAt, size int64, dir string) (plain io.ReaderAt, plainSize int64, close func() error, err error) {
	defer func() {
		if p := recover(); p != nil { // the library, on some damaged files
			err = fmt.Errorf("damaged Parquet file: %v", p)
		}
	}()
	asIs := func() error { return nil }
	tail := make([]byte, 8)
	if _, err := r.ReadAt(tail, size-8); err != nil {
		return nil, 0, nil, fmt.Errorf("reading Parquet: %w", err)
	}
	footer := make([]byte, binary.LittleEndian.Uint32(tail))
	if _, err := r.ReadAt(footer, size-8-int64(len(footer))); err != nil {
		return nil, 0, nil, fmt.Errorf("reading Parquet: %w", err)
	}
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer, &meta); err != nil {
		return nil, 0, nil, fmt.Errorf("reading Parquet: %w", err)
	}
	packed := false
	for i := range meta.RowGroups {
		for j := range meta.RowGroups[i].Columns {
			packed = packed || isLZ4(meta.RowGroups[i].Columns[j].MetaData.Codec)
		}
	}
	if !packed {
		return r, size, asIs, nil
	}
	f, err := tempfile.Create(dir)
	if err != nil {
		return nil, 0, nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	plainSize, err = repackParquet(f, r, size, &meta, func(codec format.CompressionCodec, data []byte, n int) ([]byte, format.CompressionCodec, error) {
		if !isLZ4(codec) {
			return data, codec, nil
		}
		data, err := unpackLZ4(codec, data, n)
		return data, format.Uncompressed, err
	})
	if err != nil {
		return nil, 0, nil, err
	}
	return f, plainSize, f.Close, nil
}

func isLZ4(c format.CompressionCodec) bool { return c == format.Lz4 || c == format.Lz4Raw }

// A repacking returns what is to stand in the place of the packed bytes of a page
// that are n when unpacked, and how that is packed.
type repacking func(codec format.CompressionCodec, data []byte, n int) ([]byte, format.CompressionCodec, error)

// repackParquet writes a Parquet file with these metadata, which it changes, to f,
// packed otherwise, without indexes. It returns how long it is.
func repackParquet(f *os.File, r io.ReaderAt, size int64, meta *format.FileMetaData, repack repacking) (int64, error) {
	const magic = "PAR1"
	w := &countWriter{w: bufio.NewWriterSize(f, 256<<10)}
	w.write([]byte(magic))
	left := size // of the file, which chunks share
	for i := range meta.RowGroups {
		g := &meta.RowGroups[i]
		g.FileOffset, g.TotalCompressedSize = w.n, 0
		for j := range g.Columns {
			c := &g.Columns[j]
			if c.FilePath != "" {
				return 0, errors.New("the Parquet file has columns in other files")
			}
			if left -= c.MetaData.TotalCompressedSize; left < 0 {
				return 0, ErrParquet
			}
			if err := repackChunk(w, r, size, &c.MetaData, repack); err != nil {
				return 0, err
			}
			c.FileOffset, c.OffsetIndexOffset, c.OffsetIndexLength, c.ColumnIndexOffset, c.ColumnIndexLength = 0, 0, 0, 0, 0
			g.TotalCompressedSize += c.MetaData.TotalCompressedSize
		}
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), meta)
	if err != nil {
		return 0, fmt.Errorf("reading Parquet: %w", err)
	}
	w.write(footer)
	w.write(binary.LittleEndian.AppendUint32(nil, uint32(len(footer))))
	w.write([]byte(magic))
	if err := w.w.Flush(); err != nil {
		return 0, fmt.Errorf("writing a temporary file: %w", err)
	}
	return w.n, nil
}

// A countWriter counts what is written. What goes wrong is told by Flush.
type countWriter struct {
	w *bufio.Writer
	n int64
}

func (w *countWriter) write(b []byte) {
	n, _ := w.w.Write(b)
	w.n += int64(n)
}

// repackChunk writes the pages of a column in a group of rows.
func repackChunk(w *countWriter, r io.ReaderAt, size int64, m *format.ColumnMetaData, repack repacking) error {
	offset, n := m.DataPageOffset, m.TotalCompressedSize
	if m.DictionaryPageOffset != 0 {
		offset = m.DictionaryPageOffset
	}
	if offset < 4 || n < 0 || n > size || offset > size-n {
		return ErrParquet
	}
	begin, codec := w.n, m.Codec
	var err error
	if _, m.Codec, err = repack(codec, nil, 0); err != nil { // should no page be packed
		return err
	}
	m.DataPageOffset, m.DictionaryPageOffset, m.IndexPageOffset, m.BloomFilterOffset, m.BloomFilterLength = 0, 0, 0, 0, 0
	br := bufio.NewReader(nil)
	for end := offset + n; offset < end; {
		br.Reset(io.NewSectionReader(r, offset, end-offset))
		walk := &thriftWalk{r: br, left: end - offset}
		var h pageHeader
		if err := walk.structure(0, 0, h.set); err != nil {
			return err
		}
		if err := h.check(walk.left); err != nil {
			return err
		}
		page := make([]byte, end-offset-walk.left+h.packed)
		if _, err := r.ReadAt(page, offset); err != nil {
			return fmt.Errorf("reading Parquet: %w", err)
		}
		offset += int64(len(page))
		head, body := page[:int64(len(page))-h.packed], page[int64(len(page))-h.packed:]
		var header format.PageHeader
		if err := thrift.Unmarshal(new(thrift.CompactProtocol), head, &header); err != nil {
			return fmt.Errorf("reading Parquet: %w", err)
		}
		if header.CRC != 0 && crc32.ChecksumIEEE(body) != uint32(header.CRC) {
			return fmt.Errorf("%w: a page is not what its checksum says", ErrParquet)
		}
		data := body[h.levels:]
		if !h.plain {
			if data, m.Codec, err = repack(codec, data, int(h.unpacked-h.levels)); err != nil {
				return err
			}
		}
		header.CRC, header.CompressedPageSize = 0, int32(int(h.levels)+len(data))
		if header.DataPageHeaderV2.Valid && m.Codec == format.Uncompressed {
			header.DataPageHeaderV2.V.IsCompressed = thrift.New(false)
		}
		switch {
		case header.Type == format.DictionaryPage && m.DictionaryPageOffset == 0:
			m.DictionaryPageOffset = w.n
		case header.Type != format.DictionaryPage && m.DataPageOffset == 0:
			m.DataPageOffset = w.n
		}
		head, err := thrift.Marshal(new(thrift.CompactProtocol), &header)
		if err != nil {
			return fmt.Errorf("reading Parquet: %w", err)
		}
		w.write(head)
		w.write(body[:h.levels])
		w.write(data)
	}
	if m.DataPageOffset == 0 {
		m.DataPageOffset = w.n
	}
	m.TotalCompressedSize = w.n - begin
	return nil
}

// unpackLZ4 unpacks a page of n bytes: blocks of Hadoop, each behind its lengths
// unpacked and packed, or one as it is, which some writers call by the same number.
func unpackLZ4(codec format.CompressionCodec, data []byte, n int) ([]byte, error) {
	const ratio = 255 // at the most, of LZ4
	if n > ratio*len(data)+64 {
		return nil, ErrParquet
	}
	out := make([]byte, n)
	if codec == format.Lz4 && unpackHadoop(out, data) {
		return out, nil
	}
	if n == 0 {
		return out, nil
	}
	switch m, err := lz4.UncompressBlock(data, out); {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrParquet, err)
	case m != n:
		return nil, ErrParquet
	}
	return out, nil
}

// unpackHadoop fills out, and tells whether data are blocks of so many bytes.
func unpackHadoop(out, data []byte) bool {
	for len(out) > 0 {
		if len(data) < 8 {
			return false
		}
		n, packed := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
		if data = data[8:]; uint64(n) > uint64(len(out)) || uint64(packed) > uint64(len(data)) || n == 0 {
			return false
		}
		if m, err := lz4.UncompressBlock(data[:packed], out[:n]); err != nil || m != int(n) {
			return false
		}
		out, data = out[n:], data[packed:]
	}
	return len(data) == 0
}
