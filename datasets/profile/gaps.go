package profile

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"toolkit/flow"
)

// A busy knows in which cells of time there was a record, and where in each
// the first and the last was: gaps are exact in whatever order records come.
// Cells are a second long and grow when there are too many of them, and gaps
// within one are not seen.
type busy struct {
	cell  int64 // nanoseconds
	cells map[int64]extent
	now   int64 // the number of the cell of the record before
	at    extent
	has   bool
}

type extent struct{ first, last int64 }

const maxCells = 1 << 20

func (b *busy) add(t int64) {
	if b.cells == nil {
		b.cell, b.cells = int64(time.Second), make(map[int64]extent)
	}
	if b.has && flow.FloorDiv(t, b.cell) == b.now {
		b.at.first, b.at.last = min(b.at.first, t), max(b.at.last, t)
		return
	}
	b.put()
	b.now, b.at, b.has = flow.FloorDiv(t, b.cell), extent{t, t}, true // cells may have grown
}

// put adds the present cell to the others.
func (b *busy) put() {
	if !b.has {
		return
	}
	b.has = false
	add(b.cells, b.now, b.at)
	for len(b.cells) > maxCells {
		b.cell *= 2
		wider := make(map[int64]extent, len(b.cells)/2)
		for n, e := range b.cells {
			add(wider, flow.FloorDiv(n, 2), e)
		}
		b.cells = wider
	}
}

func add(cells map[int64]extent, n int64, e extent) {
	if old, ok := cells[n]; ok {
		e = extent{min(e.first, old.first), max(e.last, old.last)}
	}
	cells[n] = e
}

// gaps returns the longest times without a record, n at the most, of those
// longer than a cell.
func (b *busy) gaps(n int) []Gap {
	b.put()
	var all []Gap
	var before *extent
	for _, c := range slices.Sorted(maps.Keys(b.cells)) {
		e := b.cells[c]
		if before != nil && e.first-before.last > b.cell {
			all = append(all, Gap{time.Unix(0, before.last).UTC(), time.Unix(0, e.first).UTC(), float64(e.first-before.last) / 1e9})
		}
		before = &e
	}
	slices.SortStableFunc(all, func(x, y Gap) int { return cmp.Compare(y.To.Sub(y.From), x.To.Sub(x.From)) })
	return all[:min(n, len(all))]
}

// services are the names of ports that people know by name, of IANA's registry.
var services = map[uint16]string{
	20: "ftp-data", 21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "dns", 67: "dhcp", 68: "dhcp", 80: "http", 110: "pop3",
	111: "sunrpc", 123: "ntp", 137: "netbios-ns", 138: "netbios-dgm", 139: "netbios-ssn", 143: "imap", 161: "snmp", 389: "ldap", 443: "https",
	445: "microsoft-ds", 514: "syslog", 587: "submission", 631: "ipp", 636: "ldaps", 853: "dns-over-tls", 993: "imaps", 995: "pop3s",
	1194: "openvpn", 1433: "ms-sql", 1900: "ssdp", 3306: "mysql", 3389: "rdp", 5060: "sip", 5353: "mdns", 5355: "llmnr", 5432: "postgresql",
	5900: "vnc", 6379: "redis", 8080: "http-alt",
}

func portName(p uint16) string {
	s := strconv.Itoa(int(p))
	if name := services[p]; name != "" {
		s += " " + name
	}
	return s
}
