package netflow

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"toolkit/flow"
	"toolkit/internal/ref"
)

// all is what a source yields.
type all struct {
	records []flow.Record
	skipped int
	bad     []error
	err     error
}

func gather(src flow.Source) (a all) {
	for b, err := range src {
		var bad *flow.SyntaxError
		switch {
		case errors.As(err, &bad):
			if _, skip := flow.SkipReason(err); skip {
				a.skipped++
			} else {
				a.bad = append(a.bad, bad)
			}
		case err != nil:
			a.err = err
		default:
			for i := range b.Len() {
				a.records = append(a.records, b.Record(i))
			}
		}
	}
	return a
}

// expected is a case of netflow/expected.json, which says how many events each
// collection of datagrams gives, and some fields of some events.
type expected struct {
	Case     string
	Files    []string
	Events   *int
	Expected []map[string]any
}

func cases(t testing.TB) []expected {
	var list []expected
	ref.JSON(t, "data/netflow/expected.json", &list)
	return list
}

func caseData(t testing.TB, c expected) []byte {
	var data []byte
	for _, name := range c.Files {
		data = append(data, ref.Read(t, "data/netflow/"+name)...)
	}
	return data
}

// Data records of every case are records, skipped as they are of no flow, or
// rejected; events with addresses are found with their ports, bytes and packets.
func TestExpected(t *testing.T) {
	// Events of options, which describe no traffic, are no data records here. Data
	// that comes before its template is waited for, which is not expected.
	const waited = "ipfix_test_netscaler_data.dat ipfix_test_netscaler_tpl.dat"
	for _, c := range cases(t) {
		var a all
		d := newDecoder(func(r flow.Record) { a.records = append(a.records, r) }, func(what string, err error) {
			if _, skip := flow.SkipReason(err); skip {
				a.skipped++
			} else {
				a.bad = append(a.bad, fmt.Errorf("%s: %w", what, err))
			}
		})
		for _, name := range c.Files {
			d.datagram(ref.Read(t, "data/netflow/"+name), "", time.Time{})
		}
		d.end()
		if strings.HasPrefix(strings.Join(c.Files, " "), waited) {
			*c.Events *= 2
		}
		if c.Events != nil && len(a.records)+a.skipped > *c.Events {
			t.Errorf("%s: %d records and %d skipped of %d events", c.Case, len(a.records), a.skipped, *c.Events)
		}
		for _, want := range c.Expected {
			if !a.has(want) {
				t.Errorf("%s: no record of %v among %d, e.g. %v; %v", c.Case, want, len(a.records), a.records[:min(2, len(a.records))], a.bad)
			}
		}
		if n := len(a.records) + a.skipped; c.Events != nil && n < *c.Events-events[c.Case] {
			t.Errorf("%s: %d records and skipped of %d events, of which %d are of options", c.Case, n, *c.Events, events[c.Case])
		}

		// The same, one behind another in a file.
		raw := gather(Raw.Read(bytes.NewReader(caseData(t, c)), flow.Input{Name: "raw"}))
		// Two of the files hold more than the datagram that they begin with.
		want := len(a.records)
		if n, ok := map[string]int{"Netflow 5 valid 01": 30, "IPFIX": 12}[c.Case]; ok {
			want = n
		}
		if len(raw.records) != want {
			t.Errorf("%s: %d records one datagram at a time, %d one behind another: %v, %v", c.Case, len(a.records), len(raw.records), raw.bad, raw.err)
		}
	}
}

// events are how many of a case's events are of options.
var events = map[string]int{
	"Netflow 9 multiple netflow exporters": 1, "IPFIX": 1, "IPFIX options template from Juniper MX240 JunOS 15.1 R6 S3": 1,
	"Netflow 9 Fortigate FortiOS 5.2.1": 1, "Juniper SRX options template with 0 scope field length": 1,
	"Netflow 9 Cisco ASR 9000 series options template 256": 19, "Netflow 9 Cisco NBAR options template 260": 15, "IPFIX YAF basic with applabel": 1,
}

