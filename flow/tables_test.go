package flow

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"toolkit/internal/flowtext"
)

// more is what record leaves out: duration, packets and flags.
func more(r Record) string {
	return fmt.Sprintf("%s %v %d %d %s>%s", record(r), r.Duration, r.PacketsUp, r.PacketsDown, r.FlagsUp, r.FlagsDown)
}

// tableSamples are files of each dialect. Those of data sets that are not at
// hand follow the descriptions of their columns: CICFlowMeter's and
// CIC-IDS2017's, UNSW-NB15's (features.csv), CIDDS-001's (its technical
// report), LUFlow's (its README), and AWS's "Flow log records".
var tableSamples = []struct{ format, text, want string }{
	{"cicflowmeter", "Flow ID, Source IP, Source Port, Destination IP, Destination Port, Protocol, Timestamp, Flow Duration, Total Fwd Packets, Total Backward Packets,Total Length of Fwd Packets, Total Length of Bwd Packets, Label\n" +
		"192.168.10.5-104.16.207.165-54865-443-6,104.16.207.165,443,192.168.10.5,54865,6,7/7/2017 3:30,3,2,0,12,0,BENIGN\n",
		"2017-07-07T03:30:00 tcp new 104.16.207.165:443>192.168.10.5:54865 12 0 BENIGN 3µs 2 0 >"},
	{"cicflowmeter", "Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Tot Fwd Pkts,Tot Bwd Pkts,TotLen Fwd Pkts,TotLen Bwd Pkts,Label\n" +
		"x,172.31.69.25,51000,18.219.193.20,80,6,16/02/2018 11:27:23 PM,10000000,3,4,20.0,964.0,DoS attacks-Hulk\n",
		"2018-02-16T23:27:23 tcp established 172.31.69.25:51000>18.219.193.20:80 20 964 DoS attacks-Hulk 10s 3 4 >"},
	{"unsw-nb15", "59.166.0.0,1390,149.171.126.6,53,udp,CON,0.001055,132,164,31,29,0,0,dns,500473.9375,621800.9375,2,2,0,0,0,0,66,82,0,0,0,0,1421927414,1421927414,0.017,0.013,0,0,0,0,0,0,0,0,3,7,1,3,1,1,1,,0\n",
		"2015-01-22T11:50:14 udp established 59.166.0.0:1390>149.171.126.6:53 132 164 1.055ms 2 2 >"},
	{"unsw-nb15", "175.45.176.2,0x000b,149.171.126.16,-,unas,no,0.001055,132,164,31,29,0,0,dns,500473.9375,621800.9375,2,2,0,0,0,0,66,82,0,0,0,0,1421927414,1421927414,0.017,0.013,0,0,0,0,0,0,0,0,3,7,1,3,1,1,1,Exploits,1\n" +
		"175.45.176.2,0x000b,149.171.126.16,-,sun-nd,no,0.5,132,164,31,29,0,0,dns,500473.9375,621800.9375,2,2,0,0,0,0,66,82,0,0,0,0,1421927414,1421927414,0.017,0.013,0,0,0,0,0,0,0,0,3,7,1,3,1,1,1,Exploits,1\n",
		"skip not IP traffic: unas\n2015-01-22T11:50:14 77 unknown 175.45.176.2:11>149.171.126.16:0 132 164 Exploits 500ms 2 2 >"},
	{"cidds", "Date first seen,Duration,Proto,Src IP Addr,Src Pt,Dst IP Addr,Dst Pt,Packets,Bytes,Flows,Flags,Tos,class,attackType,attackID,attackDescription\n" +
		"2017-03-15 00:01:16.632,0.000,TCP  ,192.168.100.5,445,192.168.220.16,58844.0,1,   2.1 M,1,.AP...,0,normal,---,---,---\n" +
		"2017-03-15 00:01:16.552,1.5,ICMP ,10008_41,0,EXT_SERVER,8.0,2,108,1,......,0,attacker,pingScan,1,x\n",
		"2017-03-15T00:01:16.632 tcp established 192.168.100.5:445>192.168.220.16:58844 2100000 0 normal 0s 1 0 AP>\n" +
			"2017-03-15T00:01:16.552 icmp unknown [4002::2718:29]:0>[4001::1]:2048 108 0 pingScan 1.5s 2 0 >"},
	{"luflow", "avg_ipt,bytes_in,bytes_out,dest_ip,dest_port,entropy,num_pkts_out,num_pkts_in,proto,src_ip,src_port,time_end,time_start,total_entropy,label,duration\n" +
		"7.5,342,3679,786,80.0,5.43,2,3,6,786,47514.0,1592533725648144,1592533725632946,21843.1,benign,0.015198\n",
		"2020-06-19T02:28:45.632946 tcp established [4003::312]:47514>[4003::312]:80 342 3679 benign 15.198ms 3 2 >"},
	{"aws-vpc", "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK\n" +
		"2 123456789010 eni-1235b8ca123456789 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 1418530010 1418530070 REJECT OK\n" +
		"2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA\n",
		"2014-12-14T04:06:50 tcp unknown 172.31.16.139:20641>172.31.16.21:22 4249 0 1m0s 20 0 >\n" +
			"2014-12-14T04:06:50 tcp reset 172.31.9.69:49761>172.31.9.12:3389 4249 0 1m0s 20 0 >\nskip not a flow record: NODATA"},
	{"aws-vpc", "version vpc-id srcaddr dstaddr srcport dstport protocol tcp-flags packets bytes start end action log-status\n" +
		"3 vpc-abcdefab012345678 52.213.180.42 10.0.0.62 43416 5001 6 2 14 568 1566848875 1566848933 ACCEPT OK\n",
		"2019-08-26T19:47:55 tcp new 52.213.180.42:43416>10.0.0.62:5001 568 0 58s 14 0 S>"},
	{"nfdump", "ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt,opkt,obyt\n" +
		"2018-01-12 15:37:30,2018-01-12 15:37:31,1.250,10.0.0.1,10.0.0.2,52324,902,TCP,...AP.SF,5,60,6,70\n" +
		"2018-01-12 15:37:30,2018-01-12 15:37:31,1.250,10.0.0.1,10.0.0.2,0,3.3,ICMP,........,5,60,0,0\n" +
		"Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n1,60,5,1,1,1\n",
		"2018-01-12T15:37:30 tcp closing 10.0.0.1:52324>10.0.0.2:902 60 70 1.25s 5 6 APSF>\n" +
			"2018-01-12T15:37:30 icmp unknown 10.0.0.1:0>10.0.0.2:771 60 0 1.25s 5 0 >"},
	{"nfdump-json", "[\n{\"first\":\"2018-01-12T15:37:30.942\",\"last\":\"2018-01-12T15:37:31.942\",\"in_packets\":1,\"in_bytes\":60,\"out_packets\":2,\"out_bytes\":90,\"proto\":58,\"icmp_type\":3,\"icmp_code\":1,\"src6_addr\":\"::1\",\"dst6_addr\":\"::2\"},\n]\n",
		"2018-01-12T15:37:30.942 ipv6-icmp established [::1]:0>[::2]:769 60 90 1s 1 2 >"},
	{"suricata", `{"timestamp":"2021-06-06T15:59:46.457984+0200","event_type":"alert","src_ip":"78.36.196.213"}` + "\n" +
		`{"timestamp":"2021-06-06T15:57:37.272281+0200","event_type":"flow","src_ip":"192.168.1.132","src_port":1900,"dest_ip":"192.168.1.129","dest_port":80,"proto":"TCP","flow":{"pkts_toserver":12,"pkts_toclient":3,"bytes_toserver":4056,"bytes_toclient":5,"start":"2021-06-06T16:38:55.855844+0200","end":"2021-06-06T16:38:56.855844+0200","state":"closed"},"tcp":{"tcp_flags":"1f","tcp_flags_ts":"1b","tcp_flags_tc":"14","state":"closed"}}` + "\n" +
		`{"timestamp":"2011-08-14T07:38:55.549713+0200","event_type":"netflow","src_ip":"147.32.84.165","src_port":138,"dest_ip":"147.32.84.255","dest_port":138,"proto":"UDP","netflow":{"pkts":2,"bytes":486,"start":"2011-08-12T14:53:47.928539+0200","end":"2011-08-12T14:53:47.928552+0200"}}`,
		"skip not a flow record: event of type alert\n" +
			"2021-06-06T14:38:55.855844 tcp reset 192.168.1.132:1900>192.168.1.129:80 4056 5 1s 12 3 APSF>AR\n" +
			"2011-08-12T12:53:47.928539 udp unknown 147.32.84.165:138>147.32.84.255:138 486 0 13µs 2 0 >"},
}

