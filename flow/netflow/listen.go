package netflow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Listen receives datagrams at an address such as udp://127.0.0.1:2055 until
// the time is over, or for ever if it is 0, or until ctx is done. What it
// returns reads as a capture of them, which Capture takes.
func Listen(ctx context.Context, address string, long time.Duration) (io.ReadCloser, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "udp" || u.Port() == "" || u.Path != "" {
		return nil, fmt.Errorf("listening at %s: want udp://HOST:PORT, such as udp://0.0.0.0:2055", address)
	}
	conn, err := net.ListenPacket("udp", u.Host)
	if err != nil {
		return nil, fmt.Errorf("listening at %s: %w", address, err)
	}
	udp := conn.(*net.UDPConn)
	udp.SetReadBuffer(8 << 20) // as much as the system allows: bursts wait there
	if long > 0 {
		udp.SetReadDeadline(time.Now().Add(long))
	}
	stop := context.AfterFunc(ctx, func() { udp.Close() })
	r, w := io.Pipe()
	go func() {
		defer stop()
		defer udp.Close()
		w.CloseWithError(receive(ctx, udp, w))
	}()
	return &listener{r, udp}, nil
}

type listener struct {
	*io.PipeReader
	udp *net.UDPConn
}

func (l *listener) Close() error {
	l.udp.Close()
	return l.PipeReader.Close()
}

// receive writes what comes as a capture of IP packets.
func receive(ctx context.Context, udp *net.UDPConn, to io.Writer) error {
	w := pcapgo.NewWriter(to)
	if err := w.WriteFileHeader(maxDatagram+100, layers.LinkTypeRaw); err != nil {
		return err
	}
	local := udp.LocalAddr().(*net.UDPAddr).AddrPort()
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := udp.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return io.EOF
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return err
		}
		data, err := packetOf(from, local, buf[:n])
		if err != nil {
			return err
		}
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: time.Now(), CaptureLength: len(data), Length: len(data)}, data); err != nil {
			return err
		}
	}
}

// packetOf puts a datagram into the packet that it came in.
func packetOf(from, to netip.AddrPort, payload []byte) ([]byte, error) {
	src, dst := from.Addr().Unmap(), to.Addr().Unmap()
	udp := &layers.UDP{SrcPort: layers.UDPPort(from.Port()), DstPort: layers.UDPPort(to.Port())}
	var ip gopacket.SerializableLayer
	if src.Is4() {
		if !dst.Is4() {
			dst = netip.IPv4Unspecified()
		}
		ip = &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
	} else {
		ip = &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolUDP, SrcIP: src.AsSlice(), DstIP: netip.IPv6Unspecified().AsSlice()}
	}
	b := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true}, ip, udp, gopacket.Payload(payload))
	return b.Bytes(), err
}
