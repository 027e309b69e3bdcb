package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"toolkit/detect/live"

	"github.com/VictoriaMetrics/metrics"
)

// serveMetrics serves what stats say in Prometheus's text format, until stop
// is called. An address without a host is one of this machine alone.
func serveMetrics(address string, stats *live.Stats) (stop func(), at string, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, "", fmt.Errorf("--metrics %s: %w", address, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, "", fmt.Errorf("--metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		metricsOf(stats.Snapshot()).WritePrometheus(w)
		metrics.WriteProcessMetrics(w)
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 8 << 10}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			l.Close() // nothing to be done: the next look finds nobody there
		}
	}()
	return func() { srv.Close(); <-ended }, l.Addr().String(), nil
}

// metricsOf returns a snapshot as metrics.
func metricsOf(s live.Snapshot) *metrics.Set {
	set := metrics.NewSet()
	counter := func(name string, n int64) { set.NewCounter("toolkit_" + name).Set(uint64(max(n, 0))) }
	gauge := func(name string, v float64) { set.NewGauge("toolkit_"+name, func() float64 { return v }) }
	counter("records_total", s.Records)
	counter(`records_dropped_total{why="late"}`, s.Late)
	counter(`records_dropped_total{why="rejected"}`, s.Rejected)
	counter(`records_dropped_total{why="not_ip"}`, s.Skipped)
	counter("records_moved_total", s.Moved)
	counter("alerts_suppressed_total", s.Suppressed)
	counter("findings_total", s.Findings)
	counter("checkpoints_total", s.Checkpoints)
	counter("hosts_renumbered_total", s.Renumbered)
	gauge("findings_open", float64(s.OpenFindings))
	gauge("records_held", float64(s.Held))
	gauge("hosts", float64(s.Hosts))
	gauge("hosts_bytes", float64(s.HostBytes))
	if !s.Watermark.IsZero() {
		gauge("watermark_seconds", float64(s.Watermark.UnixNano())/1e9)
		gauge("lag_seconds", time.Since(s.Watermark).Seconds())
	}
	for _, d := range s.Detectors {
		label := fmt.Sprintf("{detector=%q}", d.Name)
		counter("alerts_total"+label, d.Alerts)
		counter("state_evicted_total"+label, d.Evicted)
		gauge("state_entries"+label, float64(d.Entries))
		gauge("state_bytes"+label, float64(d.Bytes))
	}
	return set
}
