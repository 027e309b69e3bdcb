// Package model is a detector made of a model that was learned offline: it
// judges the rows of each window as it closes, and may learn on from them.
package model

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/detect/state"
	"toolkit/detect/track"
	"toolkit/features"
	"toolkit/flow"

	"github.com/spf13/pflag"
)

// LimitKey is where a model's metadata keeps the score above which a row is
// anomalous; models with noise that were not judged by scores have none.
const LimitKey = "limit"

// A Model is a saved model with what it needs to judge a stream.
type Model struct {
	Name string // TABLE.ALGORITHM

	table  *features.Table // as it was saved
	list   []*algo.Algorithm
	of     *features.Grouping
	window int64
	limit  float64
	noise  bool // rows of label noise are anomalous, whatever their score
}

// New returns the model that was saved as t, with algorithms of the list. The
// windows are those of opt.
func New(t *features.Table, list []*algo.Algorithm, opt features.Options) (*Model, error) {
	m := &Model{table: t, list: list, Name: t.Meta["table"] + "." + t.Meta["algorithm"]}
	chain, err := m.load(t)
	if err != nil {
		return nil, err
	}
	window := opt.Bin
	for _, g := range features.Groupings(opt) {
		if g.Name == t.Meta["table"] {
			m.of = g
		}
	}
	switch {
	case m.of == nil || m.of.Name == "flow_tuples":
		return nil, fmt.Errorf("it was learned from the table %q; a stream has %s, %s and batches", t.Meta["table"], features.PairsTable, features.HostsTable)
	case m.of.Name == features.HostsTable:
		if window = opt.HostWindow; window <= 0 {
			return nil, fmt.Errorf("the table %s has no windows", m.of.Name)
		}
	}
	m.window = int64(window)
	for _, c := range chain.Columns() {
		if strings.HasPrefix(c, "new_") {
			return nil, fmt.Errorf("its column %s tells of earlier windows, which are not there any more in a stream: learn it with --features without that", c)
		}
	}
	if text, ok := t.Meta[LimitKey]; ok {
		if m.limit, err = strconv.ParseFloat(text, 64); err != nil {
			return nil, fmt.Errorf("its metadata %s is %q, want a number", LimitKey, text)
		}
	} else if m.noise = chain.Algorithm().Noise; !m.noise {
		return nil, fmt.Errorf("its metadata has no %s, the score above which a row is anomalous: learn it again", LimitKey)
	}
	return m, nil
}

func (m *Model) load(t *features.Table) (*algo.ChainModel, error) {
	x, err := algo.LoadChain(t, m.list)
	if err != nil {
		return nil, err
	}
	return x.(*algo.ChainModel), nil
}

// Updates tells whether the model can learn on.
func (m *Model) Updates() bool {
	x, err := m.load(m.table)
	return err == nil && x.Updates()
}

// Watcher returns the model at work. With learn it learns on from each window,
// after it has judged it.
func (m *Model) Watcher(learn bool) (detect.Watcher, error) {
	x, err := m.load(m.table)
	if err != nil {
		return nil, err
	}
	return &watcher{of: m, model: x, learn: learn, open: make(map[int64]*window)}, nil
}

type watcher struct {
	of      *Model
	model   *algo.ChainModel
	learn   bool
	most    int // rows to keep in all open windows; 0 for no limit
	open    map[int64]*window
	evicted int64
	hosts   *flow.Hosts
	failed  int64 // windows that the model could not judge
}

// A window is the table of one window as it grows.
type window struct {
	rows    *features.Builder
	records map[[2]flow.Host]*track.Records // by the subject of their row
}

// none stands for the end that a subject does not have.
const none flow.Host = math.MaxUint32

// rowBytes is about what a row takes, with its records.
const rowBytes = 1000

func (w *watcher) Flags(*pflag.FlagSet) {}
func (w *watcher) Check() error         { return nil }
func (w *watcher) Limit(n int64)        { w.most = int(n / rowBytes) }

func (w *watcher) groups() int {
	n := 0
	for _, win := range w.open {
		n += win.rows.Groups()
	}
	return n
}

func (w *watcher) Usage() detect.Usage {
	u := detect.Usage{Entries: int64(w.groups()), Evicted: w.evicted}
	for _, win := range w.open {
		u.Bytes += win.rows.Bytes()
		for _, r := range win.records {
			u.Bytes += 64 + r.Bytes()
		}
	}
	return u
}

func (w *watcher) begin(n int64, hosts *flow.Hosts) *window {
	win := w.open[n]
	if win == nil {
		win = &window{rows: features.NewBuilder(w.of.of, hosts), records: make(map[[2]flow.Host]*track.Records)}
		w.open[n] = win
	}
	return win
}

// Watch implements detect.Watcher. Records that come when there is no room for
// more rows are left out.
func (w *watcher) Watch(b *flow.Batch, _ func(*detect.Alert)) {
	w.hosts = b.Hosts
	for i := 0; i < b.Len(); {
		n := flow.FloorDiv(b.Time[i], w.of.window)
		j := i + 1
		for j < b.Len() && b.Time[j] < (n+1)*w.of.window {
			j++
		}
		if w.most > 0 && w.groups() >= w.most {
			w.evicted += int64(j - i)
		} else {
			w.begin(n, b.Hosts).add(b.Slice(i, j), w.of.of.Name)
		}
		i = j
	}
}

