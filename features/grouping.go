package features

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"toolkit/flow"
)

// A Feature declares one column of a table: gathered from records, or worked
// out from the columns before it.
type Feature struct {
	Field
	Gather *Gather // what gathers it; nil if it is worked out
	Part   int     // which of Gather's parts it is
	Dst    bool    // gathered of the records of which the row's address is the destination
	From   func(t *Table, c *Column)
}

// A Grouping declares a kind of table: which records make a row, and what is
// said of them. It is constant.
type Grouping struct {
	Name     string
	Doc      string
	Keys     []Field
	Features []Feature
	Approx   string // what of it is approximate, in words; "" for nothing
	Sets     []Set  // named sets of features; the first is what algorithms take unless told otherwise

	// windows makes what numbers the windows of a stream, if the key has one.
	windows func() *flow.Windows
	// tuples puts into dst of each record of b what its key is but for the
	// window.
	tuples func(dst []tuple, b *flow.Batch)
	// dstTuples does so for the other row that each record is part of, that of
	// its destination; nil if a record is part of one row only.
	dstTuples func(dst []tuple, b *flow.Batch)
	// apart tells that the table of records does not say which of its rows a record is
	// part of.
	apart bool
	// nets makes networks of the addresses of keys, source and destination; nil
	// for addresses as they are.
	nets [2]func(netip.Addr) netip.Prefix
	// fill returns what adds the rows that no record made, such as those of
	// empty bins, to the sorted table, before features are worked out.
	fill func(piece int) filler
}

// A filler takes one chunk of a table after another, and hands what it makes of
// it to put, in pieces of so many rows at the most, whose columns hold until
// put returns. rows[i] is the number of what row i has become, in the whole
// table, until the next call.
type filler func(t *Table, put func(*Table) error) (rows []int32, err error)

// A Set is a named choice of features.
type Set struct {
	Name    string
	Columns []string
	Doc     string
}

// looksUp tells whether addresses themselves are looked up as records are
// gathered, and not their numbers alone.
func (g *Grouping) looksUp() bool { return g.Approx != "" || g.nets[0] != nil || g.nets[1] != nil }

// Options are the choices that a table can be made with.
type Options struct {
	Bin        time.Duration   // length of the bins of pairs and of batches
	WindowMode flow.WindowMode // of batches
	SeedCompat bool            // the seed's counting and its codes for what is undefined
	Dense      bool            // a row for every empty bin of a pair, not one for a run of them
	HostWindow time.Duration   // of hosts; 0 for one row an address
	CIDR4      int             // prefix length of cidr columns for IPv4
	CIDR6      int             // … and for IPv6
	Approx     bool            // sketches of bounded size in place of sets without a bound
}

// DefaultOptions returns the options that tables are made with unless told
// otherwise.
func DefaultOptions() Options {
	return Options{Bin: 10 * time.Second, WindowMode: flow.Tumbling, HostWindow: 10 * time.Minute, CIDR4: 24, CIDR6: 64}
}

// Check reports an option that is out of its range.
func (o Options) Check() error {
	switch {
	case o.Bin <= 0:
		return fmt.Errorf("--bin is %v, want above 0", o.Bin)
	case o.Bin%time.Microsecond != 0:
		return fmt.Errorf("--bin is %v, want whole microseconds, in which tables have times", o.Bin)
	case o.WindowMode == flow.Seed && o.Bin%time.Second != 0:
		return fmt.Errorf("--window-mode seed looks at seconds, so --bin has to be of whole ones, and is %v", o.Bin)
	case o.HostWindow < 0:
		return fmt.Errorf("--host-window is %v, want all or above 0", o.HostWindow)
	case o.CIDR4 < 0 || o.CIDR4 > 32:
		return fmt.Errorf("--cidr4 is %d, want 0 to 32", o.CIDR4)
	case o.CIDR6 < 0 || o.CIDR6 > 128:
		return fmt.Errorf("--cidr6 is %d, want 0 to 128", o.CIDR6)
	}
	if o.Approx && o.SeedCompat {
		return errors.New("--approx leaves out what --seed-compat counts: give one of them")
	}
	return o.WindowMode.Check()
}

// Groupings returns the kinds of tables that are made of records.
func Groupings(o Options) []*Grouping {
	return []*Grouping{FlowTuples(o), IPPairs(o), Batches(o), Hosts(o)}
}

func gathered(name string, typ Type, unit Unit, g *Gather, part int, doc string) Feature {
	return Feature{Field: Field{Name: name, Type: typ, Unit: unit, Role: Value, Doc: doc}, Gather: g, Part: part}
}

func derived(name string, typ Type, unit Unit, from func(t *Table, c *Column), doc string) Feature {
	return Feature{Field: Field{Name: name, Type: typ, Unit: unit, Role: Value, Doc: doc}, From: from}
}

// Key columns that several groupings share.
var (
	srcIP = Field{Name: "src_ip", Type: Text, Role: Key, Doc: "Source address."}
	dstIP = Field{Name: "dst_ip", Type: Text, Role: Key, Doc: "Destination address."}
)
