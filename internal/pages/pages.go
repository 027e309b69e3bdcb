// Package pages makes large memory quick to touch for the first time and to look
// up in.
package pages

import "unsafe"

// large is the size of a large page, and what it is aligned to: that of x86-64
// and, with usual pages of 4 KiB, of ARM64.
const large = 2 << 20

// Large asks the system to back what of v are whole large pages with such, which
// is said before v is first touched. Memory is then faulted in at once and not
// 4 KiB at a time, and few misses of the translation buffer are left of random
// access. It is a wish: what v holds is the same where the system knows no large
// pages, or has none left. T has no pointers to make it worth its while; v as a
// whole should be several times as large as one page.
func Large[T any](v []T) {
	if inner := whole(v); len(inner) > 0 {
		advise(inner)
	}
}

// Touch writes a zero to each page of v, which is all zeros: memory that is read
// before it is written to is faulted in twice, the second time with word to all
// processors.
func Touch[T any](v []T) {
	const page = 4 << 10
	var zero T
	step := max(page/int(unsafe.Sizeof(zero)), 1)
	for i := 0; i < len(v); i += step {
		v[i] = zero
	}
}

// whole returns the bytes of v that are whole large pages.
func whole[T any](v []T) []byte {
	at := uintptr(unsafe.Pointer(unsafe.SliceData(v)))
	end := at + uintptr(cap(v))*unsafe.Sizeof(*new(T))
	from, to := (at+large-1)&^(large-1), end&^(large-1)
	if from >= to {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(v)), from-at)), to-from)
}
