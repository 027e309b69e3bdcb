// Package track keeps what detectors know of addresses, pairs and ports over
// an endless stream: tables that forget what has been idle and that never
// outgrow their limit, and lists of record numbers.
package track

import (
	"unsafe"

	"toolkit/detect/state"
)

// A Table maps keys to values, like a map that forgets. Keys that have not
// been touched for Idle nanoseconds, or up to a 256th part more, expire; past
// Max keys the one that has been idle longest is evicted, and counted. Both
// depend on the records alone, not on the clock of the machine. A Table is used
// by one goroutine.
//
// Touching a key takes O(1) and one look-up by its hash. How long keys have been
// idle is known to that 256th part, the grain: keys that are touched all the
// time need not be moved in the order each time.
type Table[K comparable, V any] struct {
	Idle   int64           // 0 for ever
	Exact  bool            // that there is no grain
	Max    int             // 0 for no limit
	Forget func(k K, v *V) // called of each key that expires or is evicted; may be nil; must not touch the table

	index   index
	slabs   []*[slab]entry[K, V] // never moved as the table grows; entry 0 is no key
	links   []link               // of each entry; that of entry 0 is the ring's head: next is the most recently touched, prev the longest idle
	free    []int32
	due     int64 // nothing expires before that time
	evicted int64
}

// A link is an entry's place in the order of touches, apart from the entries
// so that the neighbours are near.
type link struct {
	seen       int64 // when it was last moved to the front
	prev, next int32
}

// grain is how much later than its last move a key may have been touched.
func (t *Table[K, V]) grain() int64 {
	if t.Exact {
		return 0
	}
	return t.Idle / 256
}

// slab is how many entries are allocated at once.
const slab = 64

func (t *Table[K, V]) at(i int32) *entry[K, V] { return &t.slabs[uint32(i)/slab][uint32(i)%slab] }

type entry[K comparable, V any] struct {
	key   K
	value V
}

// Touch returns the value of k, a zero one if it is new, after what is idle at
// that time has been forgotten. now must not decrease from call to call
// (smaller times count as the last). The pointer holds until the next Touch.
func (t *Table[K, V]) Touch(k K, now int64) (v *V, fresh bool) {
	if t.index.n > 0 {
		now = max(now, t.links[t.links[0].next].seen)
		if t.Idle > 0 && now > t.due {
			t.Expire(now)
		}
	}
	hash := hashOf(k)
	if i := t.find(k, hash); i != 0 {
		if g := t.grain(); g <= 0 || now-t.links[i].seen > g {
			t.unlink(i)
			t.first(i, now)
		}
		return &t.at(i).value, false
	}
	if t.Max > 0 && t.index.n >= t.Max {
		t.evicted++
		t.forget(t.links[0].prev)
	}
	i := t.room()
	e := t.at(i)
	e.key = k
	t.index.add(hash, i)
	t.first(i, now)
	return &e.value, true
}

// room returns an entry that is free.
func (t *Table[K, V]) room() int32 {
	if n := len(t.free); n > 0 {
		i := t.free[n-1]
		t.free = t.free[:n-1]
		return i
	}
	if len(t.links) == 0 {
		t.links = make([]link, 1, slab)
		t.slabs = append(t.slabs, new([slab]entry[K, V]))
	}
	i := int32(len(t.links))
	if i%slab == 0 {
		t.slabs = append(t.slabs, new([slab]entry[K, V]))
	}
	t.links = append(t.links, link{})
	return i
}

// first puts an entry in front of all others.
func (t *Table[K, V]) first(i int32, now int64) {
	next := t.links[0].next
	if next == 0 {
		t.due = now + t.Idle
	}
	t.links[i] = link{seen: now, next: next}
	t.links[next].prev = i
	t.links[0].next = i
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
		i := t.links[0].prev
		if t.due = t.links[i].seen + t.Idle + t.grain(); now <= t.due {
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
	for i := range t.order {
		if !yield(t.at(i).key, &t.at(i).value) {
			return
		}
	}
}

// order yields the entries, the longest idle first.
func (t *Table[K, V]) order(yield func(i int32) bool) {
	if len(t.links) == 0 {
		return
	}
	for i := t.links[0].prev; i != 0 && yield(i); i = t.links[i].prev {
	}
}

// Clear forgets everything without calling Forget.
func (t *Table[K, V]) Clear() {
	t.index, t.slabs, t.links, t.free = index{}, nil, nil, nil
}

// Len returns how many keys there are.
func (t *Table[K, V]) Len() int { return t.index.n }

// Evicted returns how many keys have been forgotten for want of room.
func (t *Table[K, V]) Evicted() int64 { return t.evicted }

// EntryBytes returns about how many bytes a key takes, besides what its value
// points to.
func (t *Table[K, V]) EntryBytes() int64 {
	return int64(unsafe.Sizeof(entry[K, V]{})+unsafe.Sizeof(link{})) + 2*int64(unsafe.Sizeof(slot{})) // at a load of about half
}

func (t *Table[K, V]) unlink(i int32) {
	l := t.links[i]
	t.links[l.prev].next, t.links[l.next].prev = l.next, l.prev
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
	for i := range t.order {
		w.Int(t.links[i].seen)
		key(w, t.at(i).key)
		value(w, &t.at(i).value)
	}
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
