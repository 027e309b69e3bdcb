package flow

import (
	"errors"
	"strings"
	"testing"
)

const ctuHeader = "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,Label\n"

const argusSample = ctuHeader +
	"2011/08/16 10:01:46.972101,3599.986572,tcp,88.176.79.163,49213,  <?>,147.32.84.172,18250,A_PA,0,0,4,415389446,10150692,flow=Background\n" +
	"2011/08/16 10:01:47.000000,0.1,arp,1.1.1.1,,  who,1.1.1.2,,CON,,,2,106,53,\n" +
	ctuHeader +
	"2011/08/16 10:01:47.000000,0.1,udp,1.1.1.1,53,  <->,1.1.1.2,domain,CON,0,0,2,106,53,\n" +
	"2011/08/16 10:01:47.000000,0.1,udp,1.1.1.1,53,  <->,1.1.1.2,53,CON,0,0,2,106,53,flow=To-Normal\n"

func TestArgus(t *testing.T) {
	testLines(t, "argus", ctuHeader, []lineTest{
		{"2011/08/16 10:01:46.972101,0.1,tcp,88.176.79.163,49213,  <?>,147.32.84.172,18250,FSPA_FSPA,0,0,4,415389446,10150692,flow=Background", "2011-08-16T10:01:46.972101 tcp closed 88.176.79.163:49213>147.32.84.172:18250 10150692 405238754 flow=Background"},
		{"2009-11-18+09:00:03.914398,0,udp,1.1.1.1,626,   ->,224.0.0.1,626,INT,,,1,75,75,", "2009-11-18T09:00:03.914398 udp new 1.1.1.1:626>224.0.0.1:626 75 0"},
		{"01/09.17:09:04.266106,0,rtp,1.1.1.1,626,   ->,224.0.0.1,626,CON,,,1,75,70,", "1970-01-09T17:09:04.266106 udp established 1.1.1.1:626>224.0.0.1:626 70 5"},
		{"1313488906.972101,0,icmp,1.1.1.1,0x0303,   ->,2.2.2.2,0x0ecc,URP,,,1,75,75,", "2011-08-16T10:01:46.972101 icmp unknown 1.1.1.1:3>2.2.2.2:3 75 0"}, // type, code
		{"1313488906.972101,0,icmp,1.1.1.1,0x0008,   ->,2.2.2.2,0xd4d8,ECO,,,1,75,75,", "2011-08-16T10:01:46.972101 icmp unknown 1.1.1.1:8>2.2.2.2:0 75 0"},
		{"2011/08/16 10:01:46,0,igmp,1.1.1.1,,   ->,2.2.2.2,,INT,,,1,75,75,", "2011-08-16T10:01:46 igmp new 1.1.1.1:0>2.2.2.2:0 75 0"},
		{"2011/08/16 10:01:46,0,ipv6-icmp,fe80::1,135,   ->,ff02::1,0,NNS,,,1,75,75,", "2011-08-16T10:01:46 ipv6-icmp unknown [fe80::1]:135>[ff02::1]:0 75 0"},
		{"2019/04/04 16:24:47.672448,63.8,tcp,10.8.0.69,56101,   ->,14.1.11.113,999,S0,0,0,31,8764,1887,", "2019-04-04T16:24:47.672448 tcp new 10.8.0.69:56101>14.1.11.113:999 1887 6877"},
		{"02/29.17:09:04.266106,0,udp,1.1.1.1,626,   ->,224.0.0.1,626,CON,,,1,75,70,", `bad: StartTime: "02/29.17:09:04.266106" is not month/day.hh:mm:ss of the year 1970`},
		{"17:09:04.266106,0,udp,1.1.1.1,626,   ->,224.0.0.1,626,CON,,,1,75,70,", `bad: StartTime: "17:09:04.266106" is not a time such as 2011/08/16 10:01:46.972101`},
		{"2011/08/16 10:01:46,0,udp,1.1.1.1,domain,   ->,2.2.2.2,53,CON,,,1,75,70,", `bad: Sport: "domain" is not a port number, such as 443 or 0x01bb (ra -n writes numbers instead of services)`},
		{"2011/08/16 10:01:46,0,udp,1.1.1.1,53,   ->,2.2.2.2,0x10000,CON,,,1,75,70,", `bad: Dport: "0x10000" is not a port number, such as 443 or 0x01bb (ra -n writes numbers instead of services)`},
		{"2011/08/16 10:01:46,0,udp,1.1.1.1,53,   ->,2.2.2.2,53,CON,,,1,75,76,", `bad: TotBytes: "75" is not at least that of one side`},
		{"2011/08/16 10:01:46,0,udp,1.1.1.1,53,   ->,2.2.2.2,53,CON,,,1,75,,", `bad: SrcBytes: empty, want a number of bytes, 0 to 9223372036854775807`},
		{"2011/08/16 10:01:46,0,udp,1.1.1.1,53,   ->,2.2.2.2,53,HUH,,,1,75,70,", `bad: State: "HUH" is not a state of Argus, such as CON or FSPA_FSPA`},
		{"2011/08/16 10:01:46,0,udp,host,53,   ->,2.2.2.2,53,CON,,,1,75,70,", `bad: SrcAddr: "host" is not an IP address`},
		{"x,0,arp,1.1.1.1,,  who,1.1.1.2,,CON,,,2,106,53,", "bad: Proto: not IP traffic: arp"},
		{"2011/08/16 10:01:46,0,udp,00:15:17:2c:e5:2d,1,  ->,01:80:c2:00:00:0e,1,CON,,,2,106,53,", "bad: SrcAddr: not IP traffic: hardware addresses"},
		{"2011/08/16 10:01:46,0,udp,1.1.1.1,53", "bad: 5 fields, want the 15 of the header"},
		{strings.TrimSpace(ctuHeader), "none"},
	})
}

