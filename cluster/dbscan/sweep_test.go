package dbscan_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/cluster/dbscan"
	"toolkit/features"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"
)

func TestAlgorithmSweep(t *testing.T) {
	algotest.Run(t, dbscan.Algorithm, algotest.Set("eps", "3"), algotest.Set("eps-sweep", "1..5:9"), algotest.Scales("eps", 1))
}

// Each point of a sweep is what a run with that eps says.
func TestSweep(t *testing.T) {
	moves := 0
	for k, c := range trials(2400) {
		c.m.Sweep = dbscan.Sweep{From: c.m.Eps / 2, To: 2 * c.m.Eps, N: 7 + 6*(k%2)}
		if k%4 < 2 { // from less than the least distances to more than the greatest
			c.m.Sweep.From, c.m.Sweep.To = c.m.Eps/8, 8*c.m.Eps
		}
		moves += held(t, c.name, c.x, c.m)
	}
	if moves < 1000 {
		t.Errorf("only %d points differ from those before them", moves)
	}
}

// held compares a sweep with runs, and returns how many points differ from those
// before them.
func held(t *testing.T, name string, x *features.Matrix, m dbscan.Method) (moves int) {
	t.Helper()
	tab := fit(t, m, x, 2).Tables[0]
	if tab.Name != "epssweep" || tab.Len() != m.Sweep.N {
		t.Fatalf("%s: table %s of %d rows", name, tab.Name, tab.Len())
	}
	last := ""
	for i, eps := range tab.Column("eps").Floats {
		r := fit(t, dbscan.Method{Eps: eps, MinSamples: m.MinSamples}, x, 1)
		noise := stat(t, r, "noise")
		want := fmt.Sprint(stat(t, r, "clusters"), noise, noise/x.Samples(), stat(t, r, "largest_share"))
		got := fmt.Sprint(tab.Column("clusters").Floats[i], tab.Column("noise").Floats[i], tab.Column("noise_share").Floats[i], tab.Column("largest_share").Floats[i])
		if got != want {
			t.Fatalf("%s, %+v, eps %v: the sweep says %s, a run %s", name, m, eps, got, want)
		}
		if got != last {
			moves++
		}
		last = got
	}
	return moves
}

// Many rows with copies, of several workers, in clusters that come together and
// with border rows whose nearest core row changes.
func TestSweepOfMany(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	const n = 3000
	x := mat.NewDense(n, 2, nil)
	m := &features.Matrix{Names: []string{"a", "b"}, X: x}
	for i := range n {
		centre, spread := float64(r.IntN(6)), 0.02+0.3*r.Float64()
		x.SetRow(i, []float64{centre + spread*r.NormFloat64(), spread * r.NormFloat64()})
		m.Weight = append(m.Weight, float64(1+r.IntN(3)))
	}
	if moves := held(t, "many rows", m, dbscan.Method{Eps: 1, MinSamples: 12, Sweep: dbscan.Sweep{From: 0.01, To: 0.4, N: 40}}); moves < 25 {
		t.Errorf("only %d of 40 points differ from those before them", moves)
	}
}

func TestSweepFlag(t *testing.T) {
	m := dbscan.Default()
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	m.Flags(fs)
	for text, want := range map[string]dbscan.Sweep{
		"0.1..2":   {From: 0.1, To: 2, N: 100},
		"0.5..2:4": {From: 0.5, To: 2, N: 4},
		"":         {},
	} {
		if err := fs.Set("eps-sweep", text); err != nil || m.Sweep != want {
			t.Errorf("--eps-sweep %s: %+v, error %v, want %+v", text, m.Sweep, err, want)
		}
		if err := m.Check(); err != nil {
			t.Errorf("--eps-sweep %s: %v", text, err)
		}
	}
	var bad *algo.ParamError
	for _, text := range []string{"1", "1..", "..2", "a..b", "1..2:x", "1..2:0", "1..2:"} {
		if err := fs.Set("eps-sweep", text); !errors.As(err, &bad) || bad.Name != "eps-sweep" {
			t.Errorf("--eps-sweep %s: error %v", text, err)
		}
	}
	for _, text := range []string{"0..2", "2..1", "1..1", "-1..2", "1..Inf", "NaN..2", "1..NaN", "1..1e200", "1..2:1", "1..2:10001"} {
		err := fs.Set("eps-sweep", text)
		if err == nil {
			err = m.Check()
		}
		if !errors.As(err, &bad) || bad.Name != "eps-sweep" {
			t.Errorf("--eps-sweep %s: error %v", text, err)
		}
	}
}
