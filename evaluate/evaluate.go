package evaluate

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Records says of each record what methods are compared by. Slices are as
// long as there are records; those that are nil are not known.
type Records struct {
	Pair   []int32 // number of its source and destination addresses, from 0
	Host   []int32 // number of its source address, from 0
	Label  []int32 // index in Labels, below 0 for none
	Labels []string
	Time   []int64 // Unix seconds at which its window begins
}

// Len returns the number of records.
func (r *Records) Len() int { return max(len(r.Pair), len(r.Host), len(r.Label), len(r.Time)) }

// A View is what a method says of each record. Slices are as long as there
// are records; those that a method doesn't give are nil.
type View struct {
	Name    string    // its own among all views: agreement goes by it
	Rule    string    // what it flags, in words
	Learned bool      // whether it has learned from labels, each record judged by those of others
	Flagged []bool    // whether it calls the record anomalous
	Score   []float64 // the higher, the stranger; NaN where it could not judge
	Cluster []int32   // from 0, below 0 for noise
}

// Options are the choices of an evaluation.
type Options struct {
	Benign    []string // words that make a label benign; nil stands for DefaultBenign
	Bootstrap int      // samples that intervals and tests are made of; 0 for none
	Seed      uint64   // of the samples
}

// DefaultBootstrap is how many samples are enough for intervals of two digits.
const DefaultBootstrap = 200

// Evaluate compares views with the labels of the records and with one
// another; see New and Evaluator.Add.
func Evaluate(rec *Records, views []View, o Options) *Evaluation {
	e := New(rec, o)
	for _, v := range views {
		e.Add(v)
	}
	return e.Evaluation()
}

// An Evaluator takes in one view after the other, so that not all of them
// need be in memory: of each it keeps one bit a record.
type Evaluator struct {
	rec      *Records
	n        int
	labels   []Label
	class    []int32 // index in labels of each record; nil without labels
	ev       Evaluation
	flagged  []*flaggedSet // of each method, nil if it gives no flags
	ranks    []*scoreRanks // of each method, nil if it gives no scores
	buf      []uint64      // to rank scores in
	pairs    int           // one above the highest number of a pair
	hosts    int
	distinct struct{ pairs, hosts int }
	windows  int
	window   []int32        // number of each record's window; nil if times are not known
	event    []int32        // of which of ev.Events each record is, -1 for none; nil without labels or times
	quiet    map[int64]bool // whether a window has no anomalous record
	boot     *bootstrap     // nil if there is none
}

// New returns an Evaluator of views on these records, which it keeps and
// doesn't change. Labels with one of the benign words are benign (see Benign),
// all others are anomalous. Records without a label are benign if there are
// others that have one. It panics if the parts of rec differ in length.
// Besides rec it takes 12 bytes a record, and 2 a pair and sample of the
// bootstrap.
func New(rec *Records, o Options) *Evaluator {
	benign := o.Benign
	if benign == nil {
		benign = DefaultBenign
	}
	e := &Evaluator{rec: rec, n: rec.Len()}
	for _, part := range []struct {
		name string
		of   []int32
	}{{"Pair", rec.Pair}, {"Host", rec.Host}, {"Label", rec.Label}} {
		if part.of != nil {
			checkLen(part.name, len(part.of), e.n)
		}
	}
	if rec.Time != nil {
		checkLen("Time", len(rec.Time), e.n)
		e.numberWindows()
	}
	e.pairs, e.distinct.pairs = numbers(rec.Pair)
	e.hosts, e.distinct.hosts = numbers(rec.Host)
	e.ev = Evaluation{Records: int64(e.n), Methods: []Outcome{}, Agreement: []Agreement{}}
	e.classify(benign)
	if e.class != nil {
		e.ev.Labelled = true
		e.ev.Benign = benign
		e.ev.Labels = e.labels
	}
	for _, l := range e.labels {
		if l.Anomalous {
			e.ev.Anomalous += l.Records
		}
	}
	if e.class != nil && e.n > 0 {
		e.ev.Noise = NoiseOf(float64(e.ev.Anomalous) / float64(e.n))
	}
	e.findEvents()
	if o.Bootstrap > 0 && e.class != nil && rec.Pair != nil && e.ev.Anomalous > 0 && e.ev.Anomalous < e.ev.Records {
		e.boot = newBootstrap(rec.Pair, o.Bootstrap, o.Seed)
		e.ev.Bootstrap = o.Bootstrap
	}
	return e
}

