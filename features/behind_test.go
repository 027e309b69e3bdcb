package features_test

import (
	"bytes"
	"testing"

	"toolkit/features"
	"toolkit/flow"
)

// Batches hold until Add returns and no longer, as those who read use their memory
// again and number more addresses: whichever tables are made, and whatever the
// limit.
func TestBatchesHold(t *testing.T) {
	whole := office(t)
	approx := features.DefaultOptions()
	approx.Approx = true
	nets, err := features.Custom("nets", "src_ip/24,dst_port", approx)
	if err != nil {
		t.Fatal(err)
	}
	some := features.DefaultOptions()
	for name, of := range map[string][]*features.Grouping{
		"all": features.Groupings(some), "two": {features.FlowTuples(some), features.IPPairs(some)}, "approx": features.Groupings(approx), "nets": {nets}, "none": nil,
	} {
		for _, limit := range []int64{0, 1 << 30, 40 << 20} {
			extract := func(reused bool) [][]byte {
				hosts := new(flow.Hosts)
				x := features.NewExtractor(of, hosts, new(flow.Labels))
				defer x.Close()
				x.Limit(limit, t.TempDir())
				b := new(flow.Batch)
				for lo := 0; lo < whole.Len(); lo += 100 {
					if !reused {
						b = new(flow.Batch)
					}
					b.Hosts = hosts
					b.Reset(int64(lo))
					for i := lo; i < min(lo+100, whole.Len()); i++ {
						r := whole.Record(i)
						r.Seq = int64(i)
						b.Append(r)
					}
					x.Add(b)
				}
				tables, err := x.Tables()
				if err != nil {
					t.Fatal(err)
				}
				if err := x.Err(); err != nil {
					t.Fatal(err)
				}
				files := make([][]byte, len(tables))
				for i, table := range tables {
					var buf bytes.Buffer
					if err := table.WriteArrow(&buf); err != nil {
						t.Fatal(err)
					}
					files[i] = buf.Bytes()
				}
				return files
			}
			want := extract(false)
			for i, got := range extract(true) {
				if !bytes.Equal(got, want[i]) {
					t.Errorf("%s, limit %d: table %d is another when batches are used again", name, limit, i)
				}
			}
		}
	}
}
