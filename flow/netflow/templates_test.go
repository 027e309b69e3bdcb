package netflow

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/netsampler/goflow2/v2/decoders/netflow"

	"toolkit/flow"
	"toolkit/internal/ref"
)

// byLibrary makes records of a datagram as the library decodes it, with
// templates that it knows.
func byLibrary(data []byte, known netflow.NetFlowTemplateSystem) (records []string, err error) {
	var v9 netflow.NFv9Packet
	var ipfix netflow.IPFIXPacket
	if err := netflow.DecodeMessageVersion(bytes.NewBuffer(data), known, &v9, &ipfix); err != nil {
		return nil, err
	}
	sets, ex := v9.FlowSets, exported{time.Unix(int64(v9.UnixSeconds), 0), time.Duration(v9.SystemUptime) * time.Millisecond}
	if v9.Version == 0 {
		sets, ex = ipfix.FlowSets, exported{time.Unix(int64(ipfix.ExportTime), 0), 0}
	}
	d := newDecoder(func(r flow.Record) { records = append(records, fmt.Sprint(r)) }, func(what string, err error) { records = append(records, fmt.Sprint(what, err)) })
	for _, set := range sets {
		s, ok := set.(netflow.DataFlowSet)
		if !ok {
			continue
		}
		for _, r := range s.Records {
			a := fields{first: -1, last: -1}
			for _, v := range r.Values {
				switch b := v.Value.([]byte); {
				case !v.PenProvided:
					a.take(v.Type, b, ex)
				case v.Pen == reversePEN:
					a.reverse(v.Type, b)
				}
			}
			d.finish(&a, ex)
		}
	}
	return records, nil
}

// Datagrams of many exporters are decoded as the library does it, once their
// templates are known, and again when these are not parsed anew.
func TestLikeLibrary(t *testing.T) {
	compared := 0
	for _, c := range cases(t) {
		known := netflow.CreateTemplateSystem()
		var got []string
		d := newDecoder(func(r flow.Record) { got = append(got, fmt.Sprint(r)) }, func(what string, err error) { got = append(got, fmt.Sprint(what, err)) })
		for range 3 {
			for _, name := range c.Files {
				data := ref.Read(t, "data/netflow/"+name)
				if v := binary.BigEndian.Uint16(data); v != 9 && v != 10 {
					continue
				}
				want, err := byLibrary(data, known)
				got = nil
				d.datagram(data, "", time.Time{})
				if err != nil || len(want) == 0 { // a template that has not come, damage
					continue
				}
				compared++
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: %s:\n%s", c.Case, name, diff)
				}
			}
		}
	}
	if compared < 100 {
		t.Errorf("%d datagrams compared", compared)
	}
}

// v9 is a datagram of NetFlow v9 with a template of that number, if it has
// fields, and with records, if there are any.
func v9(id uint16, fields [][2]uint16, records ...[]byte) []byte {
	be := binary.BigEndian
	set := func(d []byte, id uint16, body []byte) []byte {
		return append(be.AppendUint16(be.AppendUint16(d, id), uint16(4+len(body))), body...)
	}
	d := be.AppendUint16(be.AppendUint16(nil, 9), uint16(2))
	d = be.AppendUint32(be.AppendUint32(be.AppendUint32(be.AppendUint32(d, 0), 1_700_000_000), 1), 7)
	if fields != nil {
		body := be.AppendUint16(be.AppendUint16(nil, id), uint16(len(fields)))
		for _, f := range fields {
			body = be.AppendUint16(be.AppendUint16(body, f[0]), f[1])
		}
		d = set(d, 0, body)
	}
	if records != nil {
		d = set(d, id, bytes.Join(records, nil))
	}
	return d
}

