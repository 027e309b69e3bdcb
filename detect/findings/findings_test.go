package findings_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/findings"
	"toolkit/detect/state"
)

func at(s int64) time.Time { return time.Unix(s, 0).UTC() }

func alert(src byte, start, end int64, score float64) *detect.Alert {
	return &detect.Alert{
		Detector: "iqr", Start: at(start), End: at(end), Score: score, Subject: detect.Subject{Src: netip.AddrFrom4([4]byte{10, 0, 0, src})},
		Reasons: []algo.Reason{{Column: "num_conns", Value: score, Low: math.Inf(-1), High: 1}}, Records: []int64{start, start + 1},
	}
}

// slow is what a Merger must do, with a list of what is open, the longest idle
// first.
type slow struct {
	gap, now int64
	open     []*slowFinding
	said     []string
}

type slowFinding struct {
	src                  byte
	first, last, seen, n int64
	score                float64
}

func (s *slow) say(status string, f *slowFinding) {
	s.said = append(s.said, fmt.Sprint(status, f.src, f.first, f.last, f.n, f.score))
}

func (s *slow) close(i int) {
	if f := s.open[i]; f.n > 1 {
		s.say("closed", f)
	}
	s.open = slices.Delete(s.open, i, i+1)
}

func (s *slow) expire(now int64) {
	for len(s.open) > 0 && now-s.open[0].seen > s.gap {
		s.close(0)
	}
}

func (s *slow) add(src byte, start, end int64, score float64) {
	find := func() int { return slices.IndexFunc(s.open, func(f *slowFinding) bool { return f.src == src }) }
	if i := find(); i >= 0 && start-s.open[i].last > s.gap {
		s.close(i)
	}
	seen := max(s.now, end)
	if len(s.open) > 0 {
		seen = max(seen, s.open[len(s.open)-1].seen)
	}
	s.expire(seen)
	f := &slowFinding{src: src, first: start, last: end, score: score}
	i := find()
	fresh := i < 0
	if !fresh {
		f = s.open[i]
		s.open = slices.Delete(s.open, i, i+1)
	}
	f.seen, f.last, f.score, f.n = seen, max(f.last, end), max(f.score, score), f.n+1
	s.open = append(s.open, f)
	if fresh {
		s.say("open", f)
	}
}

// Findings are those of the slow list, also when they are saved and loaded on
// the way.
func TestMerger(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for trial := range 200 {
		want := &slow{gap: 1 + r.Int64N(30)}
		var said []string
		say := func(f *findings.Finding) {
			said = append(said, fmt.Sprint(f.Status, f.Subject.Src.As4()[3], f.First.Unix(), f.Last.Unix(), f.Alerts, f.Score))
		}
		fresh := func() *findings.Merger { return findings.NewMerger(time.Duration(want.gap)*time.Second, 0, say) }
		got := fresh()
		now := int64(1000)
		for range 200 {
			for range r.IntN(3) {
				src, start, score := byte(r.IntN(5)), now-r.Int64N(20), float64(r.IntN(9))
				end := start + r.Int64N(15)
				got.Add(alert(src, start, end, score))
				want.add(src, start, end, score)
			}
			now += r.Int64N(10)
			got.Tick(at(now))
			want.now = now
			want.expire(now)
			if r.IntN(20) == 0 {
				w := new(state.Writer)
				got.Save(w)
				got = fresh()
				rd := &state.Reader{Bytes: w.Bytes}
				if got.Load(rd); rd.Err() != nil || len(rd.Bytes) > 0 {
					t.Fatalf("loading: %v, %d bytes left", rd.Err(), len(rd.Bytes))
				}
			}
		}
		got.Tick(time.Time{})
		for len(want.open) > 0 {
			want.close(0)
		}
		if !slices.Equal(said, want.said) {
			t.Fatalf("trial %d, gap %d:\n%s\nwant\n%s", trial, want.gap, strings.Join(said, "\n"), strings.Join(want.said, "\n"))
		}
	}
}

// A finding is said when it opens and when it closes, under one ID, with the
// reasons of its peak; past the limit the longest idle closes.
func TestSaid(t *testing.T) {
	var said []findings.Finding
	m := findings.NewMerger(time.Minute, 1, func(f *findings.Finding) { said = append(said, *f) })
	m.Add(alert(1, 100, 110, 5))
	m.Add(alert(1, 110, 120, 9))
	m.Add(alert(1, 120, 130, 7))
	for src := byte(2); src < 40; src++ {
		m.Add(alert(src, 130, 140, 1))
	}
	first, closed := said[0], said[slices.IndexFunc(said, func(f findings.Finding) bool { return f.Status == findings.Closed })]
	if first.Status != findings.Open || first.ID != closed.ID || closed.Alerts != 3 || closed.Score != 9 || closed.Reasons[0].Value != 9 || closed.Records != 6 || closed.Record != 100 {
		t.Errorf("%+v, then %+v", first, closed)
	}
	if u := m.Usage(); u.Entries != 16 || u.Evicted != 39-16 {
		t.Errorf("usage %+v, want 16 open, 23 evicted", u)
	}
}

