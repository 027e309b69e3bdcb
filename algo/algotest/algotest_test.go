package algotest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/features"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"
)

func TestRun(t *testing.T) { Run(t, toy(), Set("gap", "4"), Scales("gap", 1)) }

// A wrapped is the toy with faulty functions in place of some of its own.
type wrapped struct {
	toyMethod
	*hooks // a pointer, since two functions are never equal
}

type hooks struct {
	flags func(m *toyMethod, fs *pflag.FlagSet)
	check func(m *toyMethod) error
	bytes func(n int) int64
	fit   func(ctx context.Context, w *wrapped, x *features.Matrix, env algo.Env) (*algo.Result, error)
}

func (w *wrapped) Flags(fs *pflag.FlagSet) {
	if w.flags != nil {
		w.flags(&w.toyMethod, fs)
		return
	}
	w.toyMethod.Flags(fs)
}

func (w *wrapped) Check() error {
	if w.check != nil {
		return w.check(&w.toyMethod)
	}
	return w.toyMethod.Check()
}

func (w *wrapped) Bytes(n, distinct, d, workers int) int64 {
	if w.bytes != nil {
		return w.bytes(n)
	}
	return w.toyMethod.Bytes(n, distinct, d, workers)
}

func (w *wrapped) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	if w.fit != nil {
		return w.fit(ctx, w, x, env)
	}
	return w.toyMethod.Fit(ctx, x, env)
}

// A fakeModel is the toy's with other answers.
type fakeModel struct {
	*toyModel
	apply   func(m *toyModel, r *algo.Result)
	explain func(reasons []algo.Reason) []algo.Reason
}

func (f *fakeModel) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	r, err := f.toyModel.Apply(ctx, x)
	if err == nil && f.apply != nil {
		f.apply(f.toyModel, r)
	}
	return r, err
}

func (f *fakeModel) Explain(x *features.Matrix, i int) []algo.Reason {
	reasons := f.toyModel.Explain(x, i)
	if f.explain != nil {
		reasons = f.explain(reasons)
	}
	return reasons
}

func with(h hooks) func(*algo.Algorithm) {
	return func(a *algo.Algorithm) {
		a.New = func() algo.Method { return &wrapped{toyMethod{Gap: 3}, &h} }
	}
}

// result is a fit whose right result is spoilt.
func result(spoil func(r *algo.Result)) func(*algo.Algorithm) {
	return with(hooks{fit: func(ctx context.Context, w *wrapped, x *features.Matrix, env algo.Env) (*algo.Result, error) {
		r, err := w.toyMethod.Fit(ctx, x, env)
		if err == nil {
			spoil(r)
		}
		return r, err
	}})
}

func model(f fakeModel) func(*algo.Algorithm) {
	wrap := func(m algo.Model) algo.Model { c := f; c.toyModel = m.(*toyModel); return &c }
	return func(a *algo.Algorithm) {
		result(func(r *algo.Result) { r.Model = wrap(r.Model) })(a)
		a.Load = func(t *features.Table) (algo.Model, error) {
			m, err := loadToy(t)
			if err != nil {
				return nil, err
			}
			return wrap(m), nil
		}
	}
}

// An idle model says that it learns on, and does not.
type idle struct{ algo.Model }

func (idle) Update(context.Context, *features.Matrix) error { return nil }

// updater is the toy with idle models.
func updater(declared bool) func(*algo.Algorithm) {
	return func(a *algo.Algorithm) {
		a.Updates = declared
		result(func(r *algo.Result) { r.Model = idle{r.Model} })(a)
		a.Load = func(t *features.Table) (algo.Model, error) {
			m, err := loadToy(t)
			return idle{m}, err
		}
	}
}

// before is a fit that does something else first.
func before(first func(w *wrapped, x *features.Matrix, env algo.Env) error) func(*algo.Algorithm) {
	return with(hooks{fit: func(ctx context.Context, w *wrapped, x *features.Matrix, env algo.Env) (*algo.Result, error) {
		if err := first(w, x, env); err != nil {
			return nil, err
		}
		return w.toyMethod.Fit(ctx, x, env)
	}})
}

