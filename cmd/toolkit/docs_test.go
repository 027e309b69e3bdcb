package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"toolkit/detect"
	"toolkit/ensemble"
	"toolkit/evaluate"
	"toolkit/features"
	"toolkit/flow"
	"toolkit/internal/ref"
	"toolkit/suite"
)

var update = flag.Bool("update", false, "rewrite the documents that are made from the code")

const root = "../.."

// What documents say of algorithms, columns and flags is made from their
// declarations, and is up to date.
func TestDocuments(t *testing.T) {
	f := func(file, name, text string) {
		t.Helper()
		path := filepath.Join(root, file)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		begin, end := fmt.Sprintf("<!-- begin %s: made by `make docs` -->\n", name), fmt.Sprintf("<!-- end %s -->\n", name)
		head, rest, ok := strings.Cut(string(data), begin)
		old, tail, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("%s has no part %q", file, name)
		}
		if old == text {
			return
		}
		if !*update {
			t.Errorf("%s: part %q is not what the code says: run make docs", file, name)
			return
		}
		if err := os.WriteFile(path, []byte(head+begin+text+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f("docs/algorithms.md", "algorithms", algorithmsText())
	f("docs/formats.md", "columns", columnsText())
}

func algorithmsText() string {
	var b bytes.Buffer
	for _, al := range suite.Algorithms {
		fmt.Fprintf(&b, "\n## %s\n\n```text\n", al.Name)
		algorithmHelp(&b, al)
		fmt.Fprint(&b, "```\n")
	}
	for _, d := range suite.Detectors {
		fmt.Fprintf(&b, "\n## %s (detector)\n\n```text\n", d.Name)
		detectorHelp(&b, d)
		fmt.Fprint(&b, "```\n")
	}
	return b.String()
}

func columnsText() string {
	var b bytes.Buffer
	table := func(name, doc string, fields []features.Field, sets []features.Set) {
		fmt.Fprintf(&b, "\n### %s.arrow\n\n%s\n\n| column | type | unit | meaning |\n|---|---|---|---|\n", name, doc)
		for _, f := range fields {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", f.Name, typeNames[f.Type], f.Unit, f.Doc)
		}
		for _, s := range sets {
			fmt.Fprintf(&b, "\nSet `%s`, %s: %s.\n", s.Name, s.Doc, strings.Join(s.Columns, ", "))
		}
	}
	for _, g := range features.Groupings(features.DefaultOptions()) {
		made, _ := features.NewBuilder(g, new(flow.Hosts)).Table()
		table(g.Name, g.Doc, fieldsOf(made), g.Sets)
	}
	x := features.NewExtractor(features.Groupings(features.DefaultOptions()), new(flow.Hosts), new(flow.Labels))
	tables, err := x.Tables()
	if err != nil {
		panic(err)
	}
	table(features.RecordsTable, "A row for each record.", fieldsOf(tables[len(tables)-1]), nil)
	if err := features.NewEntropies(features.DefaultEntropyWindow, 0, "").Write(func(t *features.Table) error {
		table(t.Name, "A row for each record, with `extract --entropy`.", fieldsOf(t), nil)
		return nil
	}); err != nil {
		panic(err)
	}
	windows := features.EntropyWindows(features.DefaultOptions())
	made, _ := features.NewBuilder(windows, new(flow.Hosts)).Table()
	table(windows.Name, windows.Doc, fieldsOf(made), nil)
	table("alerts", "A row for each alert of a detector.", fieldsOf(detect.Table(nil)), nil)
	table("alert_counts", "How many alerts there are for each choice of features and windows.", fieldsOf(detect.CountsTable(nil)), nil)
	for _, d := range suite.Detectors {
		if w, ok := d.New().(detect.Tabler); ok {
			for _, t := range w.Tables() {
				table(t.Name, "Written by the detector "+d.Name+".", fieldsOf(t), nil)
			}
		}
	}
	empty := &ensemble.Trust{Methods: []string{"METHOD"}, Share: [][]float32{nil}}
	ofPairs, ofRecords := tables[slices.IndexFunc(tables, func(t *features.Table) bool { return t.Name == features.PairsTable })], tables[len(tables)-1]
	none := new(evaluate.Records)
	table(trustTable, "A row for each record, by `ensemble`; a share column for each method.", fieldsOf(recordsTrust(empty, ofRecords)), nil)
	table(trustPairs, "Trust rolled up: a row for each pair of addresses.", fieldsOf(pairsTrust(empty, none, ofRecords, ofPairs)), nil)
	table(trustHosts, "Trust rolled up: a row for each source address.", fieldsOf(hostsTrust(empty, none, ofPairs)), nil)
	ofBatches := tables[slices.IndexFunc(tables, func(t *features.Table) bool { return t.Name == features.BatchesTable })]
	table(trustWindows, "Trust rolled up: a row for each window of the batches.", fieldsOf(windowsTrust(empty, ofRecords, ofBatches)), nil)
	table(trustBins, "Where there are labels: how true the probabilities are, in tenths.", fieldsOf(reliability(nil)), nil)
	return b.String()
}

var (
	fence  = regexp.MustCompile("(?ms)^```(console|text [^ \n]+)\n(.*?)^```$")
	prompt = regexp.MustCompile(`(?m)^\$ `)

	anyLines = regexp.MustCompile(`(^|\n)…(\n|$)`)
)

// Every command that README.md and the tutorial show is run, in order, and
// says what they say it does. A line of … stands for any lines, and … in a
// line for anything. A block of text with a name is a file to be made.
func TestManual(t *testing.T) {
	t.Run("README.md", func(t *testing.T) { manual(t, "README.md") })
	t.Run("docs/explain.md", func(t *testing.T) { manual(t, "docs/explain.md") })
	t.Run("docs/tutorial.md", func(t *testing.T) {
		log := ref.Path(t, "data/zeek/stratosphere-011/conn.log.labeled.gz")
		manual(t, "docs/tutorial.md", log, "conn.log.gz")
	})
}

// manual runs the commands of a page in an empty directory, into which the
// files of from, each followed by its name there, are copied.
func manual(t *testing.T, page string, from ...string) {
	data, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for i := 0; i < len(from); i += 2 {
		if files[from[i+1]], err = os.ReadFile(from[i]); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(t.TempDir())
	write := func(name string, data []byte) {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range files {
		write(name, data)
	}
	ran := 0
	for _, block := range fence.FindAllStringSubmatch(string(data), -1) {
		if name, ok := strings.CutPrefix(block[1], "text "); ok {
			write(name, []byte(block[2]))
			continue
		}
		for _, cmd := range prompt.Split(block[2], -1)[1:] {
			line, want, _ := strings.Cut(cmd, "\n")
			args := strings.Fields(line)
			if args[0] != "toolkit" {
				t.Fatalf("%q does not begin with toolkit", line)
			}
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), args[1:], strings.NewReader(""), &stdout, &stderr); code != 0 {
				t.Fatalf("$ %s: exit code %d: %s", line, code, stderr.String())
			}
			ran++
			if want == "" {
				continue
			}
			pattern := regexp.QuoteMeta(strings.TrimRight(want, "\n"))
			pattern = anyLines.ReplaceAllString(pattern, "$1(?s:.*)$2")
			pattern = strings.ReplaceAll(pattern, "…", ".*")
			if got := strings.TrimRight(stripEnds(stdout.String()), "\n"); !regexp.MustCompile("^" + pattern + "$").MatchString(got) {
				t.Errorf("$ %s:\n%s\nwant\n%s", line, got, want)
			}
		}
	}
	if ran < 5 {
		t.Errorf("%d commands were run", ran)
	}
}

// stripEnds takes blanks off the ends of lines.
func stripEnds(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}
