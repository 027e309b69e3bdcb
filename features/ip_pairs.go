package features

import (
	"net/netip"
	"time"

	"toolkit/flow"
)

// Names that other code asks the pair table for.
const (
	PairsTable = "ip_pairs"
	BinsColumn = "bins"
)

// IPPairs has a row for each pair of addresses and each bin in which it
// spoke, and one for each run of bins between them in which it did not: its
// column bins, the weight, is how many bins the row stands for. With o.Dense
// each empty bin has a row of its own.
func IPPairs(o Options) *Grouping {
	g := &Grouping{
		Name: PairsTable,
		Doc:  "Records with the same addresses in bins of " + o.Bin.String() + ", from the pair's first bin to its last.",
		Keys: []Field{srcIP, dstIP, {Name: "ts", Type: Time, Role: Key, Doc: "When the bin begins, or the first of a run of empty ones."}},
		Features: []Feature{
			gathered("bytes_up", Int, Bytes, volumeByProto, volumeUp, "Bytes from source to destination."),
			gathered("bytes_dw", Int, Bytes, volumeByProto, volumeDown, "Bytes from destination to source."),
			gathered("num_conns", Int, Count, volumeByProto, volumeCount, "Records of the pair in the bin."),
			gathered("num_dst_port", Int, Count, dstPorts, 0, "Distinct destination ports."),
			gathered("num_src_port", Int, Count, srcPorts, 0, "Distinct source ports."),
			gathered("num_protocol", Int, Count, protocols, 0, "Distinct protocols."),
			gathered("tcp_conns", Int, Count, volumeByProto, volumeClass+classTCP, "Records of TCP."),
			gathered("udp_conns", Int, Count, volumeByProto, volumeClass+classUDP, "Records of UDP."),
			derived("num_flows", Int, Count, func(t *Table, c *Column) {
				d, s, p := t.Column("num_dst_port").Ints, t.Column("num_src_port").Ints, t.Column("num_protocol").Ints
				for i := range d {
					c.Ints = append(c.Ints, max(d[i], s[i], p[i]))
				}
			}, "The largest of num_src_port, num_dst_port and num_protocol."),
		},
		Sets: []Set{{"pair8", []string{"bytes_up", "bytes_dw", "num_conns", "num_flows", "num_dst_port", "num_src_port", "tcp_conns", "udp_conns"},
			"what the seed clustered pairs by, each column once"}},
		windows: func() *flow.Windows { return flow.NewWindows(o.Bin, flow.Tumbling) },
		keys: func(dst []key, b *flow.Batch, window []int64) {
			for i := range dst {
				dst[i] = key{src: b.Src[i], dst: b.Dst[i], window: window[i]}
			}
		},
		fill: func(t *Table) (*Table, []int32) { return fillBins(t, o.Bin, o.Dense) },
	}
	g.Features = append(g.Features, addressFeatures(o)...)
	return g
}

// fillBins puts between the rows of a pair those of its empty bins.
func fillBins(t *Table, bin time.Duration, dense bool) (*Table, []int32) {
	src, dst, ts := t.Columns[0], t.Columns[1], t.Columns[2]
	var (
		from  []int // row of t, or -1 for empty bins
		start []int64
		bins  = &Column{Field: Field{Name: BinsColumn, Type: Int, Unit: Count, Role: Weight, Doc: "Bins that the row stands for."}}
		pair  []int // a row of t with the same addresses
		rows  = make([]int32, t.Len())
	)
	add := func(row, of int, at, n int64) {
		from, pair, start, bins.Ints = append(from, row), append(pair, of), append(start, at), append(bins.Ints, n)
	}
	step := bin.Microseconds()
	for i := range t.Len() {
		if i > 0 && src.Codes[i] == src.Codes[i-1] && dst.Codes[i] == dst.Codes[i-1] {
			next := ts.Ints[i-1] + step
			switch empty := (ts.Ints[i] - next) / step; {
			case empty > 0 && dense:
				for k := range empty {
					add(-1, i, next+k*step, 1)
				}
			case empty > 0:
				add(-1, i, next, empty)
			}
		}
		rows[i] = int32(len(from))
		add(i, i, ts.Ints[i], 1)
	}
	f := &Table{Name: t.Name, Meta: t.Meta, Columns: []*Column{src.Take(pair), dst.Take(pair), {Field: ts.Field, Ints: start}, bins}}
	for _, c := range t.Columns[3:] {
		f.Columns = append(f.Columns, &Column{Field: c.Field, Ints: take(c.Ints, from)})
	}
	return f, rows
}

// addressFeatures are what can be said of the addresses of a row's key.
func addressFeatures(o Options) []Feature {
	var fs []Feature
	for _, ip := range []Field{srcIP, dstIP} {
		fs = append(fs, derived("cidr_"+ip.Name, Text, None, func(t *Table, c *Column) {
			supernets(t.Column(ip.Name), c, o)
		}, "The network of "+ip.Name+", of the prefix length chosen."))
	}
	for _, ip := range []Field{srcIP, dstIP} {
		fs = append(fs, derived("pvt_"+ip.Name, Bool, Flag, func(t *Table, c *Column) {
			of := t.Column(ip.Name)
			private := make([]int64, len(of.Dict))
			for code, text := range of.Dict {
				private[code] = flag(flow.Private(netip.MustParseAddr(text)))
			}
			for _, code := range of.Codes {
				c.Ints = append(c.Ints, private[code])
			}
		}, ip.Name+" is a private or otherwise not globally reachable address."))
	}
	return fs
}

// supernets fills c with the networks of the addresses of ip. The seed's were
// of single addresses.
func supernets(ip, c *Column, o Options) {
	number := make(map[string]uint32)
	codes := make([]uint32, len(ip.Dict))
	for code, text := range ip.Dict { // ascending, so that networks are too
		a := netip.MustParseAddr(text)
		bits := o.CIDR4
		if a.Is6() {
			bits = o.CIDR6
		}
		if o.SeedCompat {
			bits = a.BitLen()
		}
		p, err := a.Prefix(bits)
		if err != nil {
			panic(err) // Options.Check has been called
		}
		name := p.String()
		n, ok := number[name]
		if !ok {
			n = uint32(len(c.Dict))
			number[name] = n
			c.Dict = append(c.Dict, name)
		}
		codes[code] = n
	}
	for _, code := range ip.Codes {
		c.Codes = append(c.Codes, codes[code])
	}
}
