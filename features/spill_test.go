package features_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"toolkit/features"
	"toolkit/features/aggtest"
	"toolkit/flow"
)

// written returns the Arrow files of all tables of the records in b, given to
// an Extractor in batches of so many.
func written(t *testing.T, b *flow.Batch, size int, o features.Options, memory int64, tmp string) (map[string][]byte, features.Summary) {
	t.Helper()
	custom, err := features.Custom("custom", "dst_ip/29,dst_port,state", o)
	if err != nil {
		t.Fatal(err)
	}
	x := features.NewExtractor(append(features.Groupings(o), custom), b.Hosts, b.Labels)
	defer x.Close()
	x.Limit(memory, tmp)
	for i := 0; i < b.Len(); i += size {
		x.Add(b.Slice(i, min(i+size, b.Len())))
	}
	files := map[string][]byte{}
	for i, name := range x.Names() {
		var w bytes.Buffer
		out := features.NewArrowWriter(&w)
		if err := x.Write(i, out.Write); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		files[name] = w.Bytes()
	}
	return files, x.Summary()
}

// many returns records of many groups, some without an order of time, with
// labels from some record on.
func many(n int) *flow.Batch {
	r := rand.New(rand.NewPCG(3, 3))
	b := &flow.Batch{Labels: new(flow.Labels)}
	for _, rec := range aggtest.Records(n, 9) {
		rec.Seq += 3
		if rec.Seq > int64(n)/2 {
			rec.Label = []string{"", "scan", "odd"}[r.IntN(3)]
		}
		b.Append(rec)
	}
	return b
}

// Tables that were spilled to files on the way, and merged, are those made in
// memory, byte for byte, for any cut of the records.
func TestSpill(t *testing.T) {
	for _, mode := range flow.WindowModes {
		o := features.DefaultOptions()
		o.WindowMode = flow.WindowMode(mode)
		b := many(12_000)
		want, _ := written(t, b, 1000, o, 0, "")
		tmp := t.TempDir()
		for _, size := range []int{b.Len(), 700} {
			got, s := written(t, b, size, o, 1, tmp)
			if s.Spills < 3 {
				t.Errorf("%s, batches of %d: %d spills", mode, size, s.Spills)
			}
			for name, data := range want {
				if !bytes.Equal(got[name], data) {
					t.Errorf("%s, batches of %d, %d spills: %s differs", mode, size, s.Spills, name)
				}
			}
		}
		if left, err := filepath.Glob(filepath.Join(tmp, "*")); err != nil || len(left) > 0 {
			t.Errorf("left in the temporary directory: %v, %v", left, err)
		}
	}
}

// A limit that can't be kept, or a directory that can't be written to, is an
// error.
func TestSpillErrors(t *testing.T) {
	b := many(5000)
	x := features.NewExtractor(features.Groupings(features.DefaultOptions()), b.Hosts, b.Labels)
	x.Limit(1, filepath.Join(t.TempDir(), "absent"))
	x.Add(b)
	x.Add(b)
	if err := x.Err(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	hosts := new(flow.Hosts)
	for i := range 200_000 {
		a := [16]byte{0x20, 1, 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}
		hosts.Of(netip.AddrFrom16(a))
	}
	x = features.NewExtractor(features.Groupings(features.DefaultOptions()), hosts, b.Labels)
	x.Limit(1<<20, t.TempDir())
	x.Add(&flow.Batch{Hosts: hosts})
	var memory *features.MemoryError
	if err := x.Err(); !errors.As(err, &memory) {
		t.Errorf("many addresses: error %v", err)
	}
}

// Chunks of any size make the same file.
func TestArrowChunks(t *testing.T) {
	n := 150_000
	ints, null := make([]int64, n), make([]bool, n)
	for i := range ints {
		ints[i], null[i] = int64(i*i), i > 70_000 && i%7 == 0
	}
	codes := make([]uint32, n)
	for i := range codes {
		codes[i] = uint32(i % 3)
	}
	dict := []string{"a", "b", "c"}
	chunk := func(lo, hi int) *features.Table {
		c := &features.Column{Field: features.Field{Name: "v", Doc: "V."}, Ints: ints[lo:hi]}
		if slices.Contains(null[lo:hi], true) {
			c.Null = null[lo:hi]
		}
		return &features.Table{Name: "t", Columns: []*features.Column{c, {Field: features.Field{Name: "w", Type: features.Text}, Codes: codes[lo:hi], Dict: dict}}}
	}
	var want bytes.Buffer
	if err := chunk(0, n).WriteArrow(&want); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	var got bytes.Buffer
	w := features.NewArrowWriter(&got)
	for lo := 0; lo < n; {
		hi := min(lo+r.IntN(40_000), n)
		if err := w.Write(chunk(lo, hi)); err != nil {
			t.Fatal(err)
		}
		lo = hi
	}
	if err := w.Close(); err != nil || w.Rows() != int64(n) {
		t.Fatalf("%d rows, %v", w.Rows(), err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Error("the file depends on the chunks")
	}
}
