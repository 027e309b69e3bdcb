package profile

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"toolkit/flow"
)

func batch(rs []flow.Record) *flow.Batch {
	b := &flow.Batch{Labels: new(flow.Labels)}
	for _, r := range rs {
		b.Append(r)
	}
	return b
}

func records() []flow.Record {
	r := rand.New(rand.NewPCG(3, 4))
	base := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	var rs []flow.Record
	for i := range 3000 {
		at := base.Add(time.Duration(i) * 50 * time.Millisecond)
		if i >= 2000 {
			at = at.Add(time.Hour)
		}
		rec := flow.Record{
			Time: at, Proto: []flow.Proto{flow.TCP, flow.UDP, 47}[r.IntN(3)], State: flow.State(r.IntN(int(flow.NumStates))),
			Src:     netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(9))}), uint16(r.IntN(500))),
			Dst:     netip.AddrPortFrom(netip.MustParseAddr("2001:db8::"+strconv.Itoa(r.IntN(5))), []uint16{53, 443, 8000}[r.IntN(3)]),
			BytesUp: r.Int64N(100), BytesDown: r.Int64N(1000), Duration: time.Duration(1+r.IntN(9)) * time.Second, PacketsUp: 2, PacketsDown: 1,
		}
		if i%10 == 0 {
			rec.Label = "scan"
		}
		rs = append(rs, rec)
	}
	return append(rs, rs[5], rs[7], rs[7]) // duplicates, and out of order
}

// Everything is what a slow count by maps gives.
func TestDescribe(t *testing.T) {
	rs := records()
	b := batch(rs)
	p := New(b.Hosts, b.Labels, 0, "")
	for _, part := range []*flow.Batch{b.Slice(0, 1000), b.Slice(1000, b.Len())} {
		if err := p.Add(part); err != nil {
			t.Fatal(err)
		}
	}
	d := p.Describe(4)

	want := map[string]map[string]Share{}
	count := func(list, name string, r flow.Record) {
		if want[list] == nil {
			want[list] = map[string]Share{}
		}
		s := want[list][name]
		s.Name, s.Records, s.Bytes = name, s.Records+1, s.Bytes+r.BytesUp+r.BytesDown
		s.Share = float64(s.Records) / float64(len(rs))
		want[list][name] = s
	}
	names := map[uint16]string{53: "53 dns", 443: "443 https", 8000: "8000"}
	addrs, private := map[netip.Addr]bool{}, 0
	srcPorts := map[uint16]bool{}
	var up, down, packets, durations int64
	for _, r := range rs {
		count("talkers", r.Src.Addr().String(), r)
		count("talkers", r.Dst.Addr().String(), r)
		count("ports", names[r.Dst.Port()], r)
		count("protocols", r.Proto.String(), r)
		count("states", r.State.String(), r)
		count("labels", r.Label, r)
		addrs[r.Src.Addr()], addrs[r.Dst.Addr()] = true, true
		srcPorts[r.Src.Port()] = true
		up, down, packets, durations = up+r.BytesUp, down+r.BytesDown, packets+r.PacketsUp+r.PacketsDown, durations+int64(r.Duration)
	}
	for a := range addrs {
		if flow.Private(a) {
			private++
		}
	}
	for list, got := range map[string][]Share{"talkers": d.TopTalkers, "ports": d.TopDstPorts, "protocols": d.Protocols, "states": d.States, "labels": d.Labels} {
		var all []Share
		for _, s := range want[list] {
			all = append(all, s)
		}
		slices.SortFunc(all, func(a, b Share) int {
			if a.Records != b.Records {
				return int(b.Records - a.Records)
			}
			return compareNames(a.Name, b.Name)
		})
		if list == "talkers" {
			all = all[:4]
		}
		if !reflect.DeepEqual(got, all) {
			t.Errorf("%s: %v\nwant %v", list, got, all)
		}
	}
	if d.Records != int64(len(rs)) || d.BytesUp != up || d.BytesDown != down || *d.Packets != packets || *d.MeanDuration != float64(durations)/1e9/float64(len(rs)) || *d.MaxDuration != 9 {
		t.Errorf("sums: %+v", d)
	}
	if d.Addresses != len(addrs) || d.IPv6 != 5 || d.Private != private || d.SrcPorts != len(srcPorts) || d.DstPorts != 3 {
		t.Errorf("%d addresses (%d IPv6, %d private), %d and %d ports", d.Addresses, d.IPv6, d.Private, d.SrcPorts, d.DstPorts)
	}
	if d.Duplicates != 3 || d.DuplicatesFull || d.OutOfOrder != 3 {
		t.Errorf("%d duplicates, %d out of order, want 3 and 3", d.Duplicates, d.OutOfOrder)
	}
	if back := rs[2999].Time.Sub(rs[5].Time).Seconds(); d.FarthestBack != back {
		t.Errorf("farthest back %v, want %v", d.FarthestBack, back)
	}
	if !d.First.Equal(rs[0].Time) || !d.Last.Equal(rs[2999].Time) || d.Span != d.Last.Sub(d.First).Seconds() {
		t.Errorf("from %v to %v, %v s", d.First, d.Last, d.Span)
	}
	if len(d.Gaps) != 1 || !d.Gaps[0].From.Equal(rs[1999].Time) || !d.Gaps[0].To.Equal(rs[2000].Time) || d.Gaps[0].Seconds != 3600.05 {
		t.Errorf("gaps %v", d.Gaps)
	}
}

