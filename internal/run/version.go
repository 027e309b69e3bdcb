package run

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// Version returns the version of this program: that of its module where it
// was built as one, else the commit it was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	version := "devel"
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			version += "-" + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			version += "-dirty"
		}
	}
	return version
}

// GoVersion returns the version of Go and the platform that this program was
// built for.
func GoVersion() string { return runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH }

// Libraries returns the versions of the libraries that results depend on.
func Libraries() map[string]string {
	libs := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return libs
	}
	for _, d := range info.Deps {
		if strings.HasPrefix(d.Path, "gonum.org/v1/") || strings.HasPrefix(d.Path, "github.com/apache/arrow/") {
			libs[d.Path] = d.Version
		}
	}
	return libs
}
