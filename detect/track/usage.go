package track

// Sized is a Table of any keys and values.
type Sized interface {
	Len() int
	Evicted() int64
	EntryBytes() int64
}

// Usage adds up what tables keep, besides what their values point to.
func Usage(tables ...Sized) (entries, bytes, evicted int64) {
	for _, t := range tables {
		entries += int64(t.Len())
		bytes += int64(t.Len()) * t.EntryBytes()
		evicted += t.Evicted()
	}
	return entries, bytes, evicted
}

// Room returns how many entries of so many bytes each, and more for what they
// point to, have room; 0, no limit, if bytes is 0.
func Room(bytes int64, t Sized, more int64) int {
	if bytes <= 0 {
		return 0
	}
	return int(max(1, bytes/(t.EntryBytes()+more)))
}
