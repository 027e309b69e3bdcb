package hdbscan_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"toolkit/algo"
	"toolkit/cluster/hdbscan"
	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

func fit(t *testing.T, m hdbscan.Method, x *features.Matrix, workers int) *algo.Result {
	t.Helper()
	r, err := algo.Fit(context.Background(), &m, x, algo.Env{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// renumber returns the labels numbered by first row, noise as it is.
func renumber(labels []int32) []int32 {
	to := map[int32]int32{algo.Noise: algo.Noise}
	out := make([]int32, len(labels))
	for i, l := range labels {
		if _, ok := to[l]; !ok {
			to[l] = int32(len(to)) - 1
		}
		out[i] = to[l]
	}
	return out
}

// A slow is HDBSCAN* of samples written down as it is defined: no weights, no
// tree of rows, all distances; edges of one distance are removed at once
// (Campello et al. 2013, algorithm 1).
type slow struct {
	m     hdbscan.Method
	reach [][]float64 // mutual reachability distances
	all   []*slowCluster
	last  []*slowCluster // of each sample: the last cluster it is in
	at    []float64      // of each sample: the density at which it leaves that

	labels              []int32
	probability, scores []float64
}

type slowCluster struct {
	parent, taken *slowCluster
	below         []*slowCluster
	birth         float64
	members       []int // that it begins with
	selected      bool
}

func newSlow(x *mat.Dense, m hdbscan.Method) *slow {
	n, _ := x.Dims()
	s := &slow{m: m, last: make([]*slowCluster, n), at: make([]float64, n)}
	k := m.MinSamples
	if k == 0 {
		k = m.MinClusterSize
	}
	distance, core := make([][]float64, n), make([]float64, n)
	everyone := make([]int, n)
	for i := range n {
		everyone[i] = i
		for j := range n {
			var d2 float64
			for c, v := range x.RawRowView(i) {
				d2 += float64((v - x.At(j, c)) * (v - x.At(j, c)))
			}
			distance[i] = append(distance[i], math.Sqrt(d2))
		}
		sorted := slices.Sorted(slices.Values(distance[i]))
		core[i] = math.Inf(1)
		if k <= n {
			core[i] = sorted[k-1]
		}
	}
	for i := range n {
		for j := range n {
			distance[i][j] = max(distance[i][j], core[i], core[j])
		}
	}
	s.reach = distance
	s.grow(nil, 0, everyone)
	s.choose()
	s.tell()
	return s
}

// together returns the least distance by steps of which all members hang
// together (Prim 1957); of one member its core distance.
func (s *slow) together(members []int) float64 {
	longest := s.reach[members[0]][members[0]]
	out := slices.Clone(members[1:])
	to := map[int]float64{}
	for last := members[0]; len(out) > 0; {
		next := 0
		for k, i := range out {
			if d, ok := to[i]; !ok || s.reach[last][i] < d {
				to[i] = s.reach[last][i]
			}
			if to[i] < to[out[next]] {
				next = k
			}
		}
		last = out[next]
		longest = max(longest, to[last])
		out = slices.Delete(out, next, next+1)
	}
	return longest
}

// parts returns the sets of members that hang together by steps of less than
// that distance. A sample whose core distance isn't less is one of its own.
func (s *slow) parts(members []int, distance float64) [][]int {
	var parts [][]int
	seen := map[int]bool{}
	for _, i := range members {
		if seen[i] {
			continue
		}
		seen[i] = true
		part := []int{i}
		for k := 0; k < len(part); k++ {
			for _, j := range members {
				if !seen[j] && s.reach[part[k]][j] < distance {
					seen[j] = true
					part = append(part, j)
				}
			}
		}
		slices.Sort(part)
		parts = append(parts, part)
	}
	return parts
}

// grow follows a new cluster down to where it ends.
func (s *slow) grow(parent *slowCluster, birth float64, members []int) {
	c := &slowCluster{parent: parent, birth: birth, members: members}
	s.all = append(s.all, c)
	if parent != nil {
		parent.below = append(parent.below, c)
	}
	for {
		distance := s.together(members)
		var big [][]int
		for _, part := range s.parts(members, distance) {
			if len(part) >= s.m.MinClusterSize {
				big = append(big, part)
				continue
			}
			for _, i := range part {
				s.last[i], s.at[i] = c, 1/distance
			}
		}
		if len(big) != 1 {
			for _, part := range big {
				s.grow(c, 1/distance, part)
			}
			return
		}
		members = big[0]
	}
}

// within tells whether c is or is below d.
func (c *slowCluster) within(d *slowCluster) bool {
	return c == d || c.parent != nil && c.parent.within(d)
}

func (s *slow) stability(c *slowCluster) (sum float64) {
	for _, i := range c.members {
		end := s.at[i]
		if s.last[i] != c { // it leaves with the cluster below c
			for d := s.last[i]; d != c; d = d.parent {
				end = d.birth
			}
		}
		sum += end - c.birth
	}
	return sum
}

// mass selects the clusters at and below c that hold the most, and returns how
// much they hold.
func (s *slow) mass(c *slowCluster) float64 {
	var below float64
	for _, d := range c.below {
		below += s.mass(d)
	}
	own := s.stability(c)
	if c.parent == nil && !(s.m.AllowSingle && len(c.members) >= s.m.MinClusterSize) || below > own*(1+1e-12) {
		return below
	}
	for _, d := range s.all {
		if d.within(c) {
			d.selected = d == c
		}
	}
	return own
}

func (s *slow) choose() {
	root := s.all[0]
	whole := s.m.AllowSingle && len(root.members) >= s.m.MinClusterSize
	if s.m.Selection == hdbscan.EOM {
		s.mass(root)
	} else {
		for _, c := range s.all {
			c.selected = len(c.below) == 0 && (c != root || whole)
		}
	}
	if s.m.Epsilon > 0 {
		var raised []*slowCluster
		for _, c := range s.all {
			if !c.selected {
				continue
			}
			for c != root && 1/c.birth < s.m.Epsilon && (c.parent != root || whole) {
				c = c.parent
			}
			raised = append(raised, c)
		}
		for _, c := range s.all {
			c.selected = slices.Contains(raised, c)
		}
	}
	for _, c := range s.all {
		for d := c; d != nil; d = d.parent {
			if d.selected {
				c.taken = d
			}
		}
	}
}

// tell says what follows for each sample.
func (s *slow) tell() {
	n, root := len(s.at), s.all[0]
	s.labels, s.probability, s.scores = make([]int32, n), make([]float64, n), make([]float64, n)
	death := func(c *slowCluster) (own, most float64) {
		for _, i := range c.members {
			most = max(most, s.at[i])
			if s.last[i] == c {
				own = max(own, s.at[i])
			}
		}
		for _, d := range c.below {
			own = max(own, d.birth)
		}
		return own, most
	}
	for i := range n {
		if _, most := death(s.last[i]); s.at[i] < most {
			s.scores[i] = (most - s.at[i]) / most
			if math.IsInf(most, 1) {
				s.scores[i] = 1
			}
		}
		s.labels[i] = algo.Noise
		taken := s.last[i].taken
		if taken == nil {
			continue
		}
		own, _ := death(taken)
		if least := own; taken == root {
			if s.m.Epsilon > 0 {
				least = 1 / s.m.Epsilon
			}
			if s.at[i] < least {
				continue
			}
		}
		s.labels[i] = int32(slices.Index(s.all, taken))
		s.probability[i] = 1
		if s.at[i] < own {
			s.probability[i] = s.at[i] / own
		}
	}
	s.labels = renumber(s.labels)
}

// A trial is a small table and parameters that fit it.
type trial struct {
	name string
	x    *features.Matrix
	m    hdbscan.Method
}

// trials returns small tables of all kinds: lattices, where many distances are
// equal, rows on a line, clumps, equal rows, single rows; with copies and with
// weights.
func trials(n int) []trial {
	var all []trial
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 3))
		rows, d := 1+r.IntN(40), 1+r.IntN(4)
		kind := []string{"lattice", "clumps", "line", "clumps", "equal", "lognormal"}[seed%6]
		along := make([]float64, d)
		for j := range along {
			along[j] = r.NormFloat64()
		}
		x := mat.NewDense(rows, d, nil)
		for i := range rows {
			if i > 0 && r.IntN(4) == 0 {
				x.SetRow(i, x.RawRowView(r.IntN(i)))
				continue
			}
			u, c := r.NormFloat64(), r.IntN(3)
			for j := range d {
				v := 0.0
				switch kind {
				case "lattice":
					v = float64(r.IntN(6))
				case "line":
					v = u * along[j]
				case "clumps":
					v = float64(5*c) + math.Exp2(float64(-c))*r.NormFloat64()
				case "equal":
					v = along[j]
				case "lognormal":
					v = math.Exp(2 * r.NormFloat64())
				}
				x.Set(i, j, v)
			}
		}
		m := &features.Matrix{X: x}
		for j := range d {
			m.Names = append(m.Names, fmt.Sprintf("f%d", j))
		}
		if r.IntN(2) == 0 {
			for range rows {
				m.Weight = append(m.Weight, float64(1+r.IntN(4)))
			}
		}
		p := hdbscan.Method{MinClusterSize: 2 + r.IntN(6), MinSamples: r.IntN(6), Selection: hdbscan.EOM, AllowSingle: r.IntN(3) == 0}
		if r.IntN(3) == 0 {
			p.Selection = hdbscan.Leaf
		}
		if r.IntN(3) == 0 {
			p.Epsilon = math.Exp(r.NormFloat64())
		}
		all = append(all, trial{fmt.Sprintf("%s %d×%d seed %d %+v", kind, rows, d, seed, p), m, p})
	}
	return all
}

