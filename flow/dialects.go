package flow

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
)

// The dialects of tables that are known by their headers. What is not named
// here of their columns is lost; docs/formats.md says what that is.
var dialects = []*dialect{
	{
		name: "nfdump", doc: "nfdump -o csv of 1.6 and 1.7.1, with 48 columns or so and a summary behind",
		columns: mustColumns(`ts=ts, te=te, dur=td, src_ip=sa, dst_ip=da, src_port=sp, dst_port=dp, proto=pr, flags=flg,
			packets_up=ipkt, bytes_up=ibyt, packets_dw=opkt, bytes_dw=obyt`),
		known: []string{"ts", "te", "td", "sa", "da", "pr", "ipkt", "ibyt"}, trailer: "Summary",
		extra: []string{"opkt", "obyt"}, after: oneDirection,
	},
	{
		name: "nfdump-csv", doc: "nfdump -o csv of 1.7.2 and later, with the columns of its default or as asked for",
		columns: mustColumns(`ts=firstSeen, te=lastSeen, dur=duration, src_ip=srcAddr, dst_ip=dstAddr, src_port=srcPort, dst_port=dstPort,
			proto=proto, flags=flags, packets=packets|inPackets, bytes=bytes|inBytes`),
		known: []string{"firstSeen", "proto", "srcAddr", "dstAddr", "packets"}, trailer: "Summary",
	},
	{
		name: "icsflow", doc: "CSV of ICSFlowGenerator: industrial networks, pairs of addresses without ports",
		columns: mustColumns(`proto=protocol, ts:unix=start, te:unix=end, src_ip=sAddress, dst_ip=rAddress, bytes_up=sBytesSum,
			bytes_dw=rBytesSum, packets_up=sPackets, packets_dw=rPackets, label=NST_M_Label|IT_M_Label`),
		known: []string{"sAddress", "rAddress", "protocol", "start", "sBytesSum", "rBytesSum"},
		extra: []string{"sFinRate", "sSynRate", "sRstRate", "sPshRate", "sAckRate", "sUrgRate", "rFinRate", "rSynRate", "rRstRate", "rPshRate", "rAckRate", "rUrgRate"},
		after: icsFlags,
	},
	{
		name: "cicflowmeter", doc: "CSV of CICFlowMeter, as of CIC-IDS2017 and 2018",
		columns: mustColumns(`proto=Protocol, ts:dmy=Timestamp, dur:us=Flow Duration, src_ip=Src IP|Source IP, dst_ip=Dst IP|Destination IP,
			src_port=Src Port|Source Port, dst_port=Dst Port|Destination Port,
			packets_up=Tot Fwd Pkts|Total Fwd Packets|Total Fwd Packet, packets_dw=Tot Bwd Pkts|Total Backward Packets|Total Bwd packets,
			bytes_up=TotLen Fwd Pkts|Total Length of Fwd Packets|Total Length of Fwd Packet,
			bytes_dw=TotLen Bwd Pkts|Total Length of Bwd Packets|Total Length of Bwd Packet, label=Label`),
		known: []string{"Timestamp", "Flow Duration", "Src IP|Source IP", "Dst IP|Destination IP"},
	},
	{
		name: "unsw-nb15", doc: "CSV of UNSW-NB15, the four raw files without a header",
		columns: mustColumns(`proto=proto, ts:unix=Stime, dur=dur, src_ip=srcip, src_port=sport, dst_ip=dstip, dst_port=dsport, state=state,
			bytes_up=sbytes, bytes_dw=dbytes, packets_up=Spkts, packets_dw=Dpkts, label=attack_cat`),
		known: []string{"srcip", "sport", "dstip", "dsport", "Stime", "attack_cat"},
		header: "srcip,sport,dstip,dsport,proto,state,dur,sbytes,dbytes,sttl,dttl,sloss,dloss,service,Sload,Dload,Spkts,Dpkts,swin,dwin," +
			"stcpb,dtcpb,smeansz,dmeansz,trans_depth,res_bdy_len,Sjit,Djit,Stime,Ltime,Sintpkt,Dintpkt,tcprtt,synack,ackdat," +
			"is_sm_ips_ports,ct_state_ttl,ct_flw_http_mthd,is_ftp_login,ct_ftp_cmd,ct_srv_src,ct_srv_dst,ct_dst_ltm,ct_src_ltm," +
			"ct_src_dport_ltm,ct_dst_sport_ltm,ct_dst_src_ltm,attack_cat,Label",
		bare: func(f [][]byte) bool { return len(f) == 49 && isAddr(f[0]) && isAddr(f[2]) && isDigits(f[28]) },
	},
	{
		name: "cidds", doc: "CSV of CIDDS-001 and -002",
		columns: mustColumns(`ts=Date first seen, dur=Duration, proto=Proto, src_ip=Src IP Addr, src_port=Src Pt, dst_ip=Dst IP Addr, dst_port=Dst Pt,
			packets=Packets, bytes=Bytes, flags=Flags, label=attackType|class`),
		known:   []string{"Date first seen", "Src IP Addr", "Dst IP Addr", "class"},
		prepare: aliases, extra: []string{"attackType", "class"}, after: ciddsLabel,
	},
	{
		name: "luflow", doc: "CSV of LUFlow, whose addresses are numbers of autonomous systems",
		columns: mustColumns(`ts=time_start, te=time_end, dur=duration, proto=proto|protocol, src_ip=src_ip, src_port=src_port, dst_ip=dest_ip, dst_port=dest_port,
			bytes_up=bytes_in, bytes_dw=bytes_out, packets_up=num_pkts_in, packets_dw=num_pkts_out, label=label`),
		known:   []string{"src_ip", "dest_ip", "bytes_in", "bytes_out", "time_start", "num_pkts_out"},
		prepare: aliases,
	},
	{
		name: "aws-vpc", doc: "AWS VPC flow log lines of any version, with their header; without one, those of version 2",
		columns: mustColumns(`proto=protocol, ts:unix=start, te:unix=end, src_ip=srcaddr, src_port=srcport, dst_ip=dstaddr, dst_port=dstport,
			packets=packets, bytes=bytes, flags=tcp-flags|tcp_flags`),
		known:  []string{"srcaddr", "dstaddr", "protocol", "start", "end"},
		header: "version,account-id,interface-id,srcaddr,dstaddr,srcport,dstport,protocol,packets,bytes,start,end,action,log-status",
		bare: func(f [][]byte) bool {
			return len(f) == 14 && string(f[0]) == "2" && isDigits(f[10]) && isDigits(f[11])
		},
		extra: []string{"log-status", "log_status", "action"}, before: awsNoData, after: awsState,
	},
}

