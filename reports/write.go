package reports

import (
	"fmt"
	"path/filepath"

	"toolkit/internal/run"
)

// Write puts index.html, report.md, report.json and the files of the figures
// (figures/ID.svg, figures/ID.csv and, of dense ones, figures/ID.png) in the
// directory dir. Each file appears whole or not at all; the page comes last, so
// that what it goes with is there. The files' paths are relative to dir.
func Write(dir string, r *Report) ([]run.File, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	var files []run.File
	put := func(name string, data []byte, err error) error {
		if err != nil {
			return err
		}
		out, err := run.Create(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		defer out.Discard()
		if _, err := out.Write(data); err != nil {
			return err
		}
		if err := out.Commit(); err != nil {
			return err
		}
		files = append(files, out.File(dir))
		return nil
	}
	for _, f := range r.Figures() {
		if err := put("figures/"+f.ID+".svg", f.SVG(), nil); err != nil {
			return files, err
		}
		if f.Dense() {
			data, err := f.PNG()
			if err := put("figures/"+f.ID+".png", data, err); err != nil {
				return files, err
			}
		}
		if err := put("figures/"+f.ID+".csv", f.CSV(), nil); err != nil {
			return files, err
		}
	}
	if err := put("report.md", r.Markdown(), nil); err != nil {
		return files, err
	}
	data, err := r.JSON()
	if err := put("report.json", data, err); err != nil {
		return files, err
	}
	data, err = r.HTML()
	if err := put("index.html", data, err); err != nil {
		return files, err
	}
	return files, nil
}

// check reports IDs that are no slugs or not unique, which would lead to
// files lost or written elsewhere.
func (r *Report) check() error {
	seen := map[string]bool{}
	use := func(id string) error {
		switch {
		case id == "" || slug(id) != id:
			return fmt.Errorf("writing the report: %q is no identifier", id)
		case seen[id]:
			return fmt.Errorf("writing the report: two parts have the identifier %s", id)
		}
		seen[id] = true
		return nil
	}
	var err error
	keep := func(e error) {
		if err == nil {
			err = e
		}
	}
	for _, s := range r.Sections {
		s.walk(func(s *Section) {
			keep(use(s.ID))
			for _, f := range s.Figures {
				keep(use(f.ID))
			}
			for _, t := range s.Tables {
				keep(use(t.ID))
			}
		})
	}
	return err
}

// picture is the name of the file to show the figure by.
func (f *Figure) picture() string {
	if f.Dense() {
		return f.ID + ".png"
	}
	return f.ID + ".svg"
}

// files are the paths of all the figure's files.
func (f *Figure) files() []string {
	files := []string{"figures/" + f.ID + ".svg"}
	if f.Dense() {
		files = append(files, "figures/"+f.ID+".png")
	}
	return append(files, "figures/"+f.ID+".csv")
}
