package main

import (
	"fmt"
	"time"
)

// allTime is the word for one window of the whole stream.
const allTime = "all"

// A windowFlag is the length of windows, given as 10m, or as all for one
// window of the whole stream, which is 0.
type windowFlag time.Duration

// Set implements pflag.Value.
func (w *windowFlag) Set(s string) error {
	if s == allTime {
		*w = 0
		return nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return fmt.Errorf("%q is not a length of time above 0, such as 10m, or %s", s, allTime)
	}
	*w = windowFlag(d)
	return nil
}

// Type implements pflag.Value.
func (w *windowFlag) Type() string { return "duration" }

// String writes w as Set takes it.
func (w *windowFlag) String() string {
	if *w == 0 {
		return allTime
	}
	return time.Duration(*w).String()
}
