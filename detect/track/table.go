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
// Touching a key takes O(1) and one look-up by its hash.
type Table[K comparable, V any] struct {
	Idle   int64           // 0 for ever
	Max    int             // 0 for no limit
	Forget func(k K, v *V) // called of each key that expires or is evicted; may be nil; must not touch the table

	index   index
	slabs   []*[slab]entry[K, V] // never moved as the table grows; entry 0 is the ring's head: next is the most recently touched, prev the longest idle
	used    int32                // entries in slabs
	free    []int32
	evicted int64
}

// slab is how many entries are allocated at once.
const slab = 64

func (t *Table[K, V]) at(i int32) *entry[K, V] { return &t.slabs[uint32(i)/slab][uint32(i)%slab] }

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
	if t.used == 0 {
		t.slabs, t.used = []*[slab]entry[K, V]{new([slab]entry[K, V])}, 1
	}
	if last := t.at(0).next; last != 0 {
		now = max(now, t.at(last).seen)
	}
	t.Expire(now)
	hash := hashOf(k)
	i := t.find(k, hash)
	ok := i != 0
	if ok {
		t.unlink(i)
	} else {
		if t.Max > 0 && t.index.n >= t.Max {
			t.evicted++
			t.forget(t.at(0).prev)
		}
		if n := len(t.free); n > 0 {
			i, t.free = t.free[n-1], t.free[:n-1]
		} else {
			if i = t.used; i%slab == 0 {
				t.slabs = append(t.slabs, new([slab]entry[K, V]))
			}
			t.used++
		}
		t.index.add(hash, i)
		t.at(i).key = k
	}
	e, head := t.at(i), t.at(0)
	e.seen, e.prev, e.next = now, 0, head.next
	t.at(head.next).prev = i
	t.at(0).next = i
	return &e.value, !ok
}

// find returns the entry of k, 0 if there is none.
func (t *Table[K, V]) find(k K, hash uint32) int32 {
	x := &t.index
	if x.n == 0 {
		return 0
	}
	mask := uint32(len(x.slots) - 1)
	for p := hash & mask; x.slots[p].entry != 0; p = (p + 1) & mask {
		if s := x.slots[p]; s.hash == hash && t.at(s.entry).key == k {
			return s.entry
		}
	}
	return 0
}

// Get returns the value of k, nil if there is none, and touches nothing.
func (t *Table[K, V]) Get(k K) *V {
	if i := t.find(k, hashOf(k)); i != 0 {
		return &t.at(i).value
	}
	return nil
}

// Expire forgets what has been idle for longer than Idle at that time.
func (t *Table[K, V]) Expire(now int64) {
	for t.Idle > 0 && t.index.n > 0 {
		i := t.at(0).prev
		if now-t.at(i).seen <= t.Idle {
			return
		}
		t.forget(i)
	}
}

// Delete forgets k without calling Forget.
func (t *Table[K, V]) Delete(k K) {
	if i := t.find(k, hashOf(k)); i != 0 {
		t.remove(i)
	}
}

// All calls yield for each key, the longest idle first. yield must not touch
// the table.
func (t *Table[K, V]) All(yield func(k K, v *V) bool) {
	if t.used == 0 {
		return
	}
	for i := t.at(0).prev; i != 0; i = t.at(i).prev {
		if !yield(t.at(i).key, &t.at(i).value) {
			return
		}
	}
}

// Clear forgets everything without calling Forget.
func (t *Table[K, V]) Clear() { t.index, t.slabs, t.free, t.used = index{}, nil, nil, 0 }

// Len returns how many keys there are.
func (t *Table[K, V]) Len() int { return t.index.n }

// Evicted returns how many keys have been forgotten for want of room.
func (t *Table[K, V]) Evicted() int64 { return t.evicted }

// EntryBytes returns about how many bytes a key takes, besides what its value
// points to.
func (t *Table[K, V]) EntryBytes() int64 {
	return int64(unsafe.Sizeof(entry[K, V]{})) + 2*int64(unsafe.Sizeof(slot{})) // at a load of about half
}

func (t *Table[K, V]) unlink(i int32) {
	e := t.at(i)
	t.at(e.prev).next, t.at(e.next).prev = e.next, e.prev
}

func (t *Table[K, V]) remove(i int32) {
	t.unlink(i)
	t.index.remove(hashOf(t.at(i).key), i)
	*t.at(i) = entry[K, V]{}
	t.free = append(t.free, i)
}

func (t *Table[K, V]) forget(i int32) {
	if t.Forget != nil {
		t.Forget(t.at(i).key, &t.at(i).value)
	}
	t.remove(i)
}

// Save writes all keys and values, the longest idle first. Idle and Max are
// parameters, not state.
func (t *Table[K, V]) Save(w *state.Writer, key func(w *state.Writer, k K), value func(w *state.Writer, v *V)) {
	w.Int(t.evicted)
	w.Len(t.Len())
	for i := t.head().prev; i != 0; i = t.at(i).prev {
		e := t.at(i)
		w.Int(e.seen)
		key(w, e.key)
		value(w, &e.value)
	}
}

func (t *Table[K, V]) head() entry[K, V] {
	if t.used == 0 {
		return entry[K, V]{}
	}
	return *t.at(0)
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