// The year of times without one is that of the input.
func TestArgusYear(t *testing.T) {
	line := "02/29.17:09:04.266106,0,udp,1.1.1.1,626,   ->,224.0.0.1,626,CON,,,1,75,70,"
	got := gather(t, 0, argusFormat.Read(strings.NewReader(ctuHeader+line), Input{Year: 2024}))
	if len(got.Records) != 1 || record(got.Records[0]) != "2024-02-29T17:09:04.266106 udp established 1.1.1.1:626>224.0.0.1:626 70 5" {
		t.Errorf("%v, %v", got.Records, got.Bad)
	}
}

// The header says where the columns are and which bytes are counted.
func TestArgusHeaders(t *testing.T) {
	const want = "2011-08-16T10:01:46.5 tcp reset 1.1.1.1:1>2.2.2.2:2 "
	for _, c := range []struct{ header, line, want string }{
		{"StartTime,Proto,SrcAddr,Sport,DstAddr,Dport,State,SrcBytes,DstBytes", "2011/08/16 10:01:46.5,tcp,1.1.1.1,1,2.2.2.2,2,RST,7,8", want + "7 8"},
		{"StartTime,Proto,SrcAddr,Sport,DstAddr,Dport,State,TotBytes,DstBytes", "2011/08/16 10:01:46.5,tcp,1.1.1.1,1,2.2.2.2,2,RST,15,8", want + "7 8"},
		{"StartTime,Proto,SrcAddr,Sport,DstAddr,Dport,State,TotBytes", "2011/08/16 10:01:46.5,tcp,1.1.1.1,1,2.2.2.2,2,RST,15", want + "15 0"},
		{"State,TotBytes,DstAddr,Dport,SrcAddr,Sport,Proto,StartTime", "RST,15,2.2.2.2,2,1.1.1.1,1,tcp,2011/08/16 10:01:46.5", want + "15 0"},
		{"StartTime,Proto,SrcAddr,Sport,DstAddr,Dport,TotBytes", "2011/08/16 10:01:46.5,tcp,1.1.1.1,1,2.2.2.2,2,15", strings.Replace(want, "reset", "unknown", 1) + "15 0"},
		{"StartTime\tFlgs\tProto\tSrcAddr\tSport\tDstAddr\tDport\tState\tTotBytes", "2011/08/16 10:01:46.5\t e s   \ttcp\t1.1.1.1\t1\t2.2.2.2\t2\tRST\t15", want + "15 0"},
		{"  StartTime   Flgs  Proto  SrcAddr Sport  Dir DstAddr Dport State TotBytes", "  2011/08/16 10:01:46.5  e s  *  tcp 1.1.1.1 1  ->  2.2.2.2   2  RST  15", want + "15 0"},
		{"  StartTime   Flgs  Proto  SrcAddr Sport  Dir DstAddr Dport State TotBytes", "  2011-08-16+10:01:46.5  e    tcp 1.1.1.1 1  ->  2.2.2.2   2  RST  15", want + "15 0"},
		{"StartTime Proto SrcAddr Sport DstAddr Dport State TotBytes", "2011/08/16 10:01:46.5 tcp 1.1.1.1 1 2.2.2.2 2 15", "bad: 7 fields, want the 8 of the header"},
		{"StartTime,Proto,SrcAddr,DstAddr,Dport,SrcBytes", "1,2,3,4,5,6", "fatal: in:1: the header has no Sport, SrcBytes and DstBytes, or TotBytes; ask ra for these columns (ra -s)"},
		{"junk", "more", "fatal: in:1: no header of column names before the first record; let ra print one (ra -L 0)"},
	} {
		testLines(t, "argus", c.header+"\n", []lineTest{{c.line, c.want}})
	}
}