// has tells whether there is a record of what was expected, as far as that is
// of a flow.
func (a all) has(want map[string]any) bool {
	text := func(keys ...string) string {
		for _, k := range keys {
			if v, ok := want[k].(string); ok {
				return v
			}
		}
		return ""
	}
	num := func(keys ...string) (int64, bool) {
		for _, k := range keys {
			if v, ok := want[k].(float64); ok {
				return int64(v), true
			}
		}
		return 0, false
	}
	src, dst := text("ipv4_src_addr", "ipv6_src_addr", "sourceIPv4Address", "sourceIPv6Address"), text("ipv4_dst_addr", "ipv6_dst_addr", "destinationIPv4Address", "destinationIPv6Address")
	if src == "" || dst == "" {
		return true
	}
	for _, r := range a.records {
		same := r.Src.Addr() == netip.MustParseAddr(src) && r.Dst.Addr() == netip.MustParseAddr(dst)
		for _, f := range []struct {
			value int64
			keys  []string
		}{
			{int64(r.Src.Port()), []string{"l4_src_port", "sourceTransportPort"}}, {int64(r.Dst.Port()), []string{"l4_dst_port", "destinationTransportPort"}},
			{int64(r.Proto), []string{"protocol", "protocolIdentifier"}}, {r.PacketsUp, []string{"in_pkts", "packetDeltaCount"}}, {r.BytesUp, []string{"in_bytes", "octetDeltaCount"}},
		} {
			if v, ok := num(f.keys...); ok && v != f.value {
				same = false
			}
		}
		if same {
			return true
		}
	}
	return false
}

// Data sets that come before their templates are decoded when these come.
func TestTemplatesLater(t *testing.T) {
	for _, pair := range [][2]string{
		{"ipfix_test_netscaler_tpl.dat", "ipfix_test_netscaler_data.dat"},
		{"netflow9_test_h3c_tpl3281.dat", "netflow9_test_h3c_data3281.dat"},
	} {
		template, data := ref.Read(t, "data/netflow/"+pair[0]), ref.Read(t, "data/netflow/"+pair[1])
		first := gather(Raw.Read(bytes.NewReader(append(bytes.Clone(template), data...)), flow.Input{}))
		later := gather(Raw.Read(bytes.NewReader(append(bytes.Clone(data), template...)), flow.Input{}))
		if len(first.records) == 0 || fmt.Sprint(first.records) != fmt.Sprint(later.records) || len(later.bad) != len(first.bad) {
			t.Errorf("%s: %d records, %d when the template comes later: %v", pair[1], len(first.records), len(later.records), later.bad)
		}
		never := gather(Raw.Read(bytes.NewReader(data), flow.Input{Name: "x"}))
		if len(never.records) != 0 || len(never.bad) == 0 || !strings.Contains(never.bad[0].Error(), "whose template has not come") {
			t.Errorf("%s without its template: %d records, %v", pair[1], len(never.records), never.bad)
		}
	}
}

// Exporters without end, as of a flood with other senders each time, take
// bounded memory; who is forgotten is said, and may come again.
func TestManyExporters(t *testing.T) {
	template := ref.Read(t, "data/netflow/ipfix_test_netscaler_tpl.dat")
	data := ref.Read(t, "data/netflow/ipfix_test_netscaler_data.dat")
	records, forgotten := 0, 0
	d := newDecoder(func(flow.Record) { records++ }, func(what string, err error) {
		if strings.HasPrefix(what, "exporter ") {
			forgotten++
		}
	})
	now := time.Unix(1, 0)
	d.datagram(template, "first", now)
	d.datagram(data, "first", now)
	want := records
	junk := []byte{0, 10, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} // IPFIX without sets
	most := maxTemplates / exporterBytes
	for i := range most + 1000 {
		d.datagram(junk, fmt.Sprint(i), now)
	}
	if want == 0 || forgotten < 1000 || len(d.systems) > most || d.heard.Len() != len(d.systems) || d.templates > maxTemplates {
		t.Errorf("%d records of the first, %d exporters forgotten, %d kept in %d bytes", want, forgotten, len(d.systems), d.templates)
	}
	d.datagram(data, "first", now)
	if records != want {
		t.Errorf("the first exporter was not forgotten")
	}
	d.datagram(template, "first", now)
	if records != 2*want {
		t.Errorf("%d records of the first when its templates come again, want %d", records, 2*want)
	}
}

