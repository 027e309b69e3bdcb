// Package profile says what flow records there are: how many, when, between
// whom, of which kinds, and what is odd about their order.
package profile

import (
	"cmp"
	"errors"
	"math"
	"net/netip"
	"slices"
	"time"

	"toolkit/flow"
	"toolkit/flow/dedup"
)

// A Profile gathers what is to be said of records. Its memory is that of their
// addresses, and of what tells duplicates.
type Profile struct {
	hosts  *flow.Hosts
	labels *flow.Labels

	records, bytesUp, bytesDown int64
	packets                     int64
	withDuration, withPackets   bool
	outOfOrder                  int64
	first, last, newest, back   int64 // Unix nanoseconds; nanoseconds
	durations                   int64 // nanoseconds, their sum
	longest                     int64

	host     []traffic // by number in hosts
	srcPorts []bool
	dstPorts []traffic
	protos   [256]traffic
	states   [flow.NumStates]traffic
	label    []traffic // by number in labels; 0 for none
	busy     busy

	same dedup.Filter
	full bool // records are no longer told apart
}

type traffic struct{ records, bytes int64 }

func (t *traffic) add(bytes int64) { t.records, t.bytes = t.records+1, sum(t.bytes, bytes) }

// sum adds two numbers from 0 on; past the largest it stays there.
func sum(a, b int64) int64 {
	if s := a + b; s >= 0 {
		return s
	}
	return math.MaxInt64
}

// New returns an empty Profile of records whose addresses and labels are
// numbers in hosts and labels. Telling duplicates takes limit bytes at the most, 0
// for any number, and temporary files in tmp. Close gives back what it takes.
func New(hosts *flow.Hosts, labels *flow.Labels, limit int64, tmp string) *Profile {
	return &Profile{
		hosts: hosts, labels: labels, first: math.MaxInt64, last: math.MinInt64, newest: math.MinInt64,
		srcPorts: make([]bool, 1<<16), dstPorts: make([]traffic, 1<<16), same: dedup.Filter{Seen: dedup.Set{Limit: limit, Dir: tmp}},
	}
}

// Close gives back what temporary files take.
func (p *Profile) Close() { p.same.Seen.Close() }

// Add takes in the records of b. An error is one of temporary files.
func (p *Profile) Add(b *flow.Batch) error {
	if !p.full {
		var full *dedup.FullError
		switch err := p.same.Count(b); {
		case errors.As(err, &full):
			p.full = true
		case err != nil:
			return err
		}
	}
	p.host = grow(p.host, p.hosts.Len())
	p.label = grow(p.label, p.labels.Len()+1)
	for i, t := range b.Time {
		bytes := sum(b.BytesUp[i], b.BytesDown[i])
		p.bytesUp, p.bytesDown = sum(p.bytesUp, b.BytesUp[i]), sum(p.bytesDown, b.BytesDown[i])
		p.host[b.Src[i]].add(bytes)
		if b.Dst[i] != b.Src[i] {
			p.host[b.Dst[i]].add(bytes)
		}
		p.srcPorts[b.SrcPort[i]] = true
		p.dstPorts[b.DstPort[i]].add(bytes)
		p.protos[b.Proto[i]].add(bytes)
		p.states[b.State[i]].add(bytes)
		l := flow.LabelID(0)
		if b.Label != nil {
			l = b.Label[i]
		}
		p.label[l].add(bytes)
		p.first, p.last = min(p.first, t), max(p.last, t)
		if t < p.newest {
			p.outOfOrder++
			p.back = max(p.back, p.newest-t)
		}
		p.newest = max(p.newest, t)
		p.busy.add(t)
		if b.Duration != nil {
			p.durations = sum(p.durations, b.Duration[i])
			p.longest = max(p.longest, b.Duration[i])
		}
		if b.PacketsUp != nil {
			p.packets = sum(p.packets, sum(b.PacketsUp[i], b.PacketsDown[i]))
		}
	}
	p.withDuration = p.withDuration || b.Duration != nil
	p.withPackets = p.withPackets || b.PacketsUp != nil
	p.records += int64(b.Len())
	return nil
}

func grow(v []traffic, n int) []traffic {
	if n > len(v) {
		v = append(v, make([]traffic, n-len(v))...)
	}
	return v
}

