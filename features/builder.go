package features

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"toolkit/flow"
)

// A Builder gathers a table from records, in any order and any number of
// batches.
type Builder struct {
	of      *Grouping
	hosts   *flow.Hosts
	ends    *flow.Hosts    // what the addresses of keys are numbers in: hosts, but for networks
	ofEnd   [2][]flow.Host // the number in ends of each of hosts, where they differ
	windows *flow.Windows  // nil if the key has no window
	groups  numbering
	region  int         // words of memory that rows may ask for ahead
	gathers []gathering // the distinct ones of the features
	aggs    []Aggregate // of gathers

	tuples   []tuple // of the present batch
	window   []int64
	group    []int32
	dstGroup []int32 // nil if a record is part of one row only

	extent extent // of the keys; of protocols, those that were spilled too
}

// A gathering is what is gathered of the records of a row's source, or of its
// destination.
type gathering struct {
	*Gather
	dst bool
}

// reset forgets all groups, but not what the windows have seen of the stream.
func (t *Builder) reset() {
	t.extent = extent{protos: t.extent.protos}
	rows := &Rows{most: t.region}
	t.groups = newNumbering(rows, t.windows != nil)
	t.aggs = t.aggs[:0]
	for _, g := range t.gathers {
		t.aggs = append(t.aggs, g.New(t.hosts, rows))
	}
}

func (f *Feature) gathering() gathering { return gathering{f.Gather, f.Dst} }

// NewBuilder returns an empty table of the given kind, for records whose
// addresses are numbers in hosts.
func NewBuilder(of *Grouping, hosts *flow.Hosts) *Builder {
	t := &Builder{of: of, hosts: hosts, ends: hosts}
	if of.nets[0] != nil || of.nets[1] != nil {
		t.ends = new(flow.Hosts)
	}
	if of.windows != nil {
		t.windows = of.windows()
	}
	for _, f := range of.Features {
		if f.Gather != nil && !slices.Contains(t.gathers, f.gathering()) {
			t.gathers = append(t.gathers, f.gathering())
		}
	}
	t.reset()
	return t
}

// askAhead has rows ask for up to so many bytes of memory at once, which large
// pages need.
func (t *Builder) askAhead(bytes int64) {
	t.region = int(bytes / 8)
	t.groups.rows().most = t.region
}

// Add takes in the records of b and returns the group of each, that of its
// source if it is part of two, until the next call. It panics if the addresses
// of b are not numbers in the Builder's hosts.
func (t *Builder) Add(b *flow.Batch) []int32 {
	if b.Hosts != t.hosts {
		panic("features: a batch whose addresses are numbered by other Hosts")
	}
	n := b.Len()
	t.tuples = resize(t.tuples, n)
	if t.windows != nil {
		t.window = resize(t.window, n)
		t.windows.Number(t.window, b)
	}
	t.group = t.groupsOf(t.group, b, t.of.tuples)
	if t.of.dstTuples != nil {
		t.dstGroup = t.groupsOf(t.dstGroup, b, t.of.dstTuples)
	}
	for i, a := range t.aggs {
		a.Grow(t.groups.len())
		if t.gathers[i].dst {
			a.Add(b, t.dstGroup)
		} else {
			a.Add(b, t.group)
		}
	}
	return t.group
}

// groupsOf returns the group of each record of b by these keys, in the memory
// of group.
func (t *Builder) groupsOf(group []int32, b *flow.Batch, tuples func([]tuple, *flow.Batch)) []int32 {
	group = resize(group, b.Len())
	tuples(t.tuples, b)
	if t.ends != t.hosts {
		t.toNets()
	}
	known := t.groups.tuples.n
	t.groups.lookup(t.tuples, t.window, group)
	t.note(known)
	return group
}

// toNets puts the networks of addresses into the keys of the batch.
func (t *Builder) toNets() {
	uses := t.addresses()
	for end, net := range t.of.nets {
		if !uses[end] {
			continue
		}
		for h := len(t.ofEnd[end]); h < t.hosts.Len(); h++ {
			a := t.hosts.Addr(flow.Host(h))
			if net != nil {
				a = net(a).Addr()
			}
			t.ofEnd[end] = append(t.ofEnd[end], t.ends.Of(a))
		}
	}
	for i := range t.tuples {
		k := &t.tuples[i]
		if uses[0] {
			k.src = t.ofEnd[0][k.src]
		}
		if uses[1] {
			k.dst = t.ofEnd[1][k.dst]
		}
	}
}

func resize[T any](v []T, n int) []T {
	if n <= cap(v) {
		return v[:n]
	}
	return make([]T, n)
}

func (t *Builder) groupOf(k key) int32 {
	known := t.groups.tuples.n
	g := t.groups.of(k)
	t.note(known)
	return g
}

// key returns the key of group g.
func (t *Builder) key(g int32) key { return t.groups.key(g) }