func TestTables(t *testing.T) {
	for _, c := range tableSamples {
		f := detect(Formats, []byte(c.text))
		if f == nil || f.Name != c.format {
			t.Errorf("%.60q is found to be of format %v, want %s", c.text, f, c.format)
		}
		for _, other := range Formats {
			if other.Name != c.format && other.Detect([]byte(c.text)) {
				t.Errorf("%.60q is claimed by %s, too", c.text, other.Name)
			}
		}
		var got []string
		f, err := FormatNamed(c.format)
		if err != nil {
			t.Fatal(err)
		}
		for b, err := range f.Read(strings.NewReader(c.text), Input{}) {
			if reason, ok := SkipReason(err); ok {
				got = append(got, "skip "+reason)
				continue
			}
			if err != nil {
				got = append(got, err.Error())
				continue
			}
			for i := range b.Len() {
				got = append(got, more(b.Record(i)))
			}
		}
		if s := strings.Join(got, "\n"); s != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.format, s, c.want)
		}
	}
}

// A table is not taken for another where the head of it that is looked at ends in
// the middle of a line.
func TestDetectCut(t *testing.T) {
	for _, name := range flowtext.Names {
		want, _, _ := strings.Cut(name, "/")
		text := flowtext.Make(name, 40)
		for n := 3 * len(text) / 4; n < len(text); n++ {
			if f := detect(Formats, text[:n]); f == nil || f.Name != want {
				t.Fatalf("%s, cut off in %.60q: found to be %v", name, text[bytes.LastIndexByte(text[:n], '\n')+1:n], f)
			}
		}
	}
}

