package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"toolkit/algo"
	"toolkit/features/scale"
	"toolkit/suite"

	"github.com/spf13/pflag"
)

// scaleWord stands in --chain for the scalers of --scale.
const scaleWord = "scale"

// A plan is the steps of a chain, before it is known what --scale is.
type plan struct {
	steps  []algo.Step // but for scaleWord
	scaled int         // before which of them the scalers of --scale come; -1 for not at all
}

// newPlan returns the plan of --algo, which comes after the scalers, or of
// --chain: of those names one is given. The last step gives what the command
// is for; it is among the choice.
func newPlan(choice []*algo.Algorithm, name, chain string) (*plan, error) {
	switch {
	case name == "" && chain == "":
		return nil, errors.New("--algo NAME is not given")
	case chain == "":
		al, err := suite.Algorithm(choice, name)
		if err != nil {
			return nil, err
		}
		return &plan{steps: []algo.Step{algo.NewStep(al)}}, nil
	case name != "":
		return nil, errors.New("--algo and --chain are both given: the last of --chain is the algorithm")
	}
	p := &plan{scaled: -1}
	names := strings.Split(chain, ",")
	for i, name := range names {
		name = strings.TrimSpace(name)
		last := i == len(names)-1
		from := choice
		if !last {
			from = slices.Concat(suite.Scalers, suite.Giving(algo.Coords))
			if name == scaleWord {
				if p.scaled >= 0 {
					return nil, fmt.Errorf("--chain %s: %s is there twice", chain, scaleWord)
				}
				p.scaled = len(p.steps)
				continue
			}
		}
		al, err := suite.Algorithm(from, name)
		if err != nil {
			return nil, fmt.Errorf("--chain %s: %w", chain, err)
		}
		if slices.ContainsFunc(p.steps, func(s algo.Step) bool { return s.Algorithm == al }) {
			return nil, fmt.Errorf("--chain %s: %s is there twice", chain, name)
		}
		if al != scale.None {
			p.steps = append(p.steps, algo.NewStep(al))
		}
	}
	return p, nil
}

// flags declares the parameters of all steps, and returns which flags
// ALGO.NAME are others than those declared: NAME, that no other step has.
func (p *plan) flags(fs *pflag.FlagSet) (others map[string]string) {
	whole := pflag.NewFlagSet("", pflag.ContinueOnError)
	whole.SortFlags = false
	algo.NewChain(p.steps...).Flags(whole)
	fs.AddFlagSet(whole)
	others = make(map[string]string)
	for _, s := range p.steps {
		flagsOf(s.Method).VisitAll(func(f *pflag.Flag) {
			if whole.Lookup(f.Name) != nil {
				others[s.Algorithm.Name+"."+f.Name] = f.Name
			}
		})
	}
	return others
}

// chain returns the chain with the scalers of --scale in their place, and the
// names of the steps before the last, separated by commas.
func (p *plan) chain(scalers string) (c *algo.Chain, before string, err error) {
	steps := slices.Clone(p.steps)
	if p.scaled >= 0 {
		some, err := scale.New(scalers)
		if err != nil {
			return nil, "", err
		}
		steps = slices.Insert(steps, p.scaled, some...)
	}
	var names []string
	for _, s := range steps[:len(steps)-1] {
		names = append(names, s.Algorithm.Name)
	}
	if names == nil {
		names = []string{scale.None.Name}
	}
	return algo.NewChain(steps...), strings.Join(names, ","), nil
}
