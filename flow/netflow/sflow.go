package netflow

import (
	"bytes"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/netsampler/goflow2/v2/decoders/sflow"

	"toolkit/flow"
)

// sflow decodes a datagram of samples. Each sampled packet is a record that
// stands for as many packets as the sampling rate says.
func (d *decoder) sflow(data []byte, at time.Time) {
	var p sflow.Packet
	if err := safely(func() error { return sflow.DecodeMessageVersion(bytes.NewBuffer(data), &p) }); err != nil {
		d.bad("sFlow datagram", err)
		return
	}
	for _, sample := range p.Samples {
		switch s := sample.(type) {
		case sflow.FlowSample:
			d.sample(s.Records, s.SamplingRate, at)
		case sflow.ExpandedFlowSample:
			d.sample(s.Records, s.SamplingRate, at)
		}
	}
}

// sample takes one sampled packet, as its header or as what was read of it.
func (d *decoder) sample(records []sflow.FlowRecord, rate uint32, at time.Time) {
	packets := max(int64(rate), 1)
	for _, rec := range records {
		a := fields{first: -1, last: -1, start: when(at), packetsUp: packets}
		var base *sflow.SampledIPBase
		switch r := rec.Data.(type) {
		case sflow.SampledHeader:
			first, ok := sflowLayers[r.Protocol]
			if !ok || !a.packet(r.HeaderData, first) {
				d.bad("sampled packet", flow.NotFlow("packet that is not of IP"))
				return
			}
			a.up = a.times(r.FrameLength, packets)
			d.finish(&a, exported{})
			return
		case sflow.SampledIPv4:
			base = &r.SampledIPBase
		case sflow.SampledIPv6:
			base = &r.SampledIPBase
		default:
			continue
		}
		a.src, _ = netip.AddrFromSlice(base.SrcIP)
		a.dst, _ = netip.AddrFromSlice(base.DstIP)
		a.srcPort, a.dstPort, a.proto = uint16(base.SrcPort), uint16(base.DstPort), uint8(base.Protocol)
		a.flagsUp, a.up = flow.Flags(base.TcpFlags), a.times(base.Length, packets)
		d.finish(&a, exported{})
		return
	}
}

// sflowLayers are what a sampled header may begin with (sFlow v5, header_protocol).
var sflowLayers = map[uint32]gopacket.LayerType{1: layers.LayerTypeEthernet, 11: layers.LayerTypeIPv4, 12: layers.LayerTypeIPv6}

// packet reads the headers of a packet, and tells whether it is of IP.
func (a *fields) packet(data []byte, first gopacket.Decoder) bool {
	p := gopacket.NewPacket(data, first, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
	for _, l := range p.Layers() {
		switch l := l.(type) {
		case *layers.IPv4:
			a.src, _ = netip.AddrFromSlice(l.SrcIP)
			a.dst, _ = netip.AddrFromSlice(l.DstIP)
			a.proto = uint8(l.Protocol)
		case *layers.IPv6:
			a.src, _ = netip.AddrFromSlice(l.SrcIP)
			a.dst, _ = netip.AddrFromSlice(l.DstIP)
			a.proto = uint8(l.NextHeader)
		case *layers.TCP:
			a.proto, a.srcPort, a.dstPort = uint8(flow.TCP), uint16(l.SrcPort), uint16(l.DstPort)
			for i, set := range []bool{l.FIN, l.SYN, l.RST, l.PSH, l.ACK, l.URG, l.ECE, l.CWR} {
				if set {
					a.flagsUp |= 1 << i
				}
			}
		case *layers.UDP:
			a.proto, a.srcPort, a.dstPort = uint8(flow.UDP), uint16(l.SrcPort), uint16(l.DstPort)
		case *layers.ICMPv4:
			a.icmp, a.hasICMP = uint16(l.TypeCode), true
		case *layers.ICMPv6:
			a.proto, a.icmp, a.hasICMP = uint8(flow.ICMPv6), uint16(l.TypeCode), true
		}
	}
	return a.src.IsValid()
}

// when is the time at which a datagram came, 1970 if that isn't known.
func when(at time.Time) time.Time {
	if at.IsZero() {
		return time.Unix(0, 0)
	}
	return at
}