// Real files: as many records as lines that should be, the sums that the
// programs wrote behind them or that awk makes of the same columns, and the
// first record.
func TestTablesData(t *testing.T) {
	const slips = "2018-01-12T15:37:30.942 tcp new 147.32.80.119:52324>147.32.82.62:902 60 0 0s 1 0 S>"
	for _, c := range []struct {
		file, format            string
		records, skipped        int
		up, down, pktUp, pktDow int64
		first                   string
	}{
		// Summary: 4593 flows, 241025 bytes, 4652 packets
		{"nfdump/slips-test1.nfdump-1.7.1.csv.gz", "nfdump", 4593, 0, 241025, 0, 4652, 0, strings.Replace(slips, ".942", "", 1)},
		{"nfdump/slips-test1.nfdump-1.7.8.csv.gz", "nfdump-csv", 4593, 0, 241025, 0, 4652, 0, strings.Replace(strings.Replace(slips, "new", "unknown", 1), "S>", ">", 1)},
		{"nfdump/slips-test1.nfdump-1.7.8-csv-fast.csv.gz", "nfdump-csv", 4593, 0, 241025, 0, 4652, 0, slips},
		{"nfdump/slips-test1.nfdump-1.7.8.first200.ndjson", "nfdump-json", 200, 0, 10636, 0, 204, 0, slips},
		{"nfdump/westermo-right.nfdump-1.7.8.csv.gz", "nfdump-csv", 16649, 0, 1679719, 0, 22902, 0, "2023-03-10T09:34:09.311 udp unknown 198.18.134.99:138>198.18.134.255:138 978 0 0s 4 0 >"},
		{"suricata/slips-test6.eve.json.gz", "suricata", 3512, 1488, 4381935, 648694, 30191, 8980, "2021-06-06T14:38:55.855844 udp new 192.168.1.132:1900>192.168.1.129:44232 4056 0 1.107183s 12 0 >"},
		{"suricata/m57-eve.json", "suricata", 2, 5, 972, 0, 4, 0, "2011-08-12T12:53:47.928539 udp new 147.32.84.165:138>147.32.84.255:138 486 0 13µs 2 0 >"},
		{"westermo/data/reduced/flows/output_right.zip", "icsflow", 1296, 3424, 578128, 1100987, 4339, 18557, "2023-03-10T09:29:40.54817 igmp new 198.18.134.1:0>224.0.0.1:0 36 0 Normal 0s 1 0 >"},
		{"westermo/data/reduced/flows/output_left.zip", "icsflow", 5018, 3515, 5258436, 13286625, 48221, 211269, "2023-03-10T09:29:34.96604 igmp new 198.18.134.99:0>224.0.0.22:0 40 0 Normal 0s 1 0 >"},
	} {
		got, r := readFiles(t, Options{}, "data/"+c.file)
		info := r.Inputs()[0]
		if got.Err != nil || info.Rejected != 0 || info.Format != c.format {
			t.Errorf("%s: format %s, errors %v and %v", c.file, info.Format, got.Bad[:min(3, len(got.Bad))], got.Err)
			continue
		}
		var up, down, pu, pd int64
		for _, rec := range got.Records {
			up, down, pu, pd = up+rec.BytesUp, down+rec.BytesDown, pu+rec.PacketsUp, pd+rec.PacketsDown
		}
		if len(got.Records) != c.records || int(info.Skipped) != c.skipped || up != c.up || down != c.down || pu != c.pktUp || pd != c.pktDow {
			t.Errorf("%s: %d records, %d skipped %v, bytes %d and %d, packets %d and %d", c.file, len(got.Records), info.Skipped, info.Skips, up, down, pu, pd)
		}
		if first := more(got.Records[0]); first != c.first {
			t.Errorf("%s begins with\n%s, want\n%s", c.file, first, c.first)
		}
	}
}

