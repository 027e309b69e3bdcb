package forest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"toolkit/features"
)

// metaColumns is where a table keeps, as JSON, the names of all columns.
const metaColumns = "columns"

// fields are the columns of a table.
var fields = []features.Field{
	{Name: "tree", Type: features.Int, Role: features.Key, Doc: "Number of the tree, from 0."},
	{Name: "node", Type: features.Int, Role: features.Key, Doc: "Number of the node in its tree, from 0, the root. A node has a row for each column of its split."},
	{Name: "samples", Type: features.Float, Unit: features.Count, Role: features.Value, Doc: "Samples learned from that came to the node."},
	{Name: "value", Type: features.Float, Role: features.Value, Doc: "What a row in the leaf is given; at other nodes, the mean of their samples."},
	{Name: "left", Type: features.Int, Role: features.Value, Doc: "Child that a row goes to if the sum of its columns times factors is at most the split, else to the next node; none for a leaf."},
	{Name: "split", Type: features.Float, Role: features.Value, Doc: "Greatest sum that goes left."},
	{Name: "factor", Type: features.Float, Role: features.Value, Doc: "Factor of the column in the sum."},
	{Name: "left_low", Type: features.Float, Role: features.Value, Doc: "Least value of the column in the samples that went left."},
	{Name: "left_high", Type: features.Float, Role: features.Value, Doc: "Greatest value of the column in the samples that went left."},
	{Name: "right_low", Type: features.Float, Role: features.Value, Doc: "Least value of the column in the samples that went right."},
	{Name: "right_high", Type: features.Float, Role: features.Value, Doc: "Greatest value of the column in the samples that went right."},
}

var columnField = features.Field{Name: "column", Type: features.Text, Role: features.Value, Doc: "Column that takes part in the split."}

// Table returns the forest as a table of its nodes.
func (f *Forest) Table() *features.Table {
	text, err := json.Marshal(f.names)
	if err != nil {
		panic("forest: names of columns: " + err.Error())
	}
	cols := make([]*features.Column, len(fields))
	for k, fd := range fields {
		cols[k] = &features.Column{Field: fd}
	}
	split := &features.Column{Field: columnField, Dict: f.names}
	for t, tree := range f.trees {
		for i := range tree.Nodes {
			n := &tree.Nodes[i]
			if n.Left == 0 {
				addRow(cols, t, i, n, nil)
				split.AppendNull()
			}
			for k := n.First; k < n.Last; k++ {
				addRow(cols, t, i, n, &tree.Terms[k])
				split.AppendCode(uint32(tree.Terms[k].Column))
			}
		}
	}
	return &features.Table{
		Name:    "trees",
		Columns: append(cols, split),
		Meta:    map[string]string{metaColumns: string(text)},
	}
}

// addRow adds to the columns what fields say of a node, with the term if it is no leaf.
func addRow(cols []*features.Column, tree, node int, n *Node, term *Term) {
	cols[0].AppendInt(int64(tree))
	cols[1].AppendInt(int64(node))
	cols[2].AppendFloat(n.Samples)
	cols[3].AppendFloat(n.Value)
	if term == nil {
		for _, c := range cols[4:] {
			c.AppendNull()
		}
		return
	}
	cols[4].AppendInt(int64(n.Left))
	for k, v := range []float64{n.Split, term.Factor, term.Range[0].Low, term.Range[0].High, term.Range[1].Low, term.Range[1].High} {
		cols[5+k].AppendFloat(v)
	}
}

// Read returns the forest whose Table is t, which may have more columns.
func Read(t *features.Table) (*Forest, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	cols := make([]*features.Column, len(fields))
	for k, fd := range fields {
		if cols[k] = t.Column(fd.Name); cols[k] == nil || cols[k].Type != fd.Type {
			return nil, fmt.Errorf("no numeric column %s", fd.Name)
		}
	}
	split := t.Column(columnField.Name)
	if split == nil || split.Type != features.Text {
		return nil, fmt.Errorf("no column %s of names", columnField.Name)
	}
	var names []string
	if err := json.Unmarshal([]byte(t.Meta[metaColumns]), &names); err != nil {
		return nil, fmt.Errorf("names of columns: %w", err)
	}
	number := make(map[string]int32, len(names))
	for j, name := range names {
		number[name] = int32(j)
	}
	var trees []Tree
	for i := range t.Len() {
		at, node := cols[0].Ints[i], cols[1].Ints[i]
		if at == int64(len(trees)) {
			trees = append(trees, Tree{})
		}
		if at != int64(len(trees))-1 {
			return nil, fmt.Errorf("row %d is of tree %d, want them in order", i, at)
		}
		tree := &trees[at]
		more := node == int64(len(tree.Nodes))-1 // another term of the node before
		if !more && node != int64(len(tree.Nodes)) {
			return nil, fmt.Errorf("row %d is of node %d, want them in order", i, node)
		}
		leaf, left := cols[4].IsNull(i), int64(0)
		if !leaf {
			left = cols[4].Ints[i]
		}
		if more && (leaf || left != int64(tree.Nodes[node].Left)) {
			return nil, fmt.Errorf("row %d: node %d has another child than in the row before", i, node)
		}
		if !more {
			tree.Nodes = append(tree.Nodes, Node{
				Samples: cols[2].Floats[i], Value: cols[3].Floats[i],
				First: int32(len(tree.Terms)), Last: int32(len(tree.Terms)),
			})
		}
		if leaf {
			continue
		}
		j, ok := number[split.String(i)]
		if !ok || left <= node || left > math.MaxInt32-1 {
			return nil, fmt.Errorf("row %d: split by column %q, with child %d of node %d", i, split.String(i), left, node)
		}
		n := &tree.Nodes[node]
		n.Split, n.Left, n.Last = cols[5].Floats[i], int32(left), n.Last+1
		tree.Terms = append(tree.Terms, Term{j, cols[6].Floats[i], [2]Range{
			{cols[7].Floats[i], cols[8].Floats[i]}, {cols[9].Floats[i], cols[10].Floats[i]},
		}})
	}
	if len(trees) == 0 {
		return nil, errors.New("no trees")
	}
	for k, tree := range trees {
		for i, n := range tree.Nodes {
			if int(n.Left) >= len(tree.Nodes)-1 && n.Left != 0 {
				return nil, fmt.Errorf("tree %d has no child %d of node %d", k, n.Left+1, i)
			}
		}
	}
	return New(names, trees), nil
}
