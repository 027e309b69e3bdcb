package features

import (
	"math"
	"slices"

	"toolkit/flow"
)

// HostsTable is the name of the table of hosts.
const HostsTable = "hosts"

var hostIP = Field{Name: "ip", Type: Text, Role: Key, Doc: "The address."}

// Hosts has a row for each address and each window in which it was the source
// or the destination of a record, or one for the whole stream if o.HostWindow
// is 0. A record is part of two rows, that of its source and that of its
// destination; columns that begin with in_ are gathered of the latter.
//
// What makes one small pair for each target, such as a scan of many addresses,
// or one that takes its time, is one row here, and so is a beacon.
func Hosts(o Options) *Grouping {
	g := &Grouping{
		Name: HostsTable,
		Doc:  "What an address did, as a source and (in_…) as a destination, over the whole stream.",
		Keys: []Field{hostIP},
		Features: []Feature{
			gathered("num_conns", Int, Count, volumeByState, volumeCount, "Records of which the address is the source."),
			gathered("num_peers", Int, Count, outContacts, partPeers, "Distinct destinations of these."),
			gathered("num_dst_port", Int, Count, outContacts, partPorts, "Distinct destination ports of these."),
			gathered("dst_port_per_peer_max", Int, Count, outContacts, partPortsPerPeerMax, "Largest number of destination ports of a destination; 0 without records."),
			gathered("dst_port_per_peer_mean", Float, Count, outContacts, partPortsPerPeerMean, "Mean number of destination ports of a destination; 0 without records."),
			gathered("peer_per_dst_port_max", Int, Count, outContacts, partPeersPerPortMax, "Largest number of destinations of a destination port; 0 without records."),
			gathered("peer_per_dst_port_mean", Float, Count, outContacts, partPeersPerPortMean, "Mean number of destinations of a destination port; 0 without records."),
			gathered("new_peers", Int, Count, outContacts, partNewPeers, "Destinations that the address had no record with in an earlier window."),
			gathered("new_dst_port", Int, Count, outContacts, partNewPorts, "Destination ports that the address had no record with in an earlier window."),
			gathered("bytes_up", Int, Bytes, volumeByState, volumeUp, "Bytes that the address sent as a source."),
			gathered("bytes_dw", Int, Bytes, volumeByState, volumeDown, "Bytes that it was sent as a source."),
			gathered("state_new", Int, Count, volumeByState, volumeClass+int(flow.New), "Records in state new: no answer seen."),
			gathered("state_reset", Int, Count, volumeByState, volumeClass+int(flow.Reset), "Records in state reset: refused or aborted."),
			derived("failed_share", Float, Ratio, failedShare(""), "(state_new + state_reset) / num_conns; 0 without records."),
			gathered("peer_entropy", Float, Nats, outContacts, partPeerEntropy, "Shannon entropy of the records' destinations."),
			derived("peer_entropy_norm", Float, Ratio, normalised("peer_entropy", "num_conns"), "peer_entropy / ln(num_conns): 1 if no two records have the same destination; 0 of less than two records."),
			gathered("dst_port_entropy", Float, Nats, outContacts, partPortEntropy, "Shannon entropy of the records' destination ports."),
			derived("dst_port_entropy_norm", Float, Ratio, normalised("dst_port_entropy", "num_conns"), "dst_port_entropy / ln(num_conns); 0 of less than two records."),
			gathered("beacon_score", Float, Ratio, beacons, partBeaconScore, "How regular the records with the most regular destination are, 0 to 1: "+beaconDoc),
			gathered("beacon_peer", Text, None, beacons, partBeaconPeer, "That destination; null if beacon_score is 0."),
			gathered("beacon_conns", Int, Count, beacons, partBeaconConns, "Records with it; null if beacon_score is 0."),
			gathered("beacon_gap", Float, Seconds, beacons, partBeaconGap, "Median time between these; null if beacon_score is 0."),
		},
		tuples:    hostTuples(func(b *flow.Batch) []flow.Host { return b.Src }),
		dstTuples: hostTuples(func(b *flow.Batch) []flow.Host { return b.Dst }),
		Sets:      slices.Clone(hostSets),
	}
	for _, f := range []Feature{
		gathered("in_num_conns", Int, Count, volumeByState, volumeCount, "Records of which the address is the destination."),
		gathered("in_num_peers", Int, Count, inContacts, partPeers, "Distinct sources of these."),
		gathered("in_num_dst_port", Int, Count, inContacts, partPorts, "Distinct ports of the address that were asked for."),
		gathered("in_dst_port_per_peer_max", Int, Count, inContacts, partPortsPerPeerMax, "Largest number of ports that a source asked for; 0 without records."),
		gathered("in_peer_per_dst_port_max", Int, Count, inContacts, partPeersPerPortMax, "Largest number of sources that asked for a port; 0 without records."),
		gathered("in_new_peers", Int, Count, inContacts, partNewPeers, "Sources that the address had no record of in an earlier window."),
		gathered("in_bytes_up", Int, Bytes, volumeByState, volumeUp, "Bytes that sources sent to the address."),
		gathered("in_bytes_dw", Int, Bytes, volumeByState, volumeDown, "Bytes that it sent to them."),
		gathered("in_state_new", Int, Count, volumeByState, volumeClass+int(flow.New), "Records to it in state new."),
		gathered("in_state_reset", Int, Count, volumeByState, volumeClass+int(flow.Reset), "Records to it in state reset."),
		derived("in_failed_share", Float, Ratio, failedShare("in_"), "(in_state_new + in_state_reset) / in_num_conns; 0 without records."),
		gathered("in_peer_entropy", Float, Nats, inContacts, partPeerEntropy, "Shannon entropy of the records' sources."),
		derived("in_peer_entropy_norm", Float, Ratio, normalised("in_peer_entropy", "in_num_conns"), "in_peer_entropy / ln(in_num_conns); 0 of less than two records."),
	} {
		f.Dst = f.Gather != nil
		g.Features = append(g.Features, f)
	}
	if o.Approx {
		g.approximate()
	}
	if o.HostWindow > 0 {
		g.Doc = "What an address did, as a source and (in_…) as a destination, in windows of " + o.HostWindow.String() + "."
		g.Keys = append(g.Keys, Field{Name: "window_start", Type: Time, Role: Key, Doc: "When the window begins."})
		g.windows = func() *flow.Windows { return flow.NewWindows(o.HostWindow, flow.Tumbling) }
	}
	return g
}