// A template that is redefined holds, and one that comes back, too, though its
// bytes have been seen before.
func TestRedefined(t *testing.T) {
	a := [][2]uint16{{sourceIPv4, 4}, {destIPv4, 4}, {octetDelta, 4}}
	b := [][2]uint16{{octetDelta, 4}, {sourceIPv4, 4}, {destIPv4, 4}}
	record := []byte{10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 1, 0}
	var got []string
	d := newDecoder(func(r flow.Record) { got = append(got, fmt.Sprint(r.Src.Addr(), r.BytesUp)) }, func(what string, err error) { got = append(got, fmt.Sprint(what, err)) })
	for _, fields := range [][][2]uint16{a, a, b, a, b, b, nil, a} {
		d.datagram(v9(256, fields, record), "x", time.Time{})
		d.datagram(v9(256, nil, record), "x", time.Time{})
	}
	asA, asB := "10.0.0.1 256", "10.0.0.2 167772161"
	want := []string{asA, asA, asA, asA, asB, asB, asA, asA, asB, asB, asB, asB, asB, asB, asA, asA}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	s := d.systems["x"]
	if len(s.of) != 1 || len(s.sets) != 1 || d.templates != s.bytes {
		t.Errorf("%d templates, %d sets; %d bytes of %d", len(s.of), len(s.sets), s.bytes, d.templates)
	}
}

// Sets of templates without end, each another, take bounded memory, as what is
// kept of them is counted.
func TestManyTemplates(t *testing.T) {
	d := newDecoder(func(flow.Record) {}, func(string, error) {})
	for i := range 40_000 {
		id := uint16(256 + i%100)
		d.datagram(v9(id, [][2]uint16{{sourceIPv4, 4}, {uint16(i), 4}, {uint16(i >> 3), 4}}), "x", time.Time{})
		d.datagram(v9(id+200, [][2]uint16{{uint16(i), 0}}), "x", time.Time{}) // useless
	}
	s := d.systems["x"]
	sum := exporterBytes
	for _, n := range s.of {
		sum += n.bytes
	}
	for key := range s.sets {
		sum += setBytes + len(key)
	}
	if len(s.of) != 100 || len(s.sets) > 100 || sum != s.bytes || s.bytes != d.templates {
		t.Errorf("%d templates in %d sets take %d bytes, %d were counted, %d in all", len(s.of), len(s.sets), sum, s.bytes, d.templates)
	}
}

// Fields of a length that the record says, and records that are cut.
func TestVariableLength(t *testing.T) {
	be := binary.BigEndian
	ipfix := func(records ...[]byte) []byte {
		body := []byte{0, 2, 0, 20, 1, 0, 0, 3, 0, 8, 0, 4, 0, 96, 0xff, 0xff, 0, 12, 0, 4} // template 256: source, a name, destination
		data := bytes.Join(records, nil)
		body = append(be.AppendUint16(append(body, 1, 0), uint16(4+len(data))), data...)
		d := be.AppendUint16(be.AppendUint16(nil, 10), uint16(16+len(body)))
		return append(append(d, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1), body...)
	}
	name := func(n int) []byte {
		if n < 255 {
			return append([]byte{byte(n)}, make([]byte, n)...)
		}
		return append([]byte{255, byte(n >> 8), byte(n)}, make([]byte, n)...)
	}
	record := func(n int) []byte {
		return append(append([]byte{10, 0, 0, byte(n)}, name(n)...), 10, 0, 0, 9)
	}
	for _, c := range []struct {
		data         []byte
		records, bad int
	}{
		{ipfix(record(0), record(3), record(254), record(255), record(1000)), 5, 0},
		{ipfix(record(3), []byte{0, 0, 0}), 1, 0}, // filled up
		{ipfix(record(3), []byte{10, 0, 0, 1, 200, 0, 0, 0, 0, 0}), 1, 1},
		{ipfix(record(3), []byte{10, 0, 0, 1, 255, 255, 0, 0, 0}), 1, 1},
		{ipfix(record(3), []byte{10, 0, 0, 1, 4, 0, 0, 0, 0, 10, 0}), 1, 1},
	} {
		if got := gather(Raw.Read(bytes.NewReader(c.data), flow.Input{})); len(got.records) != c.records || len(got.bad) != c.bad {
			t.Errorf("%d records, %v; want %d and %d errors", len(got.records), got.bad, c.records, c.bad)
		}
	}
}

// Sets whose templates never come do not slow down those whose do.
func BenchmarkWaiting(b *testing.B) {
	record := bytes.Repeat([]byte{10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 1, 0}, 100)
	fields := [][2]uint16{{sourceIPv4, 4}, {destIPv4, 4}, {octetDelta, 4}}
	lost, good := v9(300, nil, record), v9(256, fields, record)
	d := newDecoder(func(flow.Record) {}, func(string, error) {})
	b.ReportAllocs()
	for b.Loop() {
		d.datagram(lost, "", time.Time{})
		d.datagram(good, "", time.Time{})
	}
}
