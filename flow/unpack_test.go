package flow

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// packers pack data in each way that is unpacked; bzip2 only what testdata has,
// as no Go library writes it.
var packers = map[string]func(t testing.TB, data []byte) []byte{
	"gzip": func(t testing.TB, data []byte) []byte {
		return packed(t, data, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, 9) })
	},
	"zstd": func(t testing.TB, data []byte) []byte {
		return packed(t, data, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
	},
	"xz": func(t testing.TB, data []byte) []byte {
		return packed(t, data, func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) })
	},
	"lz4": func(t testing.TB, data []byte) []byte {
		return packed(t, data, func(w io.Writer) (io.WriteCloser, error) { return lz4.NewWriter(w), nil })
	},
	"bzip2": func(t testing.TB, data []byte) []byte {
		name := "testdata/good.csv.bz2"
		if string(data) != good {
			name = "testdata/zeros.bz2"
		}
		out, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return out
	},
}

func packed(t testing.TB, data []byte, to func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := to(&buf)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// Each way of packing is seen by its content, from files, from the standard
// input, and in archives; and what is cut off is an error.
func TestPacked(t *testing.T) {
	for kind, pack := range packers {
		data := pack(t, []byte(good))
		var archive, zipped bytes.Buffer
		tw, zw := tar.NewWriter(&archive), zip.NewWriter(&zipped)
		if err := tw.WriteHeader(&tar.Header{Name: "a/good", Size: int64(len(data)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		tw.Write(data)
		f, err := zw.Create("a/good")
		if err != nil {
			t.Fatal(err)
		}
		f.Write(data)
		if err := errors.Join(tw.Close(), zw.Close()); err != nil {
			t.Fatal(err)
		}
		dir := folder(t, map[string][]byte{"x": data, "x.tar": archive.Bytes(), "x.zip": zipped.Bytes()})
		for _, path := range []string{filepath.Join(dir, "x"), "-", filepath.Join(dir, "x.tar"), filepath.Join(dir, "x.zip")} {
			r, err := Open([]string{path}, Options{Stdin: bytes.NewReader(data)})
			if err != nil {
				t.Errorf("%s, %s: %v", kind, filepath.Base(path), err)
				continue
			}
			if got := gather(t, 0, r.Source()); len(got.Records) != 1 || got.Records[0].BytesDown != 8999 || got.Err != nil {
				t.Errorf("%s, %s: %v, %v", kind, filepath.Base(path), got.Records, got.Err)
			}
		}
		cut := folder(t, map[string][]byte{"x": data[:len(data)-4]})
		got, err := openGather(t, filepath.Join(cut, "x"))
		if err == nil && got.Err == nil && kind != "lz4" { // whose frames may end so
			t.Errorf("%s, cut off: %v", kind, got.Records)
		}
	}
}

// What unpacks to more than the limit is refused before it is, whichever way it
// is packed, and passes where the limit is raised.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 200_000)
	small := limit{ratio: 10, free: 10_000}
	for kind, pack := range packers {
		data := pack(t, zeros)
		if len(data)*10 > len(zeros) {
			t.Fatalf("%s makes %d bytes of %d", kind, len(data), len(zeros))
		}
		for _, ahead := range []bool{false, true} {
			r, err := unpack(bytes.NewReader(data), small, ahead)
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, r)
			if err == nil || !strings.Contains(err.Error(), "looks like a decompression bomb; raise --unpack-ratio") || n > int64(len(zeros)) {
				t.Errorf("%s: %d bytes, %v", kind, n, err)
			}
			r.Close()
		}
		r, err := unpack(bytes.NewReader(data), limit{ratio: 100_000, free: 10_000}, false)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); n != int64(len(zeros)) || err != nil {
			t.Errorf("%s, with a higher limit: %d bytes, %v", kind, n, err)
		}
	}
	// Members of archives likewise: of zip by the size that it is packed in,
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	f, err := zw.Create("zeros")
	if err != nil {
		t.Fatal(err)
	}
	f.Write(zeros)
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	zr, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	bomb(t, &archive{zip: zr}, small)
	// and of tar by what is read of it, as sparse files have holes.
	read := &countReader{r: bytes.NewReader(sparse(t, 1<<40))}
	bomb(t, &archive{tar: tar.NewReader(read), read: read}, small)
}

func bomb(t *testing.T, a *archive, most limit) {
	t.Helper()
	_, r, err := a.next(most)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); err == nil || !strings.Contains(err.Error(), "decompression bomb") || n > 1<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// sparse makes a tar archive with a file that is one hole, in the way of PAX
// 1.0: its map, of no data, comes before the data.
func sparse(t *testing.T, size int64) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	content := make([]byte, 512)
	copy(content, "0\n")
	err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "GNUSparseFile.0/zeros", Size: int64(len(content)), Mode: 0o600, Format: tar.FormatPAX, PAXRecords: map[string]string{
		"GNU_sparse.major": "1", "GNU_sparse.minor": "0", "GNU_sparse.name": "zeros", "GNU_sparse.realsize": "1099511627776",
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.Write(content)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	// The library refuses to write such records: others of the same length.
	return bytes.ReplaceAll(buf.Bytes(), []byte("GNU_sparse."), []byte("GNU.sparse."))
}

// A line without an end is refused at a MiB, and takes no more memory than
// some; the lines behind it are read.
func TestEndlessLine(t *testing.T) {
	for _, workers := range []int{0, 2} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		text := io.MultiReader(strings.NewReader(good), io.LimitReader(letters{}, 128<<20), strings.NewReader("\n"+good))
		got := gather(t, 0, csvFormat.Read(text, Input{Name: "x", Workers: workers}))
		runtime.ReadMemStats(&after)
		if len(got.Records) != 2 || len(got.Bad) != 1 || !strings.Contains(got.Bad[0].Error(), "x:2: the line is longer than 1048576 bytes") || got.Err != nil {
			t.Errorf("%d workers: %d records, %v, %v", workers, len(got.Records), got.Bad, got.Err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
			t.Errorf("%d workers: a line of 128 MiB takes %d MiB", workers, used>>20)
		}
	}
}

// letters never end.
type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
