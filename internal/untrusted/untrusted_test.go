package untrusted

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go"
)

// file makes a Parquet file with this footer.
func file(footer string) *bytes.Reader {
	data := append([]byte("PAR1"), footer...)
	data = binary.LittleEndian.AppendUint32(data, uint32(len(footer)))
	return bytes.NewReader(append(data, "PAR1"...))
}

// Lengths of the compact protocol of Thrift that lead beyond the footer, lists
// and structs without an end, and what no writer writes, are errors.
func TestParquetFile(t *testing.T) {
	for footer, ok := range map[string]bool{
		"\x00":                         true, // nothing
		"\x15\x04\x00":                 true, // field 1, a number
		"\x19\x3c\x00\x00\x00\x00":     true, // three empty structs
		"\x19\xfc\x03\x00\x00\x00\x00": true, // with a long count
		"\x18\x03abc\x17\x00\x00\x00\x00\x00\x00\x00\x00\x11\x12\x00": true, // bytes, a real number, truths
		"\x18\x04abc\x00":                  false, // bytes beyond the end
		"\x18\xff\xff\xff\xff\x07abc\x00":  false,
		"\x19\xf5\xff\xff\xff\xff\x07\x00": false, // a list of 2^31 numbers
		"\x19\x5c\x00\x00":                 false, // fewer structs than it says
		"\x1b\x01\x00":                     false, // a map
		"\x15":                             false,
		"":                                 false,
		strings.Repeat("\x1c", 100) + strings.Repeat("\x00", 101):  false, // structs in structs
		strings.Repeat("\x19\x19", 50):                             false, // lists in lists
		"\x19\xfc\xff\xff\xff\x07" + strings.Repeat("\x00", 5<<20): false, // more than there is room for when they are read
	} {
		if err := ParquetFile(file(footer), file(footer).Size()); (err == nil) != ok || err != nil && !errors.Is(err, ErrParquet) {
			t.Errorf("%.20q: %v", footer, err)
		}
	}
	for data, want := range map[string]string{
		"PAR1":                         "too short",
		"PAR1\x00\x00\x00\x00\x00PAR2": "its end is missing",
		"PAR1\x00\x00\x00\x00\x00PARE": "encrypted",
		"PAR1\x00\xff\x00\x00\x00PAR1": "can't be true",
	} {
		if err := ParquetFile(strings.NewReader(data), int64(len(data))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", data, err, want)
		}
	}
}

// A page that unpacks to more than its header says is found out before it is
// unpacked, with each way of packing.
func TestPageBombs(t *testing.T) {
	type row struct {
		A string `parquet:"a"`
	}
	for name, codec := range map[string]parquet.WriterOption{
		"snappy": parquet.Compression(&parquet.Snappy), "gzip": parquet.Compression(&parquet.Gzip),
		"zstd": parquet.Compression(&parquet.Zstd), "brotli": parquet.Compression(&parquet.Brotli),
	} {
		for version := 1; version <= 2; version++ {
			var buf bytes.Buffer
			w := parquet.NewGenericWriter[row](&buf, codec, parquet.DataPageVersion(version))
			if _, err := w.Write([]row{{strings.Repeat("a", 100_000)}}); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			data := buf.Bytes()
			check := func() error {
				r := bytes.NewReader(data)
				if err := ParquetFile(r, r.Size()); err != nil {
					return err
				}
				f, err := parquet.OpenFile(r, r.Size(), parquet.SkipPageIndex(true))
				if err != nil {
					t.Fatal(err)
				}
				return ParquetChunk(r, f, 0, 0)
			}
			if err := check(); err != nil {
				t.Errorf("%s, pages of version %d: %v", name, version, err)
			}
			// The size of the page, 100,004 bytes or so, in zigzag as the header has it.
			lie := 0
			for n := uint64(100_000); n < 100_020; n++ {
				size := binary.AppendUvarint([]byte{0x15}, 2*n)
				if i := bytes.Index(data, size); i >= 0 {
					copy(data[i:], binary.AppendUvarint([]byte{0x15}, 2*50_000))
					lie++
				}
			}
			if err := check(); lie == 0 || !errors.Is(err, ErrParquet) {
				t.Errorf("%s, pages of version %d: %v of a page that is twice as long as it says (%d)", name, version, err, lie)
			}
		}
	}
}

// Memory is given up to the limit.
func TestAllocator(t *testing.T) {
	a := &Allocator{Of: plain{}, Left: 100}
	b := a.Allocate(60)
	b = a.Reallocate(90, b)
	a.Free(b)
	for _, f := range []func(){func() { a.Allocate(11) }, func() { a.Allocate(-1 << 62) }} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("more than the limit is given")
				}
			}()
			f()
		}()
	}
}

type plain struct{}

func (plain) Allocate(n int) []byte             { return make([]byte, n) }
func (plain) Reallocate(n int, b []byte) []byte { return append(make([]byte, 0, n), b...)[:n] }
func (plain) Free([]byte)                       {}

// A file whose blocks are the same bytes again and again would be read again and
// again.
func TestArrowBlocks(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "x", Type: arrow.PrimitiveTypes.Int64}}, nil)
	out, err := os.Create(filepath.Join(t.TempDir(), "x.arrow"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w, err := ipc.NewFileWriter(out, ipc.WithSchema(schema))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for v := range 1 + 1000*(i%40/39) { // the last is long
			b.Field(0).(*array.Int64Builder).Append(int64(v))
		}
		if err := w.Write(b.NewRecord()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	check := func() error {
		_, err := ArrowFile(bytes.NewReader(data), int64(len(data)))
		return err
	}
	if err := check(); err != nil {
		t.Fatal(err)
	}
	n := int(binary.LittleEndian.Uint32(data[len(data)-10:]))
	foot := data[len(data)-10-n : len(data)-10]
	at, count := rootOf(foot).vector(10, blockLen)
	if count != 40 {
		t.Fatalf("%d blocks", count)
	}
	last := foot[int(at)+39*blockLen:][:blockLen]
	for i := range 39 {
		copy(foot[int(at)+i*blockLen:], last)
	}
	if err := check(); !errors.Is(err, ErrArrow) {
		t.Errorf("all blocks are the last: error %v", err)
	}
}