func example() *findings.Finding {
	var got *findings.Finding
	m := findings.NewMerger(time.Minute, 0, func(f *findings.Finding) { c := *f; got = &c })
	a := alert(1, 100, 110, 5)
	a.Kind, a.Subject.Dst, a.Subject.DstPort, a.Subject.Proto = "fanout", netip.MustParseAddr("2001:db8::1"), 443, 6
	a.Reasons = append(a.Reasons, algo.Reason{Column: "state=reset", Value: 3, Low: math.Inf(-1), High: math.Inf(1), Of: 75566})
	m.Add(a)
	return got
}

func TestEncoders(t *testing.T) {
	f := example()
	for _, name := range findings.Formats {
		e, header, err := findings.NewEncoder(name)
		if err != nil {
			t.Fatal(err)
		}
		line := string(e(nil, f))
		if strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
			t.Errorf("%s: %q is not one line", name, line)
		}
		switch name {
		case "json", "eve":
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			want := map[string]any{"src_ip": "10.0.0.1", "dst_ip": "2001:db8::1", "dst_port": 443.0, "proto": "tcp", "kind": "fanout", "status": "open", "first": "1970-01-01T00:01:40Z"}
			if name == "eve" {
				want = map[string]any{"src_ip": "10.0.0.1", "dest_ip": "2001:db8::1", "dest_port": 443.0, "proto": "TCP", "event_type": "alert", "timestamp": "1970-01-01T00:01:40.000000+0000"}
			}
			if name == "json" {
				want["reasons"] = []any{map[string]any{"feature": "num_conns", "value": 5.0, "high": 1.0}, map[string]any{"feature": "state=reset", "value": 3.0, "of": 75566.0}}
			}
			for k, w := range want {
				if !reflect.DeepEqual(v[k], w) {
					t.Errorf("%s: %s is %v, want %v", name, k, v[k], w)
				}
			}
		case "csv":
			rows, err := csv.NewReader(strings.NewReader(header + line)).ReadAll()
			if err != nil || len(rows) != 2 || rows[1][slices.Index(rows[0], "dst_port")] != "443" {
				t.Errorf("csv: %v, %v", rows, err)
			}
		case "text":
			if want := "10.0.0.1 → [2001:db8::1]:443 tcp"; !strings.Contains(line, want) || !strings.Contains(line, "num_conns = 5, above 1; state=reset: 3 of 75566") {
				t.Errorf("text %q, want %q in it", line, want)
			}
		}
	}
	if _, _, err := findings.NewEncoder("xml"); err == nil {
		t.Error("xml is a format")
	}
}

func TestSuppress(t *testing.T) {
	a := &detect.Alert{Detector: "iqr", Kind: "fanout", Subject: detect.Subject{
		Src: netip.MustParseAddr("10.1.2.3"), Dst: netip.MustParseAddr("2001:db8::5"), SrcPort: 5000, DstPort: 443}}
	for text, want := range map[string]bool{
		"":                         false,
		"# 10.1.2.3":               false,
		"10.1.2.3 # ours":          true,
		"::ffff:10.1.2.3":          true,
		"10.1.2.4":                 false,
		"10.0.0.0/8":               true,
		"2001:db8::/32":            true,
		"src=10.0.0.0/8":           true,
		"dst=10.0.0.0/8":           false,
		"port=443":                 true,
		"port=4000-6000":           true,
		"port=80,8080":             false,
		"detector=iqr":             true,
		"detector=basic":           false,
		"detector=basic,iqr":       true,
		"kind=fanout 10.1.2.3":     true,
		"kind=fanout 10.1.2.4":     false,
		"10.1.2.4\n\ndetector=iqr": true,
	} {
		s, err := findings.ParseSuppress(strings.NewReader(text), "rules", []string{"iqr", "basic"})
		if err != nil || s.Has(a) != want {
			t.Errorf("%q holds: %v (%v), want %v", text, s.Has(a), err, want)
		}
	}
	for _, bad := range []string{"10.1.2", "10.0.0.0/40", "port=0", "port=9-1", "port=http", "detector=iqrs", "kind=", "host=10.1.2.3", "fe80::1%eth0"} {
		_, err := findings.ParseSuppress(strings.NewReader("10.0.0.1\n"+bad), "rules", []string{"iqr"})
		if err == nil || !strings.HasPrefix(err.Error(), "rules:2: ") {
			t.Errorf("%q: error %v, want one of rules:2", bad, err)
		}
	}
}

func TestLoadDamaged(t *testing.T) {
	m := findings.NewMerger(time.Minute, 0, func(*findings.Finding) {})
	m.Add(alert(1, 100, 110, 5))
	w := new(state.Writer)
	m.Save(w)
	for n := range w.Bytes {
		r := &state.Reader{Bytes: bytes.Clone(w.Bytes[:n])}
		findings.NewMerger(time.Minute, 0, func(*findings.Finding) {}).Load(r)
		if r.Err() == nil {
			t.Fatalf("%d of %d bytes load", n, len(w.Bytes))
		}
	}
}
