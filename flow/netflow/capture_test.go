package netflow

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"toolkit/flow"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// v5 is a datagram of NetFlow v5 with one record, by hand (Cisco's layout of version 5):
// 10.0.0.1:1000 > 10.0.0.2:443, tcp, 7 packets, 700 bytes.
func v5() []byte {
	be := binary.BigEndian
	d := make([]byte, 24+48)
	be.PutUint16(d, 5)
	be.PutUint16(d[2:], 1)
	be.PutUint32(d[4:], 10_000)        // uptime, ms
	be.PutUint32(d[8:], 1_700_000_000) // seconds
	r := d[24:]
	copy(r, []byte{10, 0, 0, 1, 10, 0, 0, 2})
	be.PutUint32(r[16:], 7)
	be.PutUint32(r[20:], 700)
	be.PutUint32(r[24:], 8_000)
	be.PutUint32(r[28:], 9_000)
	be.PutUint16(r[32:], 1000)
	be.PutUint16(r[34:], 443)
	r[37], r[38] = 0x12, 6
	return d
}

// packet puts a datagram into a packet of Ethernet, IPv4 or IPv6, and UDP.
func packet(t *testing.T, v6 bool, data []byte) []byte {
	t.Helper()
	eth := &layers.Ethernet{SrcMAC: []byte{2, 0, 0, 0, 0, 1}, DstMAC: []byte{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4}
	udp := &layers.UDP{SrcPort: 40000, DstPort: 9999}
	var ip gopacket.SerializableLayer
	if v6 {
		eth.EthernetType = layers.EthernetTypeIPv6
		six := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolUDP, SrcIP: bytes.Repeat([]byte{0xfe}, 16), DstIP: bytes.Repeat([]byte{0xfd}, 16)}
		_ = udp.SetNetworkLayerForChecksum(six)
		ip = six
	} else {
		four := &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: []byte{192, 0, 2, 1}, DstIP: []byte{192, 0, 2, 2}}
		_ = udp.SetNetworkLayerForChecksum(four)
		ip = four
	}
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, eth, ip, udp, gopacket.Payload(data)); err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(buf.Bytes())
}

// Captures in both formats, with packets of something else between.
func TestCaptures(t *testing.T) {
	packets := [][]byte{packet(t, false, v5()), packet(t, false, []byte("not a datagram of flows")), packet(t, true, v5()), {1, 2, 3}}
	var pcap, ng bytes.Buffer
	w := pcapgo.NewWriter(&pcap)
	if err := w.WriteFileHeader(65536, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	n, err := pcapgo.NewNgWriter(&ng, layers.LinkTypeEthernet)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range packets {
		info := gopacket.CaptureInfo{Timestamp: time.Unix(1_700_000_100+int64(i), 0), CaptureLength: len(p), Length: len(p)}
		if err := w.WritePacket(info, p); err != nil {
			t.Fatal(err)
		}
		if err := n.WritePacket(info, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Flush(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"pcap": pcap.Bytes(), "pcapng": ng.Bytes()} {
		if !Capture.Detect(data) || Raw.Detect(data) {
			t.Errorf("%s is not seen as such", name)
		}
		got := gather(Capture.Read(bytes.NewReader(data), flow.Input{Name: "x"}))
		if len(got.records) != 2 || len(got.bad) != 0 || got.err != nil {
			t.Errorf("%s: %d records, %v, %v", name, len(got.records), got.bad, got.err)
			continue
		}
		for _, r := range got.records {
			if s := fmt.Sprint(r.Time, r.Duration, r.Src, r.Dst, r.Proto, r.BytesUp, r.PacketsUp, r.FlagsUp); s != "2023-11-14 22:13:18 +0000 UTC 1s 10.0.0.1:1000 10.0.0.2:443 tcp 700 7 AS" {
				t.Errorf("%s: %s", name, s)
			}
		}
		cut := gather(Capture.Read(bytes.NewReader(data[:len(data)-2]), flow.Input{Name: "x"}))
		if len(cut.records) != 2 || cut.err == nil {
			t.Errorf("%s, cut off: %d records, %v", name, len(cut.records), cut.err)
		}
	}
}

// Counts that a record can't hold make it none: of IPFIX, and of sFlow where they
// are multiplied by the sampling rate.
func TestOverflow(t *testing.T) {
	be := binary.BigEndian
	ipfix := func(bytes uint64) []byte {
		d := be.AppendUint16(nil, 10)
		body := be.AppendUint32(be.AppendUint32(be.AppendUint32(nil, 1_700_000_000), 1), 1)
		body = append(body, 0, 2, 0, 20, 1, 0, 0, 3, 0, 8, 0, 4, 0, 12, 0, 4, 0, 1, 0, 8) // template 256: addresses, octets
		body = append(body, 1, 0, 0, 20, 10, 0, 0, 1, 10, 0, 0, 2)
		body = be.AppendUint64(body, bytes)
		return append(be.AppendUint16(d, uint16(len(body)+4)), body...)
	}
	if got := gather(Raw.Read(bytes.NewReader(ipfix(math.MaxInt64)), flow.Input{})); len(got.records) != 1 || got.records[0].BytesUp != math.MaxInt64 {
		t.Errorf("%+v", got)
	}
	if got := gather(Raw.Read(bytes.NewReader(ipfix(math.MaxInt64+1)), flow.Input{})); len(got.records) != 0 || len(got.bad) != 1 || !strings.Contains(got.bad[0].Error(), "a count is more than") {
		t.Errorf("%+v", got)
	}
	a := new(fields)
	if n := a.times(1500, 1000); n != 1_500_000 || a.over {
		t.Errorf("%d, %v", n, a.over)
	}
	if a.times(math.MaxUint32, math.MaxUint32); !a.over {
		t.Error("a product that overflows is not seen")
	}
}
