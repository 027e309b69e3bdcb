package netflow

import (
	"bytes"
	"container/list"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/netsampler/goflow2/v2/decoders/netflowlegacy"

	"toolkit/flow"
)

// maxWaiting is how many bytes of data sets may wait for their templates.
const maxWaiting = 64 << 20

// A decoder makes records of datagrams. It remembers the templates of each
// exporter and keeps data sets whose template has not come.
type decoder struct {
	emit func(flow.Record)            // takes a record
	bad  func(what string, err error) // takes what can't be decoded, with a name of it

	headers   *headers
	systems   map[string]*templates
	heard     list.List // of *templates, the last heard of first
	templates int       // bytes that they take
	waiting   []waiting
	size      int            // bytes that wait
	wanted    map[wanted]int // how many wait for each template
}

// A wanted template is one that sets wait for.
type wanted struct {
	from string
	templateID
}

// A waiting set is one whose template has not come.
type waiting struct {
	wanted
	data     []byte
	exported exported
}

func (w *waiting) bytes() int { return len(w.data) + 128 }

// exported says when a datagram was sent, for the times in it that are relative.
type exported struct {
	at     time.Time     // of the exporter's clock
	uptime time.Duration // of the exporter, 0 in IPFIX
}

func newDecoder(emit func(flow.Record), bad func(string, error)) *decoder {
	return &decoder{emit: emit, bad: bad, headers: newHeaders(), systems: make(map[string]*templates), wanted: make(map[wanted]int)}
}

// datagram decodes one datagram that came from an exporter at that time.
func (d *decoder) datagram(data []byte, from string, at time.Time) {
	if len(data) < 4 {
		d.bad("datagram", fmt.Errorf("%d bytes, too short to be of any kind", len(data)))
		return
	}
	switch version := binary.BigEndian.Uint16(data); {
	case version == 5:
		d.v5(data)
	case version == 9 || version == 10:
		d.templated(data, version, from)
	case binary.BigEndian.Uint32(data) == 5:
		d.sflow(data, at)
	default:
		d.bad("datagram", fmt.Errorf("version %d, want NetFlow 5 or 9, IPFIX (10) or sFlow 5", version))
	}
}

const v5Header, v5Record = 24, 48

func (d *decoder) v5(data []byte) {
	var p netflowlegacy.PacketNetFlowV5
	// The decoder fills what is missing with zeros.
	if len(data) < v5Header || len(data) < v5Header+v5Record*int(binary.BigEndian.Uint16(data[2:])) {
		d.bad("NetFlow v5 datagram", fmt.Errorf("%d bytes, too few for the records that it announces", len(data)))
		return
	}
	if err := netflowlegacy.DecodeMessageVersion(bytes.NewBuffer(data), &p); err != nil {
		d.bad("NetFlow v5 datagram", err)
		return
	}
	boot := time.Unix(int64(p.UnixSecs), int64(p.UnixNSecs)).Add(-time.Duration(p.SysUptime) * time.Millisecond)
	for _, r := range p.Records {
		a := fields{first: -1, last: -1}
		a.src, a.dst = addr4(uint32(r.SrcAddr)), addr4(uint32(r.DstAddr))
		a.srcPort, a.dstPort, a.proto = r.SrcPort, r.DstPort, r.Proto
		a.up, a.packetsUp = int64(r.DOctets), int64(r.DPkts)
		a.flagsUp = flow.Flags(r.TCPFlags)
		a.start, a.end = boot.Add(time.Duration(r.First)*time.Millisecond), boot.Add(time.Duration(r.Last)*time.Millisecond)
		d.finish(&a, exported{})
	}
}

// templated decodes NetFlow v9 and IPFIX.
func (d *decoder) templated(data []byte, version uint16, from string) {
	t := d.exporter(from)
	d.templates -= t.bytes
	added, err := d.sets(t, data, version)
	if err != nil {
		d.bad(map[uint16]string{9: "NetFlow v9 datagram", 10: "IPFIX datagram"}[version], err)
	}
	if added {
		d.retry(t)
	}
	d.templates += t.bytes
	for d.templates > maxTemplates {
		d.forget()
	}
}

