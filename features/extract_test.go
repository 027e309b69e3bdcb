package features_test

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"

	"toolkit/features"
	"toolkit/features/aggtest"
	"toolkit/flow"
)

// Every record is in the row of its key, in each table, for any order of the
// records, and the tables do not depend on it.
func TestExtractor(t *testing.T) {
	b := office(t)
	b.Labels = new(flow.Labels)
	for i := range b.Len() {
		b.Label = append(b.Label, b.Labels.Of([]string{"", "scan", "odd"}[i%3]))
	}
	extract := func(order []int) (*features.Extractor, []*features.Table) {
		x := features.NewExtractor(features.Groupings(features.DefaultOptions()), b.Hosts, b.Labels)
		for _, i := range order {
			x.Add(b.Slice(i, i+1))
		}
		tables, err := x.Tables()
		if err != nil {
			t.Fatal(err)
		}
		return x, tables
	}
	inOrder := make([]int, b.Len())
	for i := range inOrder {
		inOrder[i] = i
	}
	x, tables := extract(inOrder)
	y, shuffled := extract(rand.New(rand.NewPCG(1, 2)).Perm(b.Len()))
	if s := x.Summary(); s.Records != 10000 || s.OutOfOrder != 0 || s.Labelled != 6666 {
		t.Errorf("%+v", s)
	}
	if s := y.Summary(); s.OutOfOrder < 9000 || s.First != x.Summary().First || s.Last != x.Summary().Last {
		t.Errorf("shuffled: %+v", s)
	}
	for k, table := range tables[:4] {
		for j, c := range table.Columns {
			for i := range table.Len() {
				if g, w := shuffled[k].Columns[j].String(i), c.String(i); g != w {
					t.Fatalf("%s, shuffled: %s of row %d is %s, want %s", table.Name, c.Name, i, g, w)
				}
			}
		}
	}
	records := tables[4]
	if records.Len() != b.Len() {
		t.Fatalf("%d records, want %d", records.Len(), b.Len())
	}
	tuples, pairs, batches, hosts := tables[0], tables[1], tables[2], tables[3]
	conns := make([]int64, tuples.Len())
	for i := range b.Len() {
		r := b.Record(i)
		row := int(records.Column("flow_tuples").Ints[i])
		conns[row]++
		if tuples.Column("src_ip").String(row) != r.Src.Addr().String() || tuples.Column("dst_port").Ints[row] != int64(r.Dst.Port()) {
			t.Fatalf("record %d is not of tuple %d", i, row)
		}
		row = int(records.Column("ip_pairs").Ints[i])
		if at := r.Time.UnixMicro() - pairs.Column("ts").Ints[row]; pairs.Column("dst_ip").String(row) != r.Dst.Addr().String() || at < 0 || at >= 10e6 {
			t.Fatalf("record %d is not of pair %d", i, row)
		}
		row = int(records.Column("batches").Ints[i])
		if at := r.Time.UnixMicro() - batches.Column("window_start").Ints[row]; at < 0 || at >= 10e6 {
			t.Fatalf("record %d is not of batch %d", i, row)
		}
		row = int(records.Column("hosts").Ints[i])
		if at := r.Time.UnixMicro() - hosts.Column("window_start").Ints[row]; hosts.Column("ip").String(row) != r.Src.Addr().String() || at < 0 || at >= 600e6 {
			t.Fatalf("record %d is not of host %d", i, row)
		}
		if got := records.Column("label").String(i); got != []string{"", "scan", "odd"}[i%3] {
			t.Fatalf("record %d has label %q", i, got)
		}
	}
	for row, n := range conns {
		if n != tuples.Column("num_conns").Ints[row] {
			t.Fatalf("tuple %d has %d records, want %d", row, n, tuples.Column("num_conns").Ints[row])
		}
	}
}

func BenchmarkExtract(b *testing.B) {
	batch := office(b)
	for _, of := range [][]*features.Grouping{
		{features.FlowTuples(features.DefaultOptions())}, {features.IPPairs(features.DefaultOptions())},
		{features.Batches(features.DefaultOptions())}, features.Groupings(features.DefaultOptions()),
	} {
		name := of[0].Name
		if len(of) > 1 {
			name = "all"
		}
		b.Run("n=10k/table="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x := features.NewExtractor(of, batch.Hosts, new(flow.Labels))
				for i := 0; i < batch.Len(); i += flow.BatchSize {
					x.Add(batch.Slice(i, min(i+flow.BatchSize, batch.Len())))
				}
				if _, err := x.Tables(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(batch.Len())/b.Elapsed().Seconds()/1e6, "Mrec/s")
		})
	}
}

// Tables that are made side by side are those that are made one after another.
func TestWriteSideBySide(t *testing.T) {
	b := new(flow.Batch)
	for _, r := range aggtest.Records(3000, 7) {
		b.Append(r)
	}
	write := func(each func(n int, f func(i int))) []bytes.Buffer {
		x := features.NewExtractor(features.Groupings(features.DefaultOptions()), b.Hosts, new(flow.Labels))
		x.Add(b)
		n := len(x.Names())
		files := make([]bytes.Buffer, n)
		one := func(i int) {
			out := features.NewArrowWriter(&files[i])
			if err := x.Write(i, out.Write); err != nil {
				t.Error(err)
			}
			if err := out.Close(); err != nil {
				t.Error(err)
			}
		}
		each(n-1, one)
		one(n - 1) // the records, which tell of the others
		return files
	}
	want := write(func(n int, f func(int)) {
		for i := range n {
			f(i)
		}
	})
	got := write(func(n int, f func(int)) {
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { f(i) })
		}
		wg.Wait()
	})
	for i := range want {
		if !bytes.Equal(got[i].Bytes(), want[i].Bytes()) {
			t.Errorf("table %d differs", i)
		}
	}
}
