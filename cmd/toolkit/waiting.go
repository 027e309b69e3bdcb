package main

import (
	"context"
	"io"
)

// A waiting is a Reader in which waiting for a pipe ends when ctx does. What the
// pipe brings then is lost with the process.
type waiting struct {
	ctx  context.Context
	r    io.Reader
	buf  []byte
	read chan int // has room for one
	busy bool     // somebody reads r into buf
	rest []byte   // of buf
	err  error    // behind rest
}

func newWaiting(ctx context.Context, r io.Reader) *waiting {
	return &waiting{ctx: ctx, r: r, buf: make([]byte, 64<<10), read: make(chan int, 1)}
}

// Read implements io.Reader.
func (w *waiting) Read(p []byte) (int, error) {
	if len(w.rest) == 0 && w.err == nil {
		if !w.busy {
			w.busy = true
			go func() {
				n, err := w.r.Read(w.buf)
				w.err = err // is looked at after n has come
				w.read <- n
			}()
		}
		select {
		case n := <-w.read:
			w.busy, w.rest = false, w.buf[:n]
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