// numbers returns one above the highest of the numbers, and how many differ.
func numbers(of []int32) (bound, distinct int) {
	if len(of) == 0 {
		return 0, 0
	}
	bound = int(slices.Max(of)) + 1
	set := newBitmap(bound)
	for _, k := range of {
		set.set(int(k))
	}
	return bound, int(set.count())
}

// numberWindows numbers the windows of the records in the order of time.
func (e *Evaluator) numberWindows() {
	times := slices.Compact(slices.Sorted(slices.Values(e.rec.Time)))
	e.windows, e.window = len(times), make([]int32, e.n)
	for i, t := range e.rec.Time {
		at, _ := slices.BinarySearch(times, t)
		e.window[i] = int32(at)
	}
}

// classify fills in labels and class. Labels of one name are one label.
func (e *Evaluator) classify(benign []string) {
	// To each index in Labels, after one for no label, its place in e.labels.
	place := make([]int32, len(e.rec.Labels)+1)
	byName := map[string]int32{Unlabelled: 0}
	e.labels = []Label{{Name: Unlabelled}}
	for i, name := range e.rec.Labels {
		if strings.TrimSpace(name) == "" {
			name = Unlabelled
		}
		p, ok := byName[name]
		if !ok {
			p = int32(len(e.labels))
			byName[name] = p
			e.labels = append(e.labels, Label{Name: name, Anomalous: !Benign(name, benign)})
		}
		place[i+1] = p
	}
	for _, l := range e.rec.Label {
		e.labels[place[slot(l)]].Records++
	}
	if e.labels[0].Records == int64(len(e.rec.Label)) {
		e.labels = nil
		return
	}

	order := make([]int32, len(e.labels))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		x, y := e.labels[a], e.labels[b]
		return cmp.Or(
			falseFirst(a == 0, b == 0),
			falseFirst(!x.Anomalous, !y.Anomalous),
			cmp.Compare(y.Records, x.Records),
			strings.Compare(x.Name, y.Name),
		)
	})
	rank := make([]int32, len(order))
	var occurring []Label
	for _, p := range order {
		rank[p] = int32(len(occurring))
		if e.labels[p].Records > 0 {
			occurring = append(occurring, e.labels[p])
		}
	}
	e.labels = occurring
	for i, p := range place {
		place[i] = rank[p]
	}
	e.class = make([]int32, e.n)
	for i, l := range e.rec.Label {
		e.class[i] = place[slot(l)]
	}
}

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// Add takes in what a method says. It keeps no slice of v. A record whose
// score is NaN counts as not flagged. It panics if a part of v is not as long
// as there are records.
//
// Time is O(n); memory is n/8 bytes to keep and, where there are labels, 16·n
// for the scores of all views together and 4·n for a while with clusters.
func (e *Evaluator) Add(v View) {
	if v.Flagged != nil {
		checkLen(v.Name+": Flagged", len(v.Flagged), e.n)
	}
	if v.Score != nil {
		checkLen(v.Name+": Score", len(v.Score), e.n)
	}
	if v.Cluster != nil {
		checkLen(v.Name+": Cluster", len(v.Cluster), e.n)
	}
	out := Outcome{Name: v.Name, Rule: v.Rule, Learned: v.Learned}
	for _, s := range v.Score {
		if math.IsNaN(s) {
			out.Unjudged++
		}
	}
	var set *flaggedSet
	if v.Flagged != nil {
		set = e.flags(&v)
		out.Flagged = set.counts()
	}
	if e.class != nil && (set != nil || v.Score != nil) {
		out.Detection = e.detection(&v, set)
		if set != nil {
			out.Detection.Events = e.byEvent(set)
		}
	}
	if e.class != nil && v.Cluster != nil {
		out.Clusters = e.clustering(v.Cluster)
	}
	e.ev.Methods = append(e.ev.Methods, out)
	e.flagged = append(e.flagged, set)
	e.ranks = append(e.ranks, e.rankScores(v.Score))
}

// flags gathers what v flags in each unit.
func (e *Evaluator) flags(v *View) *flaggedSet {
	set := &flaggedSet{records: newBitmap(e.n)}
	if e.rec.Pair != nil {
		set.pairs = newBitmap(e.pairs)
	}
	if e.rec.Host != nil {
		set.hosts = newBitmap(e.hosts)
	}
	if e.window != nil {
		set.windows = newBitmap(e.windows)
	}
	for i, f := range v.Flagged {
		if !f || v.Score != nil && math.IsNaN(v.Score[i]) {
			continue
		}
		set.records.set(i)
		if set.pairs != nil {
			set.pairs.set(int(e.rec.Pair[i]))
		}
		if set.hosts != nil {
			set.hosts.set(int(e.rec.Host[i]))
		}
		if set.windows != nil {
			set.windows.set(int(e.window[i]))
		}
	}
	return set
}

