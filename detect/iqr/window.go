package iqr

import (
	"slices"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/flow"
)

// A window is what has been seen of the pairs of addresses in one window.
type window struct {
	pairs map[[2]flow.Host]*pair
	hosts *flow.Hosts
}

// A pair is what has been seen of one pair of addresses.
type pair struct {
	conns, up, down int64
	ports           map[uint16]struct{}
	records         []int64
}

// A column is a feature of a pair, under the name that the seed gave it.
type column struct {
	name string
	of   func(p *pair) float64
}

var columns = []column{
	{"num_dst_ports", func(p *pair) float64 { return float64(len(p.ports)) }},
	{"num_conns", func(p *pair) float64 { return float64(p.conns) }},
	{"src_tx", func(p *pair) float64 { return float64(p.up) }},
	{"dst_tx", func(p *pair) float64 { return float64(p.down) }},
}

func newWindow() *window { return &window{pairs: make(map[[2]flow.Host]*pair)} }

// What became of a record.
const (
	known  = iota // its pair was there
	added         // it made a new pair
	noRoom        // it would have made one
)

// add takes in row i of b, unless that needs a new pair and there is no room.
func (w *window) add(b *flow.Batch, i int, room bool) int {
	w.hosts = b.Hosts
	k := [2]flow.Host{b.Src[i], b.Dst[i]}
	p, did := w.pairs[k], known
	if p == nil {
		if !room {
			return noRoom
		}
		did = added
		p = &pair{ports: make(map[uint16]struct{}, 1)}
		w.pairs[k] = p
	}
	p.conns++
	p.up += b.BytesUp[i]
	p.down += b.BytesDown[i]
	p.ports[b.DstPort[i]] = struct{}{}
	p.records = append(p.records, b.Number(i))
	return did
}

// judge returns an alert for each pair outside the fences of a feature.
func (w *window) judge(features []string, fence float64) []*detect.Alert {
	keys := make([][2]flow.Host, 0, len(w.pairs))
	for k := range w.pairs {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b [2]flow.Host) int {
		if c := w.hosts.Addr(a[0]).Compare(w.hosts.Addr(b[0])); c != 0 {
			return c
		}
		return w.hosts.Addr(a[1]).Compare(w.hosts.Addr(b[1]))
	})
	found := make([]*detect.Alert, len(keys))
	values, sorted := make([]float64, len(keys)), make([]float64, len(keys))
	for _, name := range features {
		c := columnNamed(name)
		for i, k := range keys {
			values[i] = c.of(w.pairs[k])
		}
		copy(sorted, values)
		low, high, unit := Fences(sorted, fence)
		if unit == 0 {
			unit = 1
		}
		for i, v := range values {
			if v >= low && v <= high {
				continue
			}
			a := found[i]
			if a == nil {
				p := w.pairs[keys[i]]
				slices.Sort(p.records)
				a = &detect.Alert{Records: p.records, Subject: detect.Subject{Src: w.hosts.Addr(keys[i][0]), Dst: w.hosts.Addr(keys[i][1])}}
				found[i] = a
			}
			a.Score = max(a.Score, (low-v)/unit, (v-high)/unit)
			a.Reasons = append(a.Reasons, algo.Reason{Column: name, Value: v, Low: low, High: high})
		}
	}
	return slices.DeleteFunc(found, func(a *detect.Alert) bool { return a == nil })
}
