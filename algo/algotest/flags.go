package algotest

import (
	"errors"
	"io"
	"math"
	"reflect"
	"strconv"

	"toolkit/algo"

	"github.com/spf13/pflag"
)

func flagSet(m algo.Method) *pflag.FlagSet {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	m.Flags(fs)
	return fs
}

func (s *subject) flags() {
	m := s.New()
	from := flagSet(m)
	if !reflect.DeepEqual(m, s.New()) {
		s.errorf("Flags changes the method to %+v: the default of a flag is not its parameter's value", m)
	}
	copied := s.New()
	to := flagSet(copied)
	from.VisitAll(func(f *pflag.Flag) {
		if err := to.Set(f.Name, f.DefValue); err != nil {
			s.errorf("the default of flag %s doesn't parse: %v", f.Name, err)
		}
		if text, ok := other(f); ok {
			s.flag(f, text)
		}
	})
	if !reflect.DeepEqual(m, copied) {
		s.errorf("setting all flags to their defaults gives %+v, want %+v", copied, m)
	}
	for _, kv := range s.set {
		if f := flagSet(s.New()).Lookup(kv[0]); f != nil && f.DefValue != kv[1] {
			s.flag(f, kv[1])
		}
	}
}

// flag checks that setting f to text, which isn't its default, changes the
// method and no other, and is what the method then shows.
func (s *subject) flag(f *pflag.Flag, text string) {
	m := s.New()
	fs := flagSet(m)
	if err := fs.Set(f.Name, text); err != nil {
		s.errorf("flag %s: %v", f.Name, err)
		return
	}
	if reflect.DeepEqual(m, s.New()) {
		s.errorf("setting flag %s to %s, not %s, changes no parameter", f.Name, text, f.DefValue)
	}
	want := fs.Lookup(f.Name).Value.String()
	if got := flagSet(m).Lookup(f.Name).DefValue; got != want {
		s.errorf("flag %s is set to %s, but Flags then shows %s", f.Name, want, got)
	}
	if got := flagSet(s.New()).Lookup(f.Name).DefValue; got != f.DefValue {
		s.errorf("setting flag %s of one method changes the default of the next to %s", f.Name, got)
	}
}

// other returns a value of a flag that is not its default, for flags of
// numbers and truth values.
func other(f *pflag.Flag) (text string, ok bool) {
	switch f.Value.Type() {
	case "bool":
		return strconv.FormatBool(f.DefValue != "true"), true
	case "int", "int64", "uint", "uint64":
		if v, err := strconv.ParseInt(f.DefValue, 10, 64); err == nil {
			return strconv.FormatInt(v+1, 10), true
		}
	case "float64":
		if v, err := strconv.ParseFloat(f.DefValue, 64); err == nil {
			return strconv.FormatFloat(v+0.125, 'g', -1, 64), true
		}
	}
	return "", false
}

// ranges checks that a number that is none is refused by Check.
func (s *subject) ranges() {
	flagSet(s.New()).VisitAll(func(f *pflag.Flag) {
		if f.Value.Type() != "float64" {
			return
		}
		m := s.New()
		if err := flagSet(m).Set(f.Name, strconv.FormatFloat(math.NaN(), 'g', -1, 64)); err != nil {
			return
		}
		var bad *algo.ParamError
		if err := m.Check(); !errors.As(err, &bad) || bad.Name != f.Name {
			s.errorf("--%s NaN: Check returns %v, want a *ParamError of it", f.Name, err)
		}
	})
}
