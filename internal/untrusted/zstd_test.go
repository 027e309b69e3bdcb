package untrusted

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// The length is that of what was packed, or no less where frames don't say it.
func TestZstdLength(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	whole, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 300 {
		plain := make([]byte, r.IntN(1<<r.IntN(20)))
		for i := range plain {
			plain[i] = byte(r.IntN(1 + r.IntN(256)))
		}
		data := whole.EncodeAll(plain, nil)
		if n, said, ok := zstdLength(data); !ok || len(plain) > 1000 && !said || said && n != int64(len(plain)) || n < int64(len(plain)) {
			t.Fatalf("%d bytes: %d, %v, %v", len(plain), n, said, ok)
		}
		var stream bytes.Buffer
		w, err := zstd.NewWriter(&stream, zstd.WithEncoderCRC(r.IntN(2) == 0))
		if err != nil {
			t.Fatal(err)
		}
		for rest := plain; len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		skipped := []byte{0x53, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 'x', 'y'}
		both := slices.Concat(data, skipped, stream.Bytes())
		if n, _, ok := zstdLength(both); !ok || n < 2*int64(len(plain)) {
			t.Fatalf("twice %d bytes: %d, %v", len(plain), n, ok)
		}
		if len(data) > 0 {
			if _, _, ok := zstdLength(data[:r.IntN(len(data)-1)+1]); ok && len(plain) > 0 {
				t.Fatalf("of %d bytes the beginning is taken for whole", len(data))
			}
		}
		// What doesn't unpack to its length is found as before.
		if err := unpacks(6, data, int64(len(plain))); err != nil {
			t.Fatal(err)
		}
		if err := unpacks(6, data, int64(len(plain))-1); err == nil && len(plain) > 1000 { // shorter ones don't say it
			t.Fatal("more than the page has")
		}
	}
}