// The three forms of one nfdump file hold the same flows.
func TestTablesSameFlows(t *testing.T) {
	var forms [3][]Record
	for i, name := range []string{"1.7.1.csv.gz", "1.7.8.csv.gz", "1.7.8-csv-fast.csv.gz"} {
		got, _ := readFiles(t, Options{}, "data/nfdump/slips-test1.nfdump-"+name)
		forms[i] = got.Records
	}
	key := func(r Record) string { return fmt.Sprint(r.Src, r.Dst, r.Proto, r.BytesUp, r.PacketsUp) }
	count := map[string][3]int{}
	for i, form := range forms {
		for _, r := range form {
			n := count[key(r)]
			n[i]++
			count[key(r)] = n
		}
	}
	for k, n := range count {
		if n[0] != n[1] || n[1] != n[2] {
			t.Fatalf("%s is there %v times", k, n)
		}
	}
}

func TestColumns(t *testing.T) {
	const text = "When;From;To;What;N;Kind\n1484000000123;10.0.0.1;\"10.0.0.2\";udp;7;\"a;b\"\"c\"\n;10.0.0.1;10.0.0.2;udp;7;x\n"
	c, err := ParseColumns("ts:unix_ms=When, src_ip=From,dst_ip=To\nproto=What # a comment\nbytes_up=N, label=Kind")
	if err != nil {
		t.Fatal(err)
	}
	got := gather(t, 0, TableFormat(c).Read(strings.NewReader(text), Input{Name: "in"}))
	if len(got.Records) != 1 || more(got.Records[0]) != `2017-01-09T22:13:20.123 udp new 10.0.0.1:0>10.0.0.2:0 7 0 a;b"c 0s 0 0 >` {
		t.Errorf("%v", got.Records)
	}
	if len(got.Bad) != 1 || got.Bad[0].Error() != "in:3: When: empty, want a number of ms since 1970" {
		t.Errorf("%v", got.Bad)
	}
	for spec, want := range map[string]string{
		"ts":                        `columns: "ts" has no =; want FIELD[:UNIT]=COLUMN, such as ts:unix_ms=start`,
		"when=x":                    `columns: no field is named "when"; there are ` + strings.Join(ColumnFields(), ", "),
		"ts:days=x":                 `columns: ts has no unit "days"; it has auto, unix, unix_ms, unix_us, unix_ns, dmy, mdy`,
		"src_ip:v4=x":               `columns: src_ip has no unit "v4"; it has none`,
		"ts=a,ts=b":                 "columns: ts is given twice",
		"ts=a,src_ip=b,proto==icmp": "columns: no column for dst_ip; needed are ts, src_ip, dst_ip, proto (proto==tcp gives all records the same)",
	} {
		if _, err := ParseColumns(spec); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", spec, err, want)
		}
	}
	// Zeek's other logs, several in one, have their header behind #fields.
	c, _ = ParseColumns("ts=ts,src_ip=id.orig_h,dst_ip=id.resp_h,proto=proto")
	const meta = "#separator \\x09\n#path\tdns\n#fields\tts\tid.orig_h\tid.resp_h\tproto\n#types\ttime\taddr\taddr\tenum\n"
	logs := strings.Repeat(meta+"1484000000.5\t10.0.0.1\t10.0.0.2\tudp\n#close\t2017-01-09-22-13-21\n", 3)
	for _, workers := range []int{0, 2} {
		got := gather(t, 0, TableFormat(c).Read(strings.NewReader(logs), Input{Name: "in", Workers: workers}))
		if len(got.Records) != 3 || len(got.Bad) != 0 || more(got.Records[2]) != "2017-01-09T22:13:20.5 udp unknown 10.0.0.1:0>10.0.0.2:0 0 0 0s 0 0 >" {
			t.Errorf("%d workers: %v, %v", workers, got.Records, got.Bad)
		}
	}
	small := TableFormat(c).lines.readBlocks(strings.NewReader(logs), Input{Name: "in", Workers: 2, Hosts: new(Hosts), Labels: new(Labels)}, 64)
	if got := gather(t, 0, small); len(got.Records) != 3 || len(got.Bad) != 0 {
		t.Errorf("in blocks of 64 bytes: %v, %v", got.Records, got.Bad)
	}

	c, _ = ParseColumns("ts=When,src_ip=From,dst_ip=Too,proto==tcp")
	if got := gather(t, 0, TableFormat(c).Read(strings.NewReader(text), Input{Name: "in"})); got.Err == nil || !strings.Contains(got.Err.Error(), "Too (dst_ip)") {
		t.Errorf("a column that is not there: %v", got.Err)
	}
}

