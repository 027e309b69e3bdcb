package forest

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"toolkit/features"

	"gonum.org/v1/gonum/mat"
)

// random returns a forest of trees of random shape over d columns, with up to
// terms terms a split.
func random(r *rand.Rand, trees, d, terms int) *Forest {
	var names []string
	for j := range d {
		names = append(names, fmt.Sprintf("x%d", j))
	}
	all := make([]Tree, trees)
	for k := range all {
		t := &all[k]
		t.Nodes = make([]Node, 1)
		var grow func(at int32, depth int)
		grow = func(at int32, depth int) {
			n := Node{Samples: 1 + float64(r.IntN(9)), Value: r.NormFloat64(), First: int32(len(t.Terms)), Last: int32(len(t.Terms))}
			if depth > r.IntN(7) {
				t.Nodes[at] = n
				return
			}
			n.Split = float64(r.IntN(5)) / 2
			for range 1 + r.IntN(terms) {
				term := Term{Column: int32(r.IntN(d)), Factor: 1}
				if terms > 1 {
					term.Factor = r.NormFloat64()
				}
				for s := range term.Range {
					term.Range[s] = Range{float64(-r.IntN(5)), float64(r.IntN(5))}
				}
				t.Terms = append(t.Terms, term)
			}
			n.Last = int32(len(t.Terms))
			n.Left = int32(len(t.Nodes))
			t.Nodes = append(t.Nodes, Node{}, Node{})
			t.Nodes[at] = n
			grow(n.Left, depth+1)
			grow(n.Left+1, depth+1)
			t.Nodes[at].Samples = t.Nodes[n.Left].Samples + t.Nodes[n.Left+1].Samples
			t.Average(at)
		}
		grow(0, 0)
	}
	return New(names, all)
}

func lattice(r *rand.Rand, n, d int) *features.Matrix {
	x := &features.Matrix{X: mat.NewDense(n, d, nil)}
	for i := range n {
		for j := range d {
			x.X.Set(i, j, float64(r.IntN(9)-4)/2) // often on a split
		}
	}
	return x
}

// mean is what Mean should be of a row, the obvious way.
func mean(f *Forest, row []float64) float64 {
	var sum float64
	for _, t := range f.trees {
		n := t.Nodes[0]
		for n.Left != 0 {
			var v float64
			for _, term := range t.Terms[n.First:n.Last] {
				v += float64(term.Factor * row[term.Column])
			}
			if v > n.Split {
				n = t.Nodes[n.Left+1]
			} else {
				n = t.Nodes[n.Left]
			}
		}
		sum += n.Value
	}
	return sum / float64(len(f.trees))
}

func TestMean(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		f := random(r, 1+r.IntN(8), 1+r.IntN(4), 1+r.IntN(3))
		x := lattice(r, 1+r.IntN(2*blockRows+10), len(f.names))
		got, err := f.Mean(context.Background(), x, 1+r.IntN(3))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if want := mean(f, x.X.RawRowView(i)); v != want {
				t.Fatalf("seed %d: row %d is %v, want %v", seed, i, v, want)
			}
		}
	}
}

// What a row lost in all is what the samples have on average above it, and
// reasons are columns with their share.
func TestExplain(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		f := random(r, 1+r.IntN(8), 1+r.IntN(4), 1)
		row := lattice(r, 1, len(f.names)).X.RawRowView(0)
		want := -mean(f, row) * float64(len(f.trees))
		net := make([]float64, len(f.names))
		var got float64
		for k := range f.trees {
			want += f.trees[k].Nodes[0].Value
			f.trees[k].blame(row, func(column int32, w way) {
				net[column] += w.lost
				got += w.lost
			})
		}
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("seed %d: lost %v, want %v", seed, got, want)
		}
		var sum, above float64
		for _, v := range net {
			above += max(0, v)
		}
		for _, reason := range f.Explain(row) {
			j := int(reason.Column[1] - '0')
			if math.Abs(reason.Weight-net[j]/above) > 1e-12 || reason.Value != row[j] || reason.Low > reason.High {
				t.Errorf("seed %d: reason %+v, want a weight of %v and the value %v", seed, reason, net[j]/above, row[j])
			}
			sum += reason.Weight
		}
		if above > 0 && math.Abs(sum-1) > 1e-12 {
			t.Errorf("seed %d: weights sum to %v", seed, sum)
		}
	}
}

