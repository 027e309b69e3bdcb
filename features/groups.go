package features

import "toolkit/flow"

// A key tells the groups of a Grouping apart.
type key struct {
	tuple
	window int64 // zero if the grouping has none
}

// A tuple is what of a key is not its window. Fields that the grouping does not
// look at are zero.
type tuple struct {
	src, dst         flow.Host
	srcPort, dstPort uint16
	proto            flow.Proto
	state            flow.State
}

// small returns what of the tuple is small, in the order of its fields; the
// lowest stateBits are the state.
func (k *tuple) small() uint64 {
	return (uint64(k.srcPort)<<24|uint64(k.dstPort)<<8|uint64(k.proto))<<stateBits | uint64(k.state)
}

// hash mixes all bits of the tuple into the upper ones.
func (k *tuple) hash() uint32 {
	h := (uint64(k.src)<<32 | uint64(k.dst)) * 0x9e3779b97f4a7c15
	h ^= h >> 32
	h += uint64(k.srcPort)<<48 | uint64(k.dstPort)<<32 | uint64(k.state)<<8 | uint64(k.proto)
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 29
	h *= 0x94d049bb133111eb
	return uint32(h >> 32)
}

// noTuple is the same for all records: they differ by their windows alone.
func noTuple(dst []tuple, _ *flow.Batch) { clear(dst) }

// A numbering numbers the groups of records, in the order in which they come. Where keys
// have windows, tuples are looked up, and a group is found by the newest window
// of its tuple: records come about in the order of time. Only for those that are
// late are windows put into an index.
type numbering struct {
	tuples   index[tuple]
	windowed bool
	windows  index[window]
	newest   cells[newest] // of tuples
	late     bool          // whether a record came after a later one of the same tuple

	hash   []uint32 // of the tuples of a batch
	number []int32  // of these
	behind []int32  // the late records of a batch
	keys   []window // of these
	group  []int32  // of these
}

// A window is one of a tuple's.
type window struct {
	at    int64
	tuple int32
}

func (w *window) hash() uint32 { return hash3(uint64(w.at), 0, uint64(w.tuple)) }

// A newest is the last window of a tuple, and the number of its group plus 1; 0
// if there is none yet.
type newest struct {
	window int64
	group  int32
}

// newNumbering returns that of no groups. Each has a row of rows.
func newNumbering(rows *Rows, windowed bool) numbering {
	if !windowed {
		return numbering{tuples: index[tuple]{keys: cellsOf[tuple](rows)}}
	}
	own := new(Rows)
	return numbering{
		tuples: index[tuple]{keys: cellsOf[tuple](own)}, newest: cellsOf[newest](own),
		windows: index[window]{keys: cellsOf[window](rows)}, windowed: true,
	}
}

// len returns how many groups there are.
func (g *numbering) len() int {
	if g.windowed {
		return g.windows.n
	}
	return g.tuples.n
}

// lookup puts into group the number of each key, of this tuple and window.
func (g *numbering) lookup(tuples []tuple, windows []int64, group []int32) {
	g.hash = resize(g.hash, len(tuples))
	for i := range tuples {
		g.hash[i] = tuples[i].hash()
	}
	if !g.windowed {
		g.tuples.lookup(tuples, g.hash, group)
		return
	}
	g.number = resize(g.number, len(tuples))
	g.tuples.lookup(tuples, g.hash, g.number)
	g.inWindows(g.number, windows, group)
}

// inWindows puts into group the number of each window of a tuple.
func (g *numbering) inWindows(tuples []int32, windows []int64, group []int32) {
	g.behind, g.keys, g.hash = g.behind[:0], g.keys[:0], g.hash[:0]
	of := g.newest.view()
	for i, t := range tuples {
		last, at := of.of(t), windows[i]
		switch {
		case last.group == 0 || last.window < at:
			last.window, last.group = at, g.windows.add(window{at, t})+1
			group[i] = last.group - 1
		case last.window == at:
			group[i] = last.group - 1
		default:
			k := window{at, t}
			g.behind, g.keys, g.hash = append(g.behind, int32(i)), append(g.keys, k), append(g.hash, k.hash())
		}
	}
	if len(g.behind) == 0 {
		return
	}
	g.late = true
	g.windows.settle((*window).hash)
	g.group = resize(g.group, len(g.keys))
	g.windows.lookup(g.keys, g.hash, g.group)
	for k, i := range g.behind {
		group[i] = g.group[k]
	}
}

// of returns the number of one key.
func (g *numbering) of(k key) int32 {
	var group [1]int32
	g.lookup([]tuple{k.tuple}, []int64{k.window}, group[:])
	return group[0]
}

// key returns the key of group i.
func (g *numbering) key(i int32) key {
	if !g.windowed {
		return key{tuple: *g.tuples.keys.of(i)}
	}
	w := g.windows.keys.of(i)
	return key{*g.tuples.keys.of(w.tuple), w.at}
}

// gather puts into dst the keys of some groups.
func (g *numbering) gather(dst []key, which []int32) {
	tuples := g.tuples.keys.view()
	if !g.windowed {
		for i, of := range which {
			dst[i] = key{tuple: *tuples.of(of)}
		}
		return
	}
	in := g.windows.keys.view()
	for i, of := range which {
		w := in.of(of)
		dst[i] = key{*tuples.of(w.tuple), w.at}
	}
}

// rows returns the rows of groups.
func (g *numbering) rows() *Rows {
	if g.windowed {
		return g.windows.keys.rows
	}
	return g.tuples.keys.rows
}

// bytes returns the memory that g takes, with the rows of the groups.
func (g *numbering) bytes() int64 {
	n := g.tuples.bytes() + 4*int64(cap(g.hash)+cap(g.number)+cap(g.behind)+cap(g.group)) + 16*int64(cap(g.keys))
	if g.windowed {
		n += g.windows.bytes()
	}
	return n
}

// reuse takes all groups from g.
func (g *numbering) reuse() {
	g.tuples.reuse()
	if g.windowed {
		g.windows.reuse()
	}
	g.late = false
}
