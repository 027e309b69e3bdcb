package main

import (
	"fmt"
	"io"
	"strings"

	"toolkit/algo"
	"toolkit/detect"
	"toolkit/suite"

	"github.com/spf13/cobra"
)

// helpCommand tells of a command, or of an algorithm or detector by name.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | ALGORITHM | DETECTOR]",
		Short: "Tell about a command, an algorithm or a detector",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, al := range suite.Algorithms {
				names = append(names, al.Name)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				if err := cmd.Root().Help(); err != nil {
					return err
				}
				a.listHelp(a.stdout)
				return nil
			}
			// pca is a command and an algorithm: its command's help comes first.
			found, rest, err := cmd.Root().Find(args)
			isCommand := err == nil && len(rest) == 0 && found != cmd.Root()
			if isCommand {
				if err := found.Help(); err != nil {
					return err
				}
			}
			for _, al := range suite.Algorithms {
				if al.Name == args[0] {
					if isCommand {
						fmt.Fprintln(a.stdout)
					}
					algorithmHelp(a.stdout, al)
					return nil
				}
			}
			for _, d := range suite.Detectors {
				if d.Name == args[0] {
					detectorHelp(a.stdout, d)
					return nil
				}
			}
			if isCommand {
				return nil
			}
			return &usageError{"toolkit", fmt.Errorf("no command, algorithm or detector is named %q", strings.Join(args, " "))}
		},
	}
}

// listHelp lists what help can tell of besides commands.
func (a *app) listHelp(w io.Writer) {
	fmt.Fprintln(w, "\nAlgorithms (toolkit help NAME):")
	for _, al := range suite.Algorithms {
		fmt.Fprintf(w, "  %-11s %s\n", al.Name, al.Title())
	}
	fmt.Fprintln(w, "\nDetectors:")
	for _, d := range suite.Detectors {
		fmt.Fprintf(w, "  %-11s %s\n", d.Name, d.Title())
	}
	fmt.Fprintln(w, "\nFormats of records:")
	for _, f := range suite.Formats {
		fmt.Fprintf(w, "  %-11s %s\n", f.Name, f.Doc)
	}
}

func algorithmHelp(w io.Writer, al *algo.Algorithm) {
	fmt.Fprintf(w, "%s\n\n", al.Doc)
	var uses []string
	for _, use := range []learnUse{pcaUse, clusterUse, scoreUse} {
		if al.Gives&use.gives != 0 && (use.fixed == "" || use.fixed == al.Name) {
			if use.fixed != "" {
				uses = append(uses, "toolkit "+use.name)
			} else {
				uses = append(uses, "toolkit "+use.name+" --algo "+al.Name)
			}
		}
	}
	fmt.Fprintf(w, "Use:   %s\nCost:  %s\n", strings.Join(uses, ", "), al.Cost)
	if al.Score != "" {
		fmt.Fprintf(w, "Score: %s\n", al.Score)
	}
	if al.Noise {
		fmt.Fprintln(w, "Rows that belong to no cluster (label -1) are what toolkit cluster calls anomalous.")
	}
	if al.Updates {
		fmt.Fprintln(w, "Learns on: --model FILE --update takes in one table more.")
	}
	if usages := flagsOf(al.New()).FlagUsages(); usages != "" {
		fmt.Fprintf(w, "\nParameters:\n%s", usages)
	}
	references(w, al.Refs)
}

func detectorHelp(w io.Writer, d *detect.Detector) {
	fmt.Fprintf(w, "%s\n\nUse: toolkit detect --detectors %s INPUT\n", d.Doc, d.Name)
	if usages := flagsOf(d.New()).FlagUsages(); usages != "" {
		fmt.Fprintf(w, "\nParameters:\n%s", usages)
	}
	references(w, d.Refs)
}

func references(w io.Writer, refs []string) {
	if len(refs) > 0 {
		fmt.Fprintln(w, "\nReferences:")
	}
	for _, r := range refs {
		fmt.Fprintf(w, "  %s\n", r)
	}
}
