package netflow

import (
	"bytes"
	"net/netip"
	"slices"
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
			if !ok || !a.packet(r.HeaderData, first, d.headers) {
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

// headers has room for the headers of most packets, so that reading them
// allocates nothing.
type headers struct {
	eth     layers.Ethernet
	vlan    layers.Dot1Q
	ip4     layers.IPv4
	ip6     layers.IPv6
	tcp     layers.TCP
	udp     layers.UDP
	icmp4   layers.ICMPv4
	icmp6   layers.ICMPv6
	parser  map[gopacket.LayerType]*gopacket.DecodingLayerParser // by what is first
	decoded []gopacket.LayerType
}

func newHeaders() *headers {
	h := &headers{parser: make(map[gopacket.LayerType]*gopacket.DecodingLayerParser)}
	for _, first := range sflowLayers {
		h.parser[first] = gopacket.NewDecodingLayerParser(first, &h.eth, &h.vlan, &h.ip4, &h.ip6, &h.tcp, &h.udp, &h.icmp4, &h.icmp6)
	}
	return h
}

// inUDP are the layers in UDP that have packets in them.
var inUDP = []gopacket.LayerType{layers.LayerTypeVXLAN, layers.LayerTypeGeneve, layers.LayerTypeGTPv1U, layers.LayerTypePPP}

// quick reads the headers of a packet as most are: of Ethernet, perhaps a VLAN, IP
// and TCP, UDP or ICMP. It returns nil if the packet is any other, also if
// it is damaged.
func (h *headers) quick(data []byte, first gopacket.LayerType) []gopacket.LayerType {
	err := h.parser[first].DecodeLayers(data, &h.decoded)
	if len(h.decoded) == 0 {
		return nil
	}
	next, unknown := err.(gopacket.UnsupportedLayerType)
	switch last := h.decoded[len(h.decoded)-1]; {
	case err != nil && !unknown:
		return nil
	case last == layers.LayerTypeTCP, last == layers.LayerTypeICMPv4, last == layers.LayerTypeICMPv6:
		return h.decoded
	case last == layers.LayerTypeUDP && (!unknown || !slices.Contains(inUDP, gopacket.LayerType(next))):
		return h.decoded
	}
	return nil
}

// packet reads the headers of a packet, and tells whether it is of IP. Of packets
// in packets the innermost counts.
func (a *fields) packet(data []byte, first gopacket.LayerType, h *headers) bool {
	if quick := h.quick(data, first); quick != nil {
		for _, l := range quick {
			switch l {
			case layers.LayerTypeIPv4:
				a.layer(&h.ip4)
			case layers.LayerTypeIPv6:
				a.layer(&h.ip6)
			case layers.LayerTypeTCP:
				a.layer(&h.tcp)
			case layers.LayerTypeUDP:
				a.layer(&h.udp)
			case layers.LayerTypeICMPv4:
				a.layer(&h.icmp4)
			case layers.LayerTypeICMPv6:
				a.layer(&h.icmp6)
			}
		}
	} else {
		a.whole(data, first)
	}
	return a.src.IsValid()
}

// whole reads the headers of any packet.
func (a *fields) whole(data []byte, first gopacket.LayerType) {
	p := gopacket.NewPacket(data, first, gopacket.DecodeOptions{Lazy: true, NoCopy: true})
	for _, l := range p.Layers() {
		a.layer(l)
	}
}

// layer takes what is read of a layer.
func (a *fields) layer(l gopacket.Layer) {
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
		for i, set := range [...]bool{l.FIN, l.SYN, l.RST, l.PSH, l.ACK, l.URG, l.ECE, l.CWR} {
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

// when is the time at which a datagram came, 1970 if that isn't known.
func when(at time.Time) time.Time {
	if at.IsZero() {
		return time.Unix(0, 0)
	}
	return at
}
