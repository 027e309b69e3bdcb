package main

import (
	"context"
	"io"
)

// A waiting is a Reader in which waiting for a pipe ends when ctx does, or with
// Close. What the pipe brings then is lost with the process.
type waiting struct {
	ctx  context.Context
	stop context.CancelFunc
	r    io.Reader
	buf  []byte
	read chan got // has room for one
	busy bool     // somebody reads r into buf
	rest []byte   // of buf
	err  error    // behind rest
}

// A got is what a Read of r has returned.
type got struct {
	n   int
	err error
}

func newWaiting(ctx context.Context, r io.Reader) *waiting {
	ctx, stop := context.WithCancel(ctx)
	return &waiting{ctx: ctx, stop: stop, r: r, buf: make([]byte, 64<<10), read: make(chan got, 1)}
}

// Close ends a Read that waits, which another goroutine may do.
func (w *waiting) Close() error {
	w.stop()
	return nil
}

// Read implements io.Reader.
func (w *waiting) Read(p []byte) (int, error) {
	if len(w.rest) == 0 && w.err == nil {
		if !w.busy {
			w.busy = true
			go func() {
				n, err := w.r.Read(w.buf)
				w.read <- got{n, err}
			}()
		}
		select {
		case g := <-w.read:
			w.busy, w.rest, w.err = false, w.buf[:g.n], g.err
		case <-w.ctx.Done():
			return 0, w.ctx.Err()
		}
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	if n > 0 || len(w.rest) > 0 {
		return n, nil
	}
	return 0, w.err
}
