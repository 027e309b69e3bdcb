package reports

import (
	"fmt"
	"strconv"
	"strings"

	"toolkit/algo"
)

const silhouettesShown = 20

// silhouettes draws the mean silhouette of each cluster, the largest first.
func (b *builder) silhouettes(r *result) *Figure {
	t := b.part(r, "clusters")
	if t == nil || numeric(t, "label") == nil {
		return nil
	}
	name := "silhouette"
	if numeric(t, name) == nil {
		name = "silhouette_simplified"
	}
	value, label := numeric(t, name), numeric(t, "label")
	if value == nil {
		return nil
	}
	of := map[int32]float64{}
	for i := range t.Len() {
		if v := value.Float(i); finite(v) && finite(label.Float(i)) {
			of[int32(label.Float(i))] = v
		}
	}
	g := r.clusterGroups()
	bars := &Bars{Kind: "cluster", Axis: Axis{Label: "mean " + strings.ReplaceAll(name, "_", ", ") + ", from −1 to 1"}}
	worst, left := 0, 0
	for _, c := range g.clusters {
		v, ok := of[c.label]
		if !ok || c.label == algo.Noise {
			continue
		}
		if len(bars.Names) == silhouettesShown {
			left++
			continue
		}
		bars.Names, bars.Values, bars.Hues = append(bars.Names, "cluster "+strconv.Itoa(int(c.label))), append(bars.Values, v), append(bars.Hues, g.hue[c.label])
		if v < bars.Values[worst] {
			worst = len(bars.Values) - 1
		}
	}
	if len(bars.Names) < 2 {
		return nil
	}
	rest := ""
	if left > 0 {
		rest = plural(int64(left), "smaller cluster is", "smaller clusters are") + " not drawn"
	}
	return &Figure{ID: b.id(r.table, r.algo, "silhouettes"), Title: "Silhouettes: how well clusters are apart", Plot: bars,
		Caption: sentence(fmt.Sprintf("%s, n = %s samples; clusters by size. 1: far from all others; below 0: nearer to another than to its own (Rousseeuw 1987)", r.table, human(g.samples)), rest, capital(made(r.t))),
		Alt:     fmt.Sprintf("%s is the least apart, with %s.", capital(bars.Names[worst]), human(rounded(bars.Values[worst], 3)))}
}
