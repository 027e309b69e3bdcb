package features

// mixFeatures are what batches say of bytes, durations and protocols, beyond
// the seed's features.
func mixFeatures() []Feature {
	var fs []Feature
	stats := func(prefix string, spread int, of, null string, names ...string) {
		for _, s := range mixStats {
			for _, name := range names {
				if s.name != name {
					continue
				}
				typ, unit := Float, Bytes
				if durational(spread) {
					unit = Seconds
				} else if s.stat <= statMax {
					typ = Int
				}
				fs = append(fs, gathered(prefix+"_"+s.name, typ, unit, amounts, amountPart(spread, s.stat), s.doc+of+null+"."))
			}
		}
	}
	all := []string{"max", "mean", "std", "perc25", "perc50", "perc75", "perc90"}
	some := []string{"max", "mean", "perc50", "perc90"}
	fs = append(fs, gathered("bytes_up", Int, Bytes, amounts, amountPart(spreadUp, statSum), "Bytes from sources to destinations."))
	stats("bytes_up", spreadUp, "bytes from source to destination of a record", "", all...)
	fs = append(fs, gathered("bytes_dw", Int, Bytes, amounts, amountPart(spreadDown, statSum), "Bytes from destinations to sources."))
	stats("bytes_dw", spreadDown, "bytes from destination to source of a record", "", all...)
	fs = append(fs, gathered("duration_conns", Int, Count, amounts, amountPart(spreadDuration, statCount),
		"Records with a duration above 0: one that is 0 can't be told from one that the source doesn't know, and counts in no column of durations."))
	stats("duration", spreadDuration, "duration of a record", "; null if duration_conns is 0", all...)
	fs = append(fs, gathered("count_protocol", Int, Count, protocols, 0, "Distinct protocols."),
		derived("protocol_entropy", Float, Nats, func(t *Table, c *Column) {
			of := classColumns(t, "_conns")
			counts := make([]int64, len(of))
			for i := range t.Len() {
				n := int64(0)
				counts := counts[:0]
				for _, c := range of {
					if v := c[i]; v > 0 {
						counts, n = append(counts, v), n+v
					}
				}
				c.Floats = append(c.Floats, entropyOf(counts, n))
			}
		}, "Shannon entropy of tcp_conns, udp_conns, icmp_conns and other_conns."))
	for k, p := range amountClasses {
		bytes, duration := spreadClassBytes+k, spreadClassDuration+k
		fs = append(fs,
			gathered(p.name+"_conns", Int, Count, amounts, amountPart(bytes, statCount), "Records of "+p.doc+"."),
			derived(p.name+"_share", Float, Ratio, share(p.name+"_conns", "_conns"), p.name+"_conns as a share of num_entries."),
			gathered(p.name+"_bytes", Int, Bytes, amounts, amountPart(bytes, statSum), "Bytes of these, in both directions."),
			derived(p.name+"_bytes_share", Float, Ratio, share(p.name+"_bytes", "_bytes"), p.name+"_bytes / (bytes_up + bytes_dw); 0 if no record has bytes."))
		stats(p.name+"_bytes", bytes, "bytes of a record of "+p.doc+", in both directions", "; 0 if "+p.name+"_conns is 0", some...)
		fs = append(fs, gathered(p.name+"_duration_conns", Int, Count, amounts, amountPart(duration, statCount), "Records of "+p.doc+" with a duration above 0."))
		stats(p.name+"_duration", duration, "duration of a record of "+p.doc, "; null if "+p.name+"_duration_conns is 0", some...)
	}
	return fs
}

// mixStats are the numbers that sum up a spread in batches.
var mixStats = []struct {
	name string
	stat spreadStat
	doc  string
}{
	{"max", statMax, "Largest "},
	{"mean", statMean, "Mean "},
	{"std", statStd, "Standard deviation (of a population) of the "},
	{"perc25", statQuantiles, "25th percentile of the "},
	{"perc50", statQuantiles + 1, "Median "},
	{"perc75", statQuantiles + 2, "75th percentile of the "},
	{"perc90", statQuantiles + 3, "90th percentile of the "},
}

// share works out a column as a share of the sum of those of all classes of
// protocols that end so.
func share(of, end string) func(t *Table, c *Column) {
	return func(t *Table, c *Column) {
		part, classes := t.Column(of).Ints, classColumns(t, end)
		for i := range part {
			var whole float64
			for _, c := range classes {
				whole += float64(c[i])
			}
			c.Floats = append(c.Floats, float64(part[i])/max(whole, 1))
		}
	}
}

// classColumns returns the columns of all classes of protocols that end so.
func classColumns(t *Table, end string) (of [len(amountClasses)][]int64) {
	for k, p := range amountClasses {
		of[k] = t.Column(p.name + end).Ints
	}
	return of
}

// batchSets are the named sets of the features of batches.
func batchSets(seed, mix []Feature) []Set {
	names := func(fs []Feature, keep func(*Feature) bool) (names []string) {
		for i := range fs {
			if keep(&fs[i]) {
				names = append(names, fs[i].Name)
			}
		}
		return names
	}
	duration := func(f *Feature) bool { return f.Gather == amounts && durational(f.Part/spreadStats) }
	return []Set{
		{"seed57", names(seed, func(*Feature) bool { return true }), "all that the seed had of a batch"},
		{"mix", names(mix, func(f *Feature) bool { return !duration(f) }), "bytes and protocols, never null"},
		{"durations", names(mix, func(f *Feature) bool {
			return duration(f) && f.Part/spreadStats == spreadDuration
		}), "durations; rows without one are left out"},
	}
}
