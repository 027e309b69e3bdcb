package blacklist

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/gaissmai/bart"
)

// A List is addresses and networks that someone warns of.
type List struct {
	Name     string // of its file
	Prefixes []netip.Prefix
}

// A SyntaxError is what can't be read as an address or a network.
type SyntaxError struct {
	File string
	Line int
	Text string
	Want string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("reading the blacklist %s: line %d: %q is not %s", e.File, e.Line, e.Text, e.Want)
}

// maxLine is the longest line: a list may be a single one.
const maxLine = 64 << 20

// Parse reads a list: addresses and networks (CIDR), IPv4 or IPv6, separated
// by lines, blanks or commas. What follows # or ; in a line is a comment.
// Anything else is a *SyntaxError, and so is a network that is everything.
func Parse(r io.Reader, name string) (*List, error) {
	l := &List{Name: filepath.Base(name)}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	n := 0
	for lines.Scan() {
		n++
		text := strings.TrimPrefix(lines.Text(), "\ufeff")
		if i := strings.IndexAny(text, "#;"); i >= 0 {
			text = text[:i]
		}
		for field := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' }) {
			p, ok := parse(strings.Trim(field, `"`))
			if !ok {
				return nil, &SyntaxError{name, n, short(field), "an address or a network such as 192.0.2.0/24"}
			}
			if p.Bits() == 0 {
				return nil, &SyntaxError{name, n, field, "a network that leaves anything out"}
			}
			l.Prefixes = append(l.Prefixes, p)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the blacklist %s: line %d: %w", name, n+1, err)
	}
	return l, nil
}

// parse reads an address or a network.
func parse(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), true
}

// short cuts text to what an error can show.
func short(text string) string {
	if len(text) > 60 {
		return text[:60] + "…"
	}
	return text
}

// Read reads the list in a file.
func Read(file string) (*List, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading the blacklist: %w", err)
	}
	defer f.Close()
	return Parse(f, file)
}

// A set finds the network of several lists that an address is in.
type set struct {
	table bart.Table[int] // number of the list
	lists []*List
}

func newSet(files []string) (*set, error) {
	s := new(set)
	for n, file := range files {
		l, err := Read(file)
		if err != nil {
			return nil, err
		}
		s.lists = append(s.lists, l)
		for _, p := range l.Prefixes {
			s.table.Insert(p, n)
		}
	}
	return s, nil
}

// find returns the smallest network that a is in, and its list's name.
func (s *set) find(a netip.Addr) (p netip.Prefix, list string, ok bool) {
	p, n, ok := s.table.LookupPrefixLPM(netip.PrefixFrom(a, a.BitLen()))
	if !ok {
		return p, "", false
	}
	return p, s.lists[n].Name, true
}
