package tail_test

import (
	"context"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"toolkit/features"
	"toolkit/internal/ref"

	"gonum.org/v1/gonum/mat"
)

// The mean AUROC over ADBench's three splits of 15 data sets is within 0.01 of
// that in the benchmark's table, published_aucroc.csv.
func TestADBench(t *testing.T) {
	published := ref.CSV(t, "data/adbench/published_aucroc.csv")
	for _, name := range strings.Fields("Cardiotocography Hepatitis InternetAds Ionosphere Lymphography Pima Stamps WBC WDBC WPBC breastw cardio glass vertebral yeast") {
		var splits struct {
			Table string `json:"table_name"`
			Seeds map[string]struct{ Train, Test []int }
		}
		ref.JSON(t, path.Join("data/adbench/hbos_expected", name+".json.gz"), &splits)
		row := slices.Index(published["ds"], splits.Table)
		if row < 0 || len(splits.Seeds) != 3 {
			t.Fatalf("%s: no published value of %q, or %d splits", name, splits.Table, len(splits.Seeds))
		}
		cols := ref.CSV(t, path.Join("data/adbench", name+".csv.gz"))
		label := ref.Floats(t, cols["label"])
		var names []string
		for j := range len(cols) - 1 {
			names = append(names, fmt.Sprintf("x%d", j))
		}
		x := mat.NewDense(len(label), len(names), nil)
		for j, c := range names {
			x.SetCol(j, ref.Floats(t, cols[c]))
		}
		for _, a := range both {
			want, err := strconv.ParseFloat(published[strings.ToUpper(a.Name)][row], 64)
			if err != nil {
				t.Fatal(err)
			}
			var sum float64
			for _, seed := range []string{"1", "2", "3"} {
				s := splits.Seeds[seed]
				r, err := fit(t, a, take(names, x, s.Train)).Model.Apply(context.Background(), take(names, x, s.Test))
				if err != nil {
					t.Fatal(err)
				}
				sum += auroc(r.Scores, func(i int) bool { return label[s.Test[i]] == 1 })
			}
			if got := sum / 3; math.Abs(got-want) > 0.01 {
				t.Errorf("%s on %s: AUROC %.4f, published %.4f", a, name, got, want)
			}
		}
	}
}

// take returns rows of x.
func take(names []string, x *mat.Dense, rows []int) *features.Matrix {
	y := mat.NewDense(len(rows), len(names), nil)
	for k, i := range rows {
		y.SetRow(k, x.RawRowView(i))
	}
	return &features.Matrix{Names: names, X: y}
}

// auroc is the chance that a true row has a higher score than another one,
// ties counting half.
func auroc(scores []float64, truth func(i int) bool) float64 {
	var wins, pairs float64
	for i, s := range scores {
		for k, o := range scores {
			if !truth(i) || truth(k) {
				continue
			}
			pairs++
			switch {
			case s > o:
				wins++
			case s == o:
				wins += 0.5
			}
		}
	}
	return wins / pairs
}
