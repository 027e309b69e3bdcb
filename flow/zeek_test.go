package flow

import (
	"strings"
	"testing"
)

const zeekHeader = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2022-06-17-00-00-07\n" +
	"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes\tconn_state\tlabel\n" +
	"#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tinterval\tcount\tcount\tstring\tstring\n"

const zeekSample = zeekHeader +
	"1655071209.953394\tC1\t1.1.1.1\t1\t2.2.2.2\t445\ttcp\t0.000002\t7\t8\tSF\tMalicious\n" +
	"1655071209.95339\tC2\t1.1.1.1\t1\t2.2.2.2\t99999\ttcp\t-\t-\t-\tS0\t-\n" +
	"\n#close\t2022-06-18-00-00-00\n" +
	"1655071210.000001\tC3\t1.1.1.1\t53\t2.2.2.2\t53\tudp\t-\t-\t-\tSF\n" +
	"1655071210.000001\tC3\t1.1.1.1\t53\t2.2.2.2\t53\tudp\t-\t-\t-\tSF\tBenign\n"

// tabs makes a line of blank-separated fields.
func tabs(s string) string { return strings.ReplaceAll(s, " ", "\t") }

func TestZeek(t *testing.T) {
	testLines(t, "zeek", zeekHeader, []lineTest{
		{tabs("1655071209.953394 C1 1.1.1.1 7789 2.2.2.2 445 tcp 0.000002 7 8 SF Malicious"), "2022-06-12T22:00:09.953394 tcp closed 1.1.1.1:7789>2.2.2.2:445 7 8 Malicious"},
		{tabs("1655071209.000000001 C1 fe80::1 135 ff02::1 0 icmp - - - OTH -"), "2022-06-12T22:00:09.000000001 ipv6-icmp unknown [fe80::1]:135>[ff02::1]:0 0 0"},
		{tabs("0 C1 1.1.1.1 8 2.2.2.2 0 icmp - 5 - - (empty)"), "1970-01-01T00:00:00 icmp unknown 1.1.1.1:8>2.2.2.2:0 5 0"},
		{tabs("-1.5 C1 1.1.1.1 53 2.2.2.2 53 udp - 5 6 SF -"), "1969-12-31T23:59:58.5 udp established 1.1.1.1:53>2.2.2.2:53 5 6"},
		{"#anything", "none"},
		{tabs("1655071209.953394 C1 1.1.1.1 7789 2.2.2.2 445 tcp 0.000002 7 8 SF"), "bad: 11 fields, want the 12 of the #fields header"},
		{tabs("1655071209.953394 C1 1.1.1.1 7789 2.2.2.2 445 tcp 0.000002 7 8 SF a b"), "bad: 13 fields, want the 12 of the #fields header"},
		{tabs("x C1 1.1.1.1 7789 2.2.2.2 445 tcp 0.000002 7 8 SF -"), `bad: ts: "x" is not a time in seconds since 1970, up to the year 2262`},
		{tabs("9223372037 C1 1.1.1.1 7789 2.2.2.2 445 tcp 0.000002 7 8 SF -"), `bad: ts: "9223372037" is not a time in seconds since 1970, up to the year 2262`},
		{tabs("1 C1 1.1.1.1 - 2.2.2.2 445 tcp - 7 8 SF -"), `bad: id.orig_p: "-" is not a port, 0 to 65535`},
		{tabs("1 C1 1.1.1.1 1 2.2.2.2 445 tcp - 7 8 SX -"), `bad: conn_state: "SX" is not a conn_state of Zeek`},
		{tabs("1 C1 1.1.1.1 1 2.2.2.2 445 unknown_transport - 7 8 OTH -"), `bad: proto: "unknown_transport" is not an IP protocol`},
		{tabs("1 C1 - 1 2.2.2.2 445 tcp - 7 8 SF -"), `bad: id.orig_h: "-" is not an IP address`},
		{tabs("1 C1 1.1.1.1 1 2.2.2.2 445 tcp - 1.5 8 SF -"), `bad: orig_bytes: "1.5" is not a number of bytes, 0 to 9223372036854775807`},
	})
}

