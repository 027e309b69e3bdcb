package suite

import (
	"errors"
	"testing"

	"toolkit/algo"

	"github.com/spf13/pflag"
)

// A number below 0 is refused for every parameter of every detector, and the
// error names the flag.
func TestNegativeParameters(t *testing.T) {
	for _, d := range Detectors {
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		d.New().Flags(fs)
		fs.VisitAll(func(f *pflag.Flag) {
			value := map[string]string{"duration": "-1s", "int": "-1", "int64": "-1", "float64": "-1"}[f.Value.Type()]
			if value == "" {
				return
			}
			w := d.New()
			fs := pflag.NewFlagSet("", pflag.ContinueOnError)
			w.Flags(fs)
			if err := fs.Set(f.Name, value); err != nil {
				t.Fatal(err)
			}
			var bad *algo.ParamError
			if err := w.Check(); !errors.As(err, &bad) || bad.Name != f.Name {
				t.Errorf("%s: --%s %s: error %v", d, f.Name, value, err)
			}
		})
	}
}