func (win *window) add(b *flow.Batch, table string) {
	win.rows.Add(b)
	for i := range b.Len() {
		switch table {
		case features.PairsTable:
			win.note([2]flow.Host{b.Src[i], b.Dst[i]}, b.Number(i))
		case features.HostsTable:
			win.note([2]flow.Host{b.Src[i], none}, b.Number(i))
			if b.Dst[i] != b.Src[i] {
				win.note([2]flow.Host{b.Dst[i], none}, b.Number(i))
			}
		default:
			win.note([2]flow.Host{none, none}, b.Number(i))
		}
	}
}

func (win *window) note(k [2]flow.Host, number int64) {
	r := win.records[k]
	if r == nil {
		r = new(track.Records)
		win.records[k] = r
	}
	r.Add(number)
}

// Flush implements detect.Watcher.
func (w *watcher) Flush(now time.Time, report func(*detect.Alert)) {
	for _, n := range slices.Sorted(maps.Keys(w.open)) {
		if !now.IsZero() && (n+1)*w.of.window > now.UnixNano() {
			return
		}
		if err := w.judge(n, w.open[n], report); err != nil {
			w.failed++ // its rows have no finite values, or are beyond what the model can say
		}
		delete(w.open, n)
	}
}

// judge reports the anomalous rows of a window.
func (w *watcher) judge(n int64, win *window, report func(*detect.Alert)) error {
	table, _ := win.rows.Table()
	x, _, err := table.Matrix(w.model.Columns())
	if err != nil {
		return err
	}
	res, err := algo.Apply(context.Background(), w.model, x)
	if err != nil {
		return err
	}
	rows, _ := x.Dims()
	for i := range rows {
		a := &detect.Alert{Start: time.Unix(0, n*w.of.window).UTC(), End: time.Unix(0, (n+1)*w.of.window).UTC()}
		if w.of.noise {
			if res.Labels[i] != algo.Noise {
				continue
			}
			a.Score = 1
			if res.Scores != nil {
				a.Score = res.Scores[i]
			}
		} else if a.Score = res.Scores[i]; !(a.Score > w.of.limit) {
			continue
		}
		subject := subjectOf(table, int(x.TableRow(i)))
		a.Subject = detect.Subject{Src: subject[0], Dst: subject[1]}
		a.Reasons = w.model.Explain(x, i)
		if len(a.Reasons) == 0 {
			high := w.of.limit
			if w.of.noise {
				high = math.Inf(1)
			}
			a.Reasons = []algo.Reason{{Column: "score", Value: a.Score, Low: math.Inf(-1), High: high}}
		}
		k := [2]flow.Host{none, none}
		for e, addr := range subject {
			if addr.IsValid() {
				k[e] = w.hosts.Of(addr)
			}
		}
		if r := win.records[k]; r != nil {
			a.Records = r.All()
			slices.Sort(a.Records)
		}
		report(a)
	}
	if w.learn {
		return w.model.Update(context.Background(), x)
	}
	return nil
}

// subjectOf returns the addresses in the key of a row.
func subjectOf(t *features.Table, row int) (s [2]netip.Addr) {
	for e, names := range [][]string{{"src_ip", "ip"}, {"dst_ip"}} {
		for _, name := range names {
			if c := t.Column(name); c != nil && c.Role == features.Key {
				s[e], _ = netip.ParseAddr(c.String(row)) // written by netip
			}
		}
	}
	return s
}

// Save implements detect.Watcher.
func (w *watcher) Save(to *state.Writer) {
	to.Int(w.evicted)
	to.Int(w.failed)
	learned := ""
	if w.learn {
		var file bytes.Buffer
		if err := w.model.State().WriteArrow(&file); err != nil {
			panic("model: state: " + err.Error())
		}
		learned = file.String()
	}
	to.String(learned)
	to.Len(len(w.open))
	for _, n := range slices.Sorted(maps.Keys(w.open)) {
		win := w.open[n]
		to.Int(n)
		to.Len(win.rows.Groups())
		for g := range int32(win.rows.Groups()) {
			to.String(string(win.rows.AppendKey(nil, g)))
			to.String(string(win.rows.AppendState(nil, g)))
		}
		to.Len(len(win.records))
		for k, r := range win.records {
			for _, h := range k {
				if h == none {
					to.Addr(netip.Addr{})
				} else {
					to.Host(h)
				}
			}
			r.Save(to)
		}
	}
}

// Load implements detect.Watcher.
func (w *watcher) Load(from *state.Reader) {
	w.hosts = from.Hosts
	w.evicted, w.failed = from.Int(), from.Int()
	learned := from.String()
	if from.Err() == nil && (learned != "") != w.learn {
		from.Fail()
	}
	if from.Err() == nil && w.learn {
		t, err := features.ReadArrow(strings.NewReader(learned), int64(len(learned)), w.of.Name)
		if err == nil {
			w.model, err = w.of.load(t)
		}
		if err != nil {
			from.Fail()
			return
		}
	}
	for range from.Len(3) {
		n := from.Int()
		win := w.begin(n, from.Hosts)
		for range from.Len(2) {
			key, st := from.String(), from.String()
			if from.Err() != nil || win.rows.MergeState([]byte(key), []byte(st)) != nil {
				from.Fail()
				return
			}
		}
		for range from.Len(4) {
			k := [2]flow.Host{none, none}
			for e := range k {
				if a := from.Addr(); a.IsValid() {
					k[e] = from.Hosts.Of(a)
				}
			}
			r := new(track.Records)
			if r.Load(from); from.Err() != nil {
				return
			}
			win.records[k] = r
		}
	}
}
