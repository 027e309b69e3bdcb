package features

// A reuser is an Aggregate that can forget all groups, whose cells are forgotten
// with the rows, and keep their memory aside, which Bytes does not count, for those
// that come: tables that are made of runs are gathered a chunk after another.
type reuser interface{ reuse() }

// reuse takes all keys from x.
func (x *index[K]) reuse() {
	x.keys.rows.reuse()
	clear(x.slots)
	x.n, x.open = 0, 0
}

func (a *volume[C]) reuse()   {}
func (s *spans) reuse()       {}
func (d *distinct[T]) reuse() { d.many = sets{} }

func (e *entropies) reuse() {
	e.traffic.reuse()
	e.states = newStates()
}

func (a *amounting) reuse() {
	for _, r := range a.of {
		if r == nil {
			continue
		}
		for i := range r {
			if cap(r[i].values) > leastLog {
				r[i].values = nil
			}
		}
		a.spare = append(a.spare, r)
	}
	clear(a.of)
	a.of, a.held = a.of[:0], 0
}

func (t *traffic) reuse() {
	for g, l := range t.log {
		if cap(l) == leastLog {
			t.spare = append(t.spare, l[:0])
		}
		t.log[g] = nil
	}
	t.log, t.held = t.log[:0], 0
}

// reuse forgets all groups of t and keeps what memory it can.
func (t *Builder) reuse() {
	t.extent = extent{protos: t.extent.protos}
	t.groups.reuse()
	for i, g := range t.gathers {
		if a, ok := t.aggs[i].(reuser); ok {
			a.reuse()
		} else {
			t.aggs[i] = g.New(t.hosts, new(Rows))
		}
	}
}