// stateOf returns the state that Argus's word or flags are.
func stateOf(word string, p Proto) (State, error) {
	r := row{proto: p}
	err := argusState([]byte(word), &r)
	return r.state, err
}

// The flags of both sides, and ra's words.
func TestArgusState(t *testing.T) {
	for word, want := range map[string]State{
		"FSPA_FSPA": Closed, "FA_FA": Closed, "FSPA_FSRPA": Closed, "FPAC_FPA": Closed,
		"SRPA_FSPA": Reset, "S_RA": Reset, "RA_": Reset, "_SRA": Reset, "SR_SA": Reset, "FRA_": Reset, "RPA_PA": Reset,
		"FPA_PA": Closing, "PA_FPA": Closing, "_FSPA": Closing, "FSPA_SA": Closing,
		"S_SA": Connecting, "S_A": Connecting, "_SA": Connecting,
		"SPA_SPA": Established, "PA_PA": Established, "A_PA": Established, "SA_SA": Established, "_PA": Established,
		"S_": New, "SA_": New, "FA_": New, "PA_": New, "_": New,
		"REQ": New, "INT": New, "ACC": Connecting, "EST": Established, "CON": Established, "CLO": Closed, "FIN": Closed, "RST": Reset, "TIM": Unknown,
		"S0": New, "SF": Closed, "RSTO": Reset, "": Unknown,
	} {
		if got, err := stateOf(word, TCP); got != want || err != nil {
			t.Errorf("%q is %v, %v, want %v", word, got, err, want)
		}
	}
	for word, want := range map[string]State{"ACC": Established, "CON": Established, "INT": New, "REQ": New, "SF": Established} {
		if got, err := stateOf(word, UDP); got != want || err != nil {
			t.Errorf("%q of udp is %v, %v, want %v", word, got, err, want)
		}
	}
	for _, p := range []Proto{ICMP, ICMPv6, IGMP} {
		if got, err := stateOf("ECO", p); got != Unknown || err != nil {
			t.Errorf("ECO of %v is %v, %v, want unknown", p, got, err)
		}
	}
	for _, word := range []string{"ECO", "FSPX_FSPA", "FSPA_F_A_", "con"} {
		if got, err := stateOf(word, TCP); err == nil {
			t.Errorf("%q is %v, want an error", word, got)
		}
	}
}

// Records that are not of IP are told apart from those that are wrong.
func TestArgusNotIP(t *testing.T) {
	got := readText(t, "argus", argusSample)
	if len(got.Bad) != 2 || !errors.Is(got.Bad[0], ErrNotIP) || errors.Is(got.Bad[1], ErrNotIP) {
		t.Errorf("errors %v, want arp to be not IP, and then a service's name", got.Bad)
	}
}

func FuzzArgus(f *testing.F) {
	f.Add(argusSample)
	f.Add("StartTime\tProto\tSrcAddr\tSport\tDstAddr\tDport\tState\tTotBytes\n01/09.17:09:04.266106\tudp\t::1\t0x1\t::2\t\tCON\t5\n")
	f.Add("StartTime Flgs Proto SrcAddr Sport DstAddr Dport State TotBytes\n2011/08/16 10:01:46.5 e * tcp 1.1.1.1 1 2.2.2.2 2 S_SA 15\n")
	f.Fuzz(func(t *testing.T, text string) {
		checkFuzz(t, argusFormat, text, func(line string) bool { return !isArgusHeader([]byte(line)) })
	})
}
