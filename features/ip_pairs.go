package features

import (
	"net/netip"

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
		tuples: func(dst []tuple, b *flow.Batch) {
			for i := range dst {
				dst[i] = tuple{src: b.Src[i], dst: b.Dst[i]}
			}
		},
		fill: func(piece int) filler {
			f := &binFiller{step: o.Bin.Microseconds(), dense: o.Dense, piece: piece, memory: make(chunkMemory)}
			return f.fill
		},
	}
	g.Features = append(g.Features, addressFeatures(o)...)
	return g
}

// addressFeatures are what can be said of the addresses of a row's key.
func addressFeatures(o Options) []Feature {
	var fs []Feature
	for _, ip := range []Field{srcIP, dstIP} {
		fs = append(fs, derived("cidr_"+ip.Name, Text, None, func(t *Table, c *Column) {
			of := t.Column(ip.Name)
			nets := once(t, "networks", func() *Column { return supernets(of.Dict, o) })
			c.Dict = nets.Dict
			for _, code := range of.Codes {
				c.Codes = append(c.Codes, nets.Codes[code])
			}
		}, "The network of "+ip.Name+", of the prefix length chosen."))
	}
	for _, ip := range []Field{srcIP, dstIP} {
		fs = append(fs, derived("pvt_"+ip.Name, Bool, Flag, func(t *Table, c *Column) {
			of := t.Column(ip.Name)
			private := once(t, "private addresses", func() []int64 {
				private := make([]int64, len(of.Dict))
				for code, text := range of.Dict {
					private[code] = flag(flow.Private(netip.MustParseAddr(text)))
				}
				return private
			})
			for _, code := range of.Codes {
				c.Ints = append(c.Ints, private[code])
			}
		}, ip.Name+" is a private or otherwise not globally reachable address."))
	}
	return fs
}

// supernets returns the network of each address, in the order of addresses.
// The seed's were of single addresses.
func supernets(addrs []string, o Options) *Column {
	number := make(map[string]uint32)
	nets := &Column{Codes: make([]uint32, len(addrs))}
	for code, text := range addrs { // ascending, so that networks are too
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
			n = uint32(len(nets.Dict))
			number[name] = n
			nets.Dict = append(nets.Dict, name)
		}
		nets.Codes[code] = n
	}
	return nets
}