// sets decodes the sets of a datagram (RFC 3954, 7011), up to one that can't be,
// and tells whether sets that wait can be decoded by templates in it.
func (d *decoder) sets(t *templates, data []byte, version uint16) (added bool, err error) {
	be := binary.BigEndian
	header := map[uint16]int{9: 20, 10: 16}[version]
	if len(data) < header {
		return false, fmt.Errorf("%d bytes, too short for its header", len(data))
	}
	// NetFlow says how many records there are, at least one in a set; IPFIX how
	// long the datagram is.
	most, domain, end, ex := int(be.Uint16(data[2:])), be.Uint32(data[header-4:]), len(data), exported{}
	if version == 9 {
		ex = exported{time.Unix(int64(be.Uint32(data[8:])), 0), time.Duration(be.Uint32(data[4:])) * time.Millisecond}
	} else {
		end = min(end, max(most, header))
		most, ex = len(data), exported{time.Unix(int64(be.Uint32(data[4:])), 0), 0}
	}
	isTemplate := map[uint16][2]uint16{9: {0, 1}, 10: {2, 3}}[version]
	for at := header; at < end && most > 0; most-- {
		if len(data)-at < 4 {
			return added, fmt.Errorf("the header of a set is cut: %w", io.ErrUnexpectedEOF)
		}
		id, n := be.Uint16(data[at:]), int(be.Uint16(data[at+2:]))
		if n < 4 {
			return added, fmt.Errorf("set %d is of %d bytes, less than its header", id, n)
		}
		set := data[at+4 : min(at+n, len(data))]
		at += n
		switch {
		case id == isTemplate[0] || id == isTemplate[1]:
			if err := t.learn(version, domain, id == isTemplate[1], set, func(id templateID) {
				added = added || d.wanted[wanted{t.from, id}] > 0
			}); err != nil {
				return added, fmt.Errorf("set %d, of templates: %w", id, err)
			}
		case id < 256:
			return added, fmt.Errorf("set %d is of no known kind", id)
		default:
			id := templateID{version, domain, id}
			of := t.of[id]
			if of == nil {
				d.wait(waiting{wanted{t.from, id}, bytes.Clone(set), ex})
				continue
			}
			if err := d.data(of, set, ex); err != nil {
				d.bad(fmt.Sprintf("set %d", id.id), err)
			}
		}
	}
	return added, nil
}

// safely calls f and makes an error of a panic in it: the decoder is not ours,
// and data must not end the program.
func safely(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the decoder panics: %v", p)
		}
	}()
	return f()
}

// wait keeps a set until its template comes. Past the limit the oldest are
// given up.
func (d *decoder) wait(w waiting) {
	d.waiting = append(d.waiting, w)
	d.wanted[w.wanted]++
	d.size += w.bytes()
	for d.size > maxWaiting {
		d.giveUp(d.waiting[0])
		d.waiting = d.waiting[1:]
	}
}

// taken counts a set that waits no more.
func (d *decoder) taken(w waiting) {
	d.size -= w.bytes()
	if d.wanted[w.wanted]--; d.wanted[w.wanted] == 0 {
		delete(d.wanted, w.wanted)
	}
}

func (d *decoder) giveUp(w waiting) {
	d.taken(w)
	from := w.from
	if from != "" {
		from = " of " + from
	}
	d.bad(fmt.Sprintf("set %d%s", w.id, from), fmt.Errorf("%d bytes, whose template has not come", len(w.data)))
}

// retry decodes what has waited for templates of that exporter.
func (d *decoder) retry(known *templates) {
	rest := d.waiting[:0]
	for _, w := range d.waiting {
		t := known.of[w.templateID]
		if w.from != known.from || t == nil {
			rest = append(rest, w)
			continue
		}
		d.taken(w)
		if err := d.data(t, w.data, w.exported); err != nil {
			d.bad(fmt.Sprintf("set %d", w.id), err)
		}
	}
	clear(d.waiting[len(rest):])
	d.waiting = rest
}

// end gives up all that still waits.
func (d *decoder) end() {
	for _, w := range d.waiting {
		d.giveUp(w)
	}
	d.waiting = nil
}
