package synth

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"toolkit/flow"
)

func write(t testing.TB, c Config) (records, labels string) {
	t.Helper()
	var r, l bytes.Buffer
	if err := WriteCSV(&r, c, &l); err != nil {
		t.Fatal(err)
	}
	return r.String(), l.String()
}

// parse reads the CSV with the standard library alone.
func parse(t *testing.T, records, labels string) []flow.Record {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(records)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	number := func(s string) int64 {
		v, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	address := func(host, port string) netip.AddrPort {
		return netip.AddrPortFrom(netip.MustParseAddr(host), uint16(number(port)))
	}
	list := make([]flow.Record, len(lines))
	for i, f := range lines {
		at, err := time.Parse("2006-01-02 15:04:05", f[0])
		if err != nil {
			t.Fatal(err)
		}
		list[i] = flow.Record{
			Seq: int64(i), Time: at,
			Proto: map[string]flow.Proto{"tcp": flow.TCP, "udp": flow.UDP}[f[1]],
			State: flow.State(slices.Index(flow.States(), f[2])),
			Src:   address(f[3], f[4]), Dst: address(f[5], f[6]),
			BytesUp: number(f[7]), BytesDown: number(f[8]),
		}
	}
	rows, err := csv.NewReader(strings.NewReader(labels)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rows[0], []string{"record", "label"}) {
		t.Fatalf("labels begin with %v", rows[0])
	}
	for _, row := range rows[1:] {
		list[number(row[0])].Label = row[1]
	}
	return list
}

func TestCSVIsSource(t *testing.T) {
	c := Config{Records: 12_345, Seed: 3}
	want := parse(t, first(write(t, c)), second(write(t, c)))
	i := 0
	for b, err := range c.Source(nil, new(flow.Labels)) {
		if err != nil {
			t.Fatal(err)
		}
		for j := range b.Len() {
			if got := b.Record(j); got != want[i] {
				t.Fatalf("record %d is %+v, in the CSV %+v", i, got, want[i])
			}
			i++
		}
	}
	if i != len(want) || i != c.Records {
		t.Errorf("%d records, in the CSV %d, want %d", i, len(want), c.Records)
	}
}

// The project's reader makes the same records of the CSV, with the same
// numbers of hosts.
func TestReadBack(t *testing.T) {
	c := Config{Records: 10_000, Seed: 1}
	path := filepath.Join(t.TempDir(), "flows.csv")
	records, _ := write(t, c)
	if err := os.WriteFile(path, []byte(records), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := flow.Open([]string{path}, flow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		flow.Record
		src, dst flow.Host
	}
	rows := func(src flow.Source) (list []row) {
		for b, err := range src {
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.Len() {
				list = append(list, row{b.Record(i), b.Src[i], b.Dst[i]})
			}
		}
		return list
	}
	if got, want := rows(r.Source()), rows(c.Source(nil, nil)); !slices.Equal(got, want) {
		t.Errorf("%d records read, want %d, or they differ", len(got), len(want))
	}
}

func first(a, _ string) string  { return a }
func second(_, b string) string { return b }

func TestSameSeedSameBytes(t *testing.T) {
	c := Config{Records: 20_000, Seed: 7}
	a, al := write(t, c)
	b, bl := write(t, c)
	if a != b || al != bl {
		t.Error("the same configuration gave other bytes")
	}
	c.Seed++
	if other, _ := write(t, c); a == other {
		t.Error("another seed gave the same bytes")
	}
}

// A Source begins anew with each use, also after one that was broken off, and
// numbers hosts as a reader of the CSV would.
func TestSourceBeginsAnew(t *testing.T) {
	src := Config{Records: 3 * flow.BatchSize, Seed: 1}.Source(nil, nil)
	for range src {
		break
	}
	for range 2 {
		n, next := 0, flow.Host(0)
		for b := range src {
			if b.Label != nil {
				t.Fatal("labels without Labels")
			}
			if b.Len() > flow.BatchSize {
				t.Fatalf("batch of %d records", b.Len())
			}
			for i := range b.Len() {
				for _, h := range []flow.Host{b.Src[i], b.Dst[i]} {
					if h > next {
						t.Fatalf("record %d: host %d before host %d", n, h, next)
					}
					next = max(next, h+1)
				}
				n++
			}
		}
		if n != 3*flow.BatchSize {
			t.Fatalf("%d records", n)
		}
	}
}

type fullDisk struct{}

var errFull = errors.New("disk full")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestWriteCSVErrors(t *testing.T) {
	for _, n := range []int{1, 50_000} {
		c := Config{Records: n, Seed: 1}
		if err := WriteCSV(fullDisk{}, c, nil); !errors.Is(err, errFull) {
			t.Errorf("%d records to a full disk: %v", n, err)
		}
		if err := WriteCSV(io.Discard, c, fullDisk{}); !errors.Is(err, errFull) {
			t.Errorf("labels of %d records to a full disk: %v", n, err)
		}
		if err := WriteCSV(io.Discard, c, nil); err != nil {
			t.Errorf("without labels: %v", err)
		}
	}
}

func TestApportion(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		n := 1 + rng.IntN(20)
		weights, lo, hi := make([]float64, n), make([]int, n), make([]int, n)
		least, most := 0, 0
		for i := range n {
			weights[i] = math.Exp(3 * rng.NormFloat64())
			lo[i] = rng.IntN(5)
			hi[i] = lo[i] + rng.IntN(50)
			least, most = least+lo[i], most+hi[i]
		}
		total := rng.IntN(most + 20)
		sum := 0
		for i, v := range apportion(total, weights, func(i int) int { return lo[i] }, func(i int) int { return hi[i] }) {
			if v < lo[i] || v > hi[i] {
				t.Fatalf("share %d is not in %d to %d", v, lo[i], hi[i])
			}
			sum += v
		}
		if want := min(max(total, least), most); sum != want {
			t.Fatalf("shares add up to %d, want %d", sum, want)
		}
	}
	got := apportion(100, []float64{1, 2, 7}, func(int) int { return 0 }, func(int) int { return 1000 })
	if want := []int{10, 20, 70}; !slices.Equal(got, want) {
		t.Errorf("100 by 1:2:7 is %v, want %v", got, want)
	}
}

// Draws have the mean that size.mean says, from which bytes are scaled.
func TestSizeMean(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for kind, f := range profiles {
		for _, s := range []size{f.up, f.down} {
			var z sizer
			sum, n := 0.0, 1_000_000
			for range n {
				sum += z.draw(s, rng)
			}
			within(t, fmt.Sprintf("mean of kind %d", kind), sum/float64(n), s.mean(), 0.015)
		}
	}
}

func BenchmarkSource(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("records=%dk", n/1000), func(b *testing.B) {
			for b.Loop() {
				for range (Config{Records: n, Seed: 1}).Source(nil, new(flow.Labels)) {
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func BenchmarkWriteCSV(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		if err := WriteCSV(io.Discard, Config{Records: n, Seed: 1}, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
