package pages

import (
	"testing"
	"unsafe"
)

// What is asked for are whole pages within v, all that there are, and what lies in
// v stays.
func TestLarge(t *testing.T) {
	for _, n := range []int{0, 1, large - 1, large, 2*large - 1, 2 * large, 5*large + 3} {
		v := make([]byte, n)
		for i := range v {
			v[i] = byte(i * 7)
		}
		in := whole(v)
		if len(in)%large != 0 || n >= 2*large && len(in) < n-2*large+1 || n < large && len(in) > 0 {
			t.Errorf("%d bytes: %d in whole pages", n, len(in))
		}
		if len(in) > 0 {
			at, from := uintptr(unsafe.Pointer(&v[0])), uintptr(unsafe.Pointer(&in[0]))
			if from%large != 0 || from < at || from+uintptr(len(in)) > at+uintptr(n) {
				t.Errorf("%d bytes at %#x: pages are %d bytes at %#x", n, at, len(in), from)
			}
		}
		Large(v)
		for i := range v {
			if v[i] != byte(i*7) {
				t.Fatalf("%d bytes: byte %d is %d", n, i, v[i])
			}
		}
	}
	words := make([]uint64, large) // 8 large pages and more
	if got := len(whole(words)); got < 7*large {
		t.Errorf("of %d words, %d bytes in whole pages", len(words), got)
	}
}
