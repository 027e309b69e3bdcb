// Package track keeps what detectors know of addresses, pairs and ports over
// an endless stream: tables that forget what has been idle and that never
// outgrow their limit, and lists of record numbers.
package track

import (
	"unsafe"

	"toolkit/detect/state"
)

// A Table maps keys to values, like a map that forgets. Keys that have not
// been touched for Idle nanoseconds expire; past Max keys the one that has
// been idle longest is evicted, and counted. Both depend on the records alone,
// not on the clock of the machine. A Table is used by one goroutine.
//
// Touching a key takes O(1) and one look-up in a map.
type Table[K comparable, V any] struct {
	Idle   int64           // 0 for ever
	Max    int             // 0 for no limit
	Forget func(k K, v *V) // called of each key that expires or is evicted; may be nil; must not touch the table

	slot    map[K]int32
	entries []entry[K, V] // entries[0] is the ring's head: next is the most recently touched, prev the longest idle
	free    []int32
	evicted int64
}

type entry[K comparable, V any] struct {
	key        K
	value      V
	seen       int64
	prev, next int32
}

// Touch returns the value of k, a zero one if it is new, after what is idle at
// that time has been forgotten. now must not decrease from call to call
// (smaller times count as the last). The pointer holds until the next Touch.
func (t *Table[K, V]) Touch(k K, now int64) (v *V, fresh bool) {
	if t.slot == nil {
		t.slot, t.entries = make(map[K]int32), make([]entry[K, V], 1, 16)
	}
	if last := t.entries[0].next; last != 0 {
		now = max(now, t.entries[last].seen)
	}
	t.Expire(now)
	i, ok := t.slot[k]
	if ok {
		t.unlink(i)
	} else {
		if t.Max > 0 && len(t.slot) >= t.Max {
			t.evicted++
			t.forget(t.entries[0].prev)
		}
		if n := len(t.free); n > 0 {
			i, t.free = t.free[n-1], t.free[:n-1]
		} else {
			i = int32(len(t.entries))
			t.entries = append(t.entries, entry[K, V]{})
		}
		t.slot[k] = i
		t.entries[i].key = k
	}
	e, head := &t.entries[i], &t.entries[0]
	e.seen, e.prev, e.next = now, 0, head.next
	t.entries[head.next].prev = i
	t.entries[0].next = i
	return &t.entries[i].value, !ok
}

// Get returns the value of k, nil if there is none, and touches nothing.
func (t *Table[K, V]) Get(k K) *V {
	if i, ok := t.slot[k]; ok {
		return &t.entries[i].value
	}
	return nil
}

// Expire forgets what has been idle for longer than Idle at that time.
func (t *Table[K, V]) Expire(now int64) {
	for t.Idle > 0 && len(t.slot) > 0 {
		i := t.entries[0].prev
		if now-t.entries[i].seen <= t.Idle {
			return
		}
		t.forget(i)
	}
}

// Delete forgets k without calling Forget.
func (t *Table[K, V]) Delete(k K) {
	if i, ok := t.slot[k]; ok {
		t.remove(i)
	}
}

// All calls yield for each key, the longest idle first. yield must not touch
// the table.
func (t *Table[K, V]) All(yield func(k K, v *V) bool) {
	if t.slot == nil {
		return
	}
	for i := t.entries[0].prev; i != 0; i = t.entries[i].prev {
		if !yield(t.entries[i].key, &t.entries[i].value) {
			return
		}
	}
}

// Clear forgets everything without calling Forget.
func (t *Table[K, V]) Clear() { t.slot, t.entries, t.free = nil, nil, nil }

// Len returns how many keys there are.
func (t *Table[K, V]) Len() int { return len(t.slot) }

// Evicted returns how many keys have been forgotten for want of room.
func (t *Table[K, V]) Evicted() int64 { return t.evicted }

// EntryBytes returns about how many bytes a key takes, besides what its value
// points to.
func (t *Table[K, V]) EntryBytes() int64 {
	var k K
	// The map keeps the key and a number, at a load of about two thirds.
	return int64(unsafe.Sizeof(entry[K, V]{})) + (int64(unsafe.Sizeof(k))+4+1)*3/2
}

func (t *Table[K, V]) unlink(i int32) {
	e := &t.entries[i]
	t.entries[e.prev].next, t.entries[e.next].prev = e.next, e.prev
}

func (t *Table[K, V]) remove(i int32) {
	t.unlink(i)
	delete(t.slot, t.entries[i].key)
	t.entries[i] = entry[K, V]{}
	t.free = append(t.free, i)
}

func (t *Table[K, V]) forget(i int32) {
	if t.Forget != nil {
		t.Forget(t.entries[i].key, &t.entries[i].value)
	}
	t.remove(i)
}

// Save writes all keys and values, the longest idle first. Idle and Max are
// parameters, not state.
func (t *Table[K, V]) Save(w *state.Writer, key func(w *state.Writer, k K), value func(w *state.Writer, v *V)) {
	w.Int(t.evicted)
	w.Len(t.Len())
	for i := t.head().prev; i != 0; i = t.entries[i].prev {
		e := &t.entries[i]
		w.Int(e.seen)
		key(w, e.key)
		value(w, &e.value)
	}
}

func (t *Table[K, V]) head() entry[K, V] {
	if len(t.entries) == 0 {
		return entry[K, V]{}
	}
	return t.entries[0]
}

// Load replaces what is there by what Save wrote.
func (t *Table[K, V]) Load(r *state.Reader, key func(r *state.Reader) K, value func(r *state.Reader, v *V)) {
	t.Clear()
	evicted := r.Int()
	idle, most := t.Idle, t.Max
	t.Idle, t.Max = 0, 0 // what was kept is kept
	for range r.Len(2) {
		seen := r.Int()
		k := key(r)
		if r.Err() != nil {
			break
		}
		v, fresh := t.Touch(k, seen)
		if !fresh {
			r.Fail()
			break
		}
		value(r, v)
	}
	t.Idle, t.Max, t.evicted = idle, most, evicted
}
