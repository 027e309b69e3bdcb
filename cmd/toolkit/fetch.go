package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"toolkit/algo"
	"toolkit/datasets/remote"

	"github.com/spf13/cobra"
)

// defaultSets is where fetched data sets are kept.
func defaultSets() string {
	if cache, err := os.UserCacheDir(); err == nil {
		return filepath.Join(cache, "toolkit", "datasets")
	}
	return "datasets"
}

// fetchedSet is what datasets fetch has to say.
type fetchedSet struct {
	Set   *remote.Set       `json:"set"`
	Files []*remote.Fetched `json:"files"`
}

func (s *fetchedSet) text(w io.Writer) {
	for _, f := range s.Files {
		how := "fetched; its SHA-256 is recorded"
		switch {
		case f.Already:
			how = "was there"
		case f.Changed:
			how = "fetched; it has changed, and its SHA-256 is recorded anew"
		case f.Known:
			how = "fetched; its SHA-256 is the one known"
		}
		if f.Resumed > 0 {
			how += ", going on from " + sizeText(f.Resumed)
		}
		fmt.Fprintf(w, "%s (%s) %s\n", f.File, sizeText(f.Bytes), how)
	}
	fmt.Fprintf(w, "licence: %s\ncite:    %s\n", s.Set.Licence, s.Set.Citation)
	if len(s.Files) > 0 {
		fmt.Fprintf(w, "next:    toolkit datasets describe %s\n", s.Files[0].File)
	}
}

func (a *app) datasetsFetch() *cobra.Command {
	var dir, from string
	f := remote.Fetcher{Retries: 5, Wait: remote.Backoff}
	timeout := time.Minute
	cmd := &cobra.Command{
		Use:   "fetch NAME [FILE…]",
		Short: "Fetch a public data set, or some of its files",
		Long: `Fetch brings a public data set that datasets list knows from its publisher. What
broke off is gone on with, by the same command, too. A file appears when it is
whole and its SHA-256 is the one known: pinned in the program, or recorded in
SHA256SUMS beside it when it was first fetched.

Some publishers want a form filled in first. With the link that they then give, or
that of a mirror: toolkit datasets fetch NAME FILE --url URL.`,
		Example: "  toolkit datasets fetch ctu13 capture20110815-2.binetflow\n  toolkit datasets fetch ctu13all",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			usage := func(format string, args ...any) error {
				return &usageError{cmd.CommandPath(), fmt.Errorf(format, args...)}
			}
			set := remote.Find(args[0])
			var files []remote.File
			switch {
			case set == nil:
				return usage("no data set that can be fetched is named %q; there are %s", args[0], strings.Join(setNames(), ", "))
			case timeout <= 0:
				return &algo.ParamError{Name: "timeout", Value: timeout, Want: "above 0"}
			case f.Retries < 0:
				return &algo.ParamError{Name: "retries", Value: f.Retries, Want: "0 or more"}
			case from != "" && len(args) > 2:
				return usage("--url is for one file")
			}
			files = set.Files
			if len(args) > 1 {
				files = nil
				for _, name := range args[1:] {
					file, ok := fileOf(set, name)
					if !ok && from == "" {
						return usage("%s has no file %q; it has %s", set.Name, name, strings.Join(fileNames(set), ", "))
					}
					files = append(files, file)
				}
			}
			if from != "" {
				u, err := url.Parse(from)
				if err != nil || u.Host == "" {
					return usage("--url %s is not a URL", from)
				}
				if len(args) == 1 {
					file, _ := fileOf(set, path.Base(u.Path))
					files = []remote.File{file}
				}
				files[0].URL = from
			}
			if a.dryRun {
				for _, file := range files {
					fmt.Fprintf(a.stdout, "%s would be fetched from %s\n", file.Name, file.URL)
				}
				return nil
			}
			if f.Dir = dir; dir == "" {
				f.Dir = defaultSets()
			}
			// No limit for all of a transfer: only for what comes first, and next.
			transport := http.DefaultTransport.(*http.Transport).Clone()
			transport.ResponseHeaderTimeout, f.Stall = timeout, timeout
			f.Client = &http.Client{Transport: transport}
			done := &fetchedSet{Set: set}
			for _, file := range files {
				p := a.progress(file.Name, true)
				f.Progress = p.step
				got, err := f.Fetch(cmd.Context(), set.Name, file)
				p.end()
				if errors.Is(err, remote.ErrByHand) {
					return fmt.Errorf("%w: see %s, then give the link with --url, or put the file into %s", err, set.Page, filepath.Join(f.Dir, set.Name))
				}
				if err != nil {
					return err
				}
				done.Files = append(done.Files, got)
			}
			return a.show(done)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&dir, "dir", "", "`directory` of data sets (default: datasets in the user's cache)")
	fs.StringVar(&from, "url", "", "where to fetch the file from instead")
	fs.DurationVar(&timeout, "timeout", timeout, "how long a server may take to answer, and to send more")
	fs.IntVar(&f.Retries, "retries", f.Retries, "how often to try again what broke off without bringing anything")
	fs.BoolVar(&f.Force, "force", false, "fetch again what is there, and take it if it has changed since it was recorded")
	fs.BoolVar(&f.HTTP, "insecure-http", false, "allow URLs without TLS")
	return cmd
}

func setNames() []string {
	var names []string
	for _, s := range remote.Sets {
		names = append(names, s.Name)
	}
	return names
}

func fileNames(s *remote.Set) []string {
	var names []string
	for _, f := range s.Files {
		names = append(names, f.Name)
	}
	return names
}

// fileOf returns the file of that name, or what is known of it if it is none of
// the set's.
func fileOf(s *remote.Set, name string) (remote.File, bool) {
	for _, f := range s.Files {
		if f.Name == name {
			return f, true
		}
	}
	return remote.File{Name: name}, false
}
