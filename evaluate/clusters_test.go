package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestClustersAsScikitLearn(t *testing.T) {
	type expect struct {
		Name     string
		A, B     []int32
		ARI, AMI float64
		Exact    float64 `json:"ami_exact"` // in fractions and 50 digits
	}
	for _, want := range readCases[expect](t, "testdata/clusters.json") {
		t.Run(want.Name, func(t *testing.T) {
			c := NewContingency(want.A, want.B)
			if got := c.ARI(); !closeTo(got, want.ARI, 1e-15) {
				t.Errorf("ARI = %v, want %v", got, want.ARI)
			}
			// scikit-learn's own distance from the exact value is up to 2.5e-13 here.
			if got := c.AMI(); !closeTo(got, want.AMI, 1e-12) || !closeTo(got, want.Exact, 5e-15) {
				t.Errorf("AMI = %v, want %v; exactly %v", got, want.AMI, want.Exact)
			}
		})
	}
}

func drawPartitions(t *rapid.T) (a, b []int32) {
	n := rapid.IntRange(0, 40).Draw(t, "n")
	r, c := rapid.Int32Range(-1, 12).Draw(t, "r"), rapid.Int32Range(-1, 12).Draw(t, "c")
	for range n {
		a = append(a, rapid.Int32Range(-1, r).Draw(t, "a"))
		b = append(b, rapid.Int32Range(-1, c).Draw(t, "b"))
	}
	return a, b
}

// Hubert & Arabie's formula on pairs that are counted one by one.
func TestARICountsPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawPartitions(t)
		var pairs, both, inA, inB float64
		for i := range a {
			for j := range i {
				pairs++
				sameA, sameB := a[i] == a[j], b[i] == b[j]
				if sameA {
					inA++
				}
				if sameB {
					inB++
				}
				if sameA && sameB {
					both++
				}
			}
		}
		want := 1.0
		if both != inA || both != inB {
			expected := inA * inB / pairs
			want = (both - expected) / ((inA+inB)/2 - expected)
		}
		if got := NewContingency(a, b).ARI(); !closeTo(got, want, 1e-13) {
			t.Fatalf("ARI = %v, want %v", got, want)
		}
	})
}

// The mean of a cell over the hypergeometric distribution, with log-gammas
// and over its whole range, as Vinh, Epps & Bailey write it.
func TestExpectedCellIsTheHypergeometricMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 400).Draw(t, "n")
		a, b := rapid.IntRange(1, n).Draw(t, "a"), rapid.IntRange(1, n).Draw(t, "b")
		fact := func(k int) float64 { v, _ := math.Lgamma(float64(k) + 1); return v }
		var want float64
		for k := max(1, a+b-n); k <= min(a, b); k++ {
			p := math.Exp(fact(a) + fact(b) + fact(n-a) + fact(n-b) - fact(n) - fact(k) - fact(a-k) - fact(b-k) - fact(n-a-b+k))
			want += p * float64(k) / float64(n) * math.Log(float64(n*k)/float64(a*b))
		}
		if got := expectedCell(float64(a), float64(b), float64(n)); !closeTo(got, want, 1e-12) {
			t.Fatalf("expectedCell(%d, %d, %d) = %v, want %v", a, b, n, got, want)
		}
	})
}

// Neither index depends on the order of the records, on the numbers of the
// classes, or on which partition comes first.
func TestClustersInvariance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawPartitions(t)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		nameA, nameB := rng.Perm(30), rng.Perm(30)
		a2, b2 := make([]int32, len(a)), make([]int32, len(a))
		for i, k := range rng.Perm(len(a)) {
			a2[k], b2[k] = int32(nameA[a[i]+1]-1), int32(nameB[b[i]+1]-1)
			if a2[k] < 0 {
				a2[k] -= rng.Int32N(3) // all of them are noise
			}
		}
		x, y, z := NewContingency(a, b), NewContingency(a2, b2), NewContingency(b, a)
		if x.ARI() != y.ARI() || x.ARI() != z.ARI() {
			t.Errorf("ARI %v, renamed %v, swapped %v", x.ARI(), y.ARI(), z.ARI())
		}
		if x.AMI() != y.AMI() || !closeTo(x.AMI(), z.AMI(), 1e-13) {
			t.Errorf("AMI %v, renamed %v, swapped %v", x.AMI(), y.AMI(), z.AMI())
		}
		if self := NewContingency(a, a); self.ARI() != 1 || self.AMI() != 1 {
			t.Errorf("with itself: ARI %v, AMI %v, want 1", self.ARI(), self.AMI())
		}
		if x.ARI() > 1 || x.AMI() > 1+1e-12 {
			t.Errorf("ARI %v or AMI %v above 1", x.ARI(), x.AMI())
		}
	})
}