func isAddr(b []byte) bool {
	_, err := netip.ParseAddr(string(b))
	return err == nil
}

func isDigits(b []byte) bool {
	_, ok := digits(b)
	return ok
}

// oneDirection takes a record whose answer's columns, the extra ones, are all 0
// for one of a single direction, which tells of no answer.
func oneDirection(p *tableReader, _ *row) error {
	for i := range p.extra {
		if v := p.get(i); len(v) > 0 && string(v) != "0" {
			return nil
		}
	}
	c := &p.cell
	c.bytesAll = share{-1, -1, max(c.bytesAll.up, 0)}
	c.packetAll = share{-1, -1, max(c.packetAll.up, 0)}
	return nil
}

// icsFlags takes a TCP flag for sent where its rate is not 0. The extra columns
// are the rates of the sender, then those of the receiver.
func icsFlags(p *tableReader, r *row) error {
	flags := [...]Flags{FIN, SYN, RST, PSH, ACK, URG}
	for i := range p.extra {
		text, to := p.get(i), &r.flagsUp
		if i >= len(flags) {
			to = &r.flagsDown
		}
		flag := flags[i%len(flags)]
		r.hasFlags = r.hasFlags || flag == FIN && text != nil
		for _, c := range text {
			if c != '0' && c != '.' {
				*to |= flag
				break
			}
		}
	}
	return nil
}

// ciddsLabel makes --- no label but that of the class: normal, attacker … The
// extra columns are attackType and class.
func ciddsLabel(p *tableReader, r *row) error {
	if string(p.get(0)) == "---" {
		r.label = p.cell.labels.parse(p.get(1))
	}
	return nil
}

// awsNoData skips lines that tell of no traffic, as the first two of the extra
// columns say.
func awsNoData(p *tableReader) error {
	for i := range 2 {
		switch string(p.get(i)) {
		case "NODATA":
			return &skipError{ErrNotFlow, "NODATA"}
		case "SKIPDATA":
			return &skipError{ErrNotFlow, "SKIPDATA"}
		}
	}
	return nil
}

// awsState takes a rejected connection for one that was reset: the third of the
// extra columns is what was done.
func awsState(p *tableReader, r *row) error {
	if string(p.get(2)) == "REJECT" {
		p.cell.hasState, r.state = true, Reset
	}
	return nil
}

// aliases returns what gives a name that data sets have in place of an address,
// such as 10008_41 (of CIDDS, a number and the last byte), EXT_SERVER, or
// the number of an autonomous system, an address of its own: one of
// 4000::/3, which IANA has not assigned, so that it counts as public.
func aliases(hosts *Hosts) func([]byte) (Host, error) {
	names := map[string]uint16{"EXT_SERVER": 1, "OPENSTACK_NET": 2, "DNS": 3, "ATTACKER1": 4, "ATTACKER2": 5, "ATTACKER3": 6}
	return func(text []byte) (Host, error) {
		a := [16]byte{0x40}
		number, last, two := bytes.Cut(text, []byte{'_'})
		n, ok := digits(number)
		m, ok2 := digits(last)
		name, named := names[string(text)]
		switch {
		case named:
			a[1], a[15] = 1, byte(name)
		case ok && two && ok2 && n < 1<<32 && m < 1<<16:
			a[1] = 2
			a[10], a[11], a[12], a[13], a[14], a[15] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n), byte(m>>8), byte(m)
		case ok && !two && n < 1<<32:
			a[1] = 3
			a[12], a[13], a[14], a[15] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
		default:
			return 0, &valueError{string(text), fmt.Sprintf("an IP address, a number such as 10008_41, or one of %s", strings.Join([]string{"EXT_SERVER", "OPENSTACK_NET", "DNS"}, ", "))}
		}
		return hosts.Of(netip.AddrFrom16(a)), nil
	}
}