// The states of Zeek, for TCP and for datagrams.
func TestZeekState(t *testing.T) {
	for word, want := range map[string][2]State{
		"S0": {New, New}, "S1": {Established, Established}, "SF": {Closed, Established}, "REJ": {Reset, Reset}, "S2": {Closing, Closing},
		"S3": {Closing, Closing}, "RSTO": {Reset, Reset}, "RSTR": {Reset, Reset}, "RSTOS0": {Reset, Reset}, "RSTRH": {Reset, Reset},
		"SH": {New, New}, "SHR": {Closing, Established}, "OTH": {Unknown, Unknown}, "-": {Unknown, Unknown},
	} {
		for i, p := range []Proto{TCP, UDP} {
			if got, err := zeekState([]byte(word), p); got != want[i] || err != nil {
				t.Errorf("%s of %v is %v, %v, want %v", word, p, got, err, want[i])
			}
		}
	}
}

// Headers say what the columns are, whatever their order, separator and
// number, and as often as they come.
func TestZeekHeaders(t *testing.T) {
	const fields = "ts,id.orig_h,id.orig_p,id.resp_h,id.resp_p,proto,orig_bytes,resp_bytes,conn_state"
	const a, b = "2022-06-12T22:00:09 tcp reset 1.1.1.1:7789>2.2.2.2:445 7 8", "2022-06-12T22:00:09 tcp reset 1.1.1.1:7789>2.2.2.2:445 0 8"
	tab := strings.ReplaceAll(fields, ",", "\t")
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"comma", "#separator ,\n#fields," + fields + "\n1655071209,1.1.1.1,7789,2.2.2.2,445,tcp,7,8,REJ\n", []string{a}},
		{"space", "#separator \\x20\n#fields " + strings.ReplaceAll(fields, ",", " ") + "\n1655071209 1.1.1.1 7789 2.2.2.2 445 tcp 7 8 REJ\n", []string{a}},
		{"other unset", "#separator ,\n#unset_field,NULL\n#fields," + fields + "\n1655071209,1.1.1.1,7789,2.2.2.2,445,tcp,NULL,8,REJ\n", []string{b}},
		{"no separator", "#fields\t" + tab + "\n" + tabs("1655071209 1.1.1.1 7789 2.2.2.2 445 tcp 7 8 REJ") + "\n", []string{a}},
		{"node name first", "#fields\t_node_name\t" + tab + "\n" + tabs("worker-1 1655071209 1.1.1.1 7789 2.2.2.2 445 tcp 7 8 REJ") + "\n", []string{a}},
		{
			"two logs", "#separator ,\n#unset_field,NULL\n#fields," + fields + "\n1655071209,1.1.1.1,7789,2.2.2.2,445,tcp,7,8,REJ\n#close,x\n" +
				"#separator \\x09\n#fields\tproto\t" + strings.Replace(tab, "\tproto", "", 1) + "\n" + tabs("tcp 1655071209 1.1.1.1 7789 2.2.2.2 445 - 8 REJ") + "\n",
			[]string{a, b},
		},
		{"no state", "#fields\t" + strings.TrimSuffix(tab, "\tconn_state") + "\n" + tabs("1655071209 1.1.1.1 7789 2.2.2.2 445 tcp 7 8") + "\n", []string{strings.Replace(a, "reset", "unknown", 1)}},
		{"protocol by number", "#fields\t" + tab + "\tip_proto\n" + tabs("1655071209 1.1.1.1 7789 2.2.2.2 445 unknown_transport 7 8 REJ 47") + "\n", []string{strings.Replace(a, "tcp", "gre", 1)}},
		{"detailed label", "#fields\t" + tab + "\tdetailedlabel\n" + tabs("1655071209 1.1.1.1 7789 2.2.2.2 445 tcp 7 8 REJ Scan") + "\n", []string{a + " Scan"}},
		{"both labels", "#fields\tdetailedlabel\t" + tab + "\tlabel\n" + tabs("Scan 1655071209 1.1.1.1 7789 2.2.2.2 445 tcp 7 8 REJ -") + "\n", []string{a}},
		{
			"labels behind blanks", "#fields\t" + tab + "\ttunnel_parents   label   detailed-label\n" +
				tabs("1655071209 1.1.1.1 7789 2.2.2.2 445 tcp 7 8 REJ ") + "(empty)   Malicious   PartOfAHorizontalPortScan\n",
			[]string{a + " Malicious"},
		},
	} {
		got := readText(t, "zeek", c.text)
		var have []string
		for _, r := range got.Records {
			have = append(have, record(r))
		}
		if got.Err != nil || len(got.Bad) != 0 || strings.Join(have, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: %q, errors %v %v, want %q", c.name, have, got.Bad, got.Err, c.want)
		}
	}
}

