package dedup

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"

	"toolkit/internal/tempfile"
)

// A Set is a set of hashes of 64 bits that keeps to a limit of memory: what is
// more lies sorted in temporary files, of which only what tells nearly all that
// is not in them, and where to look, stays in memory: about a seventh of what
// a hash takes else. The zero Set has no limit.
type Set struct {
	Limit int64  // bytes; 0 for none
	Dir   string // of temporary files; "" for the system's

	slots []uint64 // open addressing; 0 is free
	n     int
	zero  bool // whether 0 is in the set
	runs  []*run
	page  [pageLen]uint64
	bytes [8 * pageLen]byte
}

const (
	leastSlots = 1 << 12
	pageLen    = 512 // hashes that are read from a file at once

	// A filter has about 10 bits a hash, of which 7 are set for it: it takes some
	// 1 % of the hashes that are not in it for such as may be (Bloom 1970, with
	// all bits of a hash in one line of memory: Putze et al. 2007).
	hashesPerLine = 51
	lineWords     = 8
	bitsSet       = 7
)

// A FullError is that the hashes do not fit into what memory a Set may take.
type FullError struct {
	N     int64 // hashes in it
	Limit int64 // bytes
}

func (e *FullError) Error() string {
	return fmt.Sprintf("telling %d different records apart takes more than the %d MiB of memory that it may", e.N, e.Limit>>20)
}

// Len returns how many hashes are in s.
func (s *Set) Len() int64 {
	n := int64(s.n)
	if s.zero {
		n++
	}
	for _, r := range s.runs {
		n += r.n
	}
	return n
}

// Add puts h into s, and tells whether it was there.
func (s *Set) Add(h uint64) (there bool, err error) {
	if h == 0 {
		there, s.zero = s.zero, true
		return there, nil
	}
	if 4*(s.n+1) > 3*len(s.slots) {
		if err := s.grow(); err != nil {
			return false, err
		}
	}
	at, there := s.find(h)
	if there {
		return true, nil
	}
	for _, r := range s.runs {
		if there, err = r.has(h, s); there || err != nil {
			return there, err
		}
	}
	s.slots[at] = h
	s.n++
	return false, nil
}

// Touch reads where h would be. Touching some hashes before they are added makes
// waits for memory overlap. What it returns means nothing.
func (s *Set) Touch(h uint64) uint64 {
	if len(s.slots) == 0 {
		return 0
	}
	return s.slots[h&uint64(len(s.slots)-1)]
}

// find returns where h is among the slots, or where it would be.
func (s *Set) find(h uint64) (at uint64, there bool) {
	mask := uint64(len(s.slots) - 1)
	for at = h & mask; s.slots[at] != 0; at = (at + 1) & mask {
		if s.slots[at] == h {
			return at, true
		}
	}
	return at, false
}

// grow makes room for a hash more: twice the slots, or none in them.
func (s *Set) grow() error {
	size := max(leastSlots, 2*len(s.slots))
	// Old and new slots are in memory at once; half of all is for filters.
	if s.Limit <= 0 || 8*int64(size+len(s.slots)) <= s.Limit/2 || len(s.slots) == 0 {
		old := s.slots
		s.slots = make([]uint64, size)
		for _, h := range old {
			if h != 0 {
				at, _ := s.find(h)
				s.slots[at] = h
			}
		}
		return nil
	}
	held := int64(8 * len(s.slots))
	for _, r := range s.runs {
		held += r.memory()
	}
	if held+memoryFor(s.n) > s.Limit {
		return &FullError{s.Len(), s.Limit}
	}
	return s.spill()
}

// spill moves all hashes to a file.
func (s *Set) spill() error {
	hashes := s.slots[:0]
	for _, h := range s.slots {
		if h != 0 {
			hashes = append(hashes, h)
		}
	}
	slices.Sort(hashes)
	r, err := newRun(hashes, s.Dir)
	if err != nil {
		return err
	}
	s.runs = append(s.runs, r)
	clear(s.slots)
	s.n = 0
	return nil
}

// Close gives back what temporary files take.
func (s *Set) Close() {
	for _, r := range s.runs {
		r.file.Close()
	}
	s.runs = nil
}

// A run is sorted hashes in a file.
type run struct {
	file   *os.File
	n      int64
	first  []uint64            // of each page
	filter [][lineWords]uint64 // lines of 512 bits
}

func memoryFor(n int) int64 { return int64(n)/pageLen*8 + (int64(n)/hashesPerLine+1)*8*lineWords }

func (r *run) memory() int64 { return int64(len(r.first))*8 + int64(len(r.filter))*8*lineWords }

func newRun(sorted []uint64, dir string) (*run, error) {
	f, err := tempfile.Create(dir)
	if err != nil {
		return nil, err
	}
	r := &run{file: f, n: int64(len(sorted)), filter: make([][lineWords]uint64, len(sorted)/hashesPerLine+1)}
	w := bufio.NewWriterSize(f, 64<<10)
	var b [8]byte
	for i, h := range sorted {
		if i%pageLen == 0 {
			r.first = append(r.first, h)
		}
		line, bits := r.line(h)
		for range bitsSet {
			line[bits>>6&(lineWords-1)] |= 1 << (bits & 63)
			bits >>= 9
		}
		binary.LittleEndian.PutUint64(b[:], h)
		w.Write(b[:]) // its error is that of Flush
	}
	if err := w.Flush(); err != nil {
		f.Close()
		return nil, fmt.Errorf("writing a temporary file: %w", err)
	}
	return r, nil
}

// line returns the line of the filter that h is in, and the places of bits in it,
// 9 bits each.
func (r *run) line(h uint64) (line *[lineWords]uint64, bits uint64) {
	mixed := h * 0x9e3779b97f4a7c15
	return &r.filter[(mixed>>32)*uint64(len(r.filter))>>32], (mixed ^ mixed>>29) * 0xbf58476d1ce4e5b9
}

// has tells whether h is in r.
func (r *run) has(h uint64, s *Set) (bool, error) {
	line, bits := r.line(h)
	for range bitsSet {
		if line[bits>>6&(lineWords-1)]>>(bits&63)&1 == 0 {
			return false, nil
		}
		bits >>= 9
	}
	at, found := slices.BinarySearch(r.first, h)
	if found {
		return true, nil
	}
	if at == 0 {
		return false, nil
	}
	n, err := r.file.ReadAt(s.bytes[:], int64(at-1)*8*pageLen)
	if err != nil && err != io.EOF {
		return false, fmt.Errorf("reading a temporary file: %w", err)
	}
	page := s.page[:n/8]
	for i := range page {
		page[i] = binary.LittleEndian.Uint64(s.bytes[8*i:])
	}
	_, found = slices.BinarySearch(page, h)
	return found, nil
}
