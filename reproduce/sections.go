package reproduce

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/cluster/dbscan"
	"toolkit/cluster/kmeans"
	"toolkit/cluster/spectral"
	"toolkit/detect/iqr"
	"toolkit/features"
	"toolkit/flow"
	"toolkit/pca"
)

// The headings of figures.
const (
	sectionData     = "Data"
	sectionTuples   = "Flow tuples"
	sectionPairs    = "Pairs of addresses in 10 s"
	sectionBatches  = "Batches and entropy"
	sectionAlerts   = "Alerts"
	sectionVerdicts = "Verdicts"
)

// dataFacts are what is known of the records as a whole.
type dataFacts struct {
	records, up, down                                             int64
	seconds                                                       float64
	protocols, states, srcIPs, dstIPs, srcPorts, dstPorts, tuples int
}

func (w *work) facts(s features.Summary) {
	t := w.r.Tables["flow_tuples"]
	f := &dataFacts{records: s.Records, up: s.BytesUp, down: s.BytesDown, seconds: s.Last.Sub(s.First).Seconds(), tuples: t.Len()}
	f.protocols, f.srcIPs, f.dstIPs = codes(t, "ip_protocol"), codes(t, "src_ip"), codes(t, "dst_ip")
	f.srcPorts, f.dstPorts = values(t, "src_port"), values(t, "dst_port")
	for _, state := range flow.States() {
		if c := t.Column("state_" + state); c != nil && slices.Max(c.Ints) > 0 {
			f.states++
		}
	}
	w.r.Original = true
	for _, fact := range facts {
		if fact.of(f) != fact.value {
			w.r.Original = false
		}
	}
	for _, fact := range facts {
		v := number(fact.of(f))
		fault := None
		if v.Number != fact.value {
			fault = Data
		}
		w.add(sectionData, fact.name, "", number(fact.value), v, v, fault)
	}
}

// codes counts the distinct values of a column of text that occur.
func codes(t *features.Table, name string) int {
	seen := map[uint32]bool{}
	for _, c := range t.Column(name).Codes {
		seen[c] = true
	}
	return len(seen)
}

func values(t *features.Table, name string) int {
	seen := map[int64]bool{}
	for _, v := range t.Column(name).Ints {
		seen[v] = true
	}
	return len(seen)
}

// tuples are PCA, k-means and DBSCAN of flow tuples.
func (w *work) tuples() error {
	few, err := w.matrix("flow_tuples", "min")
	if err != nil {
		return err
	}
	many, err := w.matrix("flow_tuples", "max")
	if err != nil {
		return err
	}
	res, err := w.fit("PCA of flow tuples, 4 columns, centred", pca.Algorithm, components(2), few, "flow_tuples", false, false)
	if err != nil {
		return err
	}
	w.variances(sectionTuples, res, res, tupleVariance, tupleShare, None)
	if res, err = w.fit("k-means of flow tuples, 23 columns, k = 5", kmeans.Algorithm, clusters(5, 5), many, "flow_tuples", true, false); err != nil {
		return err
	}
	w.add(sectionTuples, "k-means, k = 5: inertia", "", none(), stat(res, "inertia"), stat(res, "inertia"), Unsaid)
	w.add(sectionTuples, "k-means, k = 5: samples by cluster", "", none(), sizes(res.Labels, many), sizes(res.Labels, many), Unsaid)
	if res, err = w.fit("DBSCAN of flow tuples, eps 0.5, min_samples 2", dbscan.Algorithm, within(0.5), few, "flow_tuples", true, false); err != nil {
		return err
	}
	t := w.r.Tables["flow_tuples"]
	first := firstCluster(t, few, res)
	faulty := w.sources(t, few, func(i int) bool { return res.Labels[i] != first })
	right := w.sources(t, few, func(i int) bool { return res.Labels[i] == algo.Noise })
	w.add(sectionTuples, "DBSCAN: source addresses of outliers", "", number(46), number(float64(len(faulty))), number(float64(len(right))), Label)
	w.add(sectionTuples, worst+" is one of them", "", words("yes"), yes(faulty[worst]), yes(right[worst]), None)
	w.add(sectionTuples, "DBSCAN: clusters", "", none(), stat(res, "clusters"), stat(res, "clusters"), Unsaid)
	w.add(sectionTuples, "DBSCAN: noise", "tuples", none(), stat(res, "noise"), stat(res, "noise"), Unsaid)
	return nil
}

func yes(b bool) Value {
	if b {
		return words("yes")
	}
	return words("no")
}

// variances adds the explained variances and their shares.
func (w *work) variances(section string, replayed, right *algo.Result, theirs, theirShare []float64, fault Fault) {
	a, aShare := variance(replayed)
	b, bShare := variance(right)
	at := func(v []float64, k int, times float64) Value {
		if k >= len(v) {
			return none()
		}
		return number(v[k] * times)
	}
	for k := range theirs {
		w.add(section, fmt.Sprintf("PCA: variance of component %d", k+1), "", number(theirs[k]), at(a, k, 1), at(b, k, 1), fault)
	}
	for k := range theirShare {
		w.add(section, fmt.Sprintf("PCA: share of component %d", k+1), "%", number(theirShare[k]), at(aShare, k, 100), at(bShare, k, 100), fault)
	}
}

