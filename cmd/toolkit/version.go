package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	runlog "toolkit/internal/run"

	"github.com/spf13/cobra"
)

type version struct {
	Version   string            `json:"version"`
	Go        string            `json:"go"`
	Libraries map[string]string `json:"libraries"`
}

func (v *version) text(w io.Writer) {
	fmt.Fprintf(w, "toolkit %s\n%s\n", v.Version, v.Go)
	for _, lib := range slices.Sorted(maps.Keys(v.Libraries)) {
		fmt.Fprintf(w, "%s %s\n", lib, v.Libraries[lib])
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which version this is, and of what it is made",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return a.show(&version{runlog.Version(), runlog.GoVersion(), runlog.Libraries()})
		},
	}
}