// repeated returns the samples of x in an order of their own, and the row of each.
func repeated(x *features.Matrix, seed uint64) (*features.Matrix, []int) {
	n, d := x.Dims()
	var rows []int
	for i := range n {
		for range int(x.W(i)) {
			rows = append(rows, i)
		}
	}
	rand.New(rand.NewPCG(seed, 4)).Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
	y := &features.Matrix{Names: x.Names, X: mat.NewDense(len(rows), d, nil)}
	for k, i := range rows {
		y.X.SetRow(k, x.X.RawRowView(i))
	}
	return y, rows
}

// Weighted rows, repeated and shuffled rows, and the definition agree, for any
// number of workers.
func TestAgainstDefinition(t *testing.T) {
	clusters, noise, many := 0, 0, 0
	for seed, c := range trials(3000) {
		got := fit(t, c.m, c.x, 1)
		samples, rows := repeated(c.x, uint64(seed))
		again := fit(t, c.m, samples, 3)
		want := newSlow(samples.X, c.m)
		if !slices.Equal(again.Labels, want.labels) {
			t.Fatalf("%s: labels %v, want %v", c.name, again.Labels, want.labels)
		}
		var labels []int32
		for k, i := range rows {
			labels = append(labels, got.Labels[i])
			if got.Scores[i] != again.Scores[k] || got.Columns[0].Floats[i] != again.Columns[0].Floats[k] || got.Columns[1].Floats[i] != again.Columns[1].Floats[k] {
				t.Fatalf("%s: row %d has another score, probability or distance if rows are repeated", c.name, i)
			}
			if again.Scores[k] != want.scores[k] {
				t.Fatalf("%s: row %d has the score %v, want %v", c.name, i, again.Scores[k], want.scores[k])
			}
			if p := again.Columns[0].Floats[k]; p != want.probability[k] {
				t.Fatalf("%s: row %d has the probability %v, want %v", c.name, i, p, want.probability[k])
			}
			if labels[k] == algo.Noise {
				noise++
			}
		}
		if !slices.Equal(renumber(labels), want.labels) {
			t.Fatalf("%s: labels of weighted and of repeated rows differ", c.name)
		}
		if !slices.Equal(got.Stats, again.Stats) {
			t.Fatalf("%s: stats of weighted and of repeated rows differ: %v, %v", c.name, got.Stats, again.Stats)
		}
		if k := int(slices.Max(labels)) + 1; k > 0 {
			clusters++
			if k > 2 {
				many++
			}
		}
		loaded, err := hdbscan.Algorithm.Load(got.Model.State())
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		judged, err := loaded.Apply(context.Background(), c.x)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(judged.Labels, got.Labels) || !slices.Equal(judged.Scores, got.Scores) || !slices.Equal(judged.Columns[0].Floats, got.Columns[0].Floats) {
			t.Fatalf("%s: Apply on the rows learned from differs", c.name)
		}
	}
	if clusters < 1000 || many < 200 || noise < 10_000 {
		t.Errorf("the trials have too few of a kind: %d with clusters, %d with more than two, %d rows of noise", clusters, many, noise)
	}
}
