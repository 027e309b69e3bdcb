package reports

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"toolkit/detect"
	"toolkit/evaluate"
	"toolkit/features"
	"toolkit/internal/run"
)

// Two runs of other inputs and fences: what differs is told, what is equal or
// has no effect is not.
func TestCompare(t *testing.T) {
	half, most := 0.5, 0.9
	of := func(sha, fence string, recall *float64, seconds ...int64) *Input {
		var alerts []*detect.Alert
		for _, s := range seconds {
			alerts = append(alerts, &detect.Alert{Detector: "iqr", Start: time.Unix(s, 0), End: time.Unix(s+10, 0), Subject: detect.Subject{Src: netip.MustParseAddr("10.0.0.1")}})
		}
		return &Input{
			Tables: map[string]*features.Table{"alerts": detect.Table(alerts)},
			Evaluation: &evaluate.Evaluation{Methods: []evaluate.Outcome{{Name: "iqr", Flagged: evaluate.Counts{Records: 7},
				Detection: &evaluate.Detection{Recall: recall}}}},
			Manifest: &run.Manifest{Runs: []*run.Run{{
				Command: "detect", Version: "1", Seed: 1, Inputs: []run.File{{Path: "flows.csv", SHA256: sha}, {Path: "same.csv", SHA256: "s"}},
				Params: []run.Param{{Name: "fence", Value: fence}, {Name: "window", Value: "10s"}, {Name: "workers", Value: fence}},
			}}},
		}
	}
	c := Compare([]string{"a", "b"}, []*Input{of("x", "3", &half, 0, 10), of("y", "1.5", &most, 10, 20, 30)})
	if want := []Difference{{"flows.csv", []string{"x", "y"}}}; !reflect.DeepEqual(c.Inputs, want) {
		t.Errorf("inputs %v, want %v", c.Inputs, want)
	}
	if want := []Difference{{"detect fence", []string{"3", "1.5"}}}; !reflect.DeepEqual(c.Params, want) {
		t.Errorf("parameters %v, want %v", c.Params, want)
	}
	want := []AlertChange{{Run: "b", Detector: "iqr", Same: 1, Came: 2, Went: 1,
		New: []string{"1970-01-01 00:00:20 10.0.0.1", "1970-01-01 00:00:30 10.0.0.1"}, Gone: []string{"1970-01-01 00:00:00 10.0.0.1"}}}
	if !reflect.DeepEqual(c.Alerts, want) {
		t.Errorf("alerts %+v, want %+v", c.Alerts, want)
	}
	text := c.Text()
	for _, s := range []string{"flows.csv: x | y", "iqr, recall: 0.5 | 0.9", "1 as before, 2 came, 1 went"} {
		if !strings.Contains(text, s) {
			t.Errorf("the text lacks %q:\n%s", s, text)
		}
	}
	if strings.Contains(text, "flagged records") || strings.Contains(text, "window") {
		t.Errorf("the text tells what is equal:\n%s", text)
	}
	for name, r := range map[string]*Report{"differing": c.Report("1"), "equal": Compare([]string{"a", "a"}, []*Input{of("x", "3", &half), of("x", "3", &half)}).Report("1"),
		"empty": Compare([]string{"a", "b"}, []*Input{{}, {}}).Report("1")} {
		if err := r.check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if page, err := r.HTML(); err != nil || !strings.Contains(string(page), "Inputs that differ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
