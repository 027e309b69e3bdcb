package reports

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
)

// A Theme is how pages look. The zero Theme is the built-in one.
type Theme struct {
	page *template.Template // nil for the built-in page
}

// LoadTheme reads the templates of a directory, in the language of
// html/template, which escapes what comes from the data in them too:
//
//   - page.html, if it is there, is the whole page. It is executed with the
//     [Report].
//   - all other files that end in .html may define the templates that the
//     built-in page is made of, instead of its own: section, heading, figure
//     and table.
//   - style.css, if it is there, is added to the built-in style.
//
// A directory without any of them is an error.
func LoadTheme(dir string) (*Theme, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err != nil {
		return nil, fmt.Errorf("reading templates of %s: %w", dir, err)
	}
	extra, err := os.ReadFile(filepath.Join(dir, "style.css"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading templates: %w", err)
	}
	if files == nil && err != nil {
		return nil, fmt.Errorf("reading templates of %s: there is neither a file that ends in .html nor style.css; docs/report.md says what they are", dir)
	}
	t := newPage(string(extra))
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("reading templates: %w", err)
		}
		in := t.New(filepath.Base(f))
		if filepath.Base(f) == "page.html" {
			in = t
		}
		if _, err := in.Parse(string(src)); err != nil {
			return nil, fmt.Errorf("reading template %s: %w", f, err)
		}
	}
	return &Theme{t}, nil
}
