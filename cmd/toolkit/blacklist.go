package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"toolkit/algo"
	"toolkit/detect/blacklist"
	runlog "toolkit/internal/run"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// listsFlags are the flags about fetched lists.
type listsFlags struct {
	sources  []string
	timeout  time.Duration
	maxBytes byteSize
	keep     float64
	force    bool
	http     bool
}

// defaultLists is where lists are kept.
func defaultLists() string {
	if cache, err := os.UserCacheDir(); err == nil {
		return filepath.Join(cache, "toolkit", "blacklists")
	}
	return "blacklists"
}

func (l *listsFlags) flags(fs *pflag.FlagSet) {
	*l = listsFlags{sources: []string{blacklist.Sources[0].Name}, timeout: time.Minute, maxBytes: 64 << 20, keep: 0.5}
	fs.StringSliceVar(&l.sources, "source", l.sources, "lists to fetch: a `name` that blacklist list knows, or a URL")
	fs.DurationVar(&l.timeout, "timeout", l.timeout, "how long a list may take")
	fs.Var(&l.maxBytes, "max-bytes", "refuse a list that is larger")
	fs.Float64Var(&l.keep, "keep", l.keep, "refuse a list that has less than this `share` of the entries of the one it would take the place of, or none")
	fs.BoolVar(&l.force, "force", l.force, "take a list that has shrunk, or the place of one that can't be read")
	fs.BoolVar(&l.http, "insecure-http", l.http, "allow URLs without TLS")
}

func (a *app) blacklistCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "blacklist",
		Short: "Fetch lists of bad addresses for detect --blacklist",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&dir, "dir", "", "`directory` of the lists (default: blacklists in the user's cache)")
	cmd.AddCommand(a.blacklistUpdate(&dir), a.blacklistShow(&dir))
	return cmd
}

// fetcher returns what fetches lists into dir.
func (l *listsFlags) fetcher(dir string) *blacklist.Fetcher {
	if dir == "" {
		dir = defaultLists()
	}
	return &blacklist.Fetcher{
		Dir: dir, Client: &http.Client{Timeout: l.timeout}, MaxBytes: int64(l.maxBytes), Keep: l.keep, Force: l.force, HTTP: l.http, Now: time.Now,
		Write: writeWhole,
	}
}

// writeWhole puts a file in its place, by renaming.
func writeWhole(file string, data []byte) error {
	o, err := runlog.Create(file)
	if err != nil {
		return err
	}
	defer o.Discard()
	if _, err := o.Write(data); err != nil {
		return err
	}
	return o.Commit()
}

func (a *app) blacklistUpdate(dir *string) *cobra.Command {
	var l listsFlags
	cmd := &cobra.Command{
		Use:   "update",
		Short: "Fetch lists, if there is anything new",
		Long: `Update fetches lists of addresses and networks, asks only for what has changed,
and puts each in its place whole. A list with anything in it that is neither is
refused, and so is one that has shrunk to less than half, or to nothing: the one
there stays as it was. The files are for toolkit detect --blacklist FILE.`,
		Example: "  toolkit blacklist update --source feodo,spamhaus-drop\n  toolkit blacklist update --source https://example.org/bad.txt",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case l.timeout <= 0:
				return &algo.ParamError{Name: "timeout", Value: l.timeout, Want: "above 0"}
			case !(l.keep >= 0 && l.keep <= 1):
				return &algo.ParamError{Name: "keep", Value: l.keep, Want: "between 0 and 1"}
			case l.maxBytes <= 0:
				return &algo.ParamError{Name: "max-bytes", Value: l.maxBytes.String(), Want: "above 0"}
			}
			var sources []blacklist.Source
			for _, name := range l.sources {
				s, err := blacklist.Resolve(name)
				if err != nil {
					return &usageError{cmd.CommandPath(), err}
				}
				sources = append(sources, s)
			}
			if a.dryRun {
				for _, s := range sources {
					fmt.Fprintf(a.stdout, "%s would be fetched from %s\n", s.Name, s.URL)
				}
				return nil
			}
			f := l.fetcher(*dir)
			var (
				done lists
				errs []error
			)
			for _, s := range sources {
				got, err := f.Update(cmd.Context(), s)
				if err != nil {
					errs = append(errs, err) // other lists can still be had
					continue
				}
				done = append(done, list{*got, s, time.Since(got.Changed)})
			}
			if err := a.show(done); err != nil {
				return err
			}
			return errors.Join(errs...)
		},
	}
	l.flags(cmd.Flags())
	return cmd
}

func (a *app) blacklistShow(dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the sources known by name, and how old what was fetched is",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var l lists
			f := new(listsFlags).fetcher(*dir)
			for _, s := range blacklist.Sources {
				have, err := f.Have(s.Name)
				if err != nil {
					return err
				}
				if have == nil {
					have = &blacklist.Fetched{Name: s.Name, URL: s.URL}
				}
				l = append(l, list{*have, s, time.Since(have.Changed)})
			}
			return a.show(l)
		},
	}
}

// lists is what blacklist update and list have to say.
type lists []list

type list struct {
	blacklist.Fetched
	Source blacklist.Source `json:"source"`
	age    time.Duration
}

func (l lists) text(w io.Writer) {
	for _, x := range l {
		switch {
		case x.File == "":
			fmt.Fprintf(w, "%-16s not fetched\n", x.Name)
		default:
			what := "changed"
			if x.Same {
				what = "nothing new; changed"
			}
			fmt.Fprintf(w, "%-16s %s addresses and networks, %s %s ago: %s\n", x.Name, count(int64(x.Entries)), what, x.age.Round(time.Second), x.File)
		}
		if x.Source.Doc != "" {
			fmt.Fprintf(w, "%-16s %s\n%-16s licence: %s\n%-16s %s\n", "", x.Source.Doc, "", x.Source.Licence, "", x.Source.URL)
		}
	}
}
