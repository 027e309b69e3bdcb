package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A progress shows on a terminal how far a step is. A nil *progress shows
// nothing.
type progress struct {
	bar   *progressbar.ProgressBar
	what  string
	w     io.Writer
	bytes bool
	total int64
}

// progress begins to show a step, if stderr is a terminal and nobody asked
// for silence.
func (a *app) progress(what string, bytes bool) *progress {
	f, ok := a.stderr.(*os.File)
	if a.quiet || !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return &progress{what: what, w: f, bytes: bytes}
}

// step shows that done of total are done; total is 0 where it isn't known.
func (p *progress) step(done, total int64) {
	if p == nil {
		return
	}
	if p.bar == nil || total != p.total {
		limit := total
		if limit <= 0 {
			limit = -1
		}
		p.total = total
		p.bar = progressbar.NewOptions64(limit,
			progressbar.OptionSetWriter(p.w), progressbar.OptionSetDescription(p.what), progressbar.OptionShowBytes(p.bytes),
			progressbar.OptionShowIts(), progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish())
	}
	_ = p.bar.Set64(done) // what is shown does not decide what is done
}

// end takes the bar away.
func (p *progress) end() {
	if p != nil && p.bar != nil {
		_ = p.bar.Finish()
	}
}
