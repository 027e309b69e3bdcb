package findings

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
	"strings"
	"time"

	"toolkit/algo"
)

// Formats are the names of the ways to write findings, one a line.
var Formats = []string{"json", "text", "csv", "eve"}

// An Encoder appends f as a line to dst.
type Encoder func(dst []byte, f *Finding) []byte

// NewEncoder returns the encoder of a format, and the line to begin with, if
// there is one.
func NewEncoder(format string) (e Encoder, header string, err error) {
	switch format {
	case "json":
		return appendJSON, "", nil
	case "text":
		return appendText, "", nil
	case "csv":
		return appendCSV, string(csvLine(csvHeader)), nil
	case "eve":
		return appendEVE, "", nil
	}
	return nil, "", fmt.Errorf("no format of findings is named %q; there are %s", format, strings.Join(Formats, ", "))
}

// jsonFinding is a finding as JSON. Parts of a subject that don't matter are
// left out.
type jsonFinding struct {
	ID       string       `json:"id"`
	Status   string       `json:"status"`
	Detector string       `json:"detector"`
	Kind     string       `json:"kind,omitempty"`
	First    time.Time    `json:"first"`
	Last     time.Time    `json:"last"`
	SrcIP    string       `json:"src_ip,omitempty"`
	SrcPort  uint16       `json:"src_port,omitempty"`
	DstIP    string       `json:"dst_ip,omitempty"`
	DstPort  uint16       `json:"dst_port,omitempty"`
	Proto    string       `json:"proto,omitempty"`
	Score    float64      `json:"score"`
	Alerts   int64        `json:"alerts"`
	Records  int64        `json:"records"`
	Record   *int64       `json:"first_record,omitempty"`
	Reasons  []jsonReason `json:"reasons"`
}

// jsonReason is a reason as JSON, without bounds that are none.
type jsonReason struct {
	Feature string   `json:"feature"`
	Value   *float64 `json:"value"`
	Low     *float64 `json:"low,omitempty"`
	High    *float64 `json:"high,omitempty"`
	Of      float64  `json:"of,omitempty"` // samples, of which value have the category
}

// finite returns v for JSON, which has no infinities.
func finite(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	return &v
}

// capped returns v as the nearest number that JSON has.
func capped(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, -math.MaxFloat64), math.MaxFloat64)
}

func toJSON(f *Finding) *jsonFinding {
	s := f.Subject
	j := &jsonFinding{
		ID: f.ID, Status: f.Status, Detector: f.Detector, Kind: f.Kind, First: f.First.UTC(), Last: f.Last.UTC(),
		SrcIP: addr(s.Src), SrcPort: s.SrcPort, DstIP: addr(s.Dst), DstPort: s.DstPort, Proto: proto(s.Proto),
		Score: capped(f.Score), Alerts: f.Alerts, Records: f.Records, Reasons: make([]jsonReason, len(f.Reasons)),
	}
	if f.Record >= 0 {
		j.Record = &f.Record
	}
	for i, r := range f.Reasons {
		j.Reasons[i] = jsonReason{r.Column, finite(r.Value), finite(r.Low), finite(r.High), r.Of}
	}
	return j
}

func appendLine(dst []byte, v any) []byte {
	line, err := json.Marshal(v)
	if err != nil {
		panic("findings: " + err.Error()) // there is nothing in v that JSON lacks
	}
	return append(append(dst, line...), '\n')
}

func appendJSON(dst []byte, f *Finding) []byte { return appendLine(dst, toJSON(f)) }

// name returns detector and kind.
func name(f *Finding) string {
	if f.Kind == "" {
		return f.Detector
	}
	return f.Detector + " " + f.Kind
}

// who says the subject.
func who(f *Finding) string {
	end := func(a string, port uint16) string {
		switch {
		case port == 0:
			return a
		case a == "":
			return "port " + strconv.Itoa(int(port))
		case strings.Contains(a, ":"):
			return fmt.Sprintf("[%s]:%d", a, port)
		}
		return fmt.Sprintf("%s:%d", a, port)
	}
	s := f.Subject
	parts := []string{}
	if src := end(addr(s.Src), s.SrcPort); src != "" {
		parts = append(parts, src)
	}
	if dst := end(addr(s.Dst), s.DstPort); dst != "" {
		parts = append(parts, "→ "+dst)
	}
	if s.Proto != 0 {
		parts = append(parts, s.Proto.String())
	}
	return strings.Join(parts, " ")
}