// Err says if something added up to more than its column can hold.
func (t *Builder) Err() error {
	for _, a := range t.aggs {
		if a, ok := a.(interface{ Err() error }); ok && a.Err() != nil {
			return fmt.Errorf("table %s: %w", t.of.Name, a.Err())
		}
	}
	return nil
}

// Bytes returns the memory that the Builder takes, about.
func (t *Builder) Bytes() int64 {
	n := t.groups.bytes() + 16*int64(cap(t.tuples)) + 4*int64(cap(t.ofEnd[0])+cap(t.ofEnd[1]))
	if t.ends != t.hosts {
		n += t.ends.Bytes()
	}
	for _, a := range t.aggs {
		n += a.Bytes()
	}
	return n
}

// Hosts returns what the addresses of records are numbers in.
func (t *Builder) Hosts() *flow.Hosts { return t.hosts }

// Groups returns the number of groups.
func (t *Builder) Groups() int { return t.groups.len() }

// Table returns what has been gathered, sorted by key: addresses in numeric
// order, IPv4 first, then ports, protocol and time. rows[g] is the row of
// group g, -1 if it has none.
func (t *Builder) Table() (table *Table, rows []int32) {
	rows, err := t.emitAll(max(t.groups.len(), 1), math.MaxInt32, true, func(whole *Table) error { table = whole; return nil })
	if err != nil {
		panic(err) // so many rows are for those who take them in chunks
	}
	return table, rows
}

// addresses returns the place of each address in numeric order, and the texts
// of the addresses in that order.
func addresses(hosts *flow.Hosts) (rank []uint32, texts []string) {
	rank, sorted := hosts.Ranks()
	texts = make([]string, len(sorted))
	for i, a := range sorted {
		texts[i] = a.String()
	}
	return rank, texts
}

// AppendKey appends to dst the key of group g: the same bytes for the same
// group in every process.
func (t *Builder) AppendKey(dst []byte, g int32) []byte {
	k := t.key(g)
	for i, h := range [...]flow.Host{k.src, k.dst} {
		if t.addresses()[i] {
			dst = appendAddr(dst, t.ends.Addr(h))
		} else {
			dst = append(dst, make([]byte, 16)...)
		}
	}
	dst = binary.BigEndian.AppendUint16(dst, k.srcPort)
	dst = binary.BigEndian.AppendUint16(dst, k.dstPort)
	dst = append(dst, byte(k.proto), byte(k.state))
	return binary.BigEndian.AppendUint64(dst, uint64(k.window))
}

const keyLen = 16 + 16 + 2 + 2 + 1 + 1 + 8

func (t *Builder) parseKey(b []byte) (key, error) {
	if len(b) != keyLen {
		return key{}, fmt.Errorf("key of %d bytes, want %d", len(b), keyLen)
	}
	k := key{tuple: tuple{
		srcPort: binary.BigEndian.Uint16(b[32:]), dstPort: binary.BigEndian.Uint16(b[34:]),
		proto: flow.Proto(b[36]), state: flow.State(b[37]),
	}, window: int64(binary.BigEndian.Uint64(b[38:]))}
	for i, h := range [...]*flow.Host{&k.src, &k.dst} {
		if t.addresses()[i] {
			*h = t.ends.Of(parseAddr(b[16*i:]))
		}
	}
	return k, nil
}

// addresses tells whether the key has an address in src, and one in dst.
func (t *Builder) addresses() (uses [2]bool) {
	for _, f := range t.of.Keys {
		uses[0] = uses[0] || f.Name == hostIP.Name || f.Name == srcIP.Name
		uses[1] = uses[1] || f.Name == dstIP.Name
	}
	return uses
}

// AppendState appends to dst all that is known of group g, but for its key.
func (t *Builder) AppendState(dst []byte, g int32) []byte {
	for _, a := range t.aggs {
		dst = a.AppendState(dst, g)
	}
	return dst
}

// MergeState takes in what AppendKey and AppendState wrote of a group.
func (t *Builder) MergeState(keyBytes, state []byte) error {
	k, err := t.parseKey(keyBytes)
	if err != nil {
		return fmt.Errorf("merging %s: %w", t.of.Name, err)
	}
	return t.mergeState(t.groupOf(k), state)
}

func (t *Builder) mergeState(g int32, state []byte) (err error) {
	for _, a := range t.aggs {
		a.Grow(t.groups.len())
		if state, err = a.MergeState(g, state); err != nil {
			return fmt.Errorf("merging %s: %w", t.of.Name, err)
		}
	}
	if len(state) > 0 {
		return fmt.Errorf("merging %s: %d bytes of state left over", t.of.Name, len(state))
	}
	return nil
}

// Merge takes in all that other, of the same kind, has gathered. Windows of
// mode seed depend on the whole stream and can't be merged.
func (t *Builder) Merge(other *Builder) error {
	var key, state []byte
	for g := range int32(other.Groups()) {
		key, state = other.AppendKey(key[:0], g), other.AppendState(state[:0], g)
		if err := t.MergeState(key, state); err != nil {
			return err
		}
	}
	return nil
}
