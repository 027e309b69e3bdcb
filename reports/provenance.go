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
	commands := &Table{ID: b.id("made", "commands"), Title: "Commands", Columns: []Head{{Name: "command"}, {Name: "arguments", Align: Wide}, {Name: "parameters, defaults too", Align: Wide}, {Name: "seed", Align: Right}, {Name: "version"}, {Name: "Go"}},
		Note: "Options that change nothing in the outputs are left out."}
	inputs := &Table{ID: b.id("made", "inputs"), Title: "Inputs", Columns: []Head{{Name: "file"}, {Name: "bytes", Align: Right}, {Name: "SHA-256"}}}
	var warnings []string
	seen := map[string]bool{}
	for _, r := range b.in.Manifest.Runs {
		if slices.Contains([]string{"report"}, r.Command) {
			continue // this very report: made anew, it would differ from itself
		}
		commands.Add(plain(r.Command), plain(strings.Join(effective(r.Args), " ")), plain(effectiveParams(r.Params)), Cell{Text: strconv.FormatUint(r.Seed, 10), Value: r.Seed}, plain(r.Version), plain(r.Go))
		for _, f := range r.Inputs {
			// What another command made is no input of the whole.
			if key := f.Path + f.SHA256; !seen[key] && b.in.Manifest.Made(f.Path) == nil {
				seen[key] = true
				inputs.Add(plain(f.Path), count(f.Bytes), plain(f.SHA256))
			}
		}
		for _, w := range r.Warnings {
			warnings = append(warnings, r.Command+": "+w)
		}
	}
	if len(warnings) > 0 {
		s.Text = append(s.Text, Para{Text: "Warnings:", Items: warnings})
	}
	for _, t := range []*Table{commands, inputs} {
		if len(t.Rows) > 0 {
			s.Tables = append(s.Tables, t)
		}
	}
	return s
}

// switches are those of them that take no value.
var switches = []string{"quiet", "json", "progress", "dry-run"}

// manyNames is from how many on names of a list are counted, not told.
const manyNames = 12

// effective returns the arguments without the options that have no effect on
// outputs, and their values.
func effective(args []string) []string {
	short := map[string]string{"-o": "out", "-q": "quiet"}
	var out []string
	for i := 0; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "--")
		name, _, valued := strings.Cut(name, "=")
		if long, ok := short[args[i]]; ok {
			name, isFlag = long, true
		}
		switch {
		case !isFlag || !slices.Contains(withoutEffect, name):
			out = append(out, args[i])
		case !valued && !slices.Contains(switches, name):
			i++ // the value follows
		}
	}
	return out
}

// effectiveParams says the parameters that have an effect on outputs.
func effectiveParams(params []run.Param) string {
	var parts []string
	for _, p := range params {
		if name := p.Name[strings.LastIndexByte(p.Name, '.')+1:]; slices.Contains(withoutEffect, name) {
			continue
		}
		v := p.Value
		if n := strings.Count(v, ",") + 1; n > manyNames {
			v = strconv.Itoa(n) + " names"
		}
		parts = append(parts, p.Name+"="+strings.ReplaceAll(v, ",", ", "))
	}
	return strings.Join(parts, "; ")
}