func reasons(rs []algo.Reason) string {
	s := make([]string, len(rs))
	for i, r := range rs {
		s[i] = r.String()
	}
	return strings.Join(s, "; ")
}

func appendText(dst []byte, f *Finding) []byte {
	grown := ""
	if f.Status == Closed {
		grown = fmt.Sprintf(" until %s, %d alerts", f.Last.UTC().Format("15:04:05"), f.Alerts)
	}
	return fmt.Appendf(dst, "%s%s  %s  %s  score %.4g  %s  (%d records, id %s)\n",
		f.First.UTC().Format("2006-01-02 15:04:05"), grown, name(f), who(f), f.Score, reasons(f.Reasons), f.Records, f.ID)
}

var csvHeader = []string{"id", "status", "detector", "kind", "first", "last", "src_ip", "src_port", "dst_ip", "dst_port", "proto",
	"score", "alerts", "records", "reasons"}

func appendCSV(dst []byte, f *Finding) []byte {
	port := func(p uint16) string {
		if p == 0 {
			return ""
		}
		return strconv.Itoa(int(p))
	}
	s := f.Subject
	return append(dst, csvLine([]string{
		f.ID, f.Status, f.Detector, f.Kind, f.First.UTC().Format(time.RFC3339Nano), f.Last.UTC().Format(time.RFC3339Nano),
		addr(s.Src), port(s.SrcPort), addr(s.Dst), port(s.DstPort), proto(s.Proto),
		strconv.FormatFloat(f.Score, 'g', -1, 64), strconv.FormatInt(f.Alerts, 10), strconv.FormatInt(f.Records, 10), reasons(f.Reasons),
	})...)
}

func csvLine(fields []string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(fields) // neither fails: b takes all
	w.Flush()
	return b.Bytes()
}

// eveAlert is an alert event as Suricata writes it, with the finding beside
// it. https://docs.suricata.io/en/latest/output/eve/eve-json-format.html
type eveAlert struct {
	Timestamp string       `json:"timestamp"`
	EventType string       `json:"event_type"`
	SrcIP     string       `json:"src_ip,omitempty"`
	SrcPort   uint16       `json:"src_port,omitempty"`
	DestIP    string       `json:"dest_ip,omitempty"`
	DestPort  uint16       `json:"dest_port,omitempty"`
	Proto     string       `json:"proto,omitempty"`
	Alert     eveSignature `json:"alert"`
	Toolkit   *jsonFinding `json:"toolkit"`
}

type eveSignature struct {
	Action      string `json:"action"`
	GID         int    `json:"gid"`
	SignatureID uint32 `json:"signature_id"`
	Rev         int    `json:"rev"`
	Signature   string `json:"signature"`
	Category    string `json:"category"`
	Severity    int    `json:"severity"`
}

// eveSeverity is the lowest of Suricata's usual priorities: detectors do not
// grade what they find.
const eveSeverity = 3

// signatureID is a number for a detector and kind, among those that Suricata
// leaves to local rules, 1,000,000 to 1,999,999.
func signatureID(f *Finding) uint32 {
	h := fnv.New32a()
	h.Write([]byte(name(f)))
	return 1_000_000 + h.Sum32()%1_000_000
}

func appendEVE(dst []byte, f *Finding) []byte {
	j := toJSON(f)
	return appendLine(dst, &eveAlert{
		Timestamp: f.First.UTC().Format("2006-01-02T15:04:05.000000-0700"), EventType: "alert",
		SrcIP: j.SrcIP, SrcPort: j.SrcPort, DestIP: j.DstIP, DestPort: j.DstPort, Proto: strings.ToUpper(j.Proto),
		Alert: eveSignature{Action: "allowed", GID: 1, SignatureID: signatureID(f), Rev: 1,
			Signature: "toolkit " + name(f) + ": " + reasons(f.Reasons), Category: f.Detector, Severity: eveSeverity},
		Toolkit: j,
	})
}
