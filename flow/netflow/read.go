package netflow

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"toolkit/flow"
)

// Raw reads datagrams that lie one behind another.
var Raw = &flow.Format{
	Name: "netflow", Doc: "datagrams of NetFlow v5, v9, IPFIX or sFlow v5, one behind another",
	Detect: func(head []byte) bool { n, ok := datagramLength(head); return ok && n > 0 },
	Read:   func(r io.Reader, in flow.Input) flow.Source { return read(r, in, rawDatagrams) },
}

// Capture reads the datagrams in a capture.
var Capture = &flow.Format{
	Name: "pcap", Doc: "a capture, pcap or pcapng, of UDP datagrams of NetFlow v5, v9, IPFIX or sFlow v5",
	Detect: func(head []byte) bool { return isPcap(head) || isPcapNG(head) },
	Read: func(r io.Reader, in flow.Input) flow.Source {
		// What comes to an address of ours was meant to be read.
		meant := strings.Contains(in.Name, "://")
		return read(r, in, func(r io.Reader) (next, error) { return captured(r, meant) })
	},
}

// A next returns the next datagram, which holds until the next call, from whom
// and when it came; io.EOF at the end.
type next func() (data []byte, from string, at time.Time, err error)

// read yields the records of all datagrams. The number of a datagram stands for
// the line of what can't be decoded.
func read(r io.Reader, in flow.Input, open func(io.Reader) (next, error)) flow.Source {
	return func(yield func(*flow.Batch, error) bool) {
		if in.Hosts == nil {
			in.Hosts = new(flow.Hosts)
		}
		b := &flow.Batch{Hosts: in.Hosts}
		b.Reset(in.Seq)
		seq, stopped, n := in.Seq, false, 0
		flush := func() {
			if b.Len() > 0 && !stopped {
				stopped = !yield(b, nil)
			}
			b.Reset(seq)
		}
		var data []byte
		d := newDecoder(func(rec flow.Record) {
			if b.Len() == 0 {
				b.Reset(seq)
			}
			rec.Seq = seq
			b.Append(rec)
			if seq++; b.Len() == flow.BatchSize {
				flush()
			}
		}, func(what string, err error) {
			flush()
			seq++
			if !stopped {
				text := hex.EncodeToString(data[:min(len(data), 1<<10)])
				stopped = !yield(nil, &flow.SyntaxError{File: in.Name, Line: n, Text: text, Err: fmt.Errorf("%s: %w", what, err)})
			}
			b.Reset(seq)
		})
		from, err := open(r)
		for err == nil && !stopped {
			if br, ok := r.(*bufio.Reader); ok && br.Buffered() == 0 {
				flush() // rather than wait for more
			}
			var exporter string
			var at time.Time
			if data, exporter, at, err = from(); err == nil {
				n++
				d.datagram(data, exporter, at)
			}
		}
		data = nil
		if !stopped {
			d.end()
			flush()
		}
		if !stopped && err != io.EOF {
			yield(nil, fmt.Errorf("%s: datagram %d: %w", in.Name, n+1, err))
		}
	}
}

const maxDatagram = 64 << 10

// rawDatagrams cuts a file into datagrams.
func rawDatagrams(r io.Reader) (next, error) {
	br := bufio.NewReaderSize(r, 4*maxDatagram)
	last := 0 // bytes of the datagram before, which holds until the next is asked for
	return func() ([]byte, string, time.Time, error) {
		br.Discard(last)
		last = 0
		head, err := br.Peek(maxDatagram)
		if len(head) == 0 {
			return nil, "", time.Time{}, err
		}
		n, _ := datagramLength(head)
		if n == 0 {
			n = len(head)
		}
		last = n
		return head[:n], "", time.Time{}, nil
	}, nil
}

