package detecttest

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"

	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// records returns all records of a CSV file of the seed's format.
func records(t testing.TB, text []byte, file string) *flow.Batch {
	csv, err := flow.FormatNamed("csv")
	if err != nil {
		t.Fatal(err)
	}
	whole := new(flow.Batch)
	for b, err := range csv.Read(bytes.NewReader(text), flow.Input{Name: file, Hosts: new(flow.Hosts), Labels: new(flow.Labels)}) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len() {
			whole.Append(b.Record(i))
		}
	}
	return whole
}

// How a watcher is run.
type how struct {
	size  int  // of batches
	clock bool // tell the time after each batch
	save  int  // save and load after so many batches; 0 for never
	limit int64
}

func watcher(t *testing.T, d *detect.Detector, args []string, limit int64) detect.Watcher {
	w := d.New()
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	w.Flags(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
	w.Limit(limit)
	return w
}

// ordered returns the records in the order in which w wants them.
func ordered(w detect.Watcher, b *flow.Batch) *flow.Batch {
	if u, ok := w.(detect.Unordered); ok && u.InputOrder() {
		return b
	}
	return b.ByTime()
}

func run(t *testing.T, d *detect.Detector, args []string, b *flow.Batch, h how) []*detect.Alert {
	w := watcher(t, d, args, h.limit)
	b = ordered(w, b)
	var alerts []*detect.Alert
	report := func(a *detect.Alert) { alerts = append(alerts, a) }
	for i, n := 0, 1; i < b.Len(); i, n = i+h.size, n+1 {
		w.Watch(b.Slice(i, min(i+h.size, b.Len())), report)
		if h.clock {
			w.Flush(time.Unix(0, b.Time[min(i+h.size, b.Len()-1)]), report)
		}
		if h.save > 0 && n%h.save == 0 {
			saved := &state.Writer{Hosts: b.Hosts}
			w.Save(saved)
			// Another process: addresses have other numbers.
			hosts := new(flow.Hosts)
			hosts.Of(netip.MustParseAddr("192.0.2.255"))
			next := watcher(t, d, args, h.limit)
			r := &state.Reader{Bytes: saved.Bytes, Hosts: hosts}
			next.Load(r)
			if r.Err() != nil || len(r.Bytes) > 0 {
				t.Fatalf("loading what was saved: %v, %d bytes left", r.Err(), len(r.Bytes))
			}
			w, b = next, renumbered(b, hosts)
		}
	}
	w.Flush(time.Time{}, report)
	u := w.Usage()
	if u.Entries < 0 || u.Bytes < 0 || u.Evicted < 0 {
		t.Errorf("usage %+v", u)
	}
	if h.limit == 0 && u.Evicted > 0 {
		t.Errorf("%d entries evicted without a limit", u.Evicted)
	}
	return alerts
}

// renumbered returns b with addresses as numbers in hosts.
func renumbered(b *flow.Batch, hosts *flow.Hosts) *flow.Batch {
	c := *b
	c.Hosts, c.Src, c.Dst = hosts, slices.Clone(b.Src), slices.Clone(b.Dst)
	for i := range c.Src {
		c.Src[i], c.Dst[i] = hosts.Of(b.Hosts.Addr(b.Src[i])), hosts.Of(b.Hosts.Addr(b.Dst[i]))
	}
	return &c
}

// damaged tests that cut-off state is refused.
func damaged(t *testing.T, d *detect.Detector, args []string, b *flow.Batch) {
	w := watcher(t, d, args, 0)
	b = ordered(w, b)
	w.Watch(b, func(*detect.Alert) {})
	saved := &state.Writer{Hosts: b.Hosts}
	w.Save(saved)
	for n := 0; n < len(saved.Bytes); n += 1 + len(saved.Bytes)/300 {
		r := &state.Reader{Bytes: saved.Bytes[:n:n], Hosts: new(flow.Hosts)}
		watcher(t, d, args, 0).Load(r)
		if r.Err() == nil {
			t.Fatalf("the first %d of %d bytes of state load without an error", n, len(saved.Bytes))
		}
	}
}