// firstCluster returns the label of what the original's library numbered 0: the
// cluster of the first core row in its order of rows, which is that of the
// keys as text, ports as numbers.
func firstCluster(t *features.Table, x *features.Matrix, res *algo.Result) int32 {
	kind := res.Columns[0]
	src, dst, proto := t.Column("src_ip"), t.Column("dst_ip"), t.Column("ip_protocol")
	sport, dport := t.Column("src_port"), t.Column("dst_port")
	best := -1
	for i := range res.Labels {
		if kind.String(i) != "core" {
			continue
		}
		if best < 0 {
			best = i
			continue
		}
		a, b := int(x.TableRow(i)), int(x.TableRow(best))
		if cmp.Or(cmp.Compare(src.String(a), src.String(b)), cmp.Compare(sport.Ints[a], sport.Ints[b]), cmp.Compare(dst.String(a), dst.String(b)),
			cmp.Compare(dport.Ints[a], dport.Ints[b]), cmp.Compare(proto.String(a), proto.String(b))) < 0 {
			best = i
		}
	}
	if best < 0 {
		return 0
	}
	return res.Labels[best]
}

// sources returns the source addresses of the rows that are chosen.
func (w *work) sources(t *features.Table, x *features.Matrix, chosen func(i int) bool) map[string]bool {
	out := map[string]bool{}
	src := t.Column("src_ip")
	n, _ := x.Dims()
	for i := range n {
		if chosen(i) {
			out[src.String(int(x.TableRow(i)))] = true
		}
	}
	return out
}

// pairs are PCA, k-means, DBSCAN and spectral clustering of pairs.
func (w *work) pairs() error {
	right, err := w.matrix(features.PairsTable, "pair8")
	if err != nil {
		return err
	}
	ten := doubled(right)
	w.add(sectionPairs, "samples", "", number(342_093), number(right.Samples()), number(right.Samples()), None)
	both := func(title string, a *algo.Algorithm, m func() algo.Method) (r [2]*algo.Result, err error) {
		for k, x := range []*features.Matrix{ten, right} {
			name := title + ", ten columns as in the original"
			if k == 1 {
				name = title + ", eight columns"
			}
			if r[k], err = w.fit(name, a, m(), x, features.PairsTable, true, k == 0); err != nil {
				return r, err
			}
		}
		return r, nil
	}
	r, err := both("PCA of pairs", pca.Algorithm, func() algo.Method { return components(6) })
	if err != nil {
		return err
	}
	w.variances(sectionPairs, r[0], r[1], pairVariance, pairShare, Doubled)
	four := func(r *algo.Result) Value {
		_, share := variance(r)
		var sum float64
		for _, s := range share[:min(4, len(share))] {
			sum += 100 * s
		}
		return number(sum)
	}
	w.add(sectionPairs, "PCA: share of the first 4 components", "%", number(94), four(r[0]), four(r[1]), Rounding)

	if r, err = both("k-means of pairs, k = 1 to 10", kmeans.Algorithm, func() algo.Method { return clusters(1, 10) }); err != nil {
		return err
	}
	elbow := func(r *algo.Result, k int) (inertia, distance Value) {
		for _, t := range r.Tables {
			if t.Name == "elbow" && k <= t.Len() {
				return number(t.Column("inertia").Floats[k-1]), number(t.Column("mean_distance").Floats[k-1])
			}
		}
		return none(), none()
	}
	for k := 1; k <= 10; k++ {
		_, a := elbow(r[0], k)
		_, b := elbow(r[1], k)
		w.add(sectionPairs, fmt.Sprintf("k-means: mean distance to the centre, k = %d", k), "", none(), a, b, Unsaid)
	}
	for _, k := range []int{4, 8} {
		if r, err = both(fmt.Sprintf("k-means of pairs, k = %d", k), kmeans.Algorithm, func() algo.Method { return clusters(k, k) }); err != nil {
			return err
		}
		w.add(sectionPairs, fmt.Sprintf("k-means, k = %d: samples by cluster", k), "", none(), sizes(r[0].Labels, ten), sizes(r[1].Labels, right), Unsaid)
	}
	if r, err = both("DBSCAN of pairs, eps 1, min_samples 2", dbscan.Algorithm, func() algo.Method { return within(1) }); err != nil {
		return err
	}
	w.add(sectionPairs, "DBSCAN: clusters", "", words("out of memory"), stat(r[0], "clusters"), stat(r[1], "clusters"), Memory)
	w.add(sectionPairs, "DBSCAN: noise", "samples", words("out of memory"), stat(r[0], "noise"), stat(r[1], "noise"), Memory)
	for _, k := range []int{4, 8} {
		if r, err = both(fmt.Sprintf("spectral clustering of pairs, rbf, %d clusters", k), spectral.Algorithm, func() algo.Method { return cuts(k) }); err != nil {
			return err
		}
		w.add(sectionPairs, fmt.Sprintf("spectral, rbf, %d clusters: samples by cluster", k), "", words("out of memory"), sizes(r[0].Labels, ten), sizes(r[1].Labels, right), Memory)
	}
	return nil
}

