package state_test

import (
	"math"
	"net/netip"
	"reflect"
	"testing"

	"toolkit/detect/state"
	"toolkit/flow"
)

// written is a state with a value of every kind.
func written() []byte {
	w := &state.Writer{Hosts: new(flow.Hosts)}
	w.Hosts.Of(netip.MustParseAddr("10.0.0.1"))
	six := w.Hosts.Of(netip.MustParseAddr("2001:db8::1"))
	w.Int(math.MinInt64)
	w.Float(math.Inf(-1))
	w.Bool(true)
	w.String("a·b")
	w.Host(six)
	w.Addr(netip.Addr{})
	w.Floats([]float64{0.1, math.MaxFloat64})
	w.Ints([]int64{5, 3, math.MaxInt64, math.MinInt64})
	return w.Bytes
}

func read(r *state.Reader) []any {
	return []any{r.Int(), r.Float(), r.Bool(), r.String(), r.Host(), r.Addr(), r.Floats(), r.Ints()}
}

// Addresses keep their meaning where they have other numbers.
func TestRoundTrip(t *testing.T) {
	r := &state.Reader{Bytes: written(), Hosts: new(flow.Hosts)}
	want := []any{int64(math.MinInt64), math.Inf(-1), true, "a·b", flow.Host(0), netip.Addr{},
		[]float64{0.1, math.MaxFloat64}, []int64{5, 3, math.MaxInt64, math.MinInt64}}
	if got := read(r); !reflect.DeepEqual(got, want) || r.Err() != nil || len(r.Bytes) != 0 {
		t.Errorf("read %v, want %v; error %v, %d bytes left", got, want, r.Err(), len(r.Bytes))
	}
	if a := r.Hosts.Addr(0).String(); a != "2001:db8::1" {
		t.Errorf("address 0 is %s", a)
	}
}

func TestCutShort(t *testing.T) {
	all := written()
	for n := range all {
		r := &state.Reader{Bytes: all[:n], Hosts: new(flow.Hosts)}
		read(r)
		if r.Err() != state.ErrCorrupt {
			t.Errorf("%d of %d bytes: error %v", n, len(all), r.Err())
		}
	}
}

// A length of 2^60 is refused before anything is allocated by it.
func TestHugeLength(t *testing.T) {
	w := new(state.Writer)
	w.Len(1 << 60)
	r := &state.Reader{Bytes: w.Bytes}
	if vs := r.Floats(); len(vs) != 0 || r.Err() == nil {
		t.Errorf("%d values, error %v", len(vs), r.Err())
	}
}
