package flow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"
)

// What is read of a number as it is, is what is read of its text.
func TestNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 2))
	whole := []int64{0, 1, -1, 255, 256, 65535, 65536, 1e9, 1e11 - 1, 1e11, 1e14 - 1, 1e14, 1e17 - 1, 1e17, 1 << 32, -1 << 32, math.MaxInt64, math.MinInt64, math.MaxInt64 / 1000, math.MinInt64 / 1000}
	reals := []float64{0, math.Copysign(0, -1), 0.1, 0.29, 1e-9, 1e-10, 2.5e-9, 443, 5e15, 1e300, math.Inf(1), -1.5, 1.1, 1 << 33, 1<<33 - 0.000001, 1.5e9 + 0.123456, 1.5e9 + 0.1234567}
	for range 2000 {
		whole = append(whole, r.Int64()>>r.IntN(64), -r.Int64()>>r.IntN(64))
		reals = append(reals, r.Float64()*math.Pow(10, float64(r.IntN(20)-9)), float64(r.IntN(1e9))+float64(r.IntN(1e6))/1e6, 1.4e9+float64(r.Int64N(1e15))/1e6, float64(r.IntN(1e9))/1e9)
	}
	taken := map[string]int{}
	for _, f := range columnFields {
		for _, unit := range append([]string{""}, f.units...) {
			// try reads v as it is, if it is taken so, and by its text.
			try := func(v Values, text string) {
				if f.name == "src_ip" || f.name == "dst_ip" { // of which no text has numbers
					return
				}
				got, want := cell{labels: new(Labels)}, cell{labels: new(Labels)}
				var a, b row
				s := step{field: f, unit: unit}
				s.take(&v)
				switch s.from.kind {
				case fromInts:
					if !f.whole(&got, &a, v.Ints[0], s.from.per) {
						return
					}
				case fromReals:
					if !s.real(&got, &a, v.Floats[0]) {
						return
					}
				default:
					return
				}
				taken[f.name+":"+unit]++
				want.unit, want.text = unit, []byte(text)
				err := f.parse(&want, &b)
				want.unit, want.text, want.buf = got.unit, got.text, got.buf
				if err != nil || a != b || !reflect.DeepEqual(got.bytesAll, want.bytesAll) || got.packetAll != want.packetAll || got.hasEnd != want.hasEnd || got.hasEnd && got.endTime != want.endTime {
					t.Fatalf("%s:%s %s: %+v %+v, want %+v %+v, %v", f.name, unit, text, a, got.bytesAll, b, want.bytesAll, err)
				}
			}
			for _, v := range whole {
				try(Values{Ints: []int64{v}}, strconv.FormatInt(v, 10))
			}
			for _, v := range reals {
				try(Values{Floats: []float64{v}}, strconv.FormatFloat(v, 'f', -1, 64))
			}
		}
	}
	for _, of := range []string{"ts:", "ts:auto", "ts:unix", "ts:unix_ms", "te:unix_us", "te:unix_ns", "dur:", "dur:s", "dur:ns", "proto:", "src_port:", "bytes:", "packets_up:", "flags_up:"} {
		if taken[of] < 50 {
			t.Errorf("%s: %d numbers are taken as they are, too few to tell", of, taken[of])
		}
	}
}

// Values of a dictionary are what their texts are, wherever they stand.
func TestCodes(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 3))
	names := []string{"ts", "proto", "src_ip", "dst_ip", "state", "label", "flags_up", "src_port"}
	words := map[string][]string{
		"ts": {"1700000000", "", "2017-01-27 16:24:42"}, "proto": {"tcp", "UDP", "1", "47", "arp", "junk", "icmp6", ""},
		"src_ip": {"10.0.0.1", "::1", "10.0.0.2", "x", ""}, "dst_ip": {"10.0.0.1", "10.9.0.1", "fe80::1"},
		"state": {"", "new", "CON", "FSPA_FSPA", "S_RA", "SF", "ACC", "INT", "URP", "junk"}, "label": {"", "a", "b", "\xff"},
		"flags_up": {"", "SA", "0x12", "18", "junk"}, "src_port": {"", "443", "0x10", "8.0"},
	}
	read := func(asCodes bool, seed uint64) []string {
		r := rand.New(rand.NewPCG(seed, 4))
		in := Input{Name: "in", Hosts: new(Hosts), Labels: new(Labels)}
		rows, err := NewRowReader(names, in)
		if err != nil {
			t.Fatal(err)
		}
		blocks := 5
		src := Blocks[[]Values]{
			Next: func(b *[]Values) error {
				if blocks--; blocks < 0 {
					return fmt.Errorf("done")
				}
				*b = make([]Values, len(rows.Columns()))
				for i, c := range rows.Columns() {
					list := words[names[c.Index]]
					dict := &Texts{}
					for _, w := range list {
						dict.Bytes = append(dict.Bytes, w...)
						dict.Ends = append(dict.Ends, len(dict.Bytes))
					}
					v := &(*b)[i]
					for range 300 {
						k := r.IntN(len(list)+1) - 1
						if k < 1 && r.IntN(2) > 0 {
							k = 1
						}
						if asCodes {
							v.Codes, v.Dict = append(v.Codes, int32(k)), dict
							continue
						}
						if k >= 0 {
							v.Bytes = append(v.Bytes, list[k]...)
						}
						v.Ends = append(v.Ends, len(v.Bytes))
					}
				}
				return nil
			},
			Decoder: func(Input) func(*[]Values, *Out) {
				return func(b *[]Values, out *Out) {
					for i := range *b {
						rows.Set(i, &(*b)[i])
					}
					rows.Read(300, out)
				}
			},
		}.Source(in)
		return told(gather(t, 0, src))
	}
	for range 20 {
		seed := r.Uint64()
		if got, want := read(true, seed), read(false, seed); !reflect.DeepEqual(got, want) {
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Fatalf("%s\nwant\n%s", got[i], want[i])
				}
			}
			t.Fatalf("%d, want %d", len(got), len(want))
		}
	}
}
