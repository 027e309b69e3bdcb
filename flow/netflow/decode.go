package netflow

import (
	"bytes"
	"container/list"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/netsampler/goflow2/v2/decoders/netflow"
	"github.com/netsampler/goflow2/v2/decoders/netflowlegacy"

	"toolkit/flow"
)

// maxWaiting is how many bytes of data sets may wait for their templates.
const maxWaiting = 64 << 20

// maxTemplates is how many bytes the templates of all exporters may take, about:
// those of hundreds of thousands of templates. Past it the exporter that was
// not heard of for longest is forgotten, until it sends its templates again.
const maxTemplates = 64 << 20

// A decoder makes records of datagrams. It remembers the templates of each
// exporter and keeps data sets whose template has not come.
type decoder struct {
	emit func(flow.Record)            // takes a record
	bad  func(what string, err error) // takes what can't be decoded, with a name of it

	systems   map[string]*templates
	heard     list.List // of *templates, the last heard of first
	templates int       // bytes that they take
	waiting   []waiting
	size      int // bytes that wait
}

// A waiting set is one whose template has not come.
type waiting struct {
	version  uint16
	from     string
	domain   uint32
	id       uint16
	data     []byte
	exported exported
}

func (w *waiting) bytes() int { return len(w.data) + 128 }

// exported says when a datagram was sent, for the times in it that are relative.
type exported struct {
	at     time.Time     // of the exporter's clock
	uptime time.Duration // of the exporter, 0 in IPFIX
}

// templates are those of one exporter. Those without a length are refused, as
// the decoder would read them for ever.
type templates struct {
	netflow.NetFlowTemplateSystem
	added bool
	from  string
	place *list.Element
	sizes map[[2]uint64]int // of each, by version, domain and id
	bytes int               // what they take, about
}

// What an exporter, a template and a field of it take besides, about.
const exporterBytes, templateBytes, fieldBytes = 512, 256, 16

func (t *templates) AddTemplate(version uint16, domain uint32, id uint16, template any) error {
	length := func(fields []netflow.Field) (n int) {
		for _, f := range fields {
			if f.Length == 0xffff {
				n++ // at least the byte that says how long it is
			} else {
				n += int(f.Length)
			}
		}
		return n
	}
	n, fields := 0, 0
	switch r := template.(type) {
	case netflow.TemplateRecord:
		n, fields = length(r.Fields), len(r.Fields)
	case netflow.NFv9OptionsTemplateRecord:
		n, fields = length(r.Scopes)+length(r.Options), len(r.Scopes)+len(r.Options)
	case netflow.IPFIXOptionsTemplateRecord:
		n, fields = length(r.Scopes)+length(r.Options), len(r.Scopes)+len(r.Options)
	}
	if n == 0 {
		return nil // a withdrawal, or useless
	}
	t.added = true
	key := [2]uint64{uint64(version)<<16 | uint64(id), uint64(domain)}
	t.bytes -= t.sizes[key]
	t.sizes[key] = templateBytes + fieldBytes*fields
	t.bytes += t.sizes[key]
	return t.NetFlowTemplateSystem.AddTemplate(version, domain, id, template)
}

func newDecoder(emit func(flow.Record), bad func(string, error)) *decoder {
	return &decoder{emit: emit, bad: bad, systems: map[string]*templates{}}
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
	name := map[uint16]string{9: "NetFlow v9", 10: "IPFIX"}[version]
	t := d.exporter(from)
	d.templates -= t.bytes
	var v9 netflow.NFv9Packet
	var ipfix netflow.IPFIXPacket
	err := safely(func() error { return netflow.DecodeMessageVersion(bytes.NewBuffer(data), t, &v9, &ipfix) })
	sets, domain, ex := v9.FlowSets, v9.SourceId, exported{time.Unix(int64(v9.UnixSeconds), 0), time.Duration(v9.SystemUptime) * time.Millisecond}
	if version == 10 {
		sets, domain, ex = ipfix.FlowSets, ipfix.ObservationDomainId, exported{time.Unix(int64(ipfix.ExportTime), 0), 0}
	}
	for _, set := range sets {
		switch s := set.(type) {
		case netflow.DataFlowSet:
			d.records(s.Records, ex)
		case netflow.RawFlowSet:
			d.wait(waiting{version, from, domain, s.Id, bytes.Clone(s.Records), ex})
		}
	}
	if err != nil && !errors.Is(err, netflow.ErrorTemplateNotFound) {
		d.bad(name+" datagram", err)
	}
	if t.added {
		t.added = false
		d.retry(from)
	}
	d.templates += t.bytes
	for d.templates > maxTemplates {
		d.forget()
	}
}

// exporter returns the templates of an exporter, which is the last heard of.
func (d *decoder) exporter(from string) *templates {
	t := d.systems[from]
	if t == nil {
		t = &templates{NetFlowTemplateSystem: netflow.CreateTemplateSystem(), from: from, sizes: make(map[[2]uint64]int), bytes: exporterBytes}
		t.place = d.heard.PushFront(t)
		d.systems[from] = t
		d.templates += t.bytes
	}
	d.heard.MoveToFront(t.place)
	return t
}

// forget forgets the exporter that was not heard of for longest.
func (d *decoder) forget() {
	t := d.heard.Remove(d.heard.Back()).(*templates)
	delete(d.systems, t.from)
	d.templates -= t.bytes
	d.bad("exporter "+t.from, fmt.Errorf("%d templates, forgotten as those of all exporters take more than %d MiB", len(t.sizes), maxTemplates>>20))
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
	d.size += w.bytes()
	for d.size > maxWaiting {
		d.giveUp(d.waiting[0])
		d.waiting = d.waiting[1:]
	}
}

func (d *decoder) giveUp(w waiting) {
	d.size -= w.bytes()
	from := w.from
	if from != "" {
		from = " of " + from
	}
	d.bad(fmt.Sprintf("set %d%s", w.id, from), fmt.Errorf("%d bytes, whose template has not come", len(w.data)))
}

// retry decodes what has waited for templates of that exporter.
func (d *decoder) retry(from string) {
	rest := d.waiting[:0]
	known := d.systems[from]
	for _, w := range d.waiting {
		if w.from != from {
			rest = append(rest, w)
			continue
		}
		t, err := known.GetTemplate(w.version, w.domain, w.id)
		if err != nil {
			rest = append(rest, w)
			continue
		}
		d.size -= w.bytes()
		if t, ok := t.(netflow.TemplateRecord); ok {
			var rs []netflow.DataRecord
			err := safely(func() (err error) {
				rs, err = netflow.DecodeDataSet(w.version, bytes.NewBuffer(w.data), t.Fields)
				return err
			})
			d.records(rs, w.exported)
			if err != nil && len(rs) == 0 {
				d.bad(fmt.Sprintf("set %d", w.id), err)
			}
		}
	}
	d.waiting = rest
}

// end gives up all that still waits.
func (d *decoder) end() {
	for _, w := range d.waiting {
		d.giveUp(w)
	}
	d.waiting = nil
}