// detection compares flags, if there are any, and scores with the labels.
func (e *Evaluator) detection(v *View, set *flaggedSet) *Detection {
	d := new(Detection)
	var c Confusion
	if set != nil {
		c = e.confusion(set, d)
	}
	positive := func(i int) bool { return e.labels[e.class[i]].Anomalous }
	if e.boot != nil {
		d.Intervals = new(Intervals)
		if set != nil {
			e.boot.flags(e.tallies(set), d.Intervals)
		}
	}
	if v.Score == nil {
		d.AUROC, d.AUPR = areas(c.steps)
		if e.boot != nil {
			e.boot.scores(v.Name, set.asScore(e.n), positive, d.Intervals)
		}
		return d
	}
	if e.buf == nil {
		e.buf = make([]uint64, 2*e.n)
	}
	r := rank(e.buf, v.Score, positive)
	d.AUROC, d.AUPR = areas(r.steps)
	d.PrecisionAt = precisionAt(r.steps, []int64{10, 100, 1000, e.ev.Anomalous})
	d.RecallAt1, d.Best, d.Curve = recallAt(r.steps, 0.01), best(r.steps), curve(r.steps)
	if e.boot != nil {
		e.boot.scores(v.Name, v.Score, positive, d.Intervals)
	}
	return d
}

// tallies returns the confusion of each pair's records.
func (e *Evaluator) tallies(set *flaggedSet) []Confusion {
	out := make([]Confusion, e.pairs)
	for i, class := range e.class {
		out[e.rec.Pair[i]].add(set.records.has(i), e.labels[class].Anomalous, 1)
	}
	return out
}

// confusion fills in what d says of flags.
func (e *Evaluator) confusion(set *flaggedSet, d *Detection) (c Confusion) {
	hits := make([]int64, len(e.labels))
	for i, class := range e.class {
		if set.records.has(i) {
			hits[class]++
		}
	}
	for k, l := range e.labels {
		c.add(true, l.Anomalous, hits[k])
		c.add(false, l.Anomalous, l.Records-hits[k])
		d.ByLabel = append(d.ByLabel, LabelRecall{l.Name, l.Records, hits[k], float64(hits[k]) / float64(l.Records)})
	}
	d.TruePositives, d.FalsePositives, d.FalseNegatives, d.TrueNegatives = c.TP, c.FP, c.FN, c.TN
	d.Precision, d.Recall, d.F1 = c.Precision(), c.Recall(), c.F1()
	d.MCC = c.MCC()
	return c
}

func (e *Evaluator) clustering(cluster []int32) *Clustering {
	t := NewContingency(e.class, cluster)
	c := &Clustering{Clusters: len(t.cols), ARI: t.ARI(), AMI: t.AMI(), NMI: t.NMI(), V: t.VMeasure(), FowlkesMallows: t.FowlkesMallows()}
	c.Homogeneity, c.Completeness = t.HomogeneityCompleteness()
	for _, k := range cluster {
		if k < 0 {
			c.Noise++
		}
	}
	if c.Noise > 0 {
		c.Clusters--
	}
	return c
}

// Evaluation returns what came of the views so far, in the order in which
// they were added. Comparing every two of m methods takes O(m²·n/64).
func (e *Evaluator) Evaluation() *Evaluation {
	ev := e.ev
	for i, x := range e.flagged {
		for j := i + 1; j < len(e.flagged); j++ {
			if y := e.flagged[j]; x != nil && y != nil {
				ev.Agreement = append(ev.Agreement, e.agreement(ev.Methods[i].Name, ev.Methods[j].Name, x, y)...)
			}
			if x, y := e.ranks[i], e.ranks[j]; x != nil && y != nil {
				ev.Ranks = append(ev.Ranks, x.compare(y, ev.Methods[i].Name, ev.Methods[j].Name))
			}
		}
	}
	if e.boot != nil {
		aupr := map[string]float64{}
		for _, m := range ev.Methods {
			if m.Detection != nil && m.Detection.AUPR != nil {
				aupr[m.Name] = *m.Detection.AUPR
			}
		}
		ev.Tests = e.boot.tests(aupr)
	}
	return &ev
}
