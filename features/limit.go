package features

import (
	"fmt"
	"os"
)

// mostAhead is how much memory a table asks for at once at the most.
const mostAhead = 16 << 20

// Limit has x take about that many bytes at the most; 0 is no limit. What is
// more goes to temporary files in the directory tmp, "" for the system's,
// which have no names and are gone with the process; Close gives their room
// back. The tables do not depend on it.
func (x *Extractor) Limit(memory int64, tmp string) {
	if tmp == "" {
		tmp = os.TempDir()
	}
	x.limit, x.tmp = memory, tmp
	if memory > 0 {
		for _, t := range x.gathered {
			t.askAhead(min(memory/256, mostAhead))
		}
	}
}

// A MemoryError says that something can't be done in the memory allowed, in
// whatever steps.
type MemoryError struct {
	What        string
	Need, Limit int64 // bytes
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("%s would take about %d MiB of memory, more than the %d MiB allowed", e.What, e.Need>>20, e.Limit>>20)
}

// room returns how much of the limit what has been gathered may take: the rest
// is for making tables of it, for reading, and for what the collector has not
// yet freed.
func (x *Extractor) room() int64 {
	const base = 24 << 20 // the program itself and its buffers
	return max(x.limit-base, 4<<20) / 2
}

// own returns what x holds beside tables, in bytes.
func (x *Extractor) own() int64 { return x.hosts.Bytes() + x.label.bytes() + 16*int64(cap(x.seqs)) }

// held returns what all is held, in bytes, after what tables have taken in so far.
func (x *Extractor) held() int64 {
	held := x.own()
	for _, t := range x.gathered {
		held += t.holds.Load()
	}
	return held
}

// keepTo spills until what is held keeps to the limit.
func (x *Extractor) keepTo() {
	if x.limit <= 0 || x.err != nil {
		return
	}
	if own := x.own(); own > x.room() {
		x.err = &MemoryError{"keeping the addresses of the records", 2 * own, x.limit}
		return
	}
	held := x.held()
	for held > x.room() {
		var most *gatheredTable
		for _, t := range x.gathered {
			if t.Groups() > 0 && (most == nil || t.Bytes() > most.Bytes()) {
				most = t
			}
		}
		if most == nil {
			return // what is left are buffers
		}
		held -= most.Bytes()
		if x.err = x.spill(most); x.err != nil {
			return
		}
		held += most.Bytes()
	}
}

// spill writes what has been gathered of a table to a temporary file.
func (x *Extractor) spill(t *gatheredTable) error {
	x.summary.Spills++
	for _, u := range x.gathered {
		if err := u.groups.send(x.tmp); err != nil {
			return err
		}
	}
	if x.labelled {
		if err := x.label.send(x.tmp); err != nil {
			return err
		}
	}
	r, err := t.Builder.spill(x.tmp)
	if err != nil {
		return err
	}
	r.until = x.summary.Records
	t.runs = append(t.runs, r)
	return nil
}