// A Description is what a Profile has to say. Sums past the largest int64 stay
// there.
type Description struct {
	Records   int64     `json:"records"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
	Span      float64   `json:"span_seconds"`
	BytesUp   int64     `json:"bytes_up"`
	BytesDown int64     `json:"bytes_dw"`

	Packets      *int64   `json:"packets,omitempty"`               // nil if the source has none
	MeanDuration *float64 `json:"duration_mean_seconds,omitempty"` // nil if the source has none
	MaxDuration  *float64 `json:"duration_max_seconds,omitempty"`

	Addresses   int     `json:"addresses"`
	IPv6        int     `json:"addresses_ipv6"`
	Private     int     `json:"addresses_private"`
	SrcPorts    int     `json:"src_ports"`
	DstPorts    int     `json:"dst_ports"`
	TopTalkers  []Share `json:"top_talkers"`  // addresses by the records they are an end of
	TopByBytes  []Share `json:"top_by_bytes"` // … by the bytes of these
	TopDstPorts []Share `json:"top_dst_ports"`
	Protocols   []Share `json:"protocols"`
	States      []Share `json:"states"`
	Labels      []Share `json:"labels"` // empty if no record has one; "" for those without

	OutOfOrder     int64   `json:"out_of_order"`          // records older than one before them
	FarthestBack   float64 `json:"out_of_order_seconds"`  // by how much at the most
	Duplicates     int64   `json:"duplicates"`            // records of which all but the label is that of one before
	DuplicatesFull bool    `json:"duplicates_incomplete"` // only the first distinct records were remembered, that there was memory for
	Gaps           []Gap   `json:"gaps"`                  // the longest times without a record, longest first
}

// A Share is what part of the records something has.
type Share struct {
	Name    string  `json:"name"`
	Records int64   `json:"records"`
	Share   float64 `json:"share"` // of all records
	Bytes   int64   `json:"bytes"`
}

// A Gap is a time without the beginning of any record.
type Gap struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Seconds float64   `json:"seconds"`
}

// Describe says what was gathered: lists of the top are that long at the most.
func (p *Profile) Describe(top int) *Description {
	d := &Description{
		Records: p.records, BytesUp: p.bytesUp, BytesDown: p.bytesDown,
		OutOfOrder: p.outOfOrder, FarthestBack: float64(p.back) / 1e9, Duplicates: p.same.N, DuplicatesFull: p.full,
		Addresses: p.hosts.Len(), Gaps: p.busy.gaps(top),
	}
	if p.records > 0 {
		d.First, d.Last = time.Unix(0, p.first).UTC(), time.Unix(0, p.last).UTC()
		d.Span = d.Last.Sub(d.First).Seconds()
	}
	if p.withPackets {
		d.Packets = &p.packets
	}
	if p.withDuration {
		mean, longest := float64(p.durations)/1e9/float64(max(p.records, 1)), float64(p.longest)/1e9
		d.MeanDuration, d.MaxDuration = &mean, &longest
	}
	for h := range p.hosts.Len() {
		a := p.hosts.Addr(flow.Host(h))
		if a.Is6() {
			d.IPv6++
		}
		if flow.Private(a) {
			d.Private++
		}
	}
	for port := range p.dstPorts {
		if p.srcPorts[port] {
			d.SrcPorts++
		}
		if p.dstPorts[port].records > 0 {
			d.DstPorts++
		}
	}
	address := func(i int) string { return p.hosts.Addr(flow.Host(i)).String() }
	d.TopTalkers = p.top(p.host, top, func(t traffic) int64 { return t.records }, address)
	d.TopByBytes = p.top(p.host, top, func(t traffic) int64 { return t.bytes }, address)
	byRecords := func(t traffic) int64 { return t.records }
	d.TopDstPorts = p.top(p.dstPorts, top, byRecords, func(i int) string { return portName(uint16(i)) })
	d.Protocols = p.top(p.protos[:], 256, byRecords, func(i int) string { return flow.Proto(i).String() })
	d.States = p.top(p.states[:], len(p.states), byRecords, func(i int) string { return flow.State(i).String() })
	if p.labels.Len() > 0 {
		d.Labels = p.top(p.label, len(p.label), byRecords, func(i int) string { return p.labels.Name(flow.LabelID(i)) })
	}
	return d
}

func (p *Profile) top(of []traffic, n int, by func(traffic) int64, name func(int) string) []Share {
	var order []int
	for i, t := range of {
		if t.records > 0 {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		if c := cmp.Compare(by(of[j]), by(of[i])); c != 0 {
			return c
		}
		return compareNames(name(i), name(j)) // not by numbers, which depend on the order of records
	})
	var shares []Share
	for _, i := range order[:min(n, len(order))] {
		shares = append(shares, Share{name(i), of[i].records, float64(of[i].records) / float64(p.records), of[i].bytes})
	}
	return shares
}

// compareNames orders addresses as addresses, and all else as text.
func compareNames(a, b string) int {
	x, err1 := netip.ParseAddr(a)
	y, err2 := netip.ParseAddr(b)
	if err1 == nil && err2 == nil {
		return x.Compare(y)
	}
	return cmp.Compare(a, b)
}
