package nfcapd

// Records of layout 1 say by the number of a map what is in them besides, and
// the map is a record before them, mostly in the first block. Blocks are decoded
// at the same time: what maps there are goes from one to the next, which looks up
// what its records need before it decodes them.

// extensionMaps are the maps up to the end of a block.
type extensionMaps struct {
	known chan struct{} // closed when of is
	of    map[uint16][]uint16
}

func newMaps() *extensionMaps {
	return &extensionMaps{known: make(chan struct{}), of: map[uint16][]uint16{}}
}

// follow takes the maps of the blocks before, adds those of a block of count records
// and, of the former, returns those that its records need.
func (m *extensionMaps) follow(before *extensionMaps, data []byte, count uint32) map[uint16][]uint16 {
	defer close(m.known)
	<-before.known
	m.of = before.of
	need := map[uint16][]uint16{}
	last := -1
	_ = each(data, count, func(kind uint16, record []byte) { // decoding meets the same error
		switch {
		case kind == extensionMap:
			define(m.of, record)
			last = -1
		case kind == common && len(record) >= 8 && int(le.Uint16(record[6:])) != last:
			id := le.Uint16(record[6:])
			if _, ok := need[id]; !ok {
				need[id] = m.of[id]
			}
			last = int(id)
		}
	})
	return need
}

// define adds the map in a record: its number, and the extensions of records with
// it.
func define(of map[uint16][]uint16, data []byte) {
	if len(data) < 8 {
		return
	}
	var list []uint16
	for rest := data[8:]; len(rest) >= 2 && le.Uint16(rest) != 0; rest = rest[2:] {
		list = append(list, le.Uint16(rest))
	}
	of[le.Uint16(data[4:])] = list
}
