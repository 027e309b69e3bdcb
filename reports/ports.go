package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"toolkit/explain"
)

const portsShown = 16

// portsOfHosts draws which ports the hosts that stand out talked to.
func (b *builder) portsOfHosts() *Figure {
	t := b.table("flow_tuples")
	if t == nil || len(b.hosts) == 0 {
		return nil
	}
	src, port, conns := words(t, "src_ip"), numeric(t, "dst_port"), numeric(t, "num_conns")
	if src == nil || port == nil || conns == nil {
		return nil
	}
	at := map[string]int{}
	for i, h := range b.hosts[:min(len(b.hosts), gridHosts)] {
		at[h.name] = i
	}
	counts := map[int64][]float64{}
	for i, code := range src.Codes {
		r, ok := at[src.Dict[code]]
		if !ok || !(conns.Float(i) > 0) {
			continue
		}
		p := int64(port.Float(i))
		if counts[p] == nil {
			counts[p] = make([]float64, len(at))
		}
		counts[p][r] += conns.Float(i)
	}
	var ports []int64
	for p := range counts {
		ports = append(ports, p)
	}
	// A port that many of the hosts use says more here than one of a single scan.
	users := func(p int64) (n int) {
		for _, v := range counts[p] {
			if v > 0 {
				n++
			}
		}
		return n
	}
	slices.SortFunc(ports, func(p, q int64) int {
		return cmp.Or(cmp.Compare(users(q), users(p)), cmp.Compare(total(counts[q]), total(counts[p])), cmp.Compare(p, q))
	})
	if len(ports) == 0 {
		return nil
	}
	shown := ports[:min(len(ports), portsShown)]
	g := &Grid{Row: "host", Column: "port", V: Axis{Label: "records", Symlog: 1}, Written: true}
	for _, p := range shown {
		g.Columns = append(g.Columns, strconv.FormatInt(p, 10))
	}
	rest := ports[len(shown):]
	if len(rest) > 0 {
		g.Columns = append(g.Columns, fmt.Sprintf("%s other", whole(int64(len(rest)))))
	}
	for i, h := range b.hosts[:len(at)] {
		var row []float64
		for _, p := range shown {
			row = append(row, orNone(counts[p][i]))
		}
		if len(rest) > 0 {
			var sum float64
			for _, p := range rest {
				sum += counts[p][i]
			}
			row = append(row, orNone(sum))
		}
		g.Rows, g.Values = append(g.Rows, h.name), append(g.Values, row)
	}
	return &Figure{ID: b.id("hosts", "ports"), Title: "Destination ports of the hosts that stand out", Plot: g,
		Caption: fmt.Sprintf("Records by destination port: the ports that most of these hosts use, of %s.", plural(int64(len(ports)), "port", "ports")),
		Alt:     fmt.Sprintf("Rows are hosts, columns ports; port %d is used by most of them.", shown[0])}
}

// orNone returns v, NaN for 0.
func orNone(v float64) float64 {
	if v == 0 {
		return math.NaN()
	}
	return v
}

// An Axis of which both ends are far apart is logarithmic from least on.
func logAxis(label string, kind AxisKind, least float64) Axis {
	return Axis{Label: label, Kind: kind, Symlog: least}
}

// tails draws which shares of the flow tuples have at least so many bytes, and
// which of the addresses so many ports.
func (b *builder) tails() *Figure {
	t := b.table("flow_tuples")
	if t == nil {
		return nil
	}
	p := &Panels{Columns: 2, Height: 260, Own: true}
	lines := &Lines{X: logAxis("bytes", Bytes, 16), Y: logAxis("share of the flow tuples with at least as many", Number, 1/float64(t.Len()))}
	for k, name := range []string{"bytes_up", "bytes_dw"} {
		if c := numeric(t, name); c != nil {
			lines.Series = append(lines.Series, ccdf(name, First+Hue(k), explain.OrdinaryOf(c, nil, nil)))
		}
	}
	if len(lines.Series) > 0 {
		p.Names, p.Plots = append(p.Names, "Bytes"), append(p.Plots, lines)
	}
	port := numeric(t, "dst_port")
	ports := &Lines{X: logAxis("distinct destination ports", Number, 1)}
	least := 1.0
	for k, name := range []string{"src_ip", "dst_ip"} {
		c := words(t, name)
		if c == nil || port == nil {
			continue
		}
		seen := map[uint64]struct{}{}
		n := make([]float64, len(c.Dict))
		for i, code := range c.Codes {
			key := uint64(code)<<32 | uint64(uint32(port.Float(i)))
			if _, ok := seen[key]; !ok && !c.IsNull(i) {
				seen[key] = struct{}{}
				n[code]++
			}
		}
		o := explain.OrdinaryOfValues(slices.DeleteFunc(n, func(v float64) bool { return v == 0 }))
		if o.Total() == 0 {
			continue
		}
		least = min(least, 1/o.Total())
		ports.Series = append(ports.Series, ccdf(map[string]string{"src_ip": "sources", "dst_ip": "destinations"}[name], First+2+Hue(k), o))
	}
	if len(ports.Series) > 0 {
		ports.Y = logAxis("share of the addresses with at least as many", Number, least)
		p.Names, p.Plots = append(p.Names, "Ports"), append(p.Plots, ports)
	}
	if len(p.Plots) == 0 {
		return nil
	}
	return &Figure{ID: b.id("tails"), Title: "How heavy the tails are", Plot: p,
		Caption: fmt.Sprintf("Complementary distribution functions of n = %s, both axes logarithmic away from 0. A straight line is a power law: a few carry most.", plural(int64(t.Len()), "flow tuple", "flow tuples")),
		Alt:     "Falling curves of the shares with at least so many bytes, and ports."}
}

const tailPoints = 120

// ccdf is the share of the samples with at least a value, over the values that
// are apart by more than they can be told apart.
func ccdf(name string, hue Hue, o *explain.Ordinary) Series {
	s := Series{Name: name, Hue: hue}
	last := math.Inf(-1)
	n := len(o.Values)
	if n == 0 {
		return s
	}
	span := math.Asinh(o.Values[n-1]) - math.Asinh(o.Values[0])
	for i, v := range o.Values {
		if at := math.Asinh(v); at-last >= span/tailPoints || i == n-1 {
			share := 1.0
			if i > 0 {
				share = 1 - o.UpTo[i-1]/o.Total()
			}
			s.X, s.Y = append(s.X, v), append(s.Y, share)
			last = at
		}
	}
	return s
}