// Sums over many cells are the same to the last bit in whichever order the
// cells come: plain ones are not.
func TestAMIOfManyCellsInAnyOrder(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 0))
		a, b := make([]int32, 5000), make([]int32, 5000)
		for i := range a {
			a[i], b[i] = int32(rng.ExpFloat64()*9), int32(rng.ExpFloat64()*99)
		}
		x, y := NewContingency(a, b), NewContingency(b, a)
		if mi, swapped := x.mutualInformation(), y.mutualInformation(); mi != swapped {
			t.Errorf("seed %d: mutual information %v, swapped %v", seed, mi, swapped)
		}
		renamed := make([]int32, len(b))
		name := rng.Perm(5000)
		for i, c := range b {
			renamed[i] = int32(name[c])
		}
		if z := NewContingency(a, renamed); x.AMI() != z.AMI() {
			t.Errorf("seed %d: AMI %v, renamed %v", seed, x.AMI(), z.AMI())
		}
	}
}

func TestSingleClassSharesNothing(t *testing.T) {
	many, one := []int32{0, 1, 2, 0, 1, 2, 5}, make([]int32, 7)
	for _, c := range []*Contingency{NewContingency(many, one), NewContingency(one, many)} {
		if c.ARI() != 0 || c.AMI() != 0 {
			t.Errorf("ARI %v, AMI %v, want 0", c.ARI(), c.AMI())
		}
	}
}

// Counts near those of 10⁸ records, whose products exceed 64 bits. Of two
// halves, one record is in the wrong one: the index follows from the sizes by
// Hubert & Arabie's formula, 1 - 4/n to the first order.
func TestARIOfManyRecords(t *testing.T) {
	const h = 50_000_000
	c := &Contingency{n: 2 * h, rows: []int64{h, h}, cols: []int64{h - 1, h + 1},
		cells: []cell{{0, 0, h - 1}, {0, 1, 1}, {1, 1, h}}}
	if got, want := c.ARI(), 1-4.0/(2*h); !closeTo(got, want, 1e-14) {
		t.Errorf("ARI = %.17g, want %.17g", got, want)
	}
}

// Independent partitions have indices near 0 whatever the numbers of classes:
// their spread is of the order of 1/n.
func TestIndependentPartitionsScoreNothing(t *testing.T) {
	for _, k := range []int{2, 300, 20_000} {
		rng := rand.New(rand.NewPCG(3, uint64(k)))
		a, b := make([]int32, 40_000), make([]int32, 40_000)
		for i := range a {
			a[i], b[i] = int32(rng.IntN(5)), int32(rng.IntN(k))
		}
		c := NewContingency(a, b)
		if ari, ami := c.ARI(), c.AMI(); !closeTo(ari, 0, 0.002) || !closeTo(ami, 0, 0.002) {
			t.Errorf("k=%d: ARI %v, AMI %v, want about 0", k, ari, ami)
		}
	}
}

func BenchmarkContingency(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		for _, k := range []int{10, n / 20} {
			rng := rand.New(rand.NewPCG(1, uint64(n)))
			label, cluster := make([]int32, n), make([]int32, n)
			for i := range label {
				// Clusters of many sizes, as density-based ones are.
				label[i], cluster[i] = int32(rng.IntN(10)), int32(float64(k)*math.Pow(rng.Float64(), 3))-1
			}
			b.Run(fmt.Sprintf("n=%dk/labels=10/clusters=%d", n/1000, k), func(b *testing.B) {
				for b.Loop() {
					c := NewContingency(label, cluster)
					c.ARI()
					c.AMI()
				}
			})
		}
	}
}
