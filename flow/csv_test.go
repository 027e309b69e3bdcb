package flow

import (
	"encoding/binary"
	"encoding/csv"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"toolkit/internal/ref"
)

// A lineTest is a line, and either the record that it holds or the error.
type lineTest struct{ line, want string }

// testLines reads each line behind header.
func testLines(t *testing.T, format, header string, tests []lineTest) {
	t.Helper()
	for _, c := range tests {
		got := readText(t, format, header+c.line+"\n")
		var s string
		switch {
		case got.Err != nil:
			s = "fatal: " + got.Err.Error()
		case len(got.Bad) == 1 && len(got.Records) == 0:
			s = "bad: " + got.Bad[0].Err.Error()
			if got.Bad[0].Text != c.line {
				t.Errorf("%s: the error is about %q", c.line, got.Bad[0].Text)
			}
		case len(got.Bad) == 0 && len(got.Records) == 1:
			s = record(got.Records[0])
		case len(got.Bad) == 0 && len(got.Records) == 0:
			s = "none"
		default:
			t.Fatalf("%s: %d records and errors %v", c.line, len(got.Records), got.Bad)
		}
		if s != c.want {
			t.Errorf("%s\n\tis   %s\n\twant %s", c.line, s, c.want)
		}
	}
}

func TestCSV(t *testing.T) {
	testLines(t, "csv", "", []lineTest{
		{"2017-01-27 16:24:42,tcp,closed,10.2.1.39,60707,74.201.65.31,443,21687,8999", "2017-01-27T16:24:42 tcp closed 10.2.1.39:60707>74.201.65.31:443 21687 8999"},
		{"2017-01-27 16:24:42.125,udp,new,2001:db8::1,0,::ffff:1.2.3.4,65535,0,9223372036854775807", "2017-01-27T16:24:42.125 udp new [2001:db8::1]:0>1.2.3.4:65535 0 9223372036854775807"},
		{"2016-02-29T23:59:59.1234567891Z,132,unknown,1.1.1.1,1,2.2.2.2,2,0,0", "2016-02-29T23:59:59.123456789 sctp unknown 1.1.1.1:1>2.2.2.2:2 0 0"},
		{"2017-01-01 00:30:00+01:00,ICMP,reset,1.1.1.1,1,2.2.2.2,2,0,0", "2016-12-31T23:30:00 icmp reset 1.1.1.1:1>2.2.2.2:2 0 0"},
		{"2016-12-31 23:30:00-0100,tcp,connecting,1.1.1.1,1,2.2.2.2,2,0,0", "2017-01-01T00:30:00 tcp connecting 1.1.1.1:1>2.2.2.2:2 0 0"},
		{csvHeader, "none"},
		{"2017-01-27 16:24:42,tcp,closed,10.2.1.39,70000,74.201.65.31,443,21687,8999", `bad: src_port: "70000" is not a port, 0 to 65535`},
		{"2017-01-27 16:24:42,tcp,closed,10.2.1.39,1,74.201.65.31,,21687,8999", `bad: dst_port: empty, want a port, 0 to 65535`},
		{"2017-01-27 16:24:42,tcp,closed,10.2.1.39,1,74.201.65.31,2,-1,8999", `bad: src_tx: "-1" is not a number of bytes, 0 to 9223372036854775807`},
		{"2017-01-27 16:24:42,tcp,closed,10.2.1.39,1,74.201.65.31,2,1,9223372036854775808", `bad: dst_tx: "9223372036854775808" is not a number of bytes, 0 to 9223372036854775807`},
		{"2017-02-29 16:24:42,tcp,closed,10.2.1.39,1,74.201.65.31,2,1,1", `bad: ts: "2017-02-29 16:24:42" is not a time such as 2017-01-27 16:24:42, of the years 1678 to 2261`},
		{"2300-01-27 16:24:42,tcp,closed,10.2.1.39,1,74.201.65.31,2,1,1", `bad: ts: "2300-01-27 16:24:42" is not a time such as 2017-01-27 16:24:42, of the years 1678 to 2261`},
		{"2017-01-27 16:24:42,tpc,closed,10.2.1.39,1,74.201.65.31,2,1,1", `bad: ip_protocol: "tpc" is not an IP protocol`},
		{"2017-01-27 16:24:42,arp,closed,10.2.1.39,1,74.201.65.31,2,1,1", `bad: ip_protocol: not IP traffic: arp`},
		{"2017-01-27 16:24:42,tcp,open,10.2.1.39,1,74.201.65.31,2,1,1", `bad: state: "open" is not a state: closed, closing, connecting, established, new, reset or unknown`},
		{"2017-01-27 16:24:42,tcp,new,10.2.1.390,1,74.201.65.31,2,1,1", `bad: src_ip: "10.2.1.390" is not an IP address`},
		{"2017-01-27 16:24:42,tcp,new,10.2.1.39,1,,2,1,1", `bad: dst_ip: empty, want an IP address`},
		{"2017-01-27 16:24:42,tcp", "bad: 2 fields, want 9: " + csvHeader},
		{"2017-01-27 16:24:42,tcp,new,10.2.1.39,1,1.1.1.1,2,1,1,1,1", "bad: 11 fields, want 9: " + csvHeader},
	})
}

