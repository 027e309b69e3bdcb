// Command growth measures how the CPU time of a fit grows with rows and with columns, and fits the
// exponents by least squares on logarithms: made-up rows in ten groups, one worker, the least of three
// runs where they are short. With --on it measures fits to the rows of a table instead, standardised.
//
//	go run ./bench/growth [FLAGS] ["ALGORITHM --FLAG VALUE"]...
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"toolkit/algo"
	"toolkit/features"
	"toolkit/features/scale"
	"toolkit/reports"
	"toolkit/suite"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// defaults are measured if nothing is named.
var defaults = []string{"pca", "hbos", "iforest", "kmeans --k 8 --n-init 1", "dbscan", "hdbscan", "lof", "knn", "ecod"}

// against is one question: what grows, from where to where.
type against struct {
	what  string // rows or columns
	sizes []int
	table func(size int) *features.Matrix
}

func main() {
	rows := flag.String("rows", "1k,10k,100k", "numbers of rows, at 8 columns")
	columns := flag.String("columns", "2,8,23,57", "numbers of columns")
	at := flag.String("at", "20k", "the number of rows at which columns are counted")
	copies := flag.Float64("copies", 0, "the share of rows that are copies of others")
	limit := flag.Duration("limit", 20*time.Second, "CPU time of a fit after which no larger one is tried")
	plots := flag.String("plots", "", "a folder for curves of the first seven algorithms: growth-rows and growth-columns, as SVG and PNG")
	on := flag.String("on", "", "an Arrow file of a table, whose columns --columns names")
	flag.Parse()
	names := flag.Args()
	if len(names) == 0 {
		names = defaults
	}
	if *on != "" {
		x := read(*on, strings.Split(*columns, ","))
		n, _ := x.Dims()
		for _, name := range names {
			fmt.Printf("| %s | %d rows | %.3g CPU ms |\n", name, n, measure(name, x))
		}
		return
	}
	n := sizes(*at)[0]
	for _, q := range []against{
		{"rows", sizes(*rows), func(n int) *features.Matrix { return table(n, 8, *copies) }},
		{"columns", sizes(*columns), func(d int) *features.Matrix { return table(n, d, *copies) }},
	} {
		if len(q.sizes) > 1 {
			q.answer(os.Stdout, names, *limit, *plots)
		}
	}
}

// read returns the columns of a table in a file.
func read(file string, columns []string) *features.Matrix {
	f, err := os.Open(file)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		log.Fatal(err)
	}
	t, err := features.ReadArrow(f, info.Size(), file)
	if err != nil {
		log.Fatalf("reading %s: %v", file, err)
	}
	x, _, err := t.Matrix(columns)
	if err != nil {
		log.Fatal(err)
	}
	r, err := algo.Fit(context.Background(), scale.Standard.New(), x, algo.Env{Workers: 1})
	if err != nil {
		log.Fatal(err)
	}
	return x.With(r.Axes, r.Coords)
}

// sizes reads numbers such as 500, 20k, 1M.
func sizes(s string) (all []int) {
	for _, word := range strings.Split(s, ",") {
		number, factor := word, 1.0
		switch {
		case strings.HasSuffix(word, "k"):
			number, factor = word[:len(word)-1], 1e3
		case strings.HasSuffix(word, "M"):
			number, factor = word[:len(word)-1], 1e6
		}
		v, err := strconv.ParseFloat(number, 64)
		if err != nil || v < 1 {
			log.Fatalf("a number of rows or columns is %q, want one such as 500, 20k or 1M", word)
		}
		all = append(all, int(v*factor))
	}
	return all
}

