package window

import (
	"cmp"
	"slices"

	"toolkit/detect"
	"toolkit/flow"
)

// candidates is how many addresses of each kind are tried.
const candidates = 3

// A suspect is an address in a role, and what its records are.
type suspect struct {
	host    flow.Host
	dst     bool // in the role of a destination
	records int
	bytes   int64
	peers   map[peer]struct{}
}

type peer struct {
	host flow.Host
	port uint16
}

// An accused is the address whose records make a window strange.
type accused struct {
	alert  *detect.Alert
	vector []float64 // of the window without them
}

// culprit returns the address without whose records the window would be
// ordinary, that of the fewest records if there are several; nil if there is
// none. It tries those of the most records, of the most bytes, and of the most peers
// and ports, as sources and as destinations.
func (l *Learner) culprit(rows []Row) *accused {
	var (
		best      *accused
		fewest    = len(rows) // records of the best
		lowest    = 1.0       // score without them
		kept      []Row
		suspected = suspects(rows)
	)
	slices.SortFunc(suspected, func(a, b *suspect) int {
		if a.dst != b.dst {
			if b.dst {
				return -1
			}
			return 1
		}
		return l.hosts.Addr(a.host).Compare(l.hosts.Addr(b.host))
	})
	tried := make(map[*suspect]bool)
	for _, dst := range []bool{false, true} {
		for _, by := range []func(s *suspect) int64{
			func(s *suspect) int64 { return int64(s.records) },
			func(s *suspect) int64 { return s.bytes },
			func(s *suspect) int64 { return int64(len(s.peers)) },
		} {
			for _, s := range top(suspected, dst, by) {
				if tried[s] {
					continue
				}
				tried[s] = true
				kept = kept[:0]
				for _, r := range rows {
					if !s.has(&r) {
						kept = append(kept, r)
					}
				}
				if len(kept) == 0 {
					continue
				}
				v := l.vector(kept)
				score, _ := l.judge.Judge(v)
				if n := s.records; score <= 1 && (n < fewest || n == fewest && score < lowest) {
					fewest, lowest = n, score
					best = &accused{l.accuse(s, rows), v}
				}
			}
		}
	}
	return best
}

func (s *suspect) has(r *Row) bool { return s.dst && r.Dst == s.host || !s.dst && r.Src == s.host }

func (l *Learner) accuse(s *suspect, rows []Row) *detect.Alert {
	a := &detect.Alert{Subject: detect.Subject{Src: l.hosts.Addr(s.host)}}
	if s.dst {
		a.Subject = detect.Subject{Dst: l.hosts.Addr(s.host)}
	}
	for i := range rows {
		if s.has(&rows[i]) {
			a.Records = append(a.Records, rows[i].Number)
		}
	}
	slices.Sort(a.Records)
	return a
}

// suspects returns all addresses of a window, in each role.
func suspects(rows []Row) []*suspect {
	type key struct {
		host flow.Host
		dst  bool
	}
	all := make(map[key]*suspect)
	add := func(k key, p peer, r *Row) {
		s := all[k]
		if s == nil {
			s = &suspect{host: k.host, dst: k.dst, peers: make(map[peer]struct{})}
			all[k] = s
		}
		s.records++
		s.bytes += r.Up + r.Down
		s.peers[p] = struct{}{}
	}
	for i := range rows {
		r := &rows[i]
		add(key{r.Src, false}, peer{r.Dst, r.DstPort}, r)
		add(key{r.Dst, true}, peer{r.Src, r.DstPort}, r)
	}
	var list []*suspect
	for _, s := range all {
		list = append(list, s)
	}
	return list
}

// top returns the suspects of a role with the most, those of the lowest
// address first where they have as much.
func top(sorted []*suspect, dst bool, by func(*suspect) int64) []*suspect {
	var of []*suspect
	for _, s := range sorted {
		if s.dst == dst {
			of = append(of, s)
		}
	}
	slices.SortStableFunc(of, func(a, b *suspect) int { return cmp.Compare(by(b), by(a)) })
	return of[:min(len(of), candidates)]
}
