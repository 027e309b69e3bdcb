package findings

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"toolkit/detect"
)

// Suppress are the rules by which alerts are not told of.
type Suppress []rule

// A rule holds for alerts that have all that it asks for.
type rule struct {
	detectors, kinds []string
	ends, src, dst   []netip.Prefix
	ports            [][2]uint16
}

// ParseSuppress reads rules, one a line, of words that must all hold:
//
//	10.2.1.7                       an address, or a network as 10.0.0.0/8: of either end
//	src=10.2.1.7  dst=10.0.0.0/8   of that end
//	port=53  port=8000-8100        of either end
//	detector=iqr  kind=fanout
//
// A word may give several values, separated by commas, of which one must
// hold. What follows # is a comment. Errors name the file and line.
func ParseSuppress(r io.Reader, name string, detectors []string) (Suppress, error) {
	var s Suppress
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		var ru rule
		for _, w := range words {
			if err := ru.word(w, detectors); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, n, err)
			}
		}
		s = append(s, ru)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return s, nil
}

func (ru *rule) word(w string, detectors []string) error {
	key, values, ok := strings.Cut(w, "=")
	if !ok {
		key, values = "", w
	}
	for v := range strings.SplitSeq(values, ",") {
		var err error
		switch key {
		case "":
			ru.ends, err = appendNetwork(ru.ends, v)
		case "src":
			ru.src, err = appendNetwork(ru.src, v)
		case "dst":
			ru.dst, err = appendNetwork(ru.dst, v)
		case "port":
			ru.ports, err = appendPorts(ru.ports, v)
		case "detector":
			if !slices.Contains(detectors, v) {
				return fmt.Errorf("no detector is named %q; there are %s", v, strings.Join(detectors, ", "))
			}
			ru.detectors = append(ru.detectors, v)
		case "kind":
			if v == "" {
				return fmt.Errorf("%q names no kind", w)
			}
			ru.kinds = append(ru.kinds, v)
		default:
			return fmt.Errorf("%q is neither an address nor a network, and there is no %s=: write src=, dst=, port=, detector= or kind=", w, key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func appendNetwork(to []netip.Prefix, text string) ([]netip.Prefix, error) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return append(to, p.Masked()), nil
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return nil, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", text)
	}
	a = a.Unmap()
	return append(to, netip.PrefixFrom(a, a.BitLen())), nil
}

func appendPorts(to [][2]uint16, text string) ([][2]uint16, error) {
	from, upTo, ok := strings.Cut(text, "-")
	if !ok {
		upTo = from
	}
	a, err1 := strconv.ParseUint(from, 10, 16)
	b, err2 := strconv.ParseUint(upTo, 10, 16)
	if err1 != nil || err2 != nil || a > b || a == 0 {
		return nil, fmt.Errorf("%q is neither a port nor a range such as 8000-8100", text)
	}
	return append(to, [2]uint16{uint16(a), uint16(b)}), nil
}

// Has tells whether a rule holds for a.
func (s Suppress) Has(a *detect.Alert) bool {
	return slices.ContainsFunc(s, func(ru rule) bool { return ru.has(a) })
}

func (ru *rule) has(a *detect.Alert) bool {
	s := a.Subject
	in := func(nets []netip.Prefix, as ...netip.Addr) bool {
		return len(nets) == 0 || slices.ContainsFunc(nets, func(p netip.Prefix) bool { return slices.ContainsFunc(as, p.Contains) })
	}
	port := len(ru.ports) == 0 || slices.ContainsFunc(ru.ports, func(p [2]uint16) bool {
		return p[0] <= s.SrcPort && s.SrcPort <= p[1] || p[0] <= s.DstPort && s.DstPort <= p[1]
	})
	return port && (len(ru.detectors) == 0 || slices.Contains(ru.detectors, a.Detector)) &&
		(len(ru.kinds) == 0 || slices.Contains(ru.kinds, a.Kind)) &&
		in(ru.ends, s.Src, s.Dst) && in(ru.src, s.Src) && in(ru.dst, s.Dst)
}