func TestFaultsAreCaught(t *testing.T) {
	var shared, draws float64 = 3, 0
	background := func(n int) func(*algo.Algorithm) {
		return with(hooks{fit: func(ctx context.Context, w *wrapped, x *features.Matrix, env algo.Env) (*algo.Result, error) {
			for range n {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
			}
			return w.toyMethod.Fit(context.Background(), x, env)
		}})
	}
	for _, f := range []struct {
		fault string
		make  func(*algo.Algorithm)
		check string // which must catch it
		says  string // in a fault that it finds
	}{
		{"no cost", func(a *algo.Algorithm) { a.Cost = "" }, "declaration", "Cost"},
		{"default out of range", func(a *algo.Algorithm) { a.New = func() algo.Method { return &toyMethod{} } }, "declaration", "--gap is 0"},

		{"flag bound to nothing", with(hooks{flags: func(m *toyMethod, fs *pflag.FlagSet) { fs.Float64("gap", m.Gap, "gap") }}), "flags set the parameters", "changes no parameter"},
		{"default said twice", with(hooks{flags: func(m *toyMethod, fs *pflag.FlagSet) { fs.Float64Var(&m.Gap, "gap", 2, "gap") }}), "flags set the parameters", "then shows 2"},
		{"shared parameter", with(hooks{flags: func(m *toyMethod, fs *pflag.FlagSet) {
			fs.Float64Var(&shared, "gap", shared, "gap")
		}}), "flags set the parameters", "changes the default of the next"},
		{"default that doesn't parse", with(hooks{flags: func(m *toyMethod, fs *pflag.FlagSet) {
			m.Flags(fs)
			fs.Lookup("gap").DefValue = "a little"
		}}), "flags set the parameters", "doesn't parse"},
		{"NaN accepted", with(hooks{check: func(m *toyMethod) error {
			if m.Gap <= 0 {
				return &algo.ParamError{Name: "gap", Value: m.Gap, Want: "above 0"}
			}
			return nil
		}}), "parameters out of range", "--gap NaN"},

		{"undeclared part", func(a *algo.Algorithm) { a.Gives = algo.Labels }, "gives what it says", "declared 001"},
		{"part missing", result(func(r *algo.Result) { r.Coords = nil }), "gives what it says", "gives parts 011"},
		{"gap in labels", result(func(r *algo.Result) { relabel(r, 1, 7) }), "gives what it says", "label of row"},
		{"labels not by first row", result(func(r *algo.Result) { relabel(r, 0, 5); relabel(r, 1, 0); relabel(r, 5, 1) }), "gives what it says", "numbered by first row"},
		{"undeclared noise", result(func(r *algo.Result) { relabel(r, 2, algo.Noise) }), "gives what it says", "is -1"},
		{"NaN score", result(func(r *algo.Result) { r.Scores[len(r.Scores)-1] = math.NaN() }), "gives what it says", "score of row 299 is NaN"},
		{"score missing", result(func(r *algo.Result) { r.Scores = r.Scores[1:] }), "gives what it says", "299 scores"},
		{"infinite coordinate", result(func(r *algo.Result) { r.Coords.Set(0, 0, math.Inf(1)) }), "gives what it says", "coords of row 0"},
		{"axis without name", result(func(r *algo.Result) { r.Axes = nil }), "gives what it says", "0 axes"},
		{"CamelCase column", result(func(r *algo.Result) { r.Columns[0].Name = "RowMean" }), "gives what it says", "snake_case"},
		{"column without doc", result(func(r *algo.Result) { r.Columns[0].Doc = "" }), "gives what it says", "no Doc"},
		{"column too short", result(func(r *algo.Result) { r.Columns[0].Floats = r.Columns[0].Floats[1:] }), "gives what it says", "299 rows"},
		{"table of unequal columns", result(func(r *algo.Result) { r.Tables[0].Columns[1].Floats = nil }), "gives what it says", "has 0 rows"},
		{"stat twice", result(func(r *algo.Result) { r.Stats = append(r.Stats, r.Stats...) }), "gives what it says", "used twice"},

		{"random numbers of its own", result(func(r *algo.Result) { draws++; r.Scores[0] += draws * 1e-15 }), "same result for any workers", "scores differ"},
		{"depends on workers", with(hooks{fit: func(ctx context.Context, w *wrapped, x *features.Matrix, env algo.Env) (*algo.Result, error) {
			r, err := w.toyMethod.Fit(ctx, x, env)
			if err == nil {
				r.Columns[0].Floats[0] += float64(env.Workers)
			}
			return r, err
		}}), "same result for any workers", "1 worker and 8: columns differ"},
		{"progress beyond its end", before(func(w *wrapped, x *features.Matrix, env algo.Env) error { env.Step(2, 1); return nil }), "same result for any workers", "Progress of 2 out of 1"},

		{"centres its input", before(func(w *wrapped, x *features.Matrix, env algo.Env) error { x.X.Set(0, 0, 0); return nil }), "leaves its input alone", "Fit changed the matrix"},
		{"normalises weights", before(func(w *wrapped, x *features.Matrix, env algo.Env) error {
			if x.Weight != nil {
				x.Weight[0] = 1e-3
			}
			return nil
		}), "leaves its input alone", "Fit changed the matrix"},
		{"learns its parameter", before(func(w *wrapped, x *features.Matrix, env algo.Env) error { w.Gap = 5; return nil }), "leaves its input alone", "Fit changed the method"},

		{"a unit of its own", func(*algo.Algorithm) {}, "scale of the data", "labels differ"},
		{"undeclared updates", updater(false), "learns on", "Updates is false"},
		{"learns nothing", updater(true), "learns on", "changes nothing"},
		{"learns from other columns", updater(true), "learns on", "other columns gives no error"},

		{"refuses one row", before(func(w *wrapped, x *features.Matrix, env algo.Env) error {
			if n, _ := x.Dims(); n == 1 {
				return errors.New("need two rows")
			}
			return nil
		}), "small and strange matrices", "1×3: need two rows"},
		{"index out of range for few rows", before(func(w *wrapped, x *features.Matrix, env algo.Env) error {
			_ = x.X.At(4, 0) // as the first centres of k = 5
			return nil
		}), "small and strange matrices", "panic"},
		{"divides by a range of 0", result(func(r *algo.Result) {
			if lo, hi := slices.Min(r.Scores), slices.Max(r.Scores); lo == hi {
				r.Scores[0] = math.Inf(1)
			}
		}), "small and strange matrices", "equal rows (defaults): score of row 0 is +Inf"},

		{"ignores weights", with(hooks{fit: func(ctx context.Context, w *wrapped, x *features.Matrix, env algo.Env) (*algo.Result, error) {
			y := *x
			y.Weight = nil
			return w.toyMethod.Fit(ctx, &y, env)
		}}), "weights are repetitions", "scores differ"},
		{"begins at the first row", result(func(r *algo.Result) {
			first := r.Scores[0]
			for i := range r.Scores {
				r.Scores[i] = math.Abs(r.Scores[i] - first)
			}
		}), "order of rows", "scores differ"},
		{"labels by order of rows", result(func(r *algo.Result) {
			for i := range r.Labels {
				r.Labels[i] = int32(2 * i / len(r.Labels))
			}
		}), "order of rows", "labels differ"},

		{"never asks ctx", background(0), "stops when told to", "asks ctx.Err() 0 times"},
		{"asks ctx at the start only", background(1), "stops when told to", "asks ctx.Err() 1 times"},
		{"goes on when cancelled", with(hooks{fit: func(ctx context.Context, w *wrapped, x *features.Matrix, env algo.Env) (*algo.Result, error) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			for range 200 {
				_ = ctx.Err()
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			return w.toyMethod.Fit(context.Background(), x, env)
		}}), "stops when told to", "times more after"},
		{"an error of its own", with(hooks{fit: func(ctx context.Context, w *wrapped, x *features.Matrix, env algo.Env) (*algo.Result, error) {
			r, err := w.toyMethod.Fit(ctx, x, env)
			if err != nil {
				err = errors.New("stopped")
			}
			return r, err
		}}), "stops when told to", "error stopped"},

		{"free of charge", with(hooks{bytes: func(int) int64 { return 0 }}), "memory", "Bytes for 1 rows is 0"},
		{"cost without n", with(hooks{bytes: func(int) int64 { return 1 << 20 }}), "memory", "Bytes for 1000 rows"},
		{"cost in 32 bits", with(hooks{bytes: func(n int) int64 { return int64(int32(n) * int32(n)) }}), "memory", "Bytes for"},

		{"model without Load", func(a *algo.Algorithm) { a.Load = nil }, "model", "don't go together"},
		{"lossy Load", func(a *algo.Algorithm) {
			a.Load = func(t *features.Table) (algo.Model, error) {
				m, err := loadToy(t)
				if m, ok := m.(*toyModel); ok {
					for j, v := range m.mean {
						m.mean[j] = float64(float32(v))
					}
				}
				return m, err
			}
		}, "model", "before and after Load: scores differ"},
		{"Load panics", func(a *algo.Algorithm) {
			a.Load = func(t *features.Table) (algo.Model, error) { return loadToy(&features.Table{Columns: t.Columns[:2]}) }
		}, "model", "panic"},
		{"Load takes anything", func(a *algo.Algorithm) {
			a.Load = func(t *features.Table) (algo.Model, error) {
				if t.Len() == 0 {
					return new(toyModel), nil
				}
				return loadToy(t)
			}
		}, "model", "Load of an empty table"},
		{"judges otherwise than it fitted", model(fakeModel{apply: func(_ *toyModel, r *algo.Result) { r.Scores[1] *= 1.001 }}), "model", "Fit and Apply: scores differ"},
		{"model that changes", model(fakeModel{apply: func(m *toyModel, _ *algo.Result) { m.cut[0] += 1e-12 }}), "model", "Apply changed the State"},
		{"judges rows by their company", model(fakeModel{apply: func(_ *toyModel, r *algo.Result) {
			if len(r.Labels) < 10 {
				r.Labels = renumber(r.Labels)
				r.Labels[0]++
			}
		}}), "model", "Apply of some rows and of all: labels differ"},

		{"reason of an unknown column", reason(func(r []algo.Reason) []algo.Reason { r[0].Column = "size"; return r }), "reasons", `no column "size"`},
		{"reason with a scaled value", reason(func(r []algo.Reason) []algo.Reason { r[0].Value /= 2; return r }), "reasons", "want the row's"},
		{"reason without a range", reason(func(r []algo.Reason) []algo.Reason { r[0].Low = math.NaN(); return r }), "reasons", "ordinary from NaN"},
		{"reasons not shares", reason(func(r []algo.Reason) []algo.Reason { r[0].Weight += 1; return r }), "reasons", "sum to"},
		{"reasons not in order", reason(func(r []algo.Reason) []algo.Reason { slices.Reverse(r); return r }), "reasons", "not in order"},
		{"reasons without weight", reason(func(r []algo.Reason) []algo.Reason { r[0].Weight = math.NaN(); return r }), "reasons", "weight NaN"},
		{"no reasons", reason(func([]algo.Reason) []algo.Reason { return nil }), "reasons", "no reason for row"},

		{"one cluster for all", result(func(r *algo.Result) { clear(r.Labels) }), "finds the blobs", "Rand index"},
		{"scores upside down", result(func(r *algo.Result) {
			for i := range r.Scores {
				r.Scores[i] *= -1
			}
		}), "ranks outliers high", "AUROC"},
	} {
		t.Run(f.fault, func(t *testing.T) {
			a := toy()
			f.make(a)
			shared = 3
			faults := newSubject(a, nil).run(find(t, f.check))
			if !slices.ContainsFunc(faults, func(s string) bool { return strings.Contains(s, f.says) }) {
				t.Errorf("check %q finds %q, nothing with %q", f.check, faults, f.says)
			}
		})
	}
}

