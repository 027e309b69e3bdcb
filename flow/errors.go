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

// What a SyntaxError wraps when there is nothing wrong with the record but that
// it is none of flow. It is skipped, and counted apart from what is wrong.
var (
	ErrNotIP   = errors.New("not IP traffic")    // ARP in an Argus log
	ErrNotFlow = errors.New("not a flow record") // an alert in an eve.json
)

// SkipReason tells whether err stands for a record that is skipped, and why in
// words of which there are few.
func SkipReason(err error) (reason string, ok bool) {
	var skip *skipError
	if errors.As(err, &skip) {
		return skip.Error(), true
	}
	return "", false
}

// A skipError says why a record is skipped.
type skipError struct {
	kind error // ErrNotIP or ErrNotFlow
	what string
}

func (e *skipError) Error() string { return e.kind.Error() + ": " + e.what }
func (e *skipError) Unwrap() error { return e.kind }

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
