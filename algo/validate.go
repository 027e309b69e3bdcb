package algo

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"
)

var word = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// Validate reports the first mistake in a list of algorithms: a bad or double
// name, a missing title, a default out of range, a flag without usage.
func Validate(list []*Algorithm) error {
	seen := map[string]bool{}
	for _, a := range list {
		switch {
		case !word.MatchString(a.Name):
			return fmt.Errorf("algorithm name %q is not a lower-case word", a.Name)
		case seen[a.Name]:
			return fmt.Errorf("two algorithms are named %s", a.Name)
		case a.Title() == "" || strings.HasSuffix(a.Title(), ".") || strings.Contains(a.Title(), "\n"):
			return fmt.Errorf("%s: title %q, want one line without a full stop", a.Name, a.Title())
		case a.Cost == "" || a.Gives == 0 || a.New == nil:
			return fmt.Errorf("%s: Cost, Gives and New must be set", a.Name)
		case (a.Gives&Scores != 0) != (a.Score != ""):
			return fmt.Errorf("%s: Score must say what the scores are, if there are any", a.Name)
		case a.Noise && a.Gives&Labels == 0:
			return fmt.Errorf("%s: Noise without labels", a.Name)
		}
		seen[a.Name] = true
		if err := a.New().Check(); err != nil {
			return fmt.Errorf("%s: default %w", a.Name, err)
		}
		var err error
		fs := pflag.NewFlagSet(a.Name, pflag.ContinueOnError)
		a.New().Flags(fs)
		fs.VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" && err == nil {
				err = fmt.Errorf("%s: flag %s has no usage", a.Name, f.Name)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
