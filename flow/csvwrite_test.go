package flow

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// What is written is read back as it was.
func TestCSVWriter(t *testing.T) {
	var want []Record
	b := &Batch{}
	for i, r := range []Record{
		{Time: time.Unix(1485534282, 0), Proto: TCP, State: Closed, BytesUp: 21687, BytesDown: 8999},
		{Time: time.Unix(1485534282, 123456789), Proto: 99, State: Unknown, BytesDown: 1 << 40},
		{Time: time.Unix(-3, 5), Proto: ICMPv6, State: Reset},
	} {
		r.Seq, r.Time = int64(i), r.Time.UTC()
		r.Src = netip.AddrPortFrom(netip.MustParseAddr([]string{"10.2.1.39", "2001:db8::1"}[i%2]), uint16(i+60000))
		r.Dst = netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), 443)
		b.Append(r)
		want = append(want, r)
	}
	var out bytes.Buffer
	w := NewCSVWriter(&out)
	if err := errors.Join(w.Write(b.Slice(0, 1)), w.Write(b.Slice(1, 3)), w.Flush()); err != nil {
		t.Fatal(err)
	}
	if line, _, _ := strings.Cut(out.String(), "\n"); line != "2017-01-27 16:24:42,tcp,closed,10.2.1.39,60000,192.0.2.1,443,21687,8999" {
		t.Errorf("first line %q", line)
	}
	var got []Record
	for b, err := range csvFormat.Read(&out, Input{}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len() {
			got = append(got, b.Record(i))
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("record %d: %+v, want %+v", i, got[i], want[i])
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestCSVWriterFails(t *testing.T) {
	b := &Batch{}
	b.Append(Record{Src: netip.MustParseAddrPort("192.0.2.1:1"), Dst: netip.MustParseAddrPort("192.0.2.2:2")})
	w := NewCSVWriter(full{})
	if err := errors.Join(w.Write(b), w.Flush()); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("error %v", err)
	}
}
