// Package flowtext makes up records as text, for tests and benchmarks, in the
// formats that are read line by line.
package flowtext

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"
)

// Names are the texts that Make makes: formats, some in a dialect that is named
// behind a slash.
var Names = []string{
	"csv", "zeek", "zeek-json", "argus", "argus/tabs", "argus/blanks", "suricata", "suricata/netflow",
	"nfdump", "nfdump-csv", "nfdump-json", "icsflow", "cicflowmeter", "unsw-nb15", "cidds", "luflow", "aws-vpc",
}

// headers stand before the records of those that have one.
var headers = map[string]string{
	"zeek": "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2022-06-17-00-00-07\n" +
		"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes\tconn_state\tlabel\n" +
		"#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tinterval\tcount\tcount\tstring\tstring\n",
	"argus":        "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,Label\n",
	"argus/tabs":   "StartTime\tDur\tProto\tSrcAddr\tSport\tDir\tDstAddr\tDport\tTotPkts\tTotBytes\tState\n",
	"argus/blanks": "       StartTime      Dur  Proto        SrcAddr  Sport   Dir        DstAddr  Dport  TotPkts   TotBytes State\n",
	"nfdump":       "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out\n",
	"nfdump-csv":   "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,flows\n",
	"icsflow": "sAddress,rAddress,sMACs,rMACs,protocol,startDate,endDate,start,end,duration,sPackets,rPackets,sBytesSum,rBytesSum," +
		"sFinRate,rFinRate,sSynRate,rSynRate,sRstRate,rRstRate,sPshRate,rPshRate,sAckRate,rAckRate,sUrgRate,rUrgRate,IT_M_Label,NST_M_Label\n",
	"cicflowmeter": "Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Tot Fwd Pkts,Tot Bwd Pkts,TotLen Fwd Pkts,TotLen Bwd Pkts,Flow Byts/s,Flow Pkts/s,Flow IAT Mean,Label\n",
	"cidds":        "Date first seen,Duration,Proto,Src IP Addr,Src Pt,Dst IP Addr,Dst Pt,Packets,Bytes,Flows,Flags,Tos,class,attackType,attackID,attackDescription\n",
	"luflow":       "avg_ipt,bytes_in,bytes_out,dest_ip,dest_port,entropy,num_pkts_out,num_pkts_in,proto,src_ip,src_port,time_end,time_start,total_entropy,label,duration\n",
}

// trailers stand behind the records of those that have one.
var trailers = map[string]string{"nfdump": "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n1,60,5,1,1,1\n"}

// Header returns what stands before the records of a text, nothing for some.
func Header(name string) string { return headers[name] }

// Make returns n records, the same each time: 2,000 addresses, times that rise by
// up to 20 ms. It panics if it does not know the name.
func Make(name string, n int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var w bytes.Buffer
	w.WriteString(headers[name])
	t := time.Date(2017, 1, 27, 16, 24, 42, 0, time.UTC)
	for range n {
		t = t.Add(time.Duration(rng.IntN(20_000)) * time.Microsecond)
		r := record{
			t: t, src: fmt.Sprintf("10.0.%d.%d", rng.IntN(4), rng.IntN(250)), dst: fmt.Sprintf("74.125.%d.%d", rng.IntN(4), rng.IntN(250)),
			sport: 1024 + rng.IntN(60000), dport: []int{53, 80, 443, 8080}[rng.IntN(4)],
			up: rng.IntN(100_000), down: rng.IntN(1_000_000),
		}
		r.state = []string{"closed", "closing", "connecting", "established", "new", "reset"}[r.up%6]
		r.write(&w, name)
	}
	w.WriteString(trailers[name])
	return w.Bytes()
}

type record struct {
	t            time.Time
	src, dst     string
	sport, dport int
	up, down     int
	state        string
}