var hostSets = []Set{
	{"source", []string{
		"num_conns", "num_peers", "num_dst_port", "dst_port_per_peer_max", "peer_per_dst_port_max",
		"new_peers", "bytes_up", "state_new", "state_reset", "beacon_score",
	}, "what tells scans, floods, beacons and exfiltration by their source"},
	{"destination", []string{
		"in_num_conns", "in_num_peers", "in_num_dst_port", "in_dst_port_per_peer_max", "in_peer_per_dst_port_max",
		"in_new_peers", "in_bytes_dw", "in_state_new", "in_state_reset",
	}, "what tells whom they are aimed at"},
}

// hostTuples returns the addresses at one end of the records.
func hostTuples(end func(*flow.Batch) []flow.Host) func([]tuple, *flow.Batch) {
	return func(dst []tuple, b *flow.Batch) {
		for i, h := range end(b) {
			dst[i] = tuple{src: h}
		}
	}
}

// failedShare works out the share of records that failed, 0 of none, of the
// columns that begin with prefix.
func failedShare(prefix string) func(t *Table, c *Column) {
	return func(t *Table, c *Column) {
		unanswered, reset, n := t.Column(prefix+"state_new").Ints, t.Column(prefix+"state_reset").Ints, t.Column(prefix+"num_conns").Ints
		for i := range n {
			c.Floats = append(c.Floats, float64(unanswered[i]+reset[i])/float64(max(n[i], 1)))
		}
	}
}

// normSuffix is what the name of an entropy that is normalised ends in.
const normSuffix = "_norm"

// normalised works out an entropy as a share of the highest that there is of
// so many records.
func normalised(entropy, records string) func(t *Table, c *Column) {
	return func(t *Table, c *Column) {
		h, n := t.Column(entropy).Floats, t.Column(records).Ints
		for i := range h {
			c.Floats = append(c.Floats, h[i]/math.Log(float64(max(n[i], 2))))
		}
	}
}