// batches are the windows and their 57 features.
func (w *work) batches(s features.Summary) {
	seed, right := w.r.Tables["batches_seed"], w.r.Tables[features.BatchesTable]
	w.add(sectionBatches, "batches", "", number(12_904), number(float64(seed.Len())), number(float64(right.Len())), Flush)
	analysed := func(t *features.Table) Value {
		var n int64
		for _, v := range t.Column("num_entries").Ints {
			n += v
		}
		return number(float64(s.Records - n))
	}
	w.add(sectionBatches, "records never analysed", "", none(), analysed(seed), analysed(right), Flush)
	w.add(sectionBatches, "features of a batch", "", number(57), number(57), number(57), None)
	for _, name := range []string{"dst_port_per_src_ip_max", "dst_ip_per_src_ip_max", "src_ip_per_dst_ip_max"} {
		top := func(t *features.Table) Value {
			c := t.Column(name)
			v := 0.0
			for i := range c.Len() {
				v = max(v, c.Float(i))
			}
			return number(v)
		}
		w.add(sectionBatches, name+", highest of all batches", "", none(), top(seed), top(right), Counts)
	}
}

// entropy is that of the last hundred records, at each.
func (w *work) entropy(e *entropy) {
	w.r.Tables["entropy"] = e.table()
	for k, name := range entropyFields {
		v := number(e.mean(k))
		w.add(sectionBatches, "entropy of "+name+" over 100 records, mean", "nats", words("not finished"), v, v, Stopped)
	}
}

// alerts are the counts of alerts, in records.
func (w *work) alerts(c *counts) {
	for k, choice := range iqr.Choices {
		fault := Flush
		if k == 3 {
			fault = Digit
		}
		w.add(sectionAlerts, "IQR by "+strings.Join(choice, ", "), "", number(iqrAlerts[k]), number(float64(at(c.iqr[flow.Seed], k))), number(float64(at(c.iqr[flow.Tumbling], k))), fault)
	}
	w.add(sectionAlerts, "all detectors, IQR by num_dst_ports", "", number(92_656), number(float64(c.faulty)), number(float64(len(c.accused))), Adding)
}

func at(v []int64, k int) int64 {
	if k < len(v) {
		return v[k]
	}
	return 0
}

// addresses are the original's verdicts.
func (w *work) addresses(c *counts) {
	t := w.r.Tables["flow_tuples"]
	dst, port := t.Column("dst_ip"), t.Column("dst_port")
	ports := map[uint32]map[int64]bool{}
	for i := range t.Len() {
		if ports[dst.Codes[i]] == nil {
			ports[dst.Codes[i]] = map[int64]bool{}
		}
		ports[dst.Codes[i]][port.Ints[i]] = true
	}
	many := 0
	for _, p := range ports {
		if len(p) > 100 {
			many++
		}
	}
	w.add(sectionVerdicts, "destination addresses with more than 100 ports", "", number(15), number(float64(many)), number(float64(many)), None)
	top := ""
	for addr, n := range c.by {
		if top == "" || n > c.by[top] || n == c.by[top] && addr < top {
			top = addr
		}
	}
	w.add(sectionVerdicts, "address of the worst behaviour", "", words(worst), words(cmp.Or(top, "–")), words(w.strangest()), None)
}

// strangest returns the source address whose flows fail most often, by the
// lower end of the interval of that share: new and reset states are tries
// that came to nothing.
func (w *work) strangest() string {
	t := w.r.Tables["flow_tuples"]
	src, n := t.Column("src_ip"), t.Column("num_conns")
	failed, all := map[uint32]float64{}, map[uint32]float64{}
	for i := range t.Len() {
		all[src.Codes[i]] += float64(n.Ints[i])
		for _, s := range []string{"state_new", "state_reset"} {
			failed[src.Codes[i]] += t.Column(s).Float(i)
		}
	}
	best, name := math.Inf(-1), "–"
	for code, n := range all {
		if v := failed[code] * wilson(failed[code]/n, n); v > best || v == best && src.Dict[code] < name {
			best, name = v, src.Dict[code]
		}
	}
	return name
}

// wilson is the lower end of the 95 % interval of a share p of n (Wilson 1927).
func wilson(p, n float64) float64 {
	const z = 1.96
	return (p + z*z/(2*n) - z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))) / (1 + z*z/n)
}

func sortDown(v []float64) { slices.SortFunc(v, func(a, b float64) int { return cmp.Compare(b, a) }) }
