package features

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
	"toolkit/flow"
)

// The columns of bytes, durations and protocols are what a plain reading of
// their declarations gives.
func TestBatchMix(t *testing.T) {
	b := &flow.Batch{Hosts: new(flow.Hosts)}
	add := func(p flow.Proto, up, down int64, d time.Duration) {
		b.Append(flow.Record{Time: time.Unix(int64(b.Len()), 0), Proto: p, BytesUp: up, BytesDown: down, Duration: d})
	}
	add(flow.TCP, 100, 1000, 2*time.Second)
	add(flow.TCP, 300, 0, 0)
	add(flow.UDP, 50, 50, time.Second/2)
	add(flow.ICMPv6, 0, 0, 0)
	build := NewBuilder(Batches(DefaultOptions()), b.Hosts)
	build.Add(b)
	got, _ := build.Table()
	if got.Len() != 1 {
		t.Fatalf("%d rows, want 1", got.Len())
	}
	std := func(v ...float64) float64 { // by definition
		var mean, s float64
		for _, x := range v {
			mean += x / float64(len(v))
		}
		for _, x := range v {
			s += (x - mean) * (x - mean) / float64(len(v))
		}
		return math.Sqrt(s)
	}
	null := math.NaN()
	for name, want := range map[string]float64{
		"num_entries": 4, "bytes_up": 450, "bytes_dw": 1050,
		"bytes_up_max": 300, "bytes_up_mean": 112.5, "bytes_up_std": std(100, 300, 50, 0), "bytes_up_perc50": 75, "bytes_up_perc25": 37.5,
		"bytes_dw_perc90": 50 + 0.7*950,
		"duration_conns":  2, "duration_max": 2, "duration_mean": 1.25, "duration_std": 0.75, "duration_perc50": 1.25, "duration_perc75": 1.625,
		"count_protocol": 3, "protocol_entropy": -(0.5*math.Log(0.5) + 0.5*math.Log(0.25)),
		"tcp_conns": 2, "tcp_share": 0.5, "tcp_bytes": 1400, "tcp_bytes_share": 1400. / 1500, "tcp_bytes_mean": 700, "tcp_bytes_perc90": 300 + 0.9*800,
		"tcp_duration_conns": 1, "tcp_duration_max": 2, "tcp_duration_perc90": 2,
		"udp_bytes": 100, "udp_duration_mean": 0.5, "icmp_conns": 1, "icmp_bytes_share": 0, "icmp_bytes_max": 0, "icmp_duration_max": null,
		"other_conns": 0, "other_share": 0, "other_bytes_mean": 0, "other_duration_conns": 0, "other_duration_perc50": null,
	} {
		c := got.Column(name)
		if c == nil {
			t.Errorf("no column %s", name)
		} else if v := c.Float(0); math.Abs(v-want) > 1e-12*math.Abs(want) || math.IsNaN(v) != math.IsNaN(want) {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
}

// Algorithms take the seed's features of batches unless told otherwise: that
// many, before all others; and no column of mix has a null.
func TestBatchSets(t *testing.T) {
	of := Batches(DefaultOptions())
	if of.Sets[0].Name != "seed57" || len(of.Sets[0].Columns) != 57 {
		t.Errorf("the first set is %s of %d columns, want seed57 of 57", of.Sets[0].Name, len(of.Sets[0].Columns))
	}
	b := &flow.Batch{Hosts: new(flow.Hosts)}
	b.Append(flow.Record{Proto: flow.ICMP})
	build := NewBuilder(of, b.Hosts)
	build.Add(b)
	got, _ := build.Table()
	for _, c := range of.Sets[1].Columns {
		if v := got.Column(c).Float(0); math.IsNaN(v) {
			t.Errorf("%s is null of a record without bytes", c)
		}
	}
	for i, c := range of.Sets[0].Columns {
		if name := of.Features[i].Name; name != c {
			t.Errorf("column %d is %s, want %s", i, name, c)
		}
	}
}

// A spread sums up as the plainest formulas do, whatever the values.
func TestSpread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vs := rapid.SliceOfN(rapid.Int64Range(0, 1<<40), 1, 50).Draw(t, "values")
		var a spreading
		var s, state spread
		var sum float64
		for _, v := range vs {
			a.add(&s, v)
			sum += float64(v)
		}
		if rest, err := a.mergeState(&state, s.appendState(nil)); len(rest) > 0 || err != nil {
			t.Fatalf("a state is not read back: %d bytes left, %v", len(rest), err)
		}
		if state.n != s.n || state.sum != s.sum || state.max != s.max || state.square != s.square || !slices.Equal(state.values, s.values) {
			t.Fatalf("a state is read back as %+v, want %+v", state, s)
		}
		sorted := make([]float64, len(vs))
		slices.Sort(vs)
		var square float64
		for i, v := range vs {
			sorted[i] = float64(v)
			square += (sorted[i] - sum/float64(len(vs))) * (sorted[i] - sum/float64(len(vs)))
		}
		near := func(what string, got, want float64) {
			if math.Abs(got-want) > 1e-6+1e-9*want {
				t.Fatalf("%s is %v, want %v", what, got, want)
			}
		}
		near("std", statStd.of(&s), math.Sqrt(square/float64(len(vs))))
		near("mean", statMean.of(&s), sum/float64(len(vs)))
		for i, p := range spreadQuantiles {
			near("a quantile", (statQuantiles + spreadStat(i)).of(&s), Quantile(sorted, p))
		}
	})
}

func TestAmountsOverflow(t *testing.T) {
	b := &flow.Batch{Hosts: new(flow.Hosts)}
	b.Append(flow.Record{BytesUp: math.MaxInt64 - 1, BytesDown: 1})
	a := amounts.New(b.Hosts, new(Rows))
	a.Grow(1)
	a.Add(b, []int32{0})
	if err := a.(interface{ Err() error }).Err(); err != nil {
		t.Fatalf("the largest sum: %v", err)
	}
	a.Add(b, []int32{0})
	if err := a.(interface{ Err() error }).Err(); err == nil {
		t.Error("a sum past int64 is no error")
	}
	if _, err := a.MergeState(0, binary.AppendVarint(nil, 3)); err == nil {
		t.Error("a state cut short is no error")
	}
}