// A v5 datagram that is cut is refused, not filled with zeros.
func TestShortV5(t *testing.T) {
	data := ref.Read(t, "data/netflow/netflow5_test_microtik.dat")
	if got := gather(Raw.Read(bytes.NewReader(data), flow.Input{})); len(got.records) != 30 {
		t.Fatalf("%d records, %v", len(got.records), got.bad)
	}
	got := gather(Raw.Read(bytes.NewReader(data[:700]), flow.Input{}))
	if len(got.records) != 0 || len(got.bad) != 1 {
		t.Errorf("a cut datagram: %d records, %v", len(got.records), got.bad)
	}
}

// Datagrams that are sent to a port are the records that they are in a file.
func TestListen(t *testing.T) {
	data := ref.Read(t, "data/netflow/netflow5_test_microtik.dat")
	live, err := Listen(t.Context(), "udp://127.0.0.1:0", 300*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	conn, err := dial(live.(*listener).udp)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := conn.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	got := gather(Capture.Read(live, flow.Input{Name: "live"}))
	if len(got.records) != 90 || got.err != nil || len(got.bad) != 0 {
		t.Errorf("%d records of 3 datagrams of 30, %v, %v", len(got.records), got.bad, got.err)
	}
	for _, address := range []string{"tcp://127.0.0.1:1", "udp://127.0.0.1", "udp://nowhere.invalid:5"} {
		if _, err := Listen(t.Context(), address, time.Second); err == nil {
			t.Errorf("listens at %s", address)
		}
	}
}

// A sampled packet is a record that stands for as many as the rate says.
func TestSFlow(t *testing.T) {
	// Ethernet, IPv4 10.0.0.1 > 10.0.0.2, TCP 1234 > 443, SYN.
	packet := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 8, 0,
		0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		4, 210, 1, 187, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0, 0, 0}
	u32 := func(ns ...uint32) (b []byte) {
		for _, n := range ns {
			b = append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
		}
		return b
	}
	header := append(u32(1, 1518, 4, uint32(len(packet))), packet...)
	record := append(u32(1, uint32(len(header))), header...)
	sample := append(u32(7, 3, 100, 1000, 0, 1, 2, 1), record...)
	data := append(u32(5, 1, 0x0a000001, 0, 9, 1000, 1, 1, uint32(len(sample))), sample...)
	if n, ok := datagramLength(data); !ok || n != len(data) {
		t.Errorf("%d bytes, %v, want %d", n, ok, len(data))
	}
	got := gather(Raw.Read(bytes.NewReader(append(bytes.Clone(data), data...)), flow.Input{}))
	if len(got.records) != 2 || len(got.bad) != 0 {
		t.Fatalf("%d records, %v, %v", len(got.records), got.bad, got.err)
	}
	r := got.records[0]
	if s := fmt.Sprint(r.Src, r.Dst, r.Proto, r.BytesUp, r.PacketsUp, r.FlagsUp, r.State); s != "10.0.0.1:1234 10.0.0.2:443 tcp 151800 100 S new" {
		t.Error(s)
	}
}

// No bytes make a reader panic or run for ever.
func FuzzDatagrams(f *testing.F) {
	files, _ := filepath.Glob("../../../shared/data/netflow/*.dat")
	for _, name := range files {
		f.Add(ref.Read(f, "data/netflow/"+filepath.Base(name)))
	}
	f.Add([]byte("\x00\x09\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0c\x01\x00\x00\x01\x00\x00\x00\x00\x01\x00\x00\x08\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		gather(Raw.Read(bytes.NewReader(data), flow.Input{}))
		gather(Capture.Read(bytes.NewReader(data), flow.Input{}))
		Raw.Detect(data)
		Capture.Detect(data)
	})
}

func dial(to *net.UDPConn) (net.Conn, error) { return net.Dial("udp", to.LocalAddr().String()) }
