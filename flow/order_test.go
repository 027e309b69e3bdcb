package flow_test

import (
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"toolkit/flow"
)

// Every field of a record moves with it, and the number says where it was.
func TestByTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	b := &flow.Batch{Labels: new(flow.Labels)}
	var want []flow.Record
	for i := range 200 {
		rec := flow.Record{
			Seq: 1000 + int64(i), Time: time.Unix(r.Int64N(50), 0).UTC(), Proto: flow.Proto(r.IntN(256)), State: flow.State(r.IntN(int(flow.NumStates))),
			Src:     netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(9))}), uint16(i)),
			Dst:     netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(r.IntN(9))}), uint16(i+1)),
			BytesUp: r.Int64(), BytesDown: r.Int64(), Label: []string{"", "a", "b"}[r.IntN(3)],
		}
		b.Append(rec)
		want = append(want, rec)
	}
	slices.SortStableFunc(want, func(x, y flow.Record) int { return x.Time.Compare(y.Time) })
	sorted := b.ByTime()
	part := sorted.Slice(20, 200)
	for i := range want {
		if got := sorted.Record(i); !reflect.DeepEqual(got, want[i]) {
			t.Fatalf("row %d is %+v, want %+v", i, got, want[i])
		}
		if i >= 20 && part.Number(i-20) != want[i].Seq {
			t.Errorf("row %d of the part is record %d, want %d", i-20, part.Number(i-20), want[i].Seq)
		}
	}
	var joined flow.Batch
	for i := 0; i < 200; i += 7 {
		joined.AppendFrom(b, i, min(i+7, 200))
	}
	if got := joined.ByTime(); !reflect.DeepEqual(got.Take(rowsOf(got)), sorted.Take(rowsOf(sorted))) {
		t.Error("what is put together from parts differs")
	}
	if again := sorted.ByTime(); again != sorted {
		t.Error("what is sorted is copied")
	}
}

func rowsOf(b *flow.Batch) []int32 {
	rows := make([]int32, b.Len())
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

// No field is left behind, also none that is new.
func TestMovedWhole(t *testing.T) {
	b := &flow.Batch{Hosts: new(flow.Hosts), Labels: new(flow.Labels)}
	fields := func(b *flow.Batch, f func(name string, v reflect.Value)) {
		v := reflect.ValueOf(b).Elem()
		for i := range v.NumField() {
			if v.Field(i).Kind() == reflect.Slice {
				f(v.Type().Field(i).Name, v.Field(i))
			}
		}
	}
	fields(b, func(_ string, v reflect.Value) { v.Set(reflect.MakeSlice(v.Type(), 4, 4)) })
	var joined flow.Batch
	joined.AppendFrom(b, 1, 3)
	for what, got := range map[string]*flow.Batch{"AppendFrom": &joined, "Take": b.Take([]int32{2, 0}), "Slice": b.Slice(1, 3)} {
		fields(got, func(name string, v reflect.Value) {
			if v.Len() != 2 {
				t.Errorf("%s leaves %d values of %s, want 2", what, v.Len(), name)
			}
		})
	}
}