// datagramLength finds where the datagram ends that data begins with, as only
// IPFIX says it; and whether data begins with one at all. It is 0 if the end
// can't be found.
func datagramLength(data []byte) (n int, ok bool) {
	if len(data) < 16 {
		return 0, false
	}
	u16 := func(i int) int { return int(binary.BigEndian.Uint16(data[i:])) }
	u32 := func(i int) int { return int(binary.BigEndian.Uint32(data[i:])) }
	switch {
	case u16(0) == 5 && u16(2) > 0 && u16(2) <= 1000:
		n = v5Header + v5Record*u16(2)
	case u16(0) == 10 && u16(2) >= 16:
		n = u16(2)
	case u16(0) == 9 && len(data) >= 20 && u16(2) > 0:
		// Sets up to what can't be one: the header of another datagram is
		// numbered as sets are not.
		for n = 20; n+4 <= len(data); n += u16(n + 2) {
			if id := u16(n); id > 1 && id < 256 || u16(n+2) < 4 {
				break
			}
		}
		if n < len(data) && n+4 > len(data) { // less than a set
			n = len(data)
		}
		// Zeros fill what is left of some.
		for n < len(data) && data[n] == 0 && (n+1 >= len(data) || data[n+1] == 0 || n%2 == 1) {
			n++
		}
	case u32(0) == 5 && len(data) >= 28 && (u32(4) == 1 || u32(4) == 2):
		at := 24
		if u32(4) == 2 {
			at = 36
		}
		if len(data) < at+4 {
			return 0, false
		}
		samples := u32(at)
		for n = at + 4; samples > 0 && n+8 <= len(data); samples-- {
			n += 8 + u32(n+4)
		}
	default:
		return 0, false
	}
	return min(n, len(data)), true
}

func isPcap(head []byte) bool {
	if len(head) < 24 {
		return false
	}
	switch binary.LittleEndian.Uint32(head) {
	case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1:
		return true
	}
	return false
}

func isPcapNG(head []byte) bool {
	return len(head) >= 12 && binary.BigEndian.Uint32(head) == 0x0a0d0d0a &&
		(binary.LittleEndian.Uint32(head[8:]) == 0x1a2b3c4d || binary.BigEndian.Uint32(head[8:]) == 0x1a2b3c4d)
}

// captured finds the UDP payloads in a capture that look like datagrams of
// ours; other packets are passed over, but there must be one. If all are meant
// to be ours, none is passed over.
func captured(r io.Reader, meant bool) (next, error) {
	br, ok := r.(*bufio.Reader)
	if !ok {
		br = bufio.NewReader(r)
	}
	head, err := br.Peek(24)
	if err != nil {
		return nil, err
	}
	var source gopacket.ZeroCopyPacketDataSource
	var link func() layers.LinkType
	if isPcapNG(head) {
		ng, err := pcapgo.NewNgReader(br, pcapgo.DefaultNgReaderOptions)
		if err != nil {
			return nil, err
		}
		source, link = ng, ng.LinkType
	} else {
		p, err := pcapgo.NewReader(br)
		if err != nil {
			return nil, err
		}
		source, link = p, p.LinkType
	}
	found, packets := false, 0
	return func() ([]byte, string, time.Time, error) {
		for {
			data, info, err := source.ZeroCopyReadPacketData()
			if err == io.EOF && packets > 0 && !found {
				return nil, "", time.Time{}, errors.New("none of the packets is a datagram of NetFlow, IPFIX or sFlow; of other traffic make flow records with zeek, argus or nfpcapd")
			}
			if err != nil {
				return nil, "", time.Time{}, err
			}
			packets++
			p := gopacket.NewPacket(data, link(), gopacket.DecodeOptions{Lazy: true, NoCopy: true})
			udp, ok := p.TransportLayer().(*layers.UDP)
			if !ok || p.NetworkLayer() == nil {
				continue
			}
			if _, ok := datagramLength(udp.Payload); !ok && !meant {
				continue
			}
			found = true
			ip, _ := netip.AddrFromSlice(p.NetworkLayer().NetworkFlow().Src().Raw())
			return udp.Payload, ip.String(), info.Timestamp, nil
		}
	}, nil
}
