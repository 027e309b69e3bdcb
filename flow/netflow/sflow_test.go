package netflow

import (
	"fmt"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Sampled packets are read quickly as they are slowly, wherever they are cut off,
// also where there are packets in them.
func TestQuickHeaders(t *testing.T) {
	v4 := func(p layers.IPProtocol, last byte) *layers.IPv4 {
		return &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: p, SrcIP: []byte{10, 0, 0, last}, DstIP: []byte{10, 0, 1, last}}
	}
	v6 := func(p layers.IPProtocol) *layers.IPv6 {
		return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: p, SrcIP: append(make([]byte, 15), 1), DstIP: append(make([]byte, 15), 2)}
	}
	eth := func(of layers.EthernetType) *layers.Ethernet {
		return &layers.Ethernet{SrcMAC: []byte{2, 0, 0, 0, 0, 1}, DstMAC: []byte{2, 0, 0, 0, 0, 2}, EthernetType: of}
	}
	tcp := &layers.TCP{SrcPort: 1234, DstPort: 443, SYN: true, ECE: true, Options: []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 0xb4}}}}
	udp := func(port layers.UDPPort) *layers.UDP { return &layers.UDP{SrcPort: 999, DstPort: port} }
	rest := gopacket.Payload([]byte("something that is no packet at all, but long enough"))
	inner := []gopacket.SerializableLayer{eth(layers.EthernetTypeIPv4), v4(layers.IPProtocolTCP, 77), tcp, rest}
	quick := 0
	for name, stack := range map[string][]gopacket.SerializableLayer{
		"tcp":       {eth(layers.EthernetTypeIPv4), v4(layers.IPProtocolTCP, 1), tcp, rest},
		"vlan":      {eth(layers.EthernetTypeDot1Q), &layers.Dot1Q{VLANIdentifier: 7, Type: layers.EthernetTypeIPv4}, v4(layers.IPProtocolUDP, 1), udp(9), rest},
		"dns":       {eth(layers.EthernetTypeIPv6), v6(layers.IPProtocolUDP), udp(53), rest},
		"icmp":      {eth(layers.EthernetTypeIPv4), v4(layers.IPProtocolICMPv4, 1), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0)}, rest},
		"icmp6":     {eth(layers.EthernetTypeIPv6), v6(layers.IPProtocolICMPv6), &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(135, 0)}, rest},
		"arp":       {eth(layers.EthernetTypeARP), rest},
		"sctp":      {eth(layers.EthernetTypeIPv4), v4(layers.IPProtocolSCTP, 1), rest},
		"vxlan":     append([]gopacket.SerializableLayer{eth(layers.EthernetTypeIPv4), v4(layers.IPProtocolUDP, 1), udp(4789), &layers.VXLAN{ValidIDFlag: true, VNI: 5}}, inner...),
		"gre":       append([]gopacket.SerializableLayer{eth(layers.EthernetTypeIPv4), v4(layers.IPProtocolGRE, 1), &layers.GRE{Protocol: layers.EthernetTypeIPv4}}, inner[1:]...),
		"ip in ip":  append([]gopacket.SerializableLayer{eth(layers.EthernetTypeIPv4), v4(layers.IPProtocolIPv4, 1)}, inner[1:]...),
		"ip6 in ip": {eth(layers.EthernetTypeIPv4), v4(layers.IPProtocolIPv6, 1), v6(layers.IPProtocolTCP), tcp},
	} {
		buf := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true}, stack...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		data, h := buf.Bytes(), newHeaders()
		for n := 0; n <= len(data); n++ {
			var got, want fields
			ok := got.packet(data[:n], layers.LayerTypeEthernet, h)
			want.whole(data[:n], layers.LayerTypeEthernet)
			if ok != want.src.IsValid() || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%s, cut off at %d of %d: %+v, %v; slowly %+v", name, n, len(data), got, ok, want)
			}
			if h.quick(data[:n], layers.LayerTypeEthernet) != nil {
				quick++
			}
		}
	}
	if quick < 200 {
		t.Errorf("%d packets were read quickly", quick)
	}
}
