package features

import "toolkit/flow"

// BatchesTable is the name of the table of batches.
const BatchesTable = "batches"

// Batches has a row for each window of time in which there was a record: the
// 57 features of SeedBatches, and what its records carry, how long they last
// and by which protocols.
func Batches(o Options) *Grouping {
	g := SeedBatches(o)
	seed, mix := g.Features, mixFeatures()
	g.Features, g.Sets = append(seed[:len(seed):len(seed)], mix...), batchSets(seed, mix)
	if o.Approx {
		g.approximate()
	}
	return g
}

// SeedBatches is Batches with the seed's features alone.
func SeedBatches(o Options) *Grouping {
	t := trafficOf(o.SeedCompat)
	g := &Grouping{
		Name: BatchesTable,
		Doc:  "Records of one window of " + o.Bin.String() + ".",
		Keys: []Field{{Name: "window_start", Type: Time, Role: Key, Doc: "When the window begins; in window mode seed, the time of its first record."}},
		Features: []Feature{
			derived("time_delta", Float, Seconds, func(t *Table, c *Column) {
				for i := range t.Len() {
					c.Floats = append(c.Floats, float64(t.first+int64(i))*o.Bin.Seconds())
				}
			}, "Length of all windows before this one that have a row."),
			gathered("num_entries", Int, Count, volumeByState, volumeCount, "Records of the window."),
			gathered("count_dst_port", Int, Count, t, partDstPorts, "Distinct destination ports."),
			gathered("count_src_port", Int, Count, t, partSrcPorts, "Distinct source ports."),
			gathered("count_dst_ip", Int, Count, t, partDstIPs, "Distinct destination addresses."),
			gathered("count_src_ip", Int, Count, t, partSrcIPs, "Distinct source addresses."),
		},
		windows: func() *flow.Windows { return flow.NewWindows(o.Bin, o.WindowMode) },
		tuples:  noTuple,
	}
	for _, s := range states {
		g.Features = append(g.Features, gathered("num_state_"+s.String(), Int, Count, volumeByState, volumeClass+int(s), "Records in state "+s.String()+"."))
	}
	g.Features = append(g.Features,
		gathered("count_conns", Int, Count, t, partConns, "Distinct pairs of addresses."),
		gathered("count_flows", Int, Count, t, partFlows, "Distinct flow tuples."),
		gathered("num_flows_per_conn_mean", Float, Count, t, partFlowsPerConn, "Flow tuples for each pair of addresses."))
	what := " number of distinct "
	if o.SeedCompat {
		what = " number of records, as the seed counted, for "
	}
	for i, d := range perDists {
		for j, s := range perStats {
			typ := Float
			g.Features = append(g.Features, gathered(d.name+"_"+s.name, typ, Count, t, trafficCounts+i*len(perStats)+j, s.doc+what+d.doc+"."))
		}
	}
	return g
}
