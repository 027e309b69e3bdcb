package biflow

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"toolkit/flow"
	"toolkit/flow/nfcapd"
	"toolkit/internal/ref"

	gocmp "github.com/google/go-cmp/cmp"
)

// source yields rs in batches of so many.
func source(rs []flow.Record, hosts *flow.Hosts, per int) flow.Source {
	return func(yield func(*flow.Batch, error) bool) {
		labels := new(flow.Labels)
		for part := range slices.Chunk(rs, per) {
			b := &flow.Batch{Hosts: hosts, Labels: labels}
			for _, r := range part {
				b.Append(r)
				b.Order = append(b.Order, r.Seq)
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

func join(t *testing.T, j *Joiner, rs []flow.Record, per int) (out []flow.Record) {
	t.Helper()
	hosts := new(flow.Hosts)
	for b, err := range j.Source(source(rs, hosts, per), hosts) {
		if err != nil {
			t.Fatal(err)
		}
		if b.Len() > flow.BatchSize+1000 {
			t.Errorf("a batch of %d records", b.Len())
		}
		for i := range b.Len() {
			out = append(out, b.Record(i))
		}
	}
	return out
}

func port(addr string) netip.AddrPort { return netip.MustParseAddrPort(addr) }

// traffic is records of one direction: connections in parts, answered and not,
// with flags or not, in the order of their time.
func traffic(seed uint64, n int) []flow.Record {
	r := rand.New(rand.NewPCG(seed, 2))
	base := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	host := func() netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(6))}) }
	var rs []flow.Record
	for range n {
		at := base.Add(time.Duration(r.IntN(3600)) * time.Second)
		src, dst := netip.AddrPortFrom(host(), uint16(r.IntN(3))), netip.AddrPortFrom(host(), uint16(r.IntN(3)))
		proto := []flow.Proto{flow.TCP, flow.UDP, flow.ICMP}[r.IntN(3)]
		if proto == flow.ICMP {
			src, dst = netip.AddrPortFrom(src.Addr(), 0), netip.AddrPortFrom(dst.Addr(), []uint16{8 << 8, 0, 3<<8 | 1}[r.IntN(3)])
		}
		rec := flow.Record{Time: at, Src: src, Dst: dst, Proto: proto, BytesUp: r.Int64N(1000), PacketsUp: 1 + r.Int64N(9), Duration: time.Duration(r.IntN(90)) * time.Second, State: flow.State(r.IntN(int(flow.NumStates)))}
		if proto == flow.TCP {
			rec.FlagsUp = flow.Flags(r.IntN(32))
		}
		if r.IntN(5) == 0 {
			rec.Label = []string{"a", "b"}[r.IntN(2)]
		}
		rs = append(rs, rec)
	}
	slices.SortStableFunc(rs, func(a, b flow.Record) int { return a.Time.Compare(b.Time) })
	for i := range rs {
		rs[i].Seq = int64(3 * i)
	}
	return rs
}

// slow joins records that are in the order of time: all of a connection are
// gathered, and cut where nothing is heard of it for longer than the window.
func slow(rs []flow.Record, window time.Duration) (out []flow.Record) {
	ends := func(r flow.Record) string { // the same for both directions
		src, dst := r.Src, r.Dst
		if r.Proto == flow.ICMP && dst.Port()>>8 == 0 { // an echo's answer
			src, dst = netip.AddrPortFrom(src.Addr(), 8<<8|dst.Port()&0xff), netip.AddrPortFrom(dst.Addr(), 0)
		}
		e := []string{src.String(), dst.String()}
		slices.Sort(e)
		return fmt.Sprint(r.Proto, e)
	}
	of := map[string][]flow.Record{}
	for _, r := range rs {
		of[ends(r)] = append(of[ends(r)], r)
	}
	for _, all := range of {
		for len(all) > 0 {
			last, n := all[0].Time.Add(all[0].Duration), 1
			for n < len(all) && all[n].Time.Sub(last) <= window {
				if e := all[n].Time.Add(all[n].Duration); e.After(last) {
					last = e
				}
				n++
			}
			one := all[0] // the first, as they are in order
			one.Duration = last.Sub(one.Time)
			one.BytesUp, one.PacketsUp, one.FlagsUp, one.Label = 0, 0, 0, ""
			answered := false
			for _, r := range all[:n] {
				if r.Src.Addr() == all[0].Src.Addr() && r.Src.Port() == all[0].Src.Port() && (r.Proto != flow.ICMP || r.Dst.Port() == all[0].Dst.Port()) {
					one.BytesUp, one.PacketsUp, one.FlagsUp = one.BytesUp+r.BytesUp, one.PacketsUp+r.PacketsUp, one.FlagsUp|r.FlagsUp
				} else {
					answered = true
					one.BytesDown, one.PacketsDown, one.FlagsDown = one.BytesDown+r.BytesUp, one.PacketsDown+r.PacketsUp, one.FlagsDown|r.FlagsUp
				}
				one.Label = cmp.Or(one.Label, r.Label)
			}
			one.State = flow.Row{Proto: one.Proto, FlagsUp: one.FlagsUp, FlagsDown: one.FlagsDown, HasFlags: true}.JoinedState(one.State, answered)
			out, all = append(out, one), all[n:]
		}
	}
	return out
}

