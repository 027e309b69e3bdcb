package features

// A chunkMemory is the columns of a chunk of a table, by name. Those of the
// next chunk lie in the same memory, so that making a table allocates what one
// chunk takes.
type chunkMemory map[string]*Column

// column returns an empty column with room for n rows. It is no longer what it
// was for the chunk before.
func (m chunkMemory) column(f Field, n int) *Column {
	c := m[f.Name]
	if c == nil {
		c = new(Column)
		m[f.Name] = c
	}
	*c = Column{Field: f, Ints: c.Ints[:0], Floats: c.Floats[:0], Codes: c.Codes[:0]}
	switch f.Type {
	case Float:
		c.Floats = growFor(c.Floats, n)
	case Text:
		c.Codes = growFor(c.Codes, n)
	default:
		c.Ints = growFor(c.Ints, n)
	}
	return c
}
