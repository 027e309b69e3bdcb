package reports

import (
	"fmt"
	"strconv"
	"strings"

	"toolkit/algo"
	"toolkit/evaluate"
	"toolkit/features"
)

const silhouettesShown = 20

// silhouettes draws the silhouettes of the samples of each cluster, sorted, the
// largest cluster first.
func (b *builder) silhouettes(r *result) *Figure {
	t := b.part(r, "silhouettes")
	if t == nil || numeric(t, "label") == nil {
		return nil
	}
	value, label := silhouetteOf(t), numeric(t, "label")
	if value == nil {
		return nil
	}
	of := map[int32][]float64{}
	for i := range t.Len() {
		if v := value.Float(i); finite(v) && finite(label.Float(i)) {
			of[int32(label.Float(i))] = append(of[int32(label.Float(i))], v)
		}
	}
	means := b.silhouetteMeans(r)
	g := r.clusterGroups()
	p := &Blades{Kind: "cluster", Axis: Axis{Label: strings.ReplaceAll(value.Name, "_", ", ") + " of the samples, from −1 to 1"}}
	worst, least, left := "", 0.0, 0
	var sum, all float64
	for _, c := range g.clusters {
		m, ok := means[c.label]
		if ok {
			sum, all = sum+m*c.samples, all+c.samples
		}
		v := of[c.label]
		if v == nil || c.label == algo.Noise {
			continue
		}
		if len(p.Names) == silhouettesShown {
			left++
			continue
		}
		name := "cluster " + strconv.Itoa(int(c.label))
		p.Names, p.Values, p.Hues = append(p.Names, name), append(p.Values, v), append(p.Hues, g.hue[c.label])
		if ok && (worst == "" || m < least) {
			worst, least = name, m
		}
	}
	if len(p.Names) < 2 {
		return nil
	}
	left += len(g.clusters) - len(of)
	rest := ""
	if left > 0 {
		rest = plural(int64(left), "smaller cluster is", "smaller clusters are") + " not drawn"
	}
	f := &Figure{ID: b.id(r.table, r.algo, "silhouettes"), Title: "Silhouettes: how well clusters are apart", Plot: p,
		Caption: sentence(fmt.Sprintf("%s, n = %s samples; clusters by size, each of one height, its samples by their silhouettes. 1: far from all other clusters; below 0: nearer to another than to its own (Rousseeuw 1987)", r.table, human(g.samples)), rest, capital(made(r.t))),
		Alt:     "The sorted silhouettes of " + plural(int64(len(p.Names)), "cluster", "clusters") + "."}
	if all > 0 {
		p.Marks = []Mark{{Value: sum / all, Text: "mean " + human(rounded(sum/all, 3))}}
	}
	if worst != "" {
		f.Alt += fmt.Sprintf(" %s is the least apart, with a mean of %s.", capital(worst), human(rounded(least, 3)))
	}
	return f
}

// silhouetteMeans returns the mean silhouette of each cluster.
func (b *builder) silhouetteMeans(r *result) map[int32]float64 {
	of := map[int32]float64{}
	t := b.part(r, "clusters")
	if t == nil || numeric(t, "label") == nil || silhouetteOf(t) == nil {
		return of
	}
	value, label := silhouetteOf(t), numeric(t, "label")
	for i := range t.Len() {
		if v := value.Float(i); finite(v) && finite(label.Float(i)) {
			of[int32(label.Float(i))] = v
		}
	}
	return of
}

// silhouetteOf returns the column of silhouettes, exact or simplified.
func silhouetteOf(t *features.Table) *features.Column {
	if c := numeric(t, evaluate.Silhouette); c != nil {
		return c
	}
	return numeric(t, evaluate.SilhouetteSimplified)
}
