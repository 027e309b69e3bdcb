package main

import (
	"toolkit/algo/threshold"
	"toolkit/detect/findings"
	"toolkit/features"
	"toolkit/suite"

	"github.com/spf13/cobra"
)

// completeFlags tells the shell what flags can be given, where that is a name.
func completeFlags(cmd *cobra.Command) {
	choices := map[string][]string{}
	for _, use := range []learnUse{clusterUse, scoreUse} {
		if cmd.Name() == use.name {
			for _, al := range suite.Giving(use.gives) {
				choices["algo"] = append(choices["algo"], al.Name+"\t"+al.Title())
			}
		}
	}
	for _, g := range features.Groupings(features.DefaultOptions()) {
		choices["on"] = append(choices["on"], g.Name+"\t"+g.Doc)
	}
	for _, s := range suite.Scalers {
		choices["scale"] = append(choices["scale"], s.Name+"\t"+s.Title())
	}
	for _, k := range threshold.Kinds {
		choices["threshold"] = append(choices["threshold"], string(k))
	}
	for _, d := range suite.Detectors {
		choices["detectors"] = append(choices["detectors"], d.Name+"\t"+d.Title())
	}
	for _, f := range suite.Formats {
		choices["format"] = append(choices["format"], f.Name+"\t"+f.Doc)
	}
	if cmd.Name() == "watch" {
		choices["input-format"], choices["format"] = choices["format"], findings.Formats
	}
	for name, values := range choices {
		if cmd.Flags().Lookup(name) == nil {
			continue
		}
		directive := cobra.ShellCompDirectiveNoFileComp
		if name == "on" { // or a file
			directive = cobra.ShellCompDirectiveDefault
		}
		if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, directive)); err != nil {
			panic(err) // the flag is there, and is registered once
		}
	}
}
