package sweep

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"toolkit/algo"

	"github.com/spf13/pflag"
)

// A Param is a parameter's value, as its flag takes it.
type Param struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Setting is an algorithm with values for some of its parameters; the
// others have their defaults.
type Setting struct {
	Algorithm *algo.Algorithm
	Params    []Param
}

// String says the setting as a command line would.
func (s Setting) String() string {
	words := []string{s.Algorithm.Name}
	for _, p := range s.Params {
		words = append(words, "--"+p.Name+" "+p.Value)
	}
	return strings.Join(words, " ")
}

// Method returns the algorithm with the setting's parameters.
func (s Setting) Method() (algo.Method, error) {
	m := s.Algorithm.New()
	fs := pflag.NewFlagSet(s.Algorithm.Name, pflag.ContinueOnError)
	m.Flags(fs)
	for _, p := range s.Params {
		if err := fs.Set(p.Name, p.Value); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Algorithm, err)
		}
	}
	if err := m.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Algorithm, err)
	}
	return m, nil
}

// An Axis is a parameter with the values to try.
type Axis struct {
	Name   string
	Values []string
}

// Grid returns every combination of the values, the last axis varying
// fastest. It is an error if one is refused by the algorithm.
func Grid(a *algo.Algorithm, axes []Axis) ([]Setting, error) {
	settings := []Setting{{Algorithm: a}}
	for _, axis := range axes {
		var next []Setting
		for _, s := range settings {
			for _, v := range axis.Values {
				params := append(s.Params[:len(s.Params):len(s.Params)], Param{axis.Name, v})
				next = append(next, Setting{a, params})
			}
		}
		settings = next
	}
	for _, s := range settings {
		if _, err := s.Method(); err != nil {
			return nil, err
		}
	}
	return settings, nil
}

// rangePoints is how many values a range stands for unless it says so.
const rangePoints = 10

// maxPoints bounds the values of one parameter.
const maxPoints = 10_000

// Values reads the values of a parameter: one, several with commas between,
// or a range A..B of numbers, both ends included, in N even steps as A..B:N.
// Without N a range of whole numbers has each of them, if they are no more
// than 20, and any other 10 values. Ranges of whole numbers give whole
// numbers.
func Values(text string) ([]string, error) {
	lo, hi, ok := strings.Cut(text, "..")
	if !ok {
		values := strings.Split(text, ",")
		for i, v := range values {
			if values[i] = strings.TrimSpace(v); values[i] == "" {
				return nil, fmt.Errorf("%q has an empty value", text)
			}
		}
		return values, nil
	}
	hi, count, counted := strings.Cut(hi, ":")
	a, err1 := strconv.ParseFloat(lo, 64)
	b, err2 := strconv.ParseFloat(hi, 64)
	if err := errors.Join(err1, err2); err != nil || math.IsInf(a, 0) || math.IsInf(b, 0) || !(a < b) {
		return nil, fmt.Errorf("%q is not a range A..B with A below B", text)
	}
	whole := !strings.ContainsAny(lo+hi, ".eE")
	n := rangePoints
	switch {
	case counted:
		var err error
		if n, err = strconv.Atoi(count); err != nil || n < 2 || n > maxPoints {
			return nil, fmt.Errorf("%q: %q is not a number of values, 2 to %d", text, count, maxPoints)
		}
	case whole && b-a < 20:
		n = int(b-a) + 1
	}
	var values []string
	for i := range n {
		// From the nearer end, so that both ends are what was said.
		v := a + (b-a)*float64(i)/float64(n-1)
		if i > n/2 {
			v = b - (b-a)*float64(n-1-i)/float64(n-1)
		}
		s := strconv.FormatFloat(v, 'g', 6, 64)
		if whole {
			s = strconv.FormatFloat(math.Round(v), 'f', -1, 64)
		}
		if len(values) == 0 || values[len(values)-1] != s {
			values = append(values, s)
		}
	}
	return values, nil
}