// A zone is that of times without one; those with one keep theirs.
func TestZone(t *testing.T) {
	prague, err := time.LoadLocation("Europe/Prague")
	if err != nil {
		t.Skip(err)
	}
	c := clock{zone: prague}
	for text, want := range map[string]string{
		"2017-01-27 16:24:42":       "2017-01-27T15:24:42",
		"2017-07-27 16:24:42.5":     "2017-07-27T14:24:42.5",
		"2017-07-27 16:24:42Z":      "2017-07-27T16:24:42",
		"2017-07-27 16:24:42+00:00": "2017-07-27T16:24:42",
		"2017-07-27 16:24:42-0500":  "2017-07-27T21:24:42",
	} {
		for range 2 { // read, and kept
			ns, err := c.parse([]byte(text))
			if got := time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.999"); err != nil || got != want {
				t.Errorf("%s in Prague: %s, %v, want %s", text, got, err, want)
			}
		}
	}
	for text, want := range map[string]string{
		"7/7/2017 3:30": "2017-07-07T01:30:00", "07/07/2017 12:59:42 AM": "2017-07-06T22:59:42", "14-02-2018 08:31:01": "2018-02-14T07:31:01",
		"31/2/2018 08:31:01": "", "1/2/2018": "", "1/2/2018 13:00 PM": "", "1/2/2018 1:00 XM": "", "1/2/2018 1:00 PM x": "",
	} {
		ns, err := c.parseDayFirst([]byte(text), false)
		if got := time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05"); (err == nil) != (want != "") || want != "" && got != want {
			t.Errorf("%s in Prague: %s, %v, want %s", text, got, err, want)
		}
	}
}

// No text makes a reader panic, or a batch that is not whole.
func FuzzTables(f *testing.F) {
	for _, s := range tableSamples {
		f.Add(s.text)
	}
	f.Add("a,b\n\"\"\"\n\"x\"y,z\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range Formats {
			format.Detect([]byte(text))
		}
		for _, name := range []string{"suricata", "nfdump-json", "nfdump", "cicflowmeter", "aws-vpc", "cidds", "icsflow"} {
			gather(t, 0, mustFormat(name).Read(strings.NewReader(text), Input{}))
		}
		c, err := ParseColumns(text)
		if err == nil && len(c.list) < len(neededFields) {
			t.Errorf("%q gives the columns %v", text, c.list)
		}
	})
}

func mustFormat(name string) *Format {
	f, err := FormatNamed(name)
	if err != nil {
		panic(err)
	}
	return f
}
