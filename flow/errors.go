package flow

import (
	"errors"
	"fmt"
)

// A SyntaxError is a record that can't be used.
type SyntaxError struct {
	File string
	Line int    // from 1
	Text string // the line as it was read, without its end, cut off after 4 KiB
	Err  error
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err) }
func (e *SyntaxError) Unwrap() error { return e.Err }

// ErrNotIP is what a SyntaxError wraps when the record is well formed but not
// of IP traffic, such as ARP in an Argus log. It is counted apart from
// records that are wrong.
var ErrNotIP = errors.New("not IP traffic")

// A valueError is a field that does not hold what it should.
type valueError struct{ text, want string }

func (e *valueError) Error() string {
	if e.text == "" {
		return "empty, want " + e.want
	}
	t := e.text
	if len(t) > 60 {
		t = t[:57] + "..."
	}
	return fmt.Sprintf("%q is not %s", t, e.want)
}

// A fieldError says in which field of a record the error is.
type fieldError struct {
	field string
	err   error
}

func (e *fieldError) Error() string { return e.field + ": " + e.err.Error() }
func (e *fieldError) Unwrap() error { return e.err }
