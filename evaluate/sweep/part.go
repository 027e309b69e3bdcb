package sweep

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"toolkit/algo"
	"toolkit/features"
)

// The metadata that a part keeps an outcome's numbers in, by name.
const (
	metaSetting = "setting"
	metaRefused = "refused"
	metaStats   = "stats" // names, separated by blanks
	metaStat    = "stat."
)

func (o *Outcome) numbers() map[string]*float64 {
	return map[string]*float64{
		"clusters": &o.Clusters, "noise_share": &o.NoiseShare, "largest_share": &o.LargestShare,
		"seed_stability": &o.SeedStability, "subsample_stability": &o.SubsampleStability,
	}
}

// Part returns an outcome as a table, from which Restore makes it again, to
// the last bit: what a sweep that was stopped goes on from.
func (o *Outcome) Part() *features.Table {
	t := &features.Table{Name: "part", Meta: map[string]string{metaSetting: o.Setting.String(), metaRefused: o.Refused}}
	for name, v := range o.numbers() {
		t.Meta[name] = strconv.FormatFloat(*v, 'g', -1, 64)
	}
	var names []string
	for _, s := range o.Stats {
		names = append(names, s.Name)
		t.Meta[metaStat+s.Name] = strconv.FormatFloat(s.Value, 'g', -1, 64)
	}
	t.Meta[metaStats] = strings.Join(names, " ")
	if o.Labels != nil {
		c := &features.Column{Field: features.Field{Name: "label"}}
		for _, l := range o.Labels {
			c.Ints = append(c.Ints, int64(l))
		}
		t.Columns = append(t.Columns, c)
	}
	if o.Scores != nil {
		t.Columns = append(t.Columns, &features.Column{Field: features.Field{Name: "score", Type: features.Float}, Floats: o.Scores})
	}
	return t
}

// Restore returns the outcome of a setting that a part was made of.
func Restore(t *features.Table, s Setting) (*Outcome, error) {
	if t.Meta[metaSetting] != s.String() {
		return nil, errors.New("it is of another setting")
	}
	o := &Outcome{Setting: s, Refused: t.Meta[metaRefused]}
	for name, v := range o.numbers() {
		var err error
		if *v, err = strconv.ParseFloat(t.Meta[name], 64); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, name := range strings.Fields(t.Meta[metaStats]) {
		v, err := strconv.ParseFloat(t.Meta[metaStat+name], 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		o.Stats = append(o.Stats, algo.Stat{Name: name, Value: v})
	}
	if c := t.Column("label"); c != nil {
		o.Labels = make([]int32, len(c.Ints))
		for i, l := range c.Ints {
			o.Labels[i] = int32(l)
		}
	}
	if c := t.Column("score"); c != nil {
		o.Scores = c.Floats
	}
	return o, nil
}
