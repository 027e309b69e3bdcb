package features

import (
	"fmt"
	"reflect"
	"unsafe"

	"toolkit/internal/pages"
)

// Rows are what is kept of groups: for each a row of cells side by side in
// memory, that of its key and those of the aggregates that ask for one. A
// record touches all of a row, so that it waits once for memory and not for
// each of them. Rows never move.
type Rows struct {
	size   uintptr // of a row, in bytes
	chunks []unsafe.Pointer
	spare  []unsafe.Pointer // of what was forgotten
	region []uint64         // what chunks are cut from
	most   int              // words of a region, if they are more than a chunk
}

// cells are the cells of one kind, one in each of rows.
type cells[T any] struct {
	rows *Rows
	at   uintptr // in a row
}

// cellsOf adds a cell to each row, of which there is none yet. T has no
// pointers, as the collector does not look into rows.
func cellsOf[T any](rows *Rows) cells[T] {
	if of := reflect.TypeFor[T](); hasPointers(of) {
		panic(fmt.Sprintf("features: cells of %v, which has pointers", of))
	}
	if len(rows.chunks)+len(rows.spare) > 0 {
		panic("features: a cell more when there are rows")
	}
	var t T
	align := unsafe.Alignof(t)
	at := (rows.size + align - 1) &^ (align - 1)
	rows.size = at + unsafe.Sizeof(t)
	return cells[T]{rows, at}
}

func hasPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return hasPointers(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if hasPointers(t.Field(i).Type) {
				return true
			}
		}
		return false
	}
	return t.Kind() > reflect.Complex128
}

// grow makes room for rows 0 to n-1; new ones are zero.
func (r *Rows) grow(n int) {
	for len(r.chunks)<<slabBits < n {
		if last := len(r.spare) - 1; last >= 0 {
			c := r.spare[last]
			clear(unsafe.Slice((*byte)(c), slabLen*r.size))
			r.chunks, r.spare = append(r.chunks, c), r.spare[:last]
			continue
		}
		r.size = (r.size + 7) &^ 7
		words := int(slabLen * r.size / 8)
		if len(r.region) < words {
			// No more than there is already, up to some large pages.
			r.region = make([]uint64, words*max(min(len(r.chunks), r.most/words), 1))
			pages.Large(r.region)
		}
		c := r.region[:words]
		r.region = r.region[words:]
		pages.Touch(c)
		r.chunks = append(r.chunks, unsafe.Pointer(unsafe.SliceData(c)))
	}
}

// reuse takes all rows from r.
func (r *Rows) reuse() {
	r.spare = append(r.spare, r.chunks...)
	r.chunks = r.chunks[:0]
}

// touch reads from all that is in memory of these rows: what would be waited for
// one after another, as states are written, is waited for at once. What it
// returns means nothing.
func (r *Rows) touch(rows []int32) (sum byte) {
	const line = 64
	v := view[byte]{r.chunks, r.size, 0}
	for _, i := range rows {
		row := unsafe.Slice(v.of(i), r.size)
		for at := 0; at < len(row); at += line {
			sum += row[at]
		}
	}
	return sum
}

// bytes returns the memory that r takes.
func (r *Rows) bytes() int64 { return int64(len(r.chunks)) * (slabLen*int64(r.size) + 8) }

// A view finds cells without a look at where rows are: it holds until rows
// grow.
type view[T any] struct {
	chunks   []unsafe.Pointer
	size, at uintptr
}

func (c cells[T]) view() view[T] { return view[T]{c.rows.chunks, c.rows.size, c.at} }

// of returns the cell of row i, for which there must be room.
func (v *view[T]) of(i int32) *T {
	return (*T)(unsafe.Add(v.chunks[uint32(i)>>slabBits], uintptr(uint32(i)&(slabLen-1))*v.size+v.at))
}

// of returns the cell of row i, for which there must be room.
func (c cells[T]) of(i int32) *T {
	v := c.view()
	return v.of(i)
}

// gatherLen is how many rows are looked at at a time where each is more than
// once.
const gatherLen = 512

// gather copies cells to dst, one for each of which. What it waits for of
// memory overlaps, as nothing else is done meanwhile.
func (c cells[T]) gather(dst []T, which []int32) {
	v := c.view()
	for i, g := range which {
		dst[i] = *v.of(g)
	}
}
