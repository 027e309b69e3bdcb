package reports

import (
	"slices"
	"strconv"
	"strings"

	"toolkit/internal/run"
)

// withoutEffect are the options that change nothing in the outputs: reports of
// runs that differ in them alone are equal.
var withoutEffect = []string{"out", "workers", "memory", "quiet", "json", "progress", "dry-run"}

// provenance is the section on how the outputs were made.
func (b *builder) provenance() *Section {
	s := &Section{ID: b.id("made"), Title: "How it was made"}
	if b.in.Manifest == nil || len(b.in.Manifest.Runs) == 0 {
		s.Text = []Para{{Text: "No manifest tells how the outputs were made."}}
		return s
	}
	commands := &Table{ID: b.id("made", "commands"), Title: "Commands", Columns: []Head{{Name: "command"}, {Name: "arguments", Align: Wide}, {Name: "seed", Align: Right}, {Name: "version"}, {Name: "Go"}},
		Note: "Options that change nothing in the outputs are left out."}
	inputs := &Table{ID: b.id("made", "inputs"), Title: "Inputs", Columns: []Head{{Name: "file"}, {Name: "bytes", Align: Right}, {Name: "SHA-256"}}}
	params := &Table{ID: b.id("made", "parameters"), Title: "Parameters, defaults too", Columns: []Head{{Name: "command"}, {Name: "parameter"}, {Name: "value"}}}
	var warnings []string
	seen := map[string]bool{}
	for _, r := range b.in.Manifest.Runs {
		if slices.Contains([]string{"report"}, r.Command) {
			continue // this very report: made anew, it would differ from itself
		}
		commands.Add(plain(r.Command), plain(strings.Join(effective(r.Args), " ")), Cell{Text: strconv.FormatUint(r.Seed, 10), Value: r.Seed}, plain(r.Version), plain(r.Go))
		for _, f := range r.Inputs {
			if key := f.Path + f.SHA256; !seen[key] {
				seen[key] = true
				inputs.Add(plain(f.Path), count(f.Bytes), plain(f.SHA256))
			}
		}
		for _, p := range effectiveParams(r.Params) {
			params.Add(plain(r.Command), plain(p.Name), plain(p.Value))
		}
		for _, w := range r.Warnings {
			warnings = append(warnings, r.Command+": "+w)
		}
	}
	if len(warnings) > 0 {
		s.Text = append(s.Text, Para{Text: "Warnings:", Items: warnings})
	}
	for _, t := range []*Table{commands, inputs, params} {
		if len(t.Rows) > 0 {
			s.Tables = append(s.Tables, t)
		}
	}
	return s
}

// effective returns the arguments without the options that have no effect on
// outputs.
func effective(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "--")
		name, _, valued := strings.Cut(name, "=")
		if !isFlag || !slices.Contains(withoutEffect, name) {
			out = append(out, args[i])
			continue
		}
		// The value follows, unless the option is a switch.
		switch name {
		case "quiet", "json", "progress", "dry-run":
		default:
			if !valued {
				i++
			}
		}
	}
	return out
}

func effectiveParams(params []run.Param) []run.Param {
	return slices.DeleteFunc(slices.Clone(params), func(p run.Param) bool {
		name := p.Name[strings.LastIndexByte(p.Name, '.')+1:]
		return slices.Contains(withoutEffect, name)
	})
}
