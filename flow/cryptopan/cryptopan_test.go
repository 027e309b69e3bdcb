package cryptopan

import (
	"encoding/hex"
	"errors"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"testing"

	"toolkit/flow"
)

// sampleKey is the key of the sample that comes with the authors' own
// implementation.
var sampleKey = [KeySize]byte{
	21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16,
	216, 152, 143, 131, 121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2,
}

// IPv4: sample_trace_raw.dat and sample_trace_sanitized.dat of the authors'
// distribution, Crypto-PAn 1.0. IPv6, which these do not have: the test of
// github.com/Yawning/cryptopan.
func TestSample(t *testing.T) {
	a := New(sampleKey)
	for from, to := range map[string]string{
		"128.11.68.132": "135.242.180.132", "129.118.74.4": "134.136.186.123", "130.132.252.244": "133.68.164.234",
		"141.223.7.43": "141.167.8.160", "141.233.145.108": "141.129.237.235", "152.163.225.39": "151.140.114.167",
		"156.29.3.236": "147.225.12.42", "165.247.96.84": "162.9.99.234", "166.107.77.190": "160.132.178.185",
		"192.102.249.13": "252.138.62.131", "192.215.32.125": "252.43.47.189", "192.233.80.103": "252.25.108.8",
		"198.51.77.238": "249.18.186.254", "207.33.151.131": "241.1.233.131", "24.0.250.221": "100.15.198.226",
		"4.3.88.225": "124.60.155.63", "63.14.55.111": "95.9.215.7", "64.39.15.238": "0.219.7.41", "10.185.25.118": "117.161.29.118",
		"::1": "78ff:f001:9fc0:20df:8380:b1f1:704:ed", "::2": "78ff:f001:9fc0:20df:8380:b1f1:704:ef",
		"::ffff":      "78ff:f001:9fc0:20df:8380:b1f1:704:f838",
		"2001:db8::1": "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e", "2001:db8::2": "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1c",
	} {
		if got := a.Addr(netip.MustParseAddr(from)); got != netip.MustParseAddr(to) {
			t.Errorf("%s becomes %v, want %s", from, got, to)
		}
	}
}

// What two addresses share of a prefix they share afterwards, and no more.
func TestPrefixes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var key [KeySize]byte
		for i := range key {
			key[i] = byte(r.Uint32())
		}
		a := New(key)
		for _, n := range []int{4, 16} {
			x, y := make([]byte, n), make([]byte, n)
			for i := range x {
				x[i], y[i] = byte(r.Uint32()), byte(r.Uint32())
			}
			copy(y, x[:r.IntN(n+1)]) // random ones share too little
			ax, _ := netip.AddrFromSlice(x)
			ay, _ := netip.AddrFromSlice(y)
			bx, by := a.Addr(ax), a.Addr(ay)
			if bx.BitLen() != ax.BitLen() || by.BitLen() != ay.BitLen() {
				t.Fatalf("%v becomes %v, of another family", ax, bx)
			}
			if before, after := shared(ax, ay), shared(bx, by); before != after {
				t.Fatalf("%v and %v share %d bits, %v and %v %d", ax, ay, before, bx, by, after)
			}
		}
	}
}

func shared(a, b netip.Addr) int {
	x, y, n := a.AsSlice(), b.AsSlice(), 0
	for i := range x {
		if d := x[i] ^ y[i]; d != 0 {
			return n + bits.LeadingZeros8(d)
		}
		n += 8
	}
	return n
}

func TestParseKey(t *testing.T) {
	digits := hex.EncodeToString(sampleKey[:])
	for _, text := range []string{string(sampleKey[:]), digits, "0x" + digits + "\n", " " + digits + "\r\n"} {
		if key, err := ParseKey([]byte(text)); err != nil || key != sampleKey {
			t.Errorf("%q: key %x, error %v", text, key, err)
		}
	}
	for _, text := range []string{"", digits[1:], digits + "00", "x" + digits[1:], "0x"} {
		if _, err := ParseKey([]byte(text)); !errors.Is(err, ErrKey) {
			t.Errorf("%q: error %v, want %v", text, err, ErrKey)
		}
	}
}

// Batches are replaced in their addresses alone, and errors pass.
func TestSource(t *testing.T) {
	var from, to flow.Hosts
	bad := errors.New("a line that can't be read")
	src := func(yield func(*flow.Batch, error) bool) {
		for i, pair := range [][2]string{{"10.185.25.118", "::1"}, {"::1", "192.233.80.103"}} {
			b := &flow.Batch{Hosts: &from}
			b.Append(flow.Record{
				Seq: int64(i), Proto: flow.TCP, BytesUp: int64(i) + 5,
				Src: netip.AddrPortFrom(netip.MustParseAddr(pair[0]), 9), Dst: netip.AddrPortFrom(netip.MustParseAddr(pair[1]), 10),
			})
			if !yield(b, nil) || !yield(nil, bad) {
				return
			}
		}
	}
	var got []flow.Record
	errs := 0
	for b, err := range New(sampleKey).Source(src, &from, &to) {
		if err != nil {
			errs++
			continue
		}
		got = append(got, b.Record(0))
	}
	want := []string{"117.161.29.118:9 [78ff:f001:9fc0:20df:8380:b1f1:704:ed]:10", "[78ff:f001:9fc0:20df:8380:b1f1:704:ed]:9 252.25.108.8:10"}
	for i, r := range got {
		if s := r.Src.String() + " " + r.Dst.String(); s != want[i] || r.Seq != int64(i) || r.BytesUp != int64(i)+5 || r.Proto != flow.TCP {
			t.Errorf("record %d is %+v, want %s", i, r, want[i])
		}
	}
	if len(got) != 2 || errs != 2 || from.Len() != 3 || to.Len() != 3 {
		t.Errorf("%d records, %d errors, %d addresses become %d", len(got), errs, from.Len(), to.Len())
	}
}

func BenchmarkAddr(b *testing.B) {
	for name, text := range map[string]string{"ip=v4": "192.0.2.1", "ip=v6": "2001:db8::1"} {
		b.Run(name, func(b *testing.B) {
			a, addr := New(sampleKey), netip.MustParseAddr(text)
			b.ReportAllocs()
			for b.Loop() {
				a.Addr(addr)
			}
		})
	}
}

// Whatever the key and the addresses, as many leading bits are shared after as
// before, and no two addresses become one; and no text makes a key of another
// length.
func FuzzAddr(f *testing.F) {
	f.Add(sampleKey[:], []byte{192, 0, 2, 1}, []byte{192, 0, 2, 129})
	f.Add(sampleKey[:], netip.MustParseAddr("2001:db8::1").AsSlice(), netip.MustParseAddr("2001:db8::2").AsSlice())
	f.Fuzz(func(t *testing.T, text, x, y []byte) {
		key, err := ParseKey(text)
		if err != nil {
			return
		}
		a, ok1 := netip.AddrFromSlice(x)
		b, ok2 := netip.AddrFromSlice(y)
		if !ok1 || !ok2 || a.BitLen() != b.BitLen() {
			return
		}
		anon := New(key)
		if got, want := shared(anon.Addr(a), anon.Addr(b)), shared(a, b); got != want {
			t.Errorf("%v and %v share %d bits, and %d afterwards", a, b, want, got)
		}
	})
}