// A line that can't be used leaves no address behind if its other fields are
// at fault.
func TestCSVHosts(t *testing.T) {
	in := Input{Hosts: new(Hosts)}
	for range csvFormat.Read(strings.NewReader("2017-01-27 16:24:42,tcp,new,1.1.1.1,1,2.2.2.2,2,1,x\n"), in) {
	}
	if n := in.Hosts.Len(); n != 0 {
		t.Errorf("%d hosts, want none", n)
	}
}

// The reference file has the counts and sums that pandas found,
// reference/office10k/golden.json, input.
func TestCSVReference(t *testing.T) {
	var golden struct {
		Input struct {
			Records    int   `json:"records"`
			SumSrcTx   int64 `json:"sum_src_tx"`
			SumDstTx   int64 `json:"sum_dst_tx"`
			SrcIP      int   `json:"src_ip"`
			DstIP      int   `json:"dst_ip"`
			SrcPort    int   `json:"src_port"`
			DstPort    int   `json:"dst_port"`
			State      int   `json:"state"`
			IPProtocol int   `json:"ip_protocol"`
			First      string
			Last       string
		}
	}
	ref.JSON(t, "reference/office10k/golden.json", &golden)
	want := golden.Input
	got := readText(t, "csv", string(ref.Read(t, "reference/office10k/flows.csv.gz")))
	if got.Err != nil || len(got.Bad) != 0 {
		t.Fatal(got.Err, got.Bad)
	}
	have := want
	have.Records, have.SumSrcTx, have.SumDstTx = len(got.Records), 0, 0
	srcs, dsts := map[netip.Addr]bool{}, map[netip.Addr]bool{}
	sports, dports := map[uint16]bool{}, map[uint16]bool{}
	states, protos := map[State]bool{}, map[Proto]bool{}
	for _, r := range got.Records {
		have.SumSrcTx += r.BytesUp
		have.SumDstTx += r.BytesDown
		srcs[r.Src.Addr()], dsts[r.Dst.Addr()] = true, true
		sports[r.Src.Port()], dports[r.Dst.Port()] = true, true
		states[r.State], protos[r.Proto] = true, true
	}
	have.SrcIP, have.DstIP, have.SrcPort, have.DstPort = len(srcs), len(dsts), len(sports), len(dports)
	have.State, have.IPProtocol = len(states), len(protos)
	have.First = got.Records[0].Time.Format(time.DateTime)
	have.Last = got.Records[len(got.Records)-1].Time.Format(time.DateTime)
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
}

var slowTime = regexp.MustCompile(`^\d{4}([-/])\d\d([-/])\d\d[ T+]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)?$`)

// slowCSV reads a line as plainly as the standard library can.
func slowCSV(line string) (r Record, ok bool) {
	c := csv.NewReader(strings.NewReader(line))
	c.FieldsPerRecord = 9
	f, err := c.Read()
	if err != nil || strings.ContainsAny(line, "\"\r") {
		return r, false
	}
	m := slowTime.FindStringSubmatch(f[0])
	if m == nil || m[1] != m[2] {
		return r, false
	}
	ts := strings.ReplaceAll(f[0][:10], "/", "-") + "T" + f[0][11:]
	if len(m[3]) > 10 {
		ts = strings.Replace(ts, m[3], m[3][:10], 1)
	}
	for _, zone := range []string{"", "Z", "Z07:00", "Z0700"} {
		if r.Time, err = time.Parse("2006-01-02T15:04:05"+zone, ts); err == nil {
			break
		}
	}
	year := f[0][:4]
	if err != nil || year < "1678" || year > "2261" {
		return r, false
	}
	r.Time = r.Time.UTC()
	proto := -1
	for p := range 256 {
		if n, err := strconv.ParseUint(f[1], 10, 8); strings.ToLower(f[1]) == Proto(p).String() || err == nil && int(n) == p {
			proto = p
		}
	}
	state := slices.Index(States(), f[2])
	if proto < 0 || linkProtos[strings.ToLower(f[1])] || state < 0 {
		return r, false
	}
	r.Proto, r.State = Proto(proto), State(state)
	var port [2]uint64
	var addr [2]netip.Addr
	var tx [2]int64
	for i := range 2 {
		if addr[i], err = netip.ParseAddr(f[3+2*i]); err != nil || strings.ContainsFunc(addr[i].Zone(), func(c rune) bool { return c <= ' ' || c == '"' || c == 0x7f }) {
			return r, false
		}
		addr[i] = addr[i].Unmap().WithZone("")
		if port[i], err = strconv.ParseUint(f[4+2*i], 10, 16); err != nil {
			return r, false
		}
		n, err := strconv.ParseUint(f[7+i], 10, 63)
		if err != nil {
			return r, false
		}
		tx[i] = int64(n)
	}
	r.Src, r.Dst = netip.AddrPortFrom(addr[0], uint16(port[0])), netip.AddrPortFrom(addr[1], uint16(port[1]))
	r.BytesUp, r.BytesDown = tx[0], tx[1]
	return r, true
}

