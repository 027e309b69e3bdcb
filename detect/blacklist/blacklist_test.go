package blacklist_test

import (
	"strings"
	"testing"

	"toolkit/detect"
	"toolkit/detect/blacklist"
	"toolkit/detect/detecttest"
	"toolkit/internal/ref"
)

func TestBoth(t *testing.T) {
	detecttest.Run(t, blacklist.Detector, "testdata/both.csv", "--blacklist=testdata/list.txt")
}

func TestSeed(t *testing.T) {
	detecttest.Run(t, detecttest.Seed(blacklist.Detector), "testdata/seed.csv", "--blacklist=testdata/list.txt")
}

// Reference: golden.json of office10k, analyzer_all: 2 alerts of kind
// blacklist_dst, and 72 without the early return.
func TestReference(t *testing.T) {
	var want struct {
		All struct {
			Kinds map[string]int
			Full  struct{ Dst int } `json:"blacklist_without_early_return"`
		} `json:"analyzer_all"`
	}
	ref.JSON(t, "reference/office10k/golden.json", &want)
	for seed, n := range map[bool]int{true: want.All.Kinds["blacklist_dst"], false: want.All.Full.Dst} {
		w := &blacklist.Watcher{Files: []string{ref.Path(t, "reference/office10k/blacklist.csv")}}
		if err := w.Check(); err != nil {
			t.Fatal(err)
		}
		w.SeedCompat(seed)
		records := 0
		for _, a := range detecttest.Office10k(t, w) {
			if records += len(a.Records); a.Kind != "dst" {
				t.Errorf("seed %v: %s alert on %v", seed, a.Kind, a.Subject)
			}
		}
		if records != n || n == 0 {
			t.Errorf("seed %v: %d records, want %d", seed, records, n)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"1.2.3.4\n5.6.7.8\n":                        "1.2.3.4/32 5.6.7.8/32",
		"1.2.3.4 # scanner\r\n\r\n# x\n5.6.7.8#a":   "1.2.3.4/32 5.6.7.8/32",
		`"1.2.3.4","5.6.7.8"`:                       "1.2.3.4/32 5.6.7.8/32",
		"1.10.16.9/20 ; SBL256894":                  "1.10.16.0/20",
		"::ffff:1.2.3.4,::ffff:1.2.3.0/120,fe80::1": "1.2.3.4/32 1.2.3.0/24 fe80::1/128",
		"":          "",
		"# nothing": "",
		"\ufeff::1": "::1/128",
	} {
		l, err := blacklist.Parse(strings.NewReader(text), "list")
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var got []string
		for _, p := range l.Prefixes {
			got = append(got, p.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"1.2.3.4\n<html>":       `reading the blacklist dir/list: line 2: "<html>" is not an address or a network such as 192.0.2.0/24`,
		"1.2.3\n":               "line 1",
		"1.2.3.4/33":            "line 1",
		"fe80::1%eth0":          "line 1",
		"10.0.0.0/8\n\n0/0":     "line 3",
		"0.0.0.0/0":             "a network that leaves anything out",
		strings.Repeat("x", 99): "x…",
	} {
		if _, err := blacklist.Parse(strings.NewReader(text), "dir/list"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("1.2.3.4, 10.0.0.0/8 # x\n::1;")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := blacklist.Parse(strings.NewReader(text), "list")
		if err != nil {
			return
		}
		for _, p := range l.Prefixes {
			if !p.IsValid() || p.Bits() == 0 || p != p.Masked() {
				t.Errorf("%q: %v", text, p)
			}
		}
	})
}

func BenchmarkBlacklist(b *testing.B) {
	d := *blacklist.Detector
	d.New = func() detect.Watcher {
		w := &blacklist.Watcher{Files: []string{"testdata/list.txt"}}
		if err := w.Check(); err != nil {
			b.Fatal(err)
		}
		return w
	}
	detecttest.Bench(b, &d)
}
