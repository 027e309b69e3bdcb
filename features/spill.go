package features

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime"

	"toolkit/flow"
	"toolkit/internal/tempfile"
)

// A run is what a Builder had gathered when memory became short: its groups
// in the order of their keys, with their states, in a temporary file. Runs are
// merged when the table is made. Only this process reads them, so that
// addresses of keys are numbers in its Hosts.
type run struct {
	file   *os.File
	groups int   // how many
	until  int64 // records that had come by then
	rows   spool // of groups as they are merged: the group, then its row
}

// runKeyLen is the length of a key in a run, before the group's number and the
// length of its state.
const runKeyLen = 4 + 4 + 2 + 2 + 1 + 1 + 8

// spill writes all groups of t to a temporary file in dir and empties t.
func (t *Builder) spill(dir string) (*run, error) {
	if err := t.Err(); err != nil {
		return nil, err
	}
	f, err := tempfile.Create(dir)
	if err != nil {
		return nil, err
	}
	r := &run{file: f, groups: t.groups.len()}
	rank, _ := t.ends.Ranks()
	w := bufio.NewWriterSize(f, 256<<10)
	var head, state []byte
	var touched byte
	order := t.sorted(rank, true)
	var keys [gatherLen]key
	for at, g := range order {
		if at%gatherLen == 0 {
			ahead := order[at:min(at+gatherLen, len(order))]
			t.groups.gather(keys[:], ahead)
			touched += t.groups.rows().touch(ahead)
		}
		k := &keys[at%gatherLen]
		state = t.AppendState(state[:0], g)
		head = resize(head, runKeyLen)
		binary.LittleEndian.PutUint32(head, uint32(k.src))
		binary.LittleEndian.PutUint32(head[4:], uint32(k.dst))
		binary.LittleEndian.PutUint16(head[8:], k.srcPort)
		binary.LittleEndian.PutUint16(head[10:], k.dstPort)
		head[12], head[13] = byte(k.proto), byte(k.state)
		binary.LittleEndian.PutUint64(head[14:], uint64(k.window))
		head = binary.AppendUvarint(binary.AppendUvarint(head, uint64(g)), uint64(len(state)))
		w.Write(head)
		w.Write(state) // its error is that of Flush
	}
	if err := t.Err(); err != nil {
		f.Close()
		return nil, err
	}
	if err := w.Flush(); err != nil {
		f.Close()
		return nil, fmt.Errorf("writing a temporary file: %w", err)
	}
	runtime.KeepAlive(touched)
	t.reset()
	runtime.GC() // what is free now is much, and soon needed
	return r, nil
}

// A runReader reads the groups of a run one after another.
type runReader struct {
	run   *run
	r     *bufio.Reader
	key   key
	group int32
	size  int       // of the state that comes next
	state []byte    // once it is read
	order [3]uint64 // of key, among the keys of the table
}

// next goes on to the next group, once the state of the one before is read;
// io.EOF says that there is none.
func (r *runReader) next(rank []uint32) error {
	var b [runKeyLen]byte
	if _, err := io.ReadFull(r.r, b[:]); err != nil {
		return err
	}
	r.key = key{tuple{
		src: flow.Host(binary.LittleEndian.Uint32(b[:])), dst: flow.Host(binary.LittleEndian.Uint32(b[4:])),
		srcPort: binary.LittleEndian.Uint16(b[8:]), dstPort: binary.LittleEndian.Uint16(b[10:]),
		proto: flow.Proto(b[12]), state: flow.State(b[13]),
	}, int64(binary.LittleEndian.Uint64(b[14:]))}
	g, err := binary.ReadUvarint(r.r)
	if err != nil {
		return err
	}
	n, err := binary.ReadUvarint(r.r)
	if err != nil {
		return err
	}
	r.group, r.size = int32(g), int(n)
	k := &r.key
	r.order = [3]uint64{0, k.small(), uint64(k.window) ^ 1<<63}
	if len(rank) > 0 {
		r.order[0] = uint64(rank[k.src])<<32 | uint64(rank[k.dst])
	}
	return nil
}

// A merge is a heap of runs, that with the least key first.
type merge []*runReader

