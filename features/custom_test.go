package features_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"toolkit/features"
	"toolkit/features/aggtest"
	"toolkit/flow"
)

// slowCustom makes the rows of a table by maps of texts.
func slowCustom(rs []flow.Record, key func(r flow.Record) string) map[string][]int64 {
	type group struct {
		n, up, down int64
		src, dst    map[netip.Addr]bool
		sport, port map[uint16]bool
		proto       map[flow.Proto]bool
	}
	groups := map[string]*group{}
	for _, r := range rs {
		g := groups[key(r)]
		if g == nil {
			g = &group{src: map[netip.Addr]bool{}, dst: map[netip.Addr]bool{}, sport: map[uint16]bool{}, port: map[uint16]bool{}, proto: map[flow.Proto]bool{}}
			groups[key(r)] = g
		}
		g.n, g.up, g.down = g.n+1, g.up+r.BytesUp, g.down+r.BytesDown
		g.src[r.Src.Addr()], g.dst[r.Dst.Addr()], g.sport[r.Src.Port()], g.port[r.Dst.Port()], g.proto[r.Proto] = true, true, true, true, true
	}
	rows := map[string][]int64{}
	for k, g := range groups {
		rows[k] = []int64{g.n, g.up, g.down, int64(len(g.src)), int64(len(g.dst)), int64(len(g.sport)), int64(len(g.port)), int64(len(g.proto))}
	}
	return rows
}

func network(a netip.Addr, v4, v6 int) string {
	if a.Is6() {
		v4 = v6
	}
	p, _ := a.Prefix(v4)
	return p.String()
}

// Reference: counting by maps, of every kind of key.
func TestCustom(t *testing.T) {
	rs := aggtest.Records(4000, 11)
	b := &flow.Batch{Hosts: new(flow.Hosts)}
	for _, r := range rs {
		b.Append(r)
	}
	bin := func(r flow.Record) string { return fmt.Sprint(flow.FloorDiv(r.Time.Unix(), 10) * 10e6) }
	for spec, key := range map[string]func(r flow.Record) string{
		"dst_port":           func(r flow.Record) string { return fmt.Sprint(r.Dst.Port()) },
		"dst_ip":             func(r flow.Record) string { return r.Dst.Addr().String() },
		"state, ip_protocol": func(r flow.Record) string { return r.Proto.String() + " " + r.State.String() },
		"dst_ip/29,src_ip": func(r flow.Record) string {
			return r.Src.Addr().String() + " " + network(r.Dst.Addr(), 29, 64)
		},
		"src_ip/30/126,dst_port,state,ts": func(r flow.Record) string {
			return strings.Join([]string{network(r.Src.Addr(), 30, 126), fmt.Sprint(r.Dst.Port()), r.State.String(), bin(r)}, " ")
		},
		"dIP/29,sPort,proto": func(r flow.Record) string { // as SiLK and nfdump call them
			return strings.Join([]string{network(r.Dst.Addr(), 29, 64), fmt.Sprint(r.Src.Port()), r.Proto.String()}, " ")
		},
		"src_ip,dst_ip,src_port,dst_port,ip_protocol,state,ts": func(r flow.Record) string {
			return strings.Join([]string{r.Src.Addr().String(), r.Dst.Addr().String(), fmt.Sprint(r.Src.Port()), fmt.Sprint(r.Dst.Port()), r.Proto.String(), r.State.String(), bin(r)}, " ")
		},
	} {
		of, err := features.Custom("custom", spec, features.DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		got, want := table(b, of), slowCustom(rs, key)
		if got.Len() != len(want) {
			t.Errorf("%s: %d rows, want %d", spec, got.Len(), len(want))
		}
		for i := range got.Len() {
			var k []string
			for _, c := range got.Keys() {
				if c.Type == features.Time {
					k = append(k, fmt.Sprint(c.Ints[i]))
				} else {
					k = append(k, c.String(i))
				}
			}
			row := want[strings.Join(k, " ")]
			if row == nil {
				t.Fatalf("%s: row %v is none", spec, k)
			}
			for j, name := range []string{"num_conns", "bytes_up", "bytes_dw", "num_src_ip", "num_dst_ip", "num_src_port", "num_dst_port", "num_protocol"} {
				if c := got.Column(name); c != nil && c.Ints[i] != row[j] {
					t.Errorf("%s: %s of %v is %d, want %d", spec, name, k, c.Ints[i], row[j])
				}
			}
		}
		// Rows are in the order of their keys.
		for i := 1; i < got.Len(); i++ {
			if c := compareRows(got.Keys(), i-1, i); c >= 0 {
				t.Fatalf("%s: row %d is not after the one before", spec, i)
			}
		}
	}
}

func compareRows(keys []*features.Column, i, j int) int {
	for _, c := range keys {
		d := 0
		switch {
		case strings.HasSuffix(c.Name, "_ip"):
			a, _, _ := strings.Cut(c.String(i), "/")
			b, _, _ := strings.Cut(c.String(j), "/")
			d = netip.MustParseAddr(a).Compare(netip.MustParseAddr(b))
		case c.Name == "ip_protocol":
			of := []string{"icmp", "tcp", "udp", "99"} // by number
			d = slices.Index(of, c.String(i)) - slices.Index(of, c.String(j))
		case c.Type == features.Text:
			d = int(c.Codes[i]) - int(c.Codes[j])
		default:
			d = int(c.Ints[i] - c.Ints[j])
		}
		if d != 0 {
			return d
		}
	}
	return 0
}

func TestCustomGrouping(t *testing.T) {
	for _, spec := range []string{"dst_ip/29,dst_port,state", "dst_ip", "src_port,ts"} {
		of, err := features.Custom("custom", spec, features.DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		t.Run(spec, func(t *testing.T) { aggtest.RunGrouping(t, of) })
		for _, f := range of.Features {
			if f.Name == "num_src_ip" || f.Name == "num_dst_ip" {
				t.Run(spec+"/"+f.Name, func(t *testing.T) { aggtest.Run(t, f.Gather) })
			}
		}
	}
}

func TestCustomMistakes(t *testing.T) {
	for spec, want := range map[string]string{
		"": `--key has ""`, "src_ip,port": `--key has "port", want of src_ip, dst_ip`, "src_ip,src_ip/8": "twice", "dst_port/8": "only src_ip and dst_ip",
		"src_ip/33": "0 to 32", "src_ip/8/129": "0 to 128", "src_ip/x": "0 to 32",
	} {
		if _, err := features.Custom("custom", spec, features.DefaultOptions()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", spec, err, want)
		}
	}
}
