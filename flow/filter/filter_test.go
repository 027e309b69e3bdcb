package filter

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"toolkit/flow"
)

func records() *flow.Batch {
	b := &flow.Batch{Labels: new(flow.Labels)}
	add := func(proto flow.Proto, src, dst string, up, down int64, dur time.Duration, packets int64, flags flow.Flags, s flow.State, label string) {
		b.Append(flow.Record{Proto: proto, Src: netip.MustParseAddrPort(src), Dst: netip.MustParseAddrPort(dst), BytesUp: up, BytesDown: down,
			Duration: dur, PacketsUp: packets, FlagsUp: flags, State: s, Label: label})
	}
	add(flow.UDP, "192.168.1.5:1000", "8.8.8.8:53", 60, 100, time.Second, 2, 0, flow.Established, "")
	add(flow.TCP, "192.168.1.5:2000", "10.0.0.1:443", 2e6, 5, 2*time.Second, 1000, flow.SYN|flow.ACK, flow.Closed, "Bad thing")
	add(flow.TCP, "[2001:db8::1]:53", "[2001:db8::2]:80", 10, 0, 0, 1, flow.SYN, flow.New, "ok")
	add(flow.ICMP, "10.0.0.1:0", "10.0.0.2:2048", 84, 84, 0, 1, 0, flow.Unknown, "")
	return b
}

func TestFilter(t *testing.T) {
	b := records()
	for text, want := range map[string]string{
		"any":     "0123",
		"not any": "",
		"src net 192.168.0.0/16 and port 53 and bytes > 1e2": "0",
		"src net 192.168/16 or ip 2001:db8::2":               "012",
		"proto tcp":                                          "12", "proto 17": "0", "PROTO ICMP": "3", "proto in [tcp, icmp]": "123",
		"src port 53": "2", "dst port 53": "0", "port 53": "02", "port in [53 443]": "012", "port > 1500": "13", "dst port >= 443": "13",
		"host 10.0.0.1": "13", "src host 10.0.0.1": "3", "dst ip 10.0.0.1": "1", "ip in [8.8.8.8, 10.0.0.2]": "03",
		"src and dst net 10.0.0.0/8": "3", "src or dst net 10.0.0.0/8": "13", "net 10/8": "13",
		"bytes > 1m": "1", "bytes <= 168": "023", "bytes 160": "0", "bytes != 160": "123", "packets > 1": "01",
		"duration >= 1000": "01", "bps > 8M": "1", "pps > 100": "1", "bpp > 1000": "1",
		"flags S": "12", "flags SA": "1", "flags as": "1", "not flags A and proto tcp": "2",
		"state closed": "1", "state in [new unknown]": "23", "label 'Bad thing'": "1", "label ok": "2", `label ""`: "03",
		"ipv6": "2", "ipv4 && !(port 53||proto icmp)": "1",
		// nfdump(1): flags S and not flags AFRPU finds what sent a SYN and nothing else.
		"flags S and not flags AFRPU": "2", "not flags SA": "03", "not (flags SA and port 443)": "023", "not not flags SA": "1", "not (not flags SA)": "1",
		"flags 2": "2", "flags 0x12": "1", "flags X": "",
		"in bytes > 100": "1", "out bytes 100": "0", "out packets 0": "0123", "in packets >= 2": "01",
		"icmp-type 8": "3", "icmp-type in [0, 8] and icmp-code 0": "3", "icmp-code 8": "", "icmp type 8 and icmp code 0": "3",
		"net 192.168.0.0 255.255.0.0": "01", "src net 10.0.0.0 255.0.0.0 and proto icmp": "3",
		"port != 53": "13", "src port != 53": "013",
		"port 53 # and nothing else\n or port 443": "012", "# all\nany": "0123",
		"ip in [1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 10.0.0.0/30 2001:db8::/64 8.8.8.8]": "0123", "net in [1/8 2/8 3/8 4/8 5/8 6/8 7/8 8/8]": "0",
		"proto udp or proto tcp and port 80": "02", "(proto udp or proto tcp) and port 80": "2", "not proto udp and port 53": "2",
	} {
		f, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := ""
		for _, i := range f.Rows(b) {
			got += string(rune('0' + i))
		}
		if got != want {
			t.Errorf("%s: rows %q, want %q", text, got, want)
		}
	}
}

// Each mistake is told with what was wanted, and where.
func TestFilterErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "column 1 of the filter: found the end, want one of any,",
		"port 53 and":                "column 12 of the filter: found the end, want one of",
		"port 70000":                 `column 6 of the filter: found "70000", want a port, 0 to 65535`,
		"src bytes > 5":              `column 5 of the filter: found "bytes", want ip, host, net or port`,
		"bytes > many":               `column 9 of the filter: found "many", want a number, such as 1500, 1e6 or 10M`,
		"(port 53":                   "column 9 of the filter: found the end, want )",
		"port 53 port 54":            `column 9 of the filter: found "port", want and, or, or the end`,
		"net 10.0.0.1":               `column 5 of the filter: found "10.0.0.1", want a network, such as 192.168.0.0/16`,
		"ip 10.0.0.256":              `column 4 of the filter: found "10.0.0.256", want an IP address`,
		"proto tpc":                  `column 7 of the filter: found "tpc", want a protocol, such as tcp or 6`,
		"port in 53":                 `column 9 of the filter: found "53", want [ and a list of values`,
		"port in [53":                "column 12 of the filter: found the end, want a port, 0 to 65535",
		"state open":                 `column 7 of the filter: found "open", want one of unknown, closed`,
		"tcp":                        `column 1 of the filter: found "tcp", want proto before it`,
		"src ip 1.1.1.1 and 2.2.2.2": `column 20 of the filter: found "2.2.2.2", want ip before it`,
		"dst as 64512":               `column 5 of the filter: found "as", which nfdump knows but records here don't have`,
		"in port 5":                  `column 4 of the filter: found "port", want bytes or packets`,
		"icmp-type 256":              `found "256", want a number, 0 to 255`,
		"port > in [5]":              `column 8 of the filter: found "in", want a port, 0 to 65535`,
		"net 10.0.0.0 255.0.255.0":   `column 5 of the filter: found "10.0.0.0", want a network`,
		"flags XY":                   `column 7 of the filter: found "XY", want TCP flags as letters of CEUAPRSF`,
		"label 'x":                   "column 7 of the filter: the quote has no end",
		"src and port 5":             `column 9 of the filter: found "port", want dst`,
		strings.Repeat("(", 300):     "deeper than 200 brackets",
		"bytes > inf":                `found "inf", want a number`,
		"port 53 \n  and blub":       "column 16 of the filter",
		"prot tcp":                   `column 1 of the filter: found "prot", want one of any, proto, ip`,
		"proto tcp and not duration": "column 27 of the filter: found the end, want a number",
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// No expression makes the parser or the filter panic, and what has been parsed
// says the same when its words are written apart.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{"src net 10/8 and port in [53, 80] or not (flags S and bytes > 1M)", "label 'a b' && proto 6||!ipv6"} {
		f.Add(s)
	}
	b := records()
	f.Fuzz(func(t *testing.T, text string) {
		x, err := Parse(text)
		if err != nil {
			return
		}
		n := len(x.Rows(b))
		y, err := Parse("(" + text + ") and any")
		if err != nil || len(y.Rows(b)) != n {
			t.Errorf("%q in brackets: %v", text, err)
		}
	})
}