// reason is the toy with its reasons spoilt, where it gives several.
func reason(spoil func([]algo.Reason) []algo.Reason) func(*algo.Algorithm) {
	return model(fakeModel{explain: spoil})
}

func relabel(r *algo.Result, from, to int32) {
	for i, l := range r.Labels {
		if l == from {
			r.Labels[i] = to
		}
	}
}

func find(t *testing.T, name string) check {
	t.Helper()
	i := slices.IndexFunc(checks, func(c check) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("no check %q", name)
	}
	return checks[i]
}

// The toy without a model and with one part only passes as well: what an
// algorithm doesn't give isn't asked of it.
func TestFewerParts(t *testing.T) {
	a := toy()
	a.Gives, a.Score, a.Load = algo.Coords, "", nil
	result(func(r *algo.Result) { r.Labels, r.Scores, r.Columns, r.Tables, r.Model = nil, nil, nil, nil, nil })(a)
	for _, c := range checks {
		if faults := newSubject(a, nil).run(c); len(faults) > 0 {
			t.Errorf("%s: %q", c.name, faults)
		}
	}
}

func TestARI(t *testing.T) {
	for _, c := range []struct {
		a, b []int32
		want float64
	}{
		{[]int32{0, 0, 1, 1}, []int32{1, 1, 0, 0}, 1},
		{[]int32{0, 0, 0, 0}, []int32{0, 0, 0, 0}, 1},
		{[]int32{0, 0, 1, 2}, []int32{0, 0, 1, 1}, 0.5714285714285714}, // scikit-learn's documentation of adjusted_rand_score: 0.57
		{[]int32{0, 0, 0, 0}, []int32{0, 1, 2, 3}, 0},                  // ibid.
	} {
		if got := ari(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("ari(%v, %v) = %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestAUROC(t *testing.T) {
	// scikit-learn's documentation of roc_auc_score: 0.75
	if got := auroc([]float64{0.1, 0.4, 0.35, 0.8}, []bool{false, false, true, true}); got != 0.75 {
		t.Errorf("got %v, want 0.75", got)
	}
	if got := auroc([]float64{1, 1, 1}, []bool{false, true, false}); got != 0.5 {
		t.Errorf("of equal scores: got %v, want 0.5", got)
	}
}

func TestOutliersAreOutside(t *testing.T) {
	x, planted := withOutliers(300, 4, 1)
	var n int
	for i, p := range planted {
		lo, hi := mat.Min(x.X.RowView(i)), mat.Max(x.X.RowView(i))
		if p {
			n++
		}
		if p != (lo < -5 && hi > 25) {
			t.Errorf("row %d, planted %v: %s", i, p, fmt.Sprint(x.X.RawRowView(i)))
		}
	}
	if n != 6 {
		t.Errorf("%d outliers of 300 rows, want 6", n)
	}
}

func TestExcept(t *testing.T) {
	a := toy()
	a.New = func() algo.Method { return &toyMethod{Gap: 1000} }
	s := newSubject(a, []Option{Except("finds the blobs", "it never cuts"), Except("order of rows", "no reason")})
	if faults, note := s.judge(find(t, "finds the blobs")); len(faults) > 0 || !strings.HasPrefix(note, "exempt: it never cuts: ") {
		t.Errorf("a known failure: faults %q, note %q", faults, note)
	}
	if faults, _ := s.judge(find(t, "order of rows")); len(faults) != 1 || !strings.Contains(faults[0], "must go") {
		t.Errorf("an exemption without need: faults %q", faults)
	}
	if faults, note := s.judge(find(t, "memory")); len(faults) > 0 || note != "" {
		t.Errorf("no exemption: faults %q, note %q", faults, note)
	}
}