// What is no conn.log, or can't be read without its header, is one error.
func TestZeekFatal(t *testing.T) {
	line := tabs("1655071209.953394 C1 1.1.1.1 7789 2.2.2.2 445 tcp 0.000002 7 8 SF Malicious") + "\n"
	for text, want := range map[string]string{
		line + line:                         "in:1: a record without a #fields header before it; put the log's header back, without it the columns are not known",
		"#fields\tts\tquery\n" + line:       "in:1: the #fields header has no proto, id.orig_h, id.orig_p, id.resp_h, id.resp_p, orig_bytes, resp_bytes: this is not a conn.log",
		"#separator \\x0\n" + line:          `in:1: #separator: "\\x0" is not one byte, such as \x09`,
		zeekSample + "#fields\tts\n" + line: "in:15: the #fields header has no proto, id.orig_h, id.orig_p, id.resp_h, id.resp_p, orig_bytes, resp_bytes: this is not a conn.log",
	} {
		got := readText(t, "zeek", text)
		if got.Err == nil || got.Err.Error() != want {
			t.Errorf("%.20q…: %v, want %s", text, got.Err, want)
		}
	}
}

// Label is nil in batches without a record that has one.
func TestZeekLabels(t *testing.T) {
	unlabelled := tabs("1655071209.953394 C1 1.1.1.1 7789 2.2.2.2 445 tcp 0.000002 7 8 SF -") + "\n"
	labelled := strings.Replace(unlabelled, "\t-\n", "\tBenign\n", 1)
	labels := new(Labels)
	text := zeekHeader + strings.Repeat(unlabelled, BatchSize+2) + labelled + strings.Repeat(unlabelled, BatchSize)
	var got []string
	for b, err := range zeekFormat.Read(strings.NewReader(text), Input{Labels: labels}) {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case b.Label == nil && b.Labels == nil:
			got = append(got, "none")
		case len(b.Label) != b.Len() || b.Labels != labels:
			t.Fatalf("%d labels of %d records", len(b.Label), b.Len())
		default:
			for i, id := range b.Label {
				if id != 0 {
					got = append(got, b.Record(i).Label)
				}
			}
			got = append(got, "some")
		}
	}
	if s := strings.Join(got, " "); s != "none Benign some none" {
		t.Errorf("batches have labels: %s", s)
	}
}

func FuzzZeek(f *testing.F) {
	f.Add(zeekSample)
	f.Add(zeekSample + zeekSample)
	f.Add("#separator ,\n#fields,ts,id.orig_h,id.orig_p,id.resp_h,id.resp_p,proto,orig_bytes,resp_bytes,a   label\n1,1.1.1.1,1,::1,2,6,3,4,x   y\n")
	f.Fuzz(func(t *testing.T, text string) {
		checkFuzz(t, zeekFormat, text, func(line string) bool { return line[0] != '#' })
		detectZeek([]byte(text))
	})
}
