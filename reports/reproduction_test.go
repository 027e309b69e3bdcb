package reports

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/datasets/synth"
	"toolkit/flow"
	"toolkit/reproduce"
)

// The report of a small input has every figure and plot, and says in every
// heading that the input is not the original's.
func TestReproduction(t *testing.T) {
	hosts, labels := new(flow.Hosts), new(flow.Labels)
	j := reproduce.New(hosts, labels, nil, nil)
	for b, err := range (synth.Config{Records: 2000, Seed: 1}).Source(hosts, labels) {
		if err != nil {
			t.Fatal(err)
		}
		j.Add(b)
	}
	res, err := j.Finish(context.Background(), algo.Env{Seed: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := Reproduction(res, "two thousand", "1")
	if err := r.check(); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, s := range r.Sections[1:] {
		if !strings.HasSuffix(s.Title, ", on two thousand") {
			t.Errorf("heading %q does not name the data", s.Title)
		}
		rows += len(s.Tables[0].Rows)
	}
	if rows != len(res.Rows) || len(r.Figures()) < 15 {
		t.Errorf("%d figures of %d, %d plots", rows, len(res.Rows), len(r.Figures()))
	}
	page, err := r.HTML()
	if err != nil || !bytes.Contains(page, []byte("flush fault")) {
		t.Errorf("the page lacks a reason; error %v", err)
	}
	if text := ReproductionText(res, "two thousand"); !strings.Contains(text, "65,752") || !strings.Contains(text, "not the original's data") {
		t.Errorf("text:\n%s", text)
	}
}
