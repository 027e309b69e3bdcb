package evaluate

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestReadLabels(t *testing.T) {
	f := func(text string, names []string, want ...int32) {
		t.Helper()
		l, err := ReadLabels(strings.NewReader(text), "x")
		if err != nil {
			t.Errorf("%q: %v", text, err)
			return
		}
		got, err := l.Spread(len(want))
		if err != nil || !reflect.DeepEqual(l.Names, names) || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: names %q, labels %v, %v; want %q, %v", text, l.Names, got, err, names, want)
		}
	}
	f("", nil, -1, -1)
	f("record,label\n", nil, -1)
	f("0,a\n2,b\n3,a\n", []string{"a", "b"}, 0, -1, 1, 0, -1)
	f("3,a\n0,b\n", []string{"a", "b"}, 1, -1, -1, 0)
	f("record,label,campaign\r\n1,scan,7\r\n0,dos,8\r\n", []string{"scan", "dos"}, 1, 0)
	f("label, Record\na,1\n", []string{"a"}, -1, 0)
	f("\ufeffrecord,label\n0,\"a, b\"\n", []string{"a, b"}, 0)
	f("\ufeff0,a\n", []string{"a"}, 0)
	f(" 1 , a \n0,\n", []string{"a"}, -1, 0)
}

func TestReadLabelsErrors(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := ReadLabels(strings.NewReader(text), "l.csv")
		if err == nil || !strings.Contains(err.Error(), "l.csv") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
	f("0,a\n1,b\n0,c\n", "line 3: record 0 has a label in line 1")
	f("record,label\n5,a\n5,a\n", "line 3: record 5 has a label in line 2")
	f("0,a\n1,\n1,b\n", "line 3: record 1")
	f("0,a\nx,b\n", `line 2: "x" is not the number of a record`)
	f("0,a\nrecord,label\n", `line 2: "record" is not`)
	f("0,a\n-1,b\n", `line 2: "-1" is not`)
	f("0,a\n1.0,b\n", `line 2: "1.0" is not`)
	f("0,a\n99999999999999999999,b\n", "line 2")
	f("number,name\n", "line 1: \"number\" is not the number of a record, which counts from 0; a header has the columns record and label")
	f("0,a\n1\n", "line 2: 1 columns, want record,label")
	f("a,b,record,label\n1,2,3\n", "line 2: 3 columns")
	f("0,a\n1,\"b\n", "line")

	var descending strings.Builder
	for i := range 100 {
		fmt.Fprintf(&descending, "%d,a\n", 99-i)
	}
	f(descending.String()+descending.String(), "line 200: record 0 has a label in line 100")

	broken := errors.New("disk on fire")
	if _, err := ReadLabels(io.MultiReader(strings.NewReader("0,a\n"), iotest.ErrReader(broken)), "l.csv"); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

func TestSpreadBeyondTheInput(t *testing.T) {
	l, err := ReadLabels(strings.NewReader("7,a\n3,b\n"), "l.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Spread(8); err != nil {
		t.Error(err)
	}
	if _, err := l.Spread(7); err == nil || !strings.Contains(err.Error(), "l.csv, line 1: record 7") || !strings.Contains(err.Error(), "has 7 records") {
		t.Errorf("error %v", err)
	}
}

// The order of the lines doesn't matter, and every label arrives.
func TestReadLabelsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		n := rapid.IntRange(0, 50).Draw(t, "n")
		want := make([]string, n)
		var text strings.Builder
		var lines int
		for _, i := range rng.Perm(n) {
			if rng.IntN(3) > 0 {
				want[i] = fmt.Sprint("label ", rng.IntN(4))
				fmt.Fprintf(&text, "%d,%s,more\n", i, want[i])
				lines++
			}
		}
		l, err := ReadLabels(strings.NewReader(text.String()), "x")
		if err != nil || l.Len() != lines {
			t.Fatalf("%d labels of %d: %v", l.Len(), lines, err)
		}
		label, err := l.Spread(n)
		if err != nil {
			t.Fatal(err)
		}
		for i, k := range label {
			got := ""
			if k >= 0 {
				got = l.Names[k]
			}
			if got != want[i] {
				t.Fatalf("record %d is %q, want %q", i, got, want[i])
			}
		}
	})
}

// No text makes it panic, and what it takes in it spreads.
func FuzzReadLabels(f *testing.F) {
	for _, s := range []string{"0,a\n", "record,label\n1,b\n", "label,record\nb,1\n", "0,\"a\n", "\ufeff", ",,\n", "\n\n0,a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ReadLabels(strings.NewReader(s), "x")
		if err != nil {
			return
		}
		n := 0
		if l.Len() > 0 {
			n = int(min(l.entries[l.Len()-1].record+1, 1<<20))
		}
		if _, err := l.Spread(n); err != nil && n < 1<<20 {
			t.Error(err)
		}
	})
}

func BenchmarkReadLabels(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "%d,label%d,3\n", i, i%7)
		}
		b.Run(fmt.Sprintf("n=%dk", n/1000), func(b *testing.B) {
			b.SetBytes(int64(text.Len()))
			for b.Loop() {
				if _, err := ReadLabels(strings.NewReader(text.String()), "x"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