// answer prints a line of CPU ms for each algorithm, with the exponent, and
// draws them.
func (q *against) answer(w io.Writer, names []string, limit time.Duration, plots string) {
	fmt.Fprintf(w, "\n| CPU ms, by %s |", q.what)
	for _, size := range q.sizes {
		fmt.Fprintf(w, " %s |", short(size))
	}
	fmt.Fprintf(w, " exponent |\n|---|%s---|\n", strings.Repeat("---|", len(q.sizes)))
	lines := make([]reports.Series, len(names))
	over := make([]bool, len(names))
	cells := make([][]string, len(names))
	for _, size := range q.sizes {
		x := q.table(size)
		for i, name := range names {
			cell := "—"
			if !over[i] {
				ms := measure(name, x)
				lines[i].X, lines[i].Y = append(lines[i].X, float64(size)), append(lines[i].Y, ms)
				over[i] = ms > float64(limit.Milliseconds())
				cell = fmt.Sprintf("%.3g", ms)
				if ms >= 1000 {
					cell = fmt.Sprintf("%.0f", ms)
				}
			}
			cells[i] = append(cells[i], cell)
		}
	}
	for i, name := range names {
		exponent := "—"
		if len(lines[i].X) > 1 {
			_, slope := stat.LinearRegression(logs(lines[i].X), logs(lines[i].Y), nil, false)
			exponent = fmt.Sprintf("%.2f", slope)
		}
		fmt.Fprintf(w, "| %s | %s | %s |\n", name, strings.Join(cells[i], " | "), exponent)
		lines[i].Name, lines[i].Hue, lines[i].Dots = name+", "+exponent, reports.First+reports.Hue(i%reports.Hues), true
	}
	if plots == "" {
		return
	}
	f := &reports.Figure{ID: "growth-" + q.what, Plot: &reports.Lines{
		X:      reports.Axis{Label: q.what, Symlog: float64(q.sizes[0])},
		Y:      reports.Axis{Label: "CPU ms", Symlog: 1},
		Series: lines[:min(len(lines), reports.Hues)], // no two of one colour
	}}
	png, err := f.PNG()
	if err != nil {
		log.Fatal(err)
	}
	for ending, data := range map[string][]byte{".svg": f.SVG(), ".png": png} {
		if err := os.WriteFile(filepath.Join(plots, f.ID+ending), data, 0o666); err != nil {
			log.Fatal(err)
		}
	}
}

func short(size int) string {
	switch {
	case size >= 1e6:
		return fmt.Sprintf("%gM", float64(size)/1e6)
	case size >= 1e3:
		return fmt.Sprintf("%gk", float64(size)/1e3)
	}
	return strconv.Itoa(size)
}

func logs(v []float64) (l []float64) {
	for _, v := range v {
		l = append(l, math.Log(v))
	}
	return l
}

// measure returns the CPU ms of a fit.
func measure(name string, x *features.Matrix) float64 {
	words := strings.Fields(name)
	a, err := suite.Algorithm(suite.Algorithms, words[0])
	if err != nil {
		log.Fatal(err)
	}
	best := math.Inf(1)
	for run := 0; run < 3 && (run == 0 || best < 2000); run++ {
		m := a.New()
		fs := pflag.NewFlagSet(a.Name, pflag.ContinueOnError)
		m.Flags(fs)
		if err := fs.Parse(words[1:]); err != nil {
			log.Fatalf("%s: %v", name, err)
		}
		runtime.GC()
		began := cpu()
		if _, err := algo.Fit(context.Background(), m, x, algo.Env{Seed: 1, Workers: 1}); err != nil {
			log.Fatalf("%s: %v", name, err)
		}
		best = min(best, cpu()-began)
	}
	return best
}

// cpu returns the CPU ms of the process so far.
func cpu() float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		log.Fatal(err)
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e6
}

// table returns n rows of d columns in ten groups, each around a place of its own.
func table(n, d int, copies float64) *features.Matrix {
	rng := rand.New(rand.NewPCG(1, 0))
	x := &features.Matrix{X: mat.NewDense(n, d, nil)}
	places := mat.NewDense(10, d, nil)
	places.Apply(func(_, _ int, _ float64) float64 { return 5 * rng.NormFloat64() }, places)
	for j := range d {
		x.Names = append(x.Names, fmt.Sprint("c", j))
	}
	for i := range n {
		row := x.X.RawRowView(i)
		if i > 0 && rng.Float64() < copies {
			copy(row, x.X.RawRowView(rng.IntN(i)))
			continue
		}
		copy(row, places.RawRowView(rng.IntN(10)))
		for j := range row {
			row[j] += rng.NormFloat64()
		}
	}
	return x
}
