package flow

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"toolkit/internal/flowtext"
)

// BenchmarkRead reads 50,000 made-up records of each format of lines from memory: 2,000
// addresses, times that rise by up to 20 ms. That of bench/read reads real
// files of all formats.
func BenchmarkRead(b *testing.B) {
	const n = 50_000
	for _, name := range flowtext.Names {
		format, _, _ := strings.Cut(name, "/")
		f, err := FormatNamed(format)
		if err != nil {
			b.Fatal(err)
		}
		text := flowtext.Make(name, n)
		b.Run("format="+name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				got := 0
				for batch, err := range f.Read(bytes.NewReader(text), Input{}) {
					if err != nil {
						b.Fatal(err)
					}
					got += batch.Len()
				}
				if got != n {
					b.Fatal(errors.New("records are missing"))
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// BenchmarkOpen reads a file of 500,000 records in CSV, with its hash, as it
// is and packed; bytes are those of the text.
func BenchmarkOpen(b *testing.B) {
	const n = 500_000
	text := flowtext.Make("csv", n)
	for _, packing := range []string{"none", "gzip", "zstd"} {
		data := text
		switch packing {
		case "gzip":
			data = gzipped(string(text))
		case "zstd":
			data = zstded(string(text))
		}
		b.Run("packed="+packing, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "flows")
			if err := os.WriteFile(path, data, 0o644); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				r, err := Open([]string{path}, Options{})
				if err != nil {
					b.Fatal(err)
				}
				for _, err := range r.Source() {
					if err != nil {
						b.Fatal(err)
					}
				}
				if got := r.Inputs()[0].Records; got != n {
					b.Fatalf("%d records", got)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