// The digits at the start of a word, of any number of them and whatever follows.
func TestLeadingDigits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 20000 {
		var b [8]byte
		n, want := r.IntN(9), uint64(0)
		for i := range b {
			switch {
			case i < n:
				b[i] = '0' + byte(r.IntN(10))
				want = 10*want + uint64(b[i]-'0')
			case i == n:
				for b[i] = byte(r.IntN(256)); '0' <= b[i] && b[i] <= '9'; {
					b[i] = byte(r.IntN(256))
				}
			default:
				b[i] = byte(r.IntN(256))
			}
		}
		if v, few := leadingDigits(binary.LittleEndian.Uint64(b[:])); v != want || few != n {
			t.Fatalf("%q: %d of %d digits, want %d of %d", b, v, few, want, n)
		}
	}
}

// The quick reader and the plain one agree about every line.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		good, csvHeader + "\n" + good, "2017/01/27+16:24:42.5+01:00,6,new,::1,0,fe80::1%eth0,1,2,3", "\xef\xbb\xbf" + good, good + "\r\n\r\n,,,,,,,,\n",
		"2017-01-27 16:24:60,tcp,new,1.1.1.1,1,2.2.2.2,2,0,0", "2017-01-27 16:24:42,tcp,new,1.1.1.1,00001,2.2.2.2,2,000000000000000000000000001,0",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkFuzz(t, csvFormat, text, func(line string) bool { return line != csvHeader })
		got := readText(t, "csv", text)
		records := got.Records
		bad := map[int]bool{}
		for _, b := range got.Bad {
			bad[b.Line] = true
		}
		for i, line := range splitLines(text) {
			if line == "" || line == csvHeader {
				continue
			}
			want, ok := slowCSV(line)
			if bad[i+1] {
				if ok {
					t.Fatalf("line %d, %q is refused, plainly it is %+v", i+1, line, want)
				}
				continue
			}
			have := records[0]
			records = records[1:]
			have.Seq = 0
			if have != want && !isAlias(line) {
				t.Fatalf("line %d, %q is\n%+v, plainly\n%+v, %v", i+1, line, have, want, ok)
			}
		}
	})
}

// isAlias tells whether the line's protocol is a word that the plain reader
// doesn't know.
func isAlias(line string) bool {
	word := strings.ToLower(strings.Split(line, ",")[1])
	p, known := protoWords[word]
	return known && p.String() != word
}

// splitLines cuts text as readLines does.
func splitLines(text string) []string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	lines[0] = strings.TrimPrefix(lines[0], "\xef\xbb\xbf")
	return lines
}

// checkFuzz reads text and fails if a line that is data is neither a record
// nor an error, or if their numbers don't add up.
func checkFuzz(t *testing.T, f *Format, text string, data func(line string) bool) {
	got := gather(t, 3, f.Read(strings.NewReader(text), Input{Seq: 3}))
	if n := int64(len(got.Records) + len(got.Bad)); got.Next-3 != n {
		t.Fatalf("%d records and %d errors, but %d numbers", len(got.Records), len(got.Bad), got.Next-3)
	}
	if got.Err != nil {
		return
	}
	want := 0
	for _, line := range splitLines(text) {
		if line != "" && data(line) {
			want++
		}
	}
	if n := len(got.Records) + len(got.Bad); n != want {
		t.Fatalf("%d records and %d errors of %d data lines in %q", len(got.Records), len(got.Bad), want, text)
	}
}
