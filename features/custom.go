package features

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"toolkit/flow"
)

// CustomTable is the name of a table by a key of one's own, unless it is given
// another.
const CustomTable = "custom"

// KeyFields are what the key of a Custom table can be made of, in the order in
// which its rows are sorted.
var KeyFields = []string{"src_ip", "dst_ip", "src_port", "dst_port", "ip_protocol", "state", "ts"}

// keyWords are what nfdump -A and SiLK's rwuniq call fields, without regard to
// case.
var keyWords = map[string]string{
	"srcip": "src_ip", "dstip": "dst_ip", "srcport": "src_port", "dstport": "dst_port", "proto": "ip_protocol",
	"sip": "src_ip", "dip": "dst_ip", "sport": "src_port", "dport": "dst_port", "protocol": "ip_protocol", "stime": "ts",
}

// Custom has a row for each value of a key: fields of KeyFields separated by
// commas. After an address may stand the lengths of the prefix that is looked
// at, of IPv4 and then of IPv6, which is o.CIDR6 if it is not given:
// dst_ip/24/56. ts is the bin of time, of length o.Bin. The words of nfdump and
// SiLK for fields are known too.
func Custom(name, spec string, o Options) (*Grouping, error) {
	g := &Grouping{Name: name, Doc: "Records with the same " + spec + "."}
	has := make(map[string]bool)
	var set []func(k *tuple, b *flow.Batch, i int)
	use := func(f func(k *tuple, b *flow.Batch, i int)) { set = append(set, f) }
	for _, part := range strings.Split(spec, ",") {
		field, prefix, cut := strings.Cut(strings.TrimSpace(part), "/")
		if word := keyWords[strings.ToLower(field)]; word != "" {
			field = word
		}
		if has[field] {
			return nil, fmt.Errorf("--key names %s twice", field)
		}
		has[field] = true
		end := slices.Index([]string{srcIP.Name, dstIP.Name}, field)
		if cut && end < 0 {
			return nil, fmt.Errorf("--key has a prefix in %q; only src_ip and dst_ip can have one", part)
		}
		if cut {
			net, err := networks(prefix, o)
			if err != nil {
				return nil, fmt.Errorf("--key has %q: %w", part, err)
			}
			g.nets[end] = net
		}
		switch field {
		case "src_ip":
			use(func(k *tuple, b *flow.Batch, i int) { k.src = b.Src[i] })
		case "dst_ip":
			use(func(k *tuple, b *flow.Batch, i int) { k.dst = b.Dst[i] })
		case "src_port":
			use(func(k *tuple, b *flow.Batch, i int) { k.srcPort = b.SrcPort[i] })
		case "dst_port":
			use(func(k *tuple, b *flow.Batch, i int) { k.dstPort = b.DstPort[i] })
		case "ip_protocol":
			use(func(k *tuple, b *flow.Batch, i int) { k.proto = b.Proto[i] })
		case "state":
			use(func(k *tuple, b *flow.Batch, i int) { k.state = b.State[i] })
		case "ts":
			g.windows = func() *flow.Windows { return flow.NewWindows(o.Bin, flow.Tumbling) }
		default:
			return nil, fmt.Errorf("--key has %q, want of %s", part, strings.Join(KeyFields, ", "))
		}
	}
	g.tuples = func(dst []tuple, b *flow.Batch) {
		clear(dst)
		for _, f := range set {
			for i := range dst {
				f(&dst[i], b, i)
			}
		}
	}
	for _, f := range []Field{
		srcIP, dstIP,
		{Name: "src_port", Type: Int, Role: Key, Doc: "Source port."}, {Name: "dst_port", Type: Int, Role: Key, Doc: "Destination port."},
		{Name: "ip_protocol", Type: Text, Role: Key, Doc: "IP protocol, by IANA's keyword."}, {Name: "state", Type: Text, Role: Key, Doc: "State of the connection."},
		{Name: "ts", Type: Time, Role: Key, Doc: "When the bin begins."},
	} {
		if end := slices.Index([]string{srcIP.Name, dstIP.Name}, f.Name); end >= 0 && g.nets[end] != nil {
			f.Doc = "Network of the " + []string{"source", "destination"}[end] + " address."
		}
		if has[f.Name] {
			g.Keys = append(g.Keys, f)
		}
	}
	g.Features = []Feature{
		gathered("num_conns", Int, Count, volumeByState, volumeCount, "Records."),
		gathered("bytes_up", Int, Bytes, volumeByState, volumeUp, "Bytes from source to destination."),
		gathered("bytes_dw", Int, Bytes, volumeByState, volumeDown, "Bytes from destination to source."),
		gathered("time_first_seen", Time, None, span, 0, "Time of the first record."),
		gathered("time_last_seen", Time, None, span, 1, "Time of the last record."),
		gathered("time_flow", Int, Seconds, span, 2, "Whole seconds from the first record to the last."),
	}
	// What the key fixes is not counted: it would be 1.
	for _, d := range []struct {
		of, name, doc string
		gather        *Gather
	}{
		{"src_ip", "num_src_ip", "source addresses", srcIPs}, {"dst_ip", "num_dst_ip", "destination addresses", dstIPs},
		{"src_port", "num_src_port", "source ports", srcPorts}, {"dst_port", "num_dst_port", "destination ports", dstPorts},
		{"ip_protocol", "num_protocol", "protocols", protocols},
	} {
		if end := slices.Index([]string{srcIP.Name, dstIP.Name}, d.of); !has[d.of] || end >= 0 && g.nets[end] != nil {
			g.Features = append(g.Features, gathered(d.name, Int, Count, d.gather, 0, "Distinct "+d.doc+"."))
		}
	}
	if !has["state"] {
		for _, s := range states {
			g.Features = append(g.Features, gathered("state_"+s.String(), Int, Count, volumeByState, volumeClass+int(s), "Records in state "+s.String()+"."))
		}
	}
	if o.Approx {
		g.approximate()
	}
	return g, nil
}

// networks returns what makes networks of addresses, by lengths of prefixes
// such as 24 or 24/56.
func networks(lengths string, o Options) (func(netip.Addr) netip.Prefix, error) {
	four, six, both := strings.Cut(lengths, "/")
	v4, err := strconv.ParseUint(four, 10, 8)
	v6 := uint64(o.CIDR6)
	if both && err == nil {
		v6, err = strconv.ParseUint(six, 10, 8)
	}
	if err != nil || v4 > 32 || v6 > 128 {
		return nil, fmt.Errorf("want /BITS of IPv4, 0 to 32, or /BITS/BITS of IPv4 and IPv6, 0 to 128")
	}
	return func(a netip.Addr) netip.Prefix {
		bits := int(v4)
		if a.Is6() {
			bits = int(v6)
		}
		p, err := a.Prefix(bits)
		if err != nil {
			panic(err) // the length has been checked
		}
		return p
	}, nil
}