func (m merge) Len() int      { return len(m) }
func (m merge) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m merge) Less(i, j int) bool {
	a, b := &m[i].order, &m[j].order
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]), cmp.Compare(a[2], b[2])) < 0
}
func (m *merge) Push(x any) { *m = append(*m, x.(*runReader)) }
func (m *merge) Pop() any {
	x := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return x
}

// emitRuns merges runs of t, which is empty, and hands the rows to put, a
// chunk of groups at a time that takes about room bytes beside what an empty
// Builder does, and never more than most. tmp is for the numbers of the rows,
// which go to the runs if records is set.
func (t *Builder) emitRuns(runs []*run, room, most int64, tmp string, records bool, put func(*Table) error) error {
	e := t.newEmitter(rowsPerPiece)
	var ofKey []uint32
	if t.addresses() != [2]bool{} {
		ofKey = e.rank
	}
	var m merge
	for _, r := range runs {
		if records {
			if err := r.rows.send(tmp); err != nil {
				return err
			}
		}
		if _, err := r.file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("reading a temporary file: %w", err)
		}
		rd := &runReader{run: r, r: bufio.NewReaderSize(r.file, 128<<10)}
		switch err := rd.next(ofKey); {
		case err == io.EOF:
		case err != nil:
			return fmt.Errorf("reading a temporary file: %w", err)
		default:
			m = append(m, rd)
		}
	}
	heap.Init(&m)
	type origin struct {
		run   *run
		group int32 // of the run
		at    int32 // group of t
	}
	var origins []origin
	chunks := 0
	floor := int64(-1) // of the memory of a chunk: that with one group
	flush := func() error {
		order := make([]int32, 0, t.groups.len())
		place := make([]int32, t.groups.len()) // in order; -1 if the group has no row
		for g := range int32(t.groups.len()) {
			place[g] = -1
			if t.windows == nil || t.windows.Analysed(t.key(g).window) {
				place[g] = int32(len(order))
				order = append(order, g)
			}
		}
		rows, err := e.emit(t, order, put)
		if err != nil {
			return err
		}
		for _, o := range origins {
			row := int32(-1)
			if p := place[o.at]; p >= 0 {
				row = rows[p]
			}
			o.run.rows.append([]int32{o.group, row})
		}
		origins, chunks = origins[:0], chunks+1
		if t.Bytes()-floor > 2*room { // one group alone may be long: what it took is not kept
			t.reset()
		} else {
			t.reuse()
		}
		return nil
	}
	for last := (key{}); len(m) > 0; {
		r := m[0]
		if t.groups.len() == 1 {
			floor = t.Bytes()
		}
		full := t.groups.len() >= groupsPerChunk || t.groups.len() > 1 && t.Bytes()-floor > room
		// The parts of a group stay together, and the rows of one address where
		// the table is of addresses: some of their features look at all of them.
		if full && r.key != last && (t.of.dstTuples == nil || r.key.src != last.src) {
			if err := flush(); err != nil {
				return err
			}
		}
		last = r.key
		g := t.groupOf(r.key)
		r.state = resize(r.state, r.size)
		if _, err := io.ReadFull(r.r, r.state); err != nil {
			return fmt.Errorf("reading a temporary file: %w", err)
		}
		if err := t.mergeState(g, r.state); err != nil {
			return err
		}
		if need := t.Bytes() + int64(cap(r.state)); need > most {
			return &MemoryError{"making rows of " + t.of.Name + " that belong together" + t.of.instead(), need, most}
		}
		if records {
			origins = append(origins, origin{r.run, r.group, g})
		}
		switch err := r.next(ofKey); {
		case err == io.EOF:
			heap.Pop(&m)
		case err != nil:
			return fmt.Errorf("reading a temporary file: %w", err)
		default:
			heap.Fix(&m, 0)
		}
	}
	if t.groups.len() > 0 || chunks == 0 {
		return flush()
	}
	return nil
}

// rowsOf returns the row of each group of a run, -1 for none.
func (r *run) rowsOf() ([]int32, error) {
	rd, err := r.rows.reader()
	if err != nil {
		return nil, err
	}
	rows := make([]int32, r.groups)
	var pair [2]uint32
	for range r.groups {
		if err := rd.read(pair[:]); err != nil {
			return nil, err
		}
		rows[pair[0]] = int32(pair[1])
	}
	return rows, nil
}
