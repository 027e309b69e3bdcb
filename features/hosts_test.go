package features_test

import (
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"toolkit/features"
	"toolkit/features/aggtest"
	"toolkit/flow"
)

// hostsOf makes the table of hosts of records, in their order.
func hostsOf(rs []flow.Record, window time.Duration) *features.Table {
	o := features.DefaultOptions()
	o.HostWindow = window
	t := features.NewBuilder(features.Hosts(o), new(flow.Hosts))
	b := &flow.Batch{Hosts: t.Hosts()}
	for _, r := range rs {
		b.Append(r)
	}
	t.Add(b)
	table, _ := t.Table()
	return table
}

// The table says of each address and window what is found by looking through
// all records for each.
func TestHosts(t *testing.T) {
	for _, window := range []time.Duration{0, time.Minute} {
		t.Run(window.String(), func(t *testing.T) { checkHosts(t, aggtest.Records(2000, 11), window) })
	}
}

func checkHosts(t *testing.T, rs []flow.Record, window time.Duration) {
	table := hostsOf(rs, window)
	number := func(r flow.Record) int64 {
		if window == 0 {
			return 0
		}
		return int64(math.Floor(float64(r.Time.UnixNano()) / float64(window)))
	}
	type row struct {
		ip     netip.Addr
		window int64
	}
	rows := map[row]bool{}
	for _, r := range rs {
		rows[row{r.Src.Addr(), number(r)}], rows[row{r.Dst.Addr(), number(r)}] = true, true
	}
	if table.Len() != len(rows) {
		t.Fatalf("%d rows, want %d", table.Len(), len(rows))
	}
	for i := range table.Len() {
		at := row{ip: netip.MustParseAddr(table.Column("ip").String(i))}
		if window > 0 {
			at.window = int64(math.Floor(float64(table.Column("window_start").Ints[i]*1000) / float64(window)))
		}
		if !rows[at] {
			t.Fatalf("row %d is of %v, which there is not", i, at)
		}
		want := map[string]float64{}
		for prefix, end := range map[string]func(flow.Record) (self, peer netip.AddrPort){
			"":    func(r flow.Record) (netip.AddrPort, netip.AddrPort) { return r.Src, r.Dst },
			"in_": func(r flow.Record) (netip.AddrPort, netip.AddrPort) { return r.Dst, r.Src },
		} {
			peers, ports := map[netip.Addr]map[uint16]bool{}, map[uint16]map[netip.Addr]bool{}
			ofPeer, ofPort := map[netip.Addr]float64{}, map[uint16]float64{}
			oldPeers, oldPorts := map[netip.Addr]bool{}, map[uint16]bool{}
			for _, name := range []string{"num_conns", "bytes_up", "bytes_dw", "state_new", "state_reset"} {
				want[prefix+name] = 0
			}
			for _, r := range rs {
				self, peer := end(r)
				port := r.Dst.Port()
				if self.Addr() != at.ip {
					continue
				}
				if number(r) < at.window {
					oldPeers[peer.Addr()], oldPorts[port] = true, true
				}
				if number(r) != at.window {
					continue
				}
				want[prefix+"num_conns"]++
				want[prefix+"bytes_up"] += float64(r.BytesUp)
				want[prefix+"bytes_dw"] += float64(r.BytesDown)
				switch r.State {
				case flow.New:
					want[prefix+"state_new"]++
				case flow.Reset:
					want[prefix+"state_reset"]++
				}
				if peers[peer.Addr()] == nil {
					peers[peer.Addr()] = map[uint16]bool{}
				}
				if ports[port] == nil {
					ports[port] = map[netip.Addr]bool{}
				}
				peers[peer.Addr()][port], ports[port][peer.Addr()] = true, true
				ofPeer[peer.Addr()]++
				ofPort[port]++
			}
			n := want[prefix+"num_conns"]
			want[prefix+"num_peers"], want[prefix+"num_dst_port"] = float64(len(peers)), float64(len(ports))
			want[prefix+"dst_port_per_peer_max"], want[prefix+"dst_port_per_peer_mean"] = sizes(peers)
			want[prefix+"peer_per_dst_port_max"], want[prefix+"peer_per_dst_port_mean"] = sizes(ports)
			want[prefix+"new_peers"], want[prefix+"new_dst_port"] = unknown(peers, oldPeers), unknown(ports, oldPorts)
			want[prefix+"failed_share"] = (want[prefix+"state_new"] + want[prefix+"state_reset"]) / math.Max(n, 1)
			want[prefix+"peer_entropy"], want[prefix+"dst_port_entropy"] = shannon(ofPeer, n), shannon(ofPort, n)
			for _, name := range []string{"peer_entropy", "dst_port_entropy"} {
				want[prefix+name+"_norm"] = 0
				if n > 1 {
					want[prefix+name+"_norm"] = want[prefix+name] / math.Log(n)
				}
			}
		}
		for name, w := range want {
			if c := table.Column(name); c != nil && math.Abs(c.Float(i)-w) > 1e-12*math.Max(1, w) {
				t.Errorf("%v: %s is %v, want %v", at, name, c.Float(i), w)
			}
		}
		for _, c := range table.Columns {
			if _, ok := want[c.Name]; !ok && !slices.Contains([]string{"ip", "window_start", "beacon_score", "beacon_peer", "beacon_conns", "beacon_gap"}, c.Name) {
				t.Fatalf("%s is not checked", c.Name)
			}
		}
	}
}

