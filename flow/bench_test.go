package flow

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkRead reads 50,000 made-up records of some formats from memory: 2,000
// addresses, times that rise by up to 20 ms. That of bench/read reads real
// files of all formats.
func BenchmarkRead(b *testing.B) {
	const n = 50_000
	for _, name := range []string{"csv", "zeek", "zeek-json", "argus"} {
		f, err := FormatNamed(name)
		if err != nil {
			b.Fatal(err)
		}
		text := benchText(f.Name, n)
		b.Run("format="+f.Name, func(b *testing.B) {
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

// benchText returns n records in the named format.
func benchText(format string, n int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var w bytes.Buffer
	switch format {
	case "zeek":
		w.WriteString(zeekHeader)
	case "argus":
		w.WriteString(ctuHeader)
	}
	t := time.Date(2017, 1, 27, 16, 24, 42, 0, time.UTC)
	for range n {
		t = t.Add(time.Duration(rng.IntN(20_000)) * time.Microsecond)
		src, dst := fmt.Sprintf("10.0.%d.%d", rng.IntN(4), rng.IntN(250)), fmt.Sprintf("74.125.%d.%d", rng.IntN(4), rng.IntN(250))
		sport, dport := 1024+rng.IntN(60000), []int{53, 80, 443, 8080}[rng.IntN(4)]
		up, down := rng.IntN(100_000), rng.IntN(1_000_000)
		switch format {
		case "csv":
			fmt.Fprintf(&w, "%s,tcp,%s,%s,%d,%s,%d,%d,%d\n", t.Format(time.DateTime), States()[1+rng.IntN(6)], src, sport, dst, dport, up, down)
		case "zeek":
			fmt.Fprintf(&w, "%d.%06d\tCIaqtMV8yQp9qWPE\t%s\t%d\t%s\t%d\ttcp\t0.051955\t%d\t%d\tSF\tBenign\n", t.Unix(), t.Nanosecond()/1000, src, sport, dst, dport, up, down)
		case "zeek-json":
			fmt.Fprintf(&w, `{"ts":%d.%06d,"uid":"CIaqtMV8yQp9qWPE","id.orig_h":"%s","id.orig_p":%d,"id.resp_h":"%s","id.resp_p":%d,"proto":"tcp","duration":0.051955,"orig_bytes":%d,"resp_bytes":%d,"conn_state":"SF","missed_bytes":0,"history":"ShADadFf"}`+"\n",
				t.Unix(), t.Nanosecond()/1000, src, sport, dst, dport, up, down)
		case "argus":
			fmt.Fprintf(&w, "%s,0.051955,tcp,%s,%d,   ->,%s,%d,FSPA_FSPA,0,0,12,%d,%d,flow=Background\n", t.Format("2006/01/02 15:04:05.000000"), src, sport, dst, dport, up+down, up)
		default:
			panic("no records of format " + format)
		}
	}
	return w.Bytes()
}

// BenchmarkOpen reads a file of 500,000 records in CSV, with its hash, as it
// is and packed; bytes are those of the text.
func BenchmarkOpen(b *testing.B) {
	const n = 500_000
	text := benchText("csv", n)
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