func (r *record) write(w *bytes.Buffer, name string) {
	sec, us := r.t.Unix(), r.t.Nanosecond()/1000
	end := r.t.Add(51955 * time.Microsecond)
	pkts, back := 1+r.up/1000, 1+r.down/1000
	const micros = "2006-01-02T15:04:05.000000"
	switch name {
	case "csv":
		fmt.Fprintf(w, "%s,tcp,%s,%s,%d,%s,%d,%d,%d\n", r.t.Format(time.DateTime), r.state, r.src, r.sport, r.dst, r.dport, r.up, r.down)
	case "zeek":
		fmt.Fprintf(w, "%d.%06d\tCIaqtMV8yQp9qWPE\t%s\t%d\t%s\t%d\ttcp\t0.051955\t%d\t%d\tSF\tBenign\n", sec, us, r.src, r.sport, r.dst, r.dport, r.up, r.down)
	case "zeek-json":
		fmt.Fprintf(w, `{"ts":%d.%06d,"uid":"CIaqtMV8yQp9qWPE","id.orig_h":"%s","id.orig_p":%d,"id.resp_h":"%s","id.resp_p":%d,"proto":"tcp","duration":0.051955,"orig_bytes":%d,"resp_bytes":%d,"conn_state":"SF","missed_bytes":0,"history":"ShADadFf"}`+"\n",
			sec, us, r.src, r.sport, r.dst, r.dport, r.up, r.down)
	case "argus":
		fmt.Fprintf(w, "%s,0.051955,tcp,%s,%d,   ->,%s,%d,FSPA_FSPA,0,0,12,%d,%d,flow=Background\n", r.t.Format("2006/01/02 15:04:05.000000"), r.src, r.sport, r.dst, r.dport, r.up+r.down, r.up)
	case "argus/tabs":
		fmt.Fprintf(w, "%s\t0.051955\ttcp\t%s\t%d\t   ->\t%s\t%d\t12\t%d\tFIN\n", r.t.Format("2006-01-02 15:04:05.000000"), r.src, r.sport, r.dst, r.dport, r.up+r.down)
	case "argus/blanks":
		fmt.Fprintf(w, "   %s   0.051955    tcp %18s %6d    -> %18s %6d %8d %10d   CON\n", r.t.Format("2006/01/02 15:04:05.000000"), r.src, r.sport, r.dst, r.dport, 12, r.up+r.down)
	case "suricata":
		fmt.Fprintf(w, `{"timestamp":"%s+0000","flow_id":1284839287394,"in_iface":"eth0","event_type":"flow","src_ip":"%s","src_port":%d,"dest_ip":"%s","dest_port":%d,"proto":"TCP","app_proto":"tls",`+
			`"flow":{"pkts_toserver":%d,"pkts_toclient":%d,"bytes_toserver":%d,"bytes_toclient":%d,"start":"%s+0000","end":"%s+0000","age":0,"state":"closed","reason":"timeout","alerted":false},`+
			`"tcp":{"tcp_flags":"1f","tcp_flags_ts":"1b","tcp_flags_tc":"1b","syn":true,"fin":true,"psh":true,"ack":true,"state":"closed"}}`+"\n",
			end.Format(micros), r.src, r.sport, r.dst, r.dport, pkts, back, r.up, r.down, r.t.Format(micros), end.Format(micros))
	case "suricata/netflow":
		fmt.Fprintf(w, `{"timestamp":"%s+0000","flow_id":1284839287394,"event_type":"netflow","src_ip":"%s","src_port":%d,"dest_ip":"%s","dest_port":%d,"proto":"TCP",`+
			`"netflow":{"pkts":%d,"bytes":%d,"start":"%s+0000","end":"%s+0000","age":0,"min_ttl":64,"max_ttl":64},"tcp":{"tcp_flags":"1b","syn":true,"fin":true,"psh":true,"ack":true}}`+"\n",
			end.Format(micros), r.src, r.sport, r.dst, r.dport, pkts, r.up, r.t.Format(micros), end.Format(micros))
	case "nfdump":
		fmt.Fprintf(w, "%s,%s,0.051,%s,%s,%d,%d,TCP,...AP.SF,0,0,%d,%d,%d,%d,0,0\n", r.t.Format(time.DateTime), end.Format(time.DateTime), r.src, r.dst, r.sport, r.dport, pkts, r.up, back, r.down)
	case "nfdump-csv":
		fmt.Fprintf(w, "%s, 0.051, TCP, %s, %d, %s, %d, %d, %d, 1\n", r.t.Format("2006-01-02 15:04:05.000"), r.src, r.sport, r.dst, r.dport, pkts, r.up)
	case "nfdump-json":
		fmt.Fprintf(w, `{"type":"FLOW","sampled":0,"export_sysid":1,"first":"%s","last":"%s","received":"%s","in_packets":%d,"in_bytes":%d,"proto":6,"tcp_flags":"...AP.SF","src4_addr":"%s","dst4_addr":"%s","src_port":%d,"dst_port":%d,"fwd_status":0,"src_tos":0}`+"\n",
			r.t.Format("2006-01-02T15:04:05.000"), end.Format("2006-01-02T15:04:05.000"), end.Format("2006-01-02T15:04:05.000"), pkts, r.up, r.src, r.dst, r.sport, r.dport)
	case "icsflow":
		fmt.Fprintf(w, "%s,%s,['02:00:00:00:00:01'],['02:00:00:00:00:02'],IPV4-TCP,%s,%s,%d.%06d,%d.%06d,0.051955,%d,%d,%d,%d,0.1,0.0,0.1,0.1,0.0,0.0,0.5,0.5,0.9,0.9,0.0,0.0,Normal,Normal\n",
			r.src, r.dst, r.t.Format(time.DateTime), end.Format(time.DateTime), sec, us, end.Unix(), end.Nanosecond()/1000, pkts, back, r.up, r.down)
	case "cicflowmeter":
		fmt.Fprintf(w, "%s-%s-%d-%d-6,%s,%d,%s,%d,6,%s,51955,%d,%d,%d.0,%d.0,15400.23,133.33,2200.5,BENIGN\n", r.src, r.dst, r.sport, r.dport, r.src, r.sport, r.dst, r.dport, r.t.Format("02/01/2006 03:04:05 PM"), pkts, back, r.up, r.down)
	case "unsw-nb15":
		fmt.Fprintf(w, "%s,%d,%s,%d,tcp,FIN,0.051955,%d,%d,31,29,0,0,dns,500473.9375,621800.9375,%d,%d,255,255,1,2,66,82,0,0,0.5,0.25,%d,%d,0.017,0.013,0.1,0.05,0.05,0,0,0,0,0,3,7,1,3,1,1,1,,0\n",
			r.src, r.sport, r.dst, r.dport, r.up, r.down, pkts, back, sec, end.Unix())
	case "cidds":
		fmt.Fprintf(w, "%s,0.052,TCP  ,%s,%d,10008_%d,%d.0,%d,%8d,1,.AP.SF,0,normal,---,---,---\n", r.t.Format("2006-01-02 15:04:05.000"), r.src, r.sport, r.down%250, r.dport, pkts, r.up)
	case "luflow":
		fmt.Fprintf(w, "7.5,%d,%d,786,%d.0,5.43,%d,%d,6,%d,%d.0,%d,%d,21843.1,benign,0.051955\n", r.up, r.down, r.dport, back, pkts, 700+r.up%900, r.sport, end.UnixMicro(), r.t.UnixMicro())
	case "aws-vpc":
		fmt.Fprintf(w, "2 123456789010 eni-1235b8ca123456789 %s %s %d %d 6 %d %d %d %d ACCEPT OK\n", r.src, r.dst, r.sport, r.dport, pkts, r.up, sec, end.Unix())
	default:
		panic("no text is named " + name)
	}
}
