// Stream measures how fast detectors watch an endless stream, and what memory
// they take: synthetic traffic again and again, later each time and with other
// addresses on the outside. It writes a CSV line for each part of the stream.
//
//	go run ./bench/stream -records 100000000 -rate 10000 -memory 2147483648 > curve.csv
//
// CPU seconds count, where other programs share the machine; those for making
// the traffic are among them, and said first.
package main

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"

	"toolkit/datasets/synth"
	"toolkit/detect"
	"toolkit/detect/findings"
	"toolkit/detect/live"
	"toolkit/detect/stream"
	"toolkit/flow"
	"toolkit/suite"
)

func main() {
	records := flag.Int64("records", 5_000_000, "records to watch")
	rate := flag.Float64("rate", 10_000, "records in a second of the stream's own time")
	memory := flag.Int64("memory", 2<<30, "bytes that the detectors and the rest may take")
	names := flag.String("detectors", "", "detectors, separated by commas; all if empty")
	workers := flag.Int("workers", runtime.GOMAXPROCS(0), "goroutines")
	every := flag.Int64("every", 1_000_000, "records between two lines")
	profile := flag.String("cpuprofile", "", "file for a CPU profile")
	flag.Parse()
	if err := run(*records, *every, *rate, *memory, *names, *workers, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "stream:", err)
		os.Exit(1)
	}
}

func run(records, every int64, rate float64, memory int64, names string, workers int, profile string) error {
	if memory > 0 {
		debug.SetMemoryLimit(memory)
	}
	making(rate)
	hosts := new(flow.Hosts)
	cfg := live.Config{Late: 30 * time.Second, Merge: 10 * time.Minute, Memory: memory, Workers: workers, Hosts: hosts, Say: func(*findings.Finding) error { return nil }}
	for _, d := range suite.Detectors {
		if names == "" || slices.Contains(strings.Split(names, ","), d.Name) {
			cfg.Watched = append(cfg.Watched, &stream.Watched{Name: d.Name, New: func() (detect.Watcher, error) { return d.New(), nil }})
		}
	}
	s, err := live.Open(cfg)
	if err != nil {
		return err
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	fmt.Println("records,seconds,cpu_seconds,heap_bytes,peak_rss_bytes,state_bytes,hosts,findings,evicted,late,renumbered")
	began, cpu, next := time.Now(), cpuSeconds(), every
	for b := range endless(hosts, rate) {
		if err := s.Add(b); err != nil {
			return err
		}
		if n := b.Seq + int64(b.Len()); n >= next || n >= records {
			next += every
			line(s, n, time.Since(began).Seconds(), cpuSeconds()-cpu)
			if n >= records {
				return nil
			}
		}
	}
	return nil
}

// making says what it costs to make the records.
func making(rate float64) {
	const records = 1_000_000
	cpu := cpuSeconds()
	for b := range endless(new(flow.Hosts), rate) {
		if b.Seq >= records {
			fmt.Fprintf(os.Stderr, "making the traffic takes %.2f µs of CPU a record\n", (cpuSeconds()-cpu)/float64(b.Seq)*1e6)
			return
		}
	}
}

func line(s *live.Session, n int64, seconds, cpu float64) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	st := s.Stats.Snapshot()
	var bytes, evicted int64
	for _, d := range st.Detectors {
		bytes, evicted = bytes+d.Bytes, evicted+d.Evicted
	}
	fmt.Printf("%d,%.2f,%.2f,%d,%d,%d,%d,%d,%d,%d,%d\n", n, seconds, cpu, m.HeapAlloc, u.Maxrss*1024, bytes, st.Hosts, st.Findings, evicted, st.Late, st.Renumbered)
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// endless yields synthetic traffic again and again. Each time the addresses
// that are not private are others.
func endless(hosts *flow.Hosts, rate float64) func(func(*flow.Batch) bool) {
	base := &flow.Batch{Hosts: new(flow.Hosts)}
	for b, err := range synth.Default().Source(base.Hosts, new(flow.Labels)) {
		if err != nil {
			panic(err) // it is made, not read
		}
		base.AppendFrom(b, 0, b.Len())
	}
	n := base.Len()
	span := int64(float64(n) / rate * 1e9)
	first := slices.Min(base.Time)
	scale := float64(span) / float64(slices.Max(base.Time)-first+1)
	of := make([]flow.Host, base.Hosts.Len())
	return func(yield func(*flow.Batch) bool) {
		for round := int64(0); ; round++ {
			for i := 0; i < n; i += flow.BatchSize {
				// Anew for each batch, as a session numbers addresses anew between two.
				rows := make([]int32, min(flow.BatchSize, n-i))
				for k := range rows {
					rows[k] = int32(i + k)
				}
				b := base.Take(rows)
				b.Seq, b.Order, b.Hosts, b.Label, b.Labels = round*int64(n)+int64(i), nil, hosts, nil, nil
				for k := range of {
					of[k] = ^flow.Host(0)
				}
				for k := range b.Time {
					b.Time[k] = first + round*span + int64(float64(b.Time[k]-first)*scale)
					for _, h := range []*flow.Host{&b.Src[k], &b.Dst[k]} {
						if of[*h] == ^flow.Host(0) {
							of[*h] = hosts.Of(other(base.Hosts.Addr(*h), uint32(*h), uint32(round)))
						}
						*h = of[*h]
					}
				}
				if !yield(b) {
					return
				}
			}
		}
	}
}

// other returns the address in the place of a in that round.
func other(a netip.Addr, id, round uint32) netip.Addr {
	if a.IsPrivate() || round == 0 {
		return a
	}
	x := (id<<16 ^ round) * 2654435761
	return netip.AddrFrom4([4]byte{byte(x>>24)%90 + 100, byte(x >> 16), byte(x >> 8), byte(x)})
}
