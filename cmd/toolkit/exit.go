package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"toolkit/algo"
	"toolkit/features"
)

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1   // bad input, past --max-bad, reading or writing
	exitUsage       = 2   // wrong flags or arguments
	exitRefused     = 3   // would need more than --memory
	exitFound       = 10  // --fail-on was met
	exitInterrupted = 130 // by a signal
)

// A usageError is a mistake in how a command was called.
type usageError struct {
	command string // "toolkit cluster"
	err     error
}

func (e *usageError) Error() string {
	help := strings.Replace(e.command, "toolkit", "toolkit help", 1)
	return fmt.Sprintf("%v; see %s", e.err, help)
}
func (e *usageError) Unwrap() error { return e.err }

// A foundError says that what --fail-on asks for was found.
type foundError struct{ condition string }

func (e *foundError) Error() string { return "--fail-on " + e.condition + " is met" }

// exit says err in one line and returns the exit code for it.
func (a *app) exit(err error) int {
	if err == nil {
		return exitDone
	}
	code := exitFailed
	var (
		usage  *usageError
		param  *algo.ParamError
		memory *algo.MemoryError
		tables *features.MemoryError
		found  *foundError
	)
	switch {
	case errors.Is(err, context.Canceled):
		err, code = errors.New("interrupted; no output is half written"), exitInterrupted
	case errors.As(err, &memory), errors.As(err, &tables):
		code = exitRefused
	case errors.As(err, &found):
		code = exitFound
	case strings.HasPrefix(err.Error(), "unknown command"): // cobra has no type for it
		err, code = &usageError{"toolkit", err}, exitUsage
	case errors.As(err, &usage), errors.As(err, &param):
		code = exitUsage
	}
	fmt.Fprintf(a.stderr, "toolkit: %s\n", strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", " "))
	return code
}
