package algo

import (
	"slices"

	"toolkit/features"
)

// own returns the tables of the last step with what they say in coordinates
// (unit features.Coordinate) told in the values of the columns that the chain
// was given, as far as the steps before the last are Inverters. A table has
// either a column named as the coordinate is, or a row for each, named in its
// column "column". names are those of the last step's coordinates.
func (m *ChainModel) own(tables []*features.Table, names []string) []*features.Table {
	steps := m.steps[:len(m.steps)-1]
	for _, s := range steps {
		if _, ok := s.model.(Inverter); !ok {
			return tables
		}
	}
	invert := func(j int, v float64) float64 {
		for i := len(steps) - 1; i >= 0; i-- {
			v = steps[i].model.(Inverter).Invert(j, v)
		}
		return v
	}
	told := make([]*features.Table, len(tables))
	for k, t := range tables {
		copied := *t
		copied.Columns = slices.Clone(t.Columns)
		told[k] = &copied
		of := t.Column("column")
		for i, c := range t.Columns {
			if c.Unit != features.Coordinate || c.Type != features.Float {
				continue
			}
			own := *c
			own.Unit, own.Floats = features.None, slices.Clone(c.Floats)
			for row, v := range own.Floats {
				name := c.Name
				if of != nil {
					name = of.String(row)
				}
				if j := slices.Index(names, name); j >= 0 && !c.IsNull(row) {
					own.Floats[row] = invert(j, v)
				}
			}
			copied.Columns[i] = &own
		}
	}
	return told
}