// The order of records changes nothing but what is said of the order, and of
// what a source does not have nothing is said.
func TestOrder(t *testing.T) {
	rs := records()
	describe := func(rs []flow.Record) Description {
		b := batch(rs)
		p := New(b.Hosts, b.Labels, 0, "")
		if err := p.Add(b); err != nil {
			t.Fatal(err)
		}
		d := *p.Describe(5)
		d.OutOfOrder, d.FarthestBack = 0, 0
		return d
	}
	want := describe(rs)
	shuffled := slices.Clone(rs)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(rs), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	if got := describe(shuffled); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
	for i := range rs {
		rs[i].Label, rs[i].Duration, rs[i].PacketsUp, rs[i].PacketsDown = "", 0, 0, 0
	}
	if got := describe(rs); got.Labels != nil || got.MeanDuration != nil || got.Packets != nil {
		t.Errorf("labels %v, duration %v, packets %v", got.Labels, got.MeanDuration, got.Packets)
	}
}

// Cells grow when there are many, and long gaps are still exact.
func TestManyCells(t *testing.T) {
	var b busy
	second := int64(time.Second)
	for i := range int64(maxCells + 10) {
		b.add(i * second)
	}
	b.add(int64(maxCells+110) * second)
	if len(b.cells) > maxCells {
		t.Errorf("%d cells", len(b.cells))
	}
	gaps := b.gaps(9)
	if len(gaps) != 1 || gaps[0].Seconds != 101 {
		t.Errorf("gaps %v, want one of 101 s", gaps)
	}
}

func BenchmarkProfile(b *testing.B) {
	in := batch(records())
	b.ReportAllocs()
	for b.Loop() {
		if err := New(in.Hosts, in.Labels, 0, "").Add(in); err != nil {
			b.Fatal(err)
		}
	}
}

// What is told of duplicates where there is no memory for all records is that
// there may be more.
func TestDuplicatesFull(t *testing.T) {
	b := new(flow.Batch)
	for i := range 10_000 {
		b.Append(flow.Record{Time: time.Unix(int64(i%9_000), 0), Src: netip.MustParseAddrPort("10.0.0.1:1"), Dst: netip.MustParseAddrPort("10.0.0.2:2")})
	}
	for limit, want := range map[int64]int64{0: 1000, 1: 0} {
		p := New(b.Hosts, new(flow.Labels), limit, t.TempDir())
		if err := p.Add(b); err != nil {
			t.Fatal(err)
		}
		if d := p.Describe(1); d.Duplicates != want || d.DuplicatesFull != (want == 0) || d.Records != 10_000 {
			t.Errorf("limit %d: %d duplicates, incomplete %v, of %d records", limit, d.Duplicates, d.DuplicatesFull, d.Records)
		}
		p.Close()
	}
	p := New(b.Hosts, new(flow.Labels), 128<<10, filepath.Join(t.TempDir(), "absent"))
	if err := p.Add(b); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a place for temporary files: %v", err)
	}
}
