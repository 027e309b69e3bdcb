//go:build unix

package read

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"toolkit/features"
	"toolkit/flow"
	"toolkit/internal/flowtext"
	"toolkit/internal/ref"
)

// BenchmarkMade reads made-up records: of all formats of lines, of which there is
// not always a real file, and of those that are not text. Rates are as those of
// BenchmarkRead.
//
//	go test ./bench/read -run '^$' -bench Made -cpu 1
func BenchmarkMade(b *testing.B) {
	const n = 50_000
	cases := map[string]func(b *testing.B) []byte{"sflow": sflow, "pcap": capture, "pcapng": captureNG}
	for _, name := range flowtext.Names {
		cases[name] = func(*testing.B) []byte { return flowtext.Make(name, n) }
	}
	for _, ending := range []string{".arrow", ".parquet"} {
		cases[ending[1:]] = func(b *testing.B) []byte { return columns(b, n, ending) }
	}
	for _, name := range append(append([]string{}, flowtext.Names...), "sflow", "pcap", "pcapng", "arrow", "parquet") {
		b.Run("input="+name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "made")
			data := cases[name](b)
			if err := os.WriteFile(path, data, 0o644); err != nil {
				b.Fatal(err)
			}
			measure(b, []string{path}, int64(len(data)))
		})
	}
}

// BenchmarkFile reads files that are there already: those that the environment
// variable FILES names, separated by blanks.
//
//	FILES="$PWD/a.parquet $PWD/b.arrow" go test ./bench/read -run '^$' -bench File -cpu 1
func BenchmarkFile(b *testing.B) {
	paths := strings.Fields(os.Getenv("FILES"))
	if len(paths) == 0 {
		b.Skip("FILES names none")
	}
	for _, path := range paths {
		b.Run("input="+filepath.Base(path), func(b *testing.B) {
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			measure(b, []string{path}, info.Size())
		})
	}
}

// sflow returns datagrams of 7 sampled packets each.
func sflow(*testing.B) []byte {
	packet := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 8, 0,
		0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		4, 210, 1, 187, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0, 0, 0}
	u32 := func(b []byte, ns ...uint32) []byte {
		for _, n := range ns {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		return b
	}
	const samples = 7
	var data []byte
	for i := range 7000 {
		packet[29], packet[33] = byte(i), byte(i>>8) // addresses
		header := append(u32(nil, 1, 1518, 4, uint32(len(packet))), packet...)
		record := append(u32(nil, 1, uint32(len(header))), header...)
		sample := append(u32(nil, uint32(i), 3, 100, 1000, 0, 1, 2, 1), record...)
		data = u32(data, 5, 1, 0x0a000001, 0, uint32(i), 1000, samples)
		for range samples {
			data = append(u32(data, 1, uint32(len(sample))), sample...)
		}
	}
	return data
}

// A packetWriter writes a capture.
type packetWriter interface {
	WritePacket(info gopacket.CaptureInfo, data []byte) error
}

func capture(b *testing.B) []byte {
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	if err := w.WriteFileHeader(65536, layers.LinkTypeEthernet); err != nil {
		b.Fatal(err)
	}
	packets(b, w)
	return out.Bytes()
}

func captureNG(b *testing.B) []byte {
	var out bytes.Buffer
	w, err := pcapgo.NewNgWriter(&out, layers.LinkTypeEthernet)
	if err != nil {
		b.Fatal(err)
	}
	packets(b, w)
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// packets writes packets with real datagrams of NetFlow v5, of 29 records each, and
// as many of other traffic.
func packets(b *testing.B, w packetWriter) {
	datagram := ref.Read(b, "data/netflow/netflow5_test_juniper_mx80.dat")
	eth := &layers.Ethernet{SrcMAC: []byte{2, 0, 0, 0, 0, 1}, DstMAC: []byte{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4}
	ip := &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: []byte{192, 0, 2, 1}, DstIP: []byte{192, 0, 2, 2}}
	for i := range 6000 {
		payload, udp := datagram, &layers.UDP{SrcPort: 40000, DstPort: 2055}
		if i%2 == 1 {
			payload, udp = bytes.Repeat([]byte{0xab}, 1300), &layers.UDP{SrcPort: 40001, DstPort: 4500}
		}
		_ = udp.SetNetworkLayerForChecksum(ip)
		buf := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, eth, ip, udp, gopacket.Payload(payload)); err != nil {
			b.Fatal(err)
		}
		data := buf.Bytes()
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: time.Unix(1_700_000_000+int64(i), 0), CaptureLength: len(data), Length: len(data)}, data); err != nil {
			b.Fatal(err)
		}
	}
}

// columns returns a file of n records as the toolkit writes tables.
func columns(b *testing.B, n int, ending string) []byte {
	text := flowtext.Make("csv", n)
	format, err := flow.FormatNamed("csv")
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	w := features.NewTableWriter(&out, features.Saving{Ending: ending})
	hosts, labels := new(flow.Hosts), new(flow.Labels)
	x := features.NewFlows(hosts, labels, 0, b.TempDir())
	defer x.Close()
	for batch, err := range format.Read(bytes.NewReader(text), flow.Input{Hosts: hosts, Labels: labels}) {
		if err != nil {
			b.Fatal(err)
		}
		if err := x.Add(batch); err != nil {
			b.Fatal(err)
		}
	}
	if err := x.Write(w.Write); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}