var addrs = gocmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })

func byNumber(rs []flow.Record) []flow.Record {
	rs = slices.Clone(rs)
	slices.SortFunc(rs, func(a, b flow.Record) int { return cmp.Compare(a.Seq, b.Seq) })
	return rs
}

// What is joined is what a slow grouping of all records joins, in whatever order
// they come, and however the stream is cut; live, if they come in order or late by
// the window at the most, of what is no longer than that.
func TestAsSlow(t *testing.T) {
	for seed := range uint64(6) {
		rs := traffic(seed, 1500)
		for _, window := range []time.Duration{5 * time.Second, time.Minute, 10 * time.Minute} {
			want := byNumber(slow(rs, window))
			j := &Joiner{Window: window}
			got := join(t, j, rs, 1000)
			if d := gocmp.Diff(want, byNumber(got), addrs); d != "" {
				t.Fatalf("seed %d, window %v: %.2000s", seed, window, d)
			}
			joined, alone := j.Stats.Joined, j.Stats.Alone
			if joined+alone != int64(len(rs)) || j.Stats.Connections+alone != int64(len(want)) || j.Stats.Early != 0 || j.held != 0 {
				t.Errorf("%+v of %d records", j.Stats, len(rs))
			}
			if again := join(t, &Joiner{Window: window}, rs, 7); gocmp.Diff(got, again, addrs) != "" {
				t.Errorf("seed %d, window %v: another cut gives others", seed, window)
			}
			r := rand.New(rand.NewPCG(seed, 3))
			shuffled := slices.Clone(rs)
			r.Shuffle(len(rs), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			if d := gocmp.Diff(want, byNumber(join(t, &Joiner{Window: window}, shuffled, 100)), addrs); d != "" {
				t.Fatalf("seed %d, window %v, in any order: %.2000s", seed, window, d)
			}
			live := &Joiner{Window: window, Live: true}
			if d := gocmp.Diff(want, byNumber(join(t, live, rs, 50)), addrs); d != "" {
				t.Fatalf("seed %d, window %v, live: %.2000s", seed, window, d)
			}
			if window < time.Minute && int(live.places) > len(want)/2 {
				t.Errorf("live, %d of %d connections were held at once", int(live.places), len(want))
			}
			late := slices.Clone(rs)
			came := map[int64]time.Time{}
			for _, q := range rs {
				came[q.Seq] = q.Time.Add(time.Duration(r.Int64N(int64(window))))
			}
			slices.SortStableFunc(late, func(a, b flow.Record) int { return came[a.Seq].Compare(came[b.Seq]) })
			short := map[int64]bool{}
			for _, q := range want {
				short[q.Seq] = q.Duration <= window
			}
			some := func(all []flow.Record) (some []flow.Record) {
				for _, q := range byNumber(all) {
					if short[q.Seq] {
						some = append(some, q)
					}
				}
				return some
			}
			if d := gocmp.Diff(some(want), some(join(t, &Joiner{Window: window, Live: true}, late, 100)), addrs); d != "" {
				t.Errorf("seed %d, window %v, late: %.2000s", seed, window, d)
			}
		}
	}
}

// Sums do not depend on how many connections are held.
func TestLimit(t *testing.T) {
	rs := traffic(9, 3000)
	j := &Joiner{Window: time.Minute, Limit: 20}
	got := join(t, j, rs, 500)
	var want, have [2]int64
	for _, r := range rs {
		want[0], want[1] = want[0]+r.BytesUp, want[1]+r.PacketsUp
	}
	for _, r := range got {
		have[0], have[1] = have[0]+r.BytesUp+r.BytesDown, have[1]+r.PacketsUp+r.PacketsDown
	}
	if want != have || j.Stats.Early == 0 || int(j.places) > 21 {
		t.Errorf("bytes and packets %v, want %v; %+v; %d places", have, want, j.Stats, int(j.places))
	}
}

// Records that tell of an answer are left as they are, and what can't be read
// is passed on.
func TestPassed(t *testing.T) {
	at := time.Unix(1_700_000_000, 0).UTC()
	rs := []flow.Record{
		{Seq: 0, Time: at, Src: port("10.0.0.1:1"), Dst: port("10.0.0.2:2"), Proto: flow.TCP, BytesUp: 1, BytesDown: 2, State: flow.Closed, Label: "x"},
		{Seq: 1, Time: at, Src: port("10.0.0.2:2"), Dst: port("10.0.0.1:1"), Proto: flow.TCP, BytesUp: 3, BytesDown: 4, State: flow.Reset},
		{Seq: 2, Time: at, Src: port("10.0.0.2:2"), Dst: port("10.0.0.1:1"), Proto: flow.TCP, BytesUp: 5, State: flow.Reset},
	}
	j := &Joiner{}
	if d := gocmp.Diff(rs, join(t, j, rs, 2), addrs); d != "" || j.Stats != (Stats{Passed: 2, Alone: 1}) {
		t.Errorf("%s%+v", d, j.Stats)
	}
	bad := &flow.SyntaxError{Err: errors.New("bad")}
	lasting := errors.New("the end")
	var errs []error
	for _, err := range (&Joiner{}).Source(func(yield func(*flow.Batch, error) bool) {
		_ = yield(nil, bad) && yield(nil, lasting) && yield(nil, bad)
	}, new(flow.Hosts)) {
		errs = append(errs, err)
	}
	if !slices.Equal(errs, []error{bad, lasting}) {
		t.Error(errs)
	}
}

// A sum that can't be held is an error.
func TestOverflow(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	r := flow.Record{Time: at, Src: port("10.0.0.1:1"), Dst: port("10.0.0.2:2"), Proto: flow.TCP, BytesUp: math.MaxInt64 - 1}
	hosts := new(flow.Hosts)
	var last error
	for _, err := range (&Joiner{}).Source(source([]flow.Record{r, r}, hosts, 10), hosts) {
		last = err
	}
	if !errors.Is(last, ErrOverflow) {
		t.Error(last)
	}
}

// Of real flows, as exporters write them, every byte is kept, and the
// connections are those of the slow grouping. How many flows there are is
// what nfdump 1.7.1 prints as their summary.
func TestReal(t *testing.T) {
	r, err := flow.Open([]string{ref.Path(t, "data/nfdump/slips-test1.nfcapd-v1")}, flow.Options{Formats: []*flow.Format{nfcapd.Format}})
	if err != nil {
		t.Fatal(err)
	}
	j := &Joiner{}
	var bytes, packets, answered int64
	var rs []flow.Record
	for b, err := range r.Source() {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len() {
			rs = append(rs, b.Record(i))
		}
	}
	slices.SortStableFunc(rs, func(a, b flow.Record) int { return a.Time.Compare(b.Time) })
	got := join(t, j, rs, 1000)
	for _, r := range got {
		bytes, packets = bytes+r.BytesUp+r.BytesDown, packets+r.PacketsUp+r.PacketsDown
		if r.PacketsDown > 0 {
			answered++
		}
	}
	if bytes != 241025 || packets != 4652 || j.Stats.Joined+j.Stats.Alone != 4593 || answered < 2000 {
		t.Errorf("%d bytes, %d packets, %d of %d answered, %+v", bytes, packets, answered, len(got), j.Stats)
	}
	if d := gocmp.Diff(byNumber(slow(rs, DefaultWindow)), byNumber(got), addrs); d != "" {
		t.Errorf("%.2000s", d)
	}
}

func BenchmarkJoin(b *testing.B) {
	rs := traffic(1, 100_000)
	for i := range rs { // as many connections as there are
		rs[i].Src = netip.AddrPortFrom(rs[i].Src.Addr(), uint16(i/2))
	}
	hosts := new(flow.Hosts)
	var batches []*flow.Batch
	for in := range source(rs, hosts, flow.BatchSize) {
		batches = append(batches, in)
	}
	b.ReportAllocs()
	for b.Loop() {
		for range (&Joiner{}).Source(func(yield func(*flow.Batch, error) bool) {
			for _, in := range batches {
				if !yield(in, nil) {
					return
				}
			}
		}, hosts) {
		}
	}
	b.ReportMetric(float64(len(rs)*b.N)/b.Elapsed().Seconds(), "records/s")
}
