package untrusted

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

type lz4Row struct {
	ID   int64   `parquet:"id"`
	Name string  `parquet:"name,dict"`
	V    *string `parquet:"v,optional"`
}

func lz4Rows() (rows []lz4Row) {
	for i := range 3000 {
		r := lz4Row{ID: int64(i * i % 977), Name: fmt.Sprint("name ", i%7)}
		if v := fmt.Sprint(i / 10); i%3 > 0 {
			r.V = &v
		}
		rows = append(rows, r)
	}
	return rows
}

// block packs data into one block of LZ4, which may be of literals alone.
func block(t *testing.T, data []byte) []byte {
	t.Helper()
	out := make([]byte, lz4.CompressBlockBound(len(data)))
	var c lz4.Compressor
	n, err := c.CompressBlock(data, out)
	if err != nil {
		t.Fatal(err)
	}
	return out[:n]
}

// hadoop packs data into blocks of up to 1000 bytes with their lengths.
func hadoop(t *testing.T, data []byte) (out []byte) {
	for part := range slices.Chunk(data, 1000) {
		b := block(t, part)
		out = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(out, uint32(len(part))), uint32(len(b)))
		out = append(out, b...)
	}
	return out
}

// packedAs returns a Parquet file whose pages are packed as pack says.
func packedAs(t *testing.T, codec format.CompressionCodec, pack func([]byte) []byte, options ...parquet.WriterOption) []byte {
	t.Helper()
	var plain bytes.Buffer
	w := parquet.NewGenericWriter[lz4Row](&plain, append(options, parquet.Compression(&parquet.Uncompressed), parquet.PageBufferSize(4000), parquet.MaxRowsPerRowGroup(1100))...)
	if _, err := w.Write(lz4Rows()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data := plain.Bytes()
	var meta format.FileMetaData
	n := int(binary.LittleEndian.Uint32(data[len(data)-8:]))
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), data[len(data)-8-n:len(data)-8], &meta); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := repackParquet(f, bytes.NewReader(data), int64(len(data)), &meta, func(_ format.CompressionCodec, data []byte, _ int) ([]byte, format.CompressionCodec, error) {
		return pack(data), codec, nil
	}); err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// Parquet files that are packed with LZ4 of both kinds, with pages of both
// versions, read as what they were made of; others are read as they are; nothing
// is left behind.
func TestPlainParquet(t *testing.T) {
	raw := func(data []byte) []byte { return block(t, data) }
	for _, version := range []int{1, 2} {
		for name, c := range map[string]struct {
			codec format.CompressionCodec
			pack  func([]byte) []byte
		}{
			"raw":           {format.Lz4Raw, raw},
			"hadoop":        {format.Lz4, func(data []byte) []byte { return hadoop(t, data) }},
			"raw as hadoop": {format.Lz4, raw},
			"plain":         {format.Uncompressed, func(data []byte) []byte { return data }},
		} {
			data, tmp := packedAs(t, c.codec, c.pack, parquet.DataPageVersion(version)), t.TempDir()
			r, size := io.ReaderAt(bytes.NewReader(data)), int64(len(data))
			plain, n, free, err := PlainParquet(r, size, tmp)
			if err != nil {
				t.Errorf("%s, version %d: %v", name, version, err)
				continue
			}
			if same := plain == r; same != (name == "plain") {
				t.Errorf("%s, version %d: read as it is: %v", name, version, same)
			}
			got, err := parquet.Read[lz4Row](plain, n)
			if err != nil || fmt.Sprint(flat(got)) != fmt.Sprint(flat(lz4Rows())) {
				t.Errorf("%s, version %d: %d rows, %v", name, version, len(got), err)
			}
			if err := free(); err != nil {
				t.Error(err)
			}
			if left, _ := os.ReadDir(tmp); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		}
	}
}

func flat(rows []lz4Row) (list []string) {
	for _, r := range rows {
		v := "null"
		if r.V != nil {
			v = *r.V
		}
		list = append(list, fmt.Sprint(r.ID, r.Name, v))
	}
	return list
}

// Damage anywhere is an error or other rows, and no panic; lengths that LZ4 can't
// have are not allocated.
func TestPlainParquetDamaged(t *testing.T) {
	data := packedAs(t, format.Lz4Raw, func(data []byte) []byte { return block(t, data) })
	tmp := t.TempDir()
	for at := 4; at < len(data); at += 31 {
		bad := bytes.Clone(data)
		bad[at] ^= 0x55
		if ParquetFile(bytes.NewReader(bad), int64(len(bad))) != nil {
			continue
		}
		if _, _, free, err := PlainParquet(bytes.NewReader(bad), int64(len(bad)), tmp); err == nil {
			free()
		}
	}
	for _, codec := range []format.CompressionCodec{format.Lz4, format.Lz4Raw} {
		if _, err := unpackLZ4(codec, make([]byte, 10), 1<<30); !errors.Is(err, ErrParquet) {
			t.Errorf("a page of a GiB in 10 bytes: error %v", err)
		}
		if _, err := unpackLZ4(codec, []byte{1, 2, 3}, 100); !errors.Is(err, ErrParquet) {
			t.Errorf("no block: error %v", err)
		}
	}
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
