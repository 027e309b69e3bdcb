package features

// lists number keys that belong to groups, and tell which belong to a group.
type lists[K comparable] struct {
	index[K]
	head []int32     // by group: its last key, plus 1
	next slab[int32] // of each key, the one before it of the same group, plus 1; 0 for none
}

// grow makes room for groups 0 to n-1.
func (l *lists[K]) grow(n int) { l.head = grow(l.head, n) }

// lookup puts into number the number of each key, which belongs to that group.
func (l *lists[K]) lookup(keys []K, hash []uint32, group, number []int32) {
	known := int32(l.n)
	l.index.lookup(keys, hash, number)
	l.next.grow(l.n)
	for i, k := range number {
		if k == known { // new keys come in the order of their numbers
			l.link(k, group[i])
			known++
		}
	}
}

// of returns the number of one key, which belongs to that group.
func (l *lists[K]) of(k K, hash uint32, group int32) int32 {
	known := l.n
	i := l.index.of(k, hash)
	if l.n > known {
		l.next.grow(l.n)
		l.link(i, group)
	}
	return i
}

func (l *lists[K]) link(k, group int32) {
	*l.next.at(k) = l.head[group]
	l.head[group] = k + 1
}

// each yields the numbers of a group's keys.
func (l *lists[K]) each(group int32, yield func(k int32)) {
	for i := l.head[group]; i != 0; i = *l.next.at(i - 1) {
		yield(i - 1)
	}
}

// count returns how many keys belong to a group.
func (l *lists[K]) count(group int32) (n int64) {
	l.each(group, func(int32) { n++ })
	return n
}

// bytes returns the memory that l takes.
func (l *lists[K]) bytes() int64 { return l.index.bytes() + l.next.bytes() + 4*int64(cap(l.head)) }