// Of a plane, the columns that took the row to its side have a part of the
// loss, as far as they took it.
func TestExplainPlane(t *testing.T) {
	f := New([]string{"a", "b", "c"}, []Tree{{
		Nodes: []Node{{Samples: 10, Value: 5, Split: 4, Left: 1, Last: 3}, {Samples: 9, Value: 5.5, First: 3, Last: 3}, {Samples: 1, Value: 0.5, First: 3, Last: 3}},
		Terms: []Term{
			{0, 1, [2]Range{{-2, 2}, {9, 10}}},  // middle 4: 6 above
			{1, 2, [2]Range{{-1, 1}, {0, 1}}},   // middle 0: 2·1 above
			{2, -1, [2]Range{{-3, 3}, {-3, 3}}}, // middle 0: −2, to the other side
		},
	}})
	reasons := f.Explain([]float64{10, 1, 2})
	if len(reasons) != 2 || reasons[0].Column != "a" || reasons[0].Weight != 0.75 || reasons[0].Low != -2 || reasons[0].High != 2 ||
		reasons[1].Column != "b" || reasons[1].Weight != 0.25 {
		t.Errorf("reasons %+v, want a by 6/8, ordinary in -2 to 2, and b by 2/8", reasons)
	}
}

func TestTable(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 3))
		f := random(r, 1+r.IntN(4), 1+r.IntN(4), 1+r.IntN(3))
		var file bytes.Buffer
		if err := f.Table().WriteArrow(&file); err != nil {
			t.Fatal(err)
		}
		table, err := features.ReadArrow(bytes.NewReader(file.Bytes()), int64(file.Len()), "trees")
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(table)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if !reflect.DeepEqual(got.Table(), f.Table()) {
			t.Fatalf("seed %d: another table after Read", seed)
		}
		x := lattice(r, 50, len(f.names))
		for i := range 50 {
			row := x.X.RawRowView(i)
			if mean(got, row) != mean(f, row) || !reflect.DeepEqual(got.Explain(row), f.Explain(row)) {
				t.Fatalf("seed %d: row %d is judged in another way after Read", seed, i)
			}
		}
	}
}

// Damaged tables are errors, and those that aren't noticed lead to no panic.
func TestReadDamaged(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	good := func() *features.Table { return random(rand.New(rand.NewPCG(5, 0)), 3, 2, 2).Table() }
	for _, c := range []struct {
		want   string
		damage func(*features.Table)
	}{
		{"no numeric column", func(t *features.Table) { t.Columns = t.Columns[1:] }},
		{"no column column", func(t *features.Table) { t.Columns = t.Columns[:len(t.Columns)-1] }},
		{"rows", func(t *features.Table) { t.Columns[0].AppendInt(0) }},
		{"names of columns", func(t *features.Table) { delete(t.Meta, metaColumns) }},
		{"split by column", func(t *features.Table) { t.Meta[metaColumns] = `["y0","y1"]` }},
		{"is of tree", func(t *features.Table) { t.Column("tree").Ints[0] = 1 }},
		{"is of node", func(t *features.Table) { t.Column("node").Ints[1] = 7 }},
		{"with child", func(t *features.Table) { t.Column("left").Ints[0] = 0 }},
		{"another child", func(t *features.Table) { t.Column("left").Ints[0] = 3 }},
		{"has no child", func(t *features.Table) { t.Column("left").Ints[0], t.Column("left").Ints[1] = 1000, 1000 }},
	} {
		table := good()
		c.damage(table)
		if _, err := Read(table); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	for range 300 {
		table := good()
		c := table.Columns[r.IntN(len(table.Columns))]
		i := r.IntN(table.Len())
		switch {
		case c.Type == features.Text:
			c.Codes[i] = uint32(r.IntN(2))
		case c.Type == features.Float:
			c.Floats[i] = []float64{math.NaN(), math.Inf(1), -1}[r.IntN(3)]
		default:
			c.Ints[i] += int64(r.IntN(5) - 2)
		}
		f, err := Read(table)
		if err != nil {
			continue
		}
		x := lattice(r, 9, 2)
		if _, err := f.Mean(context.Background(), x, 1); err != nil {
			t.Fatal(err)
		}
		f.Explain(x.X.RawRowView(0))
	}
}
