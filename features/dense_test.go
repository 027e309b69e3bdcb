package features

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"toolkit/flow"
)

// apart returns records of a few pairs, whose times lie far apart.
func apart(r *rand.Rand, n int, most time.Duration) *flow.Batch {
	b := new(flow.Batch)
	end := func() netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(3))}), uint16(r.IntN(5)))
	}
	for i := range n {
		b.Append(flow.Record{
			Seq: int64(i), Time: time.Unix(1e9, r.Int64N(int64(most))), Proto: flow.TCP, State: flow.State(r.IntN(int(flow.NumStates))),
			Src: end(), Dst: end(), BytesUp: int64(r.IntN(1000)),
		})
	}
	return b
}

// Rows of empty bins come in pieces of bounded length, which make the table that
// all at once are, and the rows of records are where they are said to be.
func TestPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, dense := range []bool{true, false} {
		o := DefaultOptions()
		o.Dense, o.Bin = dense, time.Second
		for range 5 {
			b := apart(r, 1+r.IntN(60), time.Duration(1+r.IntN(900))*time.Second)
			x := NewBuilder(IPPairs(o), b.Hosts)
			group := x.Add(b)
			whole, wantRows := x.Table()
			var want bytes.Buffer
			if err := whole.WriteArrow(&want); err != nil {
				t.Fatal(err)
			}
			for _, piece := range []int{1, 2, 7, 100} {
				var got bytes.Buffer
				w := NewArrowWriter(&got)
				rows, err := x.emitAll(1+r.IntN(20), piece, true, func(p *Table) error {
					if p.Len() > piece || p.Len() == 0 {
						t.Fatalf("a piece of %d rows, want up to %d", p.Len(), piece)
					}
					return w.Write(p)
				})
				if err != nil || w.Close() != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
					t.Fatalf("pieces of %d rows make another table than %d rows at once: %v", piece, whole.Len(), err)
				}
				for i, g := range group {
					if rows[g] != wantRows[g] || whole.Columns[2].Ints[rows[g]] != flow.FloorDiv(b.Time[i], 1e9)*1e6 {
						t.Fatalf("record %d is in row %d, want %d", i, rows[g], wantRows[g])
					}
				}
			}
		}
	}
}

// A long run of empty bins is written piece by piece, also where memory is
// limited; a table of more rows than are possible is refused before any of a
// chunk is made.
func TestLongRun(t *testing.T) {
	o := DefaultOptions()
	o.Dense, o.Bin = true, time.Second
	for _, limit := range []int64{0, 1} {
		for _, c := range []struct {
			apart time.Duration
			err   string
		}{{500_000 * time.Second, ""}, {3_000_000_000 * time.Second, "more than 2147483647 rows"}} {
			hosts := new(flow.Hosts)
			x := NewExtractor([]*Grouping{IPPairs(o)}, hosts, new(flow.Labels))
			x.Limit(limit, t.TempDir())
			for i := range 2 {
				b := &flow.Batch{Hosts: hosts}
				b.Append(flow.Record{Seq: int64(i), Time: time.Unix(0, 0).Add(time.Duration(i) * c.apart), Src: netip.MustParseAddrPort("10.0.0.1:1"), Dst: netip.MustParseAddrPort("10.0.0.2:2")})
				x.Add(b)
			}
			made, longest := 0, 0
			err := x.Write(0, func(p *Table) error {
				made, longest = made+p.Len(), max(longest, p.Len())
				return nil
			})
			x.Close()
			switch {
			case c.err == "" && (err != nil || made != 500_001 || longest > rowsPerPiece):
				t.Errorf("limit %d: %d rows, pieces of up to %d, %v", limit, made, longest, err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || made > 0):
				t.Errorf("limit %d: %d rows, %v", limit, made, err)
			}
		}
	}
	stop := errors.New("stop")
	x := NewBuilder(IPPairs(o), new(flow.Hosts))
	if _, err := x.emitAll(1, 1, true, func(*Table) error { return stop }); err != stop {
		t.Errorf("error %v, want that of put", err)
	}
}
