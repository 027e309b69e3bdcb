package flow

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// What a source says besides is kept from the first record that has it, and
// goes with its record through cuts and other orders.
func TestBatchOptional(t *testing.T) {
	plain := func(seq int64) Record {
		a := netip.MustParseAddrPort("10.0.0.1:1")
		return Record{Seq: seq, Time: time.Unix(100-seq, 0).UTC(), Src: a, Dst: a, BytesUp: seq}
	}
	long, packets := plain(1), plain(2)
	long.Duration = time.Minute
	packets.PacketsUp, packets.PacketsDown = 3, 4
	want := []Record{plain(0), long, packets}
	var b Batch
	for range 2 {
		b.Reset(0)
		for _, r := range want {
			b.Append(r)
		}
		for name, part := range map[string]*Batch{"Slice": b.Slice(1, 3), "Take": b.Take([]int32{1, 2}), "ByTime": b.ByTime().Slice(0, 2)} {
			rows := []Record{part.Record(0), part.Record(1)}
			if name == "ByTime" {
				rows[0], rows[1] = rows[1], rows[0]
			}
			if d := gocmp.Diff(want[1:], rows, addrPorts); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
	}
}

var addrPorts = gocmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })

// Each format that has durations and packets gives them; those without have nil.
func TestOptionalFields(t *testing.T) {
	const zeek = "#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes\tconn_state"
	const argus = "StartTime,Proto,SrcAddr,Sport,DstAddr,Dport,State,TotBytes"
	for _, c := range []struct {
		format, text string
		dur          time.Duration
		up, down     int64
		has          bool
	}{
		{"csv", good, 0, 0, 0, false},
		{"zeek", zeek + "\torig_pkts\tresp_pkts\n1.5\t1.1.1.1\t1\t2.2.2.2\t2\ttcp\t2.000001\t-\t-\tSF\t5\t6\n", 2000001 * time.Microsecond, 5, 6, true},
		{"zeek", zeek + "\torig_pkts\n1.5\t1.1.1.1\t1\t2.2.2.2\t2\ttcp\t-\t-\t-\tSF\t5\n", 0, 5, 0, true},
		{"zeek-json", `{"ts":1,"id.orig_h":"::1","id.orig_p":1,"id.resp_h":"::2","id.resp_p":2,"proto":"tcp","duration":1e-3,"orig_pkts":7,"resp_pkts":8.0,"conn_state":"SF"}`, time.Millisecond, 7, 8, true},
		{"argus", argus + ",Dur,SrcPkts,DstPkts\n2011/08/16 10:01:46,udp,1.1.1.1,1,2.2.2.2,2,CON,9,0.25,3,4\n", 250 * time.Millisecond, 3, 4, true},
		{"argus", argus + ",Dur,TotPkts,SrcPkts\n2011/08/16 10:01:46,udp,1.1.1.1,1,2.2.2.2,2,CON,9,0.25,9,4\n", 250 * time.Millisecond, 4, 5, true},
		{"argus", argus + ",Dur,TotPkts\n2011/08/16 10:01:46,udp,1.1.1.1,1,2.2.2.2,2,CON,9,,9\n", 0, 9, 0, true},
		{"argus", argus + "\n2011/08/16 10:01:46,udp,1.1.1.1,1,2.2.2.2,2,CON,9\n", 0, 0, 0, false},
	} {
		got := readText(t, c.format, c.text)
		if len(got.Records) != 1 {
			t.Fatalf("%q: %v, %v", c.text, got.Bad, got.Err)
		}
		r := got.Records[0]
		if r.Duration != c.dur || r.PacketsUp != c.up || r.PacketsDown != c.down {
			t.Errorf("%q: %v, %d and %d packets, want %v, %d and %d", c.text, r.Duration, r.PacketsUp, r.PacketsDown, c.dur, c.up, c.down)
		}
		f, _ := FormatNamed(c.format)
		for b := range f.Read(strings.NewReader(c.text), Input{}) {
			if (b.Duration != nil) != c.has || (b.PacketsUp != nil) != c.has || (b.PacketsDown != nil) != c.has {
				t.Errorf("%q: columns %v %v %v, want them: %v", c.text, b.Duration, b.PacketsUp, b.PacketsDown, c.has)
			}
		}
	}
	bad := readText(t, "zeek", zeek+"\n1.5\t1.1.1.1\t1\t2.2.2.2\t2\ttcp\t-1\t-\t-\tSF\n").Bad
	if len(bad) != 1 || bad[0].Err.Error() != `duration: "-1" is not a duration in seconds, from 0 up to 292 years` {
		t.Errorf("a duration below 0: %v", bad)
	}
}
