package evaluate

import (
	"cmp"
	"math"
	"slices"

	"toolkit/features"
)

const (
	profilePoints   = 60 // samples that a cluster's profile shows at the most
	profileClusters = 20 // that have one, the largest
)

// A Profile is the silhouettes of a cluster's samples, the highest first: those
// of samples at even distances in that order, so that a profile is as long for
// a million samples as for a hundred.
type Profile struct {
	Label       int32
	Samples     float64   // of the cluster
	Silhouettes []float64 // of the sample in the middle of each of so many equal parts
}

// profiles returns those of the largest clusters, in the order of their labels,
// by the silhouettes of the distinct rows.
func (c *clustered) profiles(silhouettes []float64) []Profile {
	largest := make([]int, len(c.label))
	for k := range largest {
		largest[k] = k
	}
	slices.SortStableFunc(largest, func(a, b int) int { return cmp.Compare(c.samples[b], c.samples[a]) })
	largest = slices.Sorted(slices.Values(largest[:min(len(largest), profileClusters)]))
	var out []Profile
	for _, k := range largest {
		lo, hi := c.cluster(k)
		order := make([]int, hi-lo)
		for i := range order {
			order[i] = lo + i
		}
		slices.SortFunc(order, func(a, b int) int {
			return cmp.Or(cmp.Compare(silhouettes[b], silhouettes[a]), cmp.Compare(a, b))
		})
		p := Profile{Label: c.label[k], Samples: c.samples[k]}
		n := int(max(1, min(profilePoints, math.Floor(c.samples[k]))))
		at, before := 0, 0.0 // samples before row order[at]
		for i := range n {
			place := (float64(i) + 0.5) / float64(n) * c.samples[k]
			for at < len(order)-1 && before+c.weight[order[at]] <= place {
				before += c.weight[order[at]]
				at++
			}
			p.Silhouettes = append(p.Silhouettes, silhouettes[order[at]])
		}
		out = append(out, p)
	}
	return out
}

// ProfileTable returns the profiles, a row for each silhouette.
func (in *Internal) ProfileTable() *features.Table {
	label := &features.Column{Field: features.Field{Name: "label", Type: features.Int, Role: features.Key, Doc: "Cluster."}}
	place := &features.Column{Field: features.Field{Name: "share", Type: features.Float, Unit: features.Ratio, Role: features.Key, Doc: "Share of the cluster's samples that are before it."}}
	value := &features.Column{Field: features.Field{Name: Silhouette, Type: features.Float, Role: features.Outcome, Doc: "Silhouette of the sample at that place, the highest first."}}
	if in.Simplified {
		value.Name = SilhouetteSimplified
	}
	for _, p := range in.Profiles {
		for i, s := range p.Silhouettes {
			label.Ints = append(label.Ints, int64(p.Label))
			place.Floats = append(place.Floats, (float64(i)+0.5)/float64(len(p.Silhouettes)))
			value.Floats = append(value.Floats, s)
		}
	}
	return &features.Table{Name: "silhouettes", Columns: []*features.Column{label, place, value}}
}