func sizes[K, V comparable](m map[K]map[V]bool) (most, mean float64) {
	for _, of := range m {
		most = math.Max(most, float64(len(of)))
		mean += float64(len(of)) / float64(len(m))
	}
	return most, mean
}

func unknown[K comparable, V any](m map[K]V, old map[K]bool) (n float64) {
	for k := range m {
		if !old[k] {
			n++
		}
	}
	return n
}

func shannon[K comparable](counts map[K]float64, n float64) (h float64) {
	for _, c := range counts {
		h -= c / n * math.Log(c/n)
	}
	return h
}

// A beacon is told from what comes at random, in bursts, or all at once.
func TestBeacons(t *testing.T) {
	start := time.Date(2017, 1, 27, 16, 0, 0, 0, time.UTC)
	rec := func(src byte, second float64, bytes int64) flow.Record {
		return flow.Record{
			Time: start.Add(time.Duration(second * 1e9)), Proto: flow.TCP, BytesUp: bytes,
			Src: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, src}), 4000),
			Dst: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, src}), 443),
		}
	}
	var rs []flow.Record
	for i := range 12 {
		x := float64(i)
		rs = append(rs,
			rec(1, 30*x, 320),                         // as regular as can be
			rec(2, 30*x+[]float64{0, 1, 2}[i%3], 320), // gaps 31 31 28 …
			rec(3, x*x*x/5, 100+int64(i*i*i)),         // ever slower and larger
			rec(4, x/2, 320))                          // a session: two a second
	}
	for i := range 7 {
		rs = append(rs, rec(5, 60*float64(i), 1)) // too few
	}
	table := hostsOf(rs, 0)
	// By hand: host 2 has gaps 31 31 28 …, so q1 = 29.5, q2 = q3 = 31 and MAD 0:
	// skewness −1, and regularity (0 + 1)/2; its sizes' is 1; the mean gap is 332/11.
	want := map[string]float64{"10.0.0.1": 1, "10.0.0.2": 0.75 * (332. / 11 / 31), "10.0.0.4": 0, "10.0.0.5": 0}
	for i := range table.Len() {
		ip, score := table.Column("ip").String(i), table.Column("beacon_score").Float(i)
		if w, ok := want[ip]; ok && math.Abs(score-w) > 1e-15 {
			t.Errorf("%s has score %v, want %v", ip, score, w)
		}
		if ip == "10.0.0.3" && (score <= 0 || score > 0.6) {
			t.Errorf("%s has score %v", ip, score)
		}
		peer, conns, gap := table.Column("beacon_peer"), table.Column("beacon_conns"), table.Column("beacon_gap")
		if ip == "10.0.0.1" && (peer.String(i) != "10.0.1.1" || conns.Ints[i] != 12 || gap.Floats[i] != 30) {
			t.Errorf("%s: peer %s, %d records, gap %v", ip, peer.String(i), conns.Ints[i], gap.Floats[i])
		}
		if score == 0 && !(peer.IsNull(i) && conns.IsNull(i) && gap.IsNull(i)) {
			t.Errorf("%s has a peer without a score", ip)
		}
	}
}
