package features

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"toolkit/flow"
)

// knownPorts are the destination ports that have a column of their own.
var knownPorts = []int{80, 8080, 443, 53, 22, 3306, 5772, 1194}

// states are the states that have a column of their own, in the order of the
// columns of flow tuples.
var states = []flow.State{flow.Closed, flow.Closing, flow.Connecting, flow.Established, flow.New, flow.Reset}

// FlowTuples has a row for each flow tuple.
func FlowTuples(o Options) *Grouping {
	g := &Grouping{
		Name: "flow_tuples",
		Doc:  "Records with the same addresses, ports and protocol.",
		Keys: []Field{
			srcIP,
			{Name: "src_port", Type: Int, Role: Key, Doc: "Source port."},
			dstIP,
			{Name: "dst_port", Type: Int, Role: Key, Doc: "Destination port."},
			{Name: "ip_protocol", Type: Text, Role: Key, Doc: "IP protocol, by IANA's keyword."},
		},
		Features: []Feature{
			gathered("num_conns", Int, Count, volumeByState, volumeCount, "Records of the tuple."),
			gathered("time_first_seen", Time, None, span, 0, "Time of its first record."),
			gathered("time_last_seen", Time, None, span, 1, "Time of its last record."),
			gathered("time_flow", Int, Seconds, span, 2, "Whole seconds from the first record to the last."),
			gathered("bytes_up", Int, Bytes, volumeByState, volumeUp, "Bytes from source to destination."),
			gathered("bytes_dw", Int, Bytes, volumeByState, volumeDown, "Bytes from destination to source."),
			gathered("first_state", Text, None, span, 3, "State of the first record, by time, then place in the input."),
			gathered("last_state", Text, None, span, 4, "State of the last record."),
			derived("bytes_ratio", Float, Ratio, ratio("bytes_dw", "bytes_up", o.SeedCompat, false), "bytes_dw / bytes_up; null if bytes_up is 0."),
			derived("Bps_up", Float, Rate, ratio("bytes_up", "time_flow", o.SeedCompat, true), "bytes_up / time_flow; null if time_flow is 0."),
			derived("Bps_dw", Float, Rate, ratio("bytes_dw", "time_flow", o.SeedCompat, true), "bytes_dw / time_flow; null if time_flow is 0."),
		},
		tuples: func(dst []tuple, b *flow.Batch) {
			for i := range dst {
				dst[i] = tuple{src: b.Src[i], dst: b.Dst[i], srcPort: b.SrcPort[i], dstPort: b.DstPort[i], proto: b.Proto[i]}
			}
		},
	}
	max := []string{"src_port", "dst_port", "num_conns", "time_flow", "bytes_up", "bytes_dw"}
	for _, s := range states {
		name := "state_" + s.String()
		max = append(max, name)
		g.Features = append(g.Features, gathered(name, Int, Count, volumeByState, volumeClass+int(s), "Records in state "+s.String()+"."))
	}
	g.Features = append(g.Features, addressFeatures(o)...)
	max = append(max, "pvt_src_ip", "pvt_dst_ip")
	for _, p := range knownPorts {
		name := "port_" + strconv.Itoa(p)
		max = append(max, name)
		g.Features = append(g.Features, derived(name, Bool, Flag, func(t *Table, c *Column) {
			for _, port := range t.Column("dst_port").Ints {
				c.Ints = append(c.Ints, flag(port == int64(p)))
			}
		}, fmt.Sprintf("The destination port is %d.", p)))
	}
	g.Features = append(g.Features, derived("proto_tcp", Bool, Flag, func(t *Table, c *Column) {
		proto := t.Column("ip_protocol")
		tcp := slices.Index(proto.Dict, flow.TCP.String())
		for _, code := range proto.Codes {
			c.Ints = append(c.Ints, flag(int(code) == tcp))
		}
	}, "The protocol is TCP."))
	max = append(max, "proto_tcp")
	g.Sets = []Set{
		{"min", []string{"num_conns", "time_flow", "bytes_up", "bytes_dw"}, "what a tuple amounts to"},
		{"max", max, "all that the seed clustered tuples by"},
	}
	return g
}

// seedUndefined is what the seed wrote for a rate of 0/0.
const seedUndefined = -99999

// ratio works out num/den, null where den is 0. In the seed's way x/0 is
// infinite, and 0/0 is seedUndefined for a rate.
func ratio(num, den string, seed, rate bool) func(t *Table, c *Column) {
	return func(t *Table, c *Column) {
		x, y := t.Column(num).Ints, t.Column(den).Ints
		for i := range x {
			switch {
			case y[i] != 0:
				c.AppendFloat(float64(x[i]) / float64(y[i]))
			case seed && x[i] != 0:
				c.AppendFloat(math.Inf(1))
			case seed && rate:
				c.AppendFloat(seedUndefined)
			default:
				c.AppendNull()
			}
		}
	}
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
