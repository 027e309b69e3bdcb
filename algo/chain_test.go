package algo_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"toolkit/algo"
	"toolkit/algo/algotest"
	"toolkit/features"
	"toolkit/features/scale"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"
)

// far is a final step for chains: it scores a row by its largest coordinate,
// which its reasons call ordinary up to Limit.
var far = &algo.Algorithm{
	Name: "far", Doc: "far: the largest coordinate", Cost: "O(n·d)", Gives: algo.Scores, Score: "the largest coordinate",
	New: func() algo.Method { return &farMethod{Limit: 1} },
	Load: func(t *features.Table) (algo.Model, error) {
		if t.Column("limit") == nil {
			return nil, errors.New("no limit")
		}
		return &farModel{t.Column("limit").Floats[0], t.Meta["note"]}, nil
	},
}

type farMethod struct{ Limit float64 }

func (m *farMethod) Flags(fs *pflag.FlagSet) {
	fs.Float64Var(&m.Limit, "limit", m.Limit, "largest ordinary coordinate")
}

func (m *farMethod) Check() error {
	if !(m.Limit > 0) {
		return &algo.ParamError{Name: "limit", Value: m.Limit, Want: "above 0"}
	}
	return nil
}

func (m *farMethod) Bytes(n, distinct, d, workers int) int64 { return 1000 * int64(n) }

func (m *farMethod) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	r, err := (&farModel{m.Limit, "as it was"}).Apply(ctx, x)
	if err == nil {
		r.Warnings = append(r.Warnings, errors.New("only a trial"))
	}
	return r, err
}

type farModel struct {
	limit float64
	note  string
}

func (m *farModel) Apply(ctx context.Context, x *features.Matrix) (*algo.Result, error) {
	n, _ := x.Dims()
	r := &algo.Result{Scores: make([]float64, n), Model: m}
	for i := range n {
		r.Scores[i] = mat.Norm(x.X.RowView(i), math.Inf(1))
	}
	return r, ctx.Err()
}

func (m *farModel) State() *features.Table {
	return &features.Table{Name: "far", Meta: map[string]string{"note": m.note}, Columns: []*features.Column{
		{Field: features.Field{Name: "limit", Type: features.Float, Doc: "Largest ordinary coordinate."}, Floats: []float64{m.limit}}}}
}

func (m *farModel) Explain(x *features.Matrix, i int) []algo.Reason {
	j := 0
	for k, v := range x.X.RawRowView(i) {
		if math.Abs(v) > math.Abs(x.X.At(i, j)) {
			j = k
		}
	}
	return []algo.Reason{{Column: x.Names[j], Value: x.X.At(i, j), Low: math.Inf(-1), High: m.limit, Weight: 1}}
}

var list = append([]*algo.Algorithm{far}, scale.Algorithms...)

func chain(t testing.TB, scalers string, a *algo.Algorithm) *algo.Chain {
	t.Helper()
	steps, err := scale.New(scalers)
	if err != nil {
		t.Fatal(err)
	}
	return algo.NewChain(append(steps, algo.NewStep(a))...)
}

// A chain keeps the contract as the algorithms in it do.
func TestChainContract(t *testing.T) {
	a := *far
	a.New = func() algo.Method { return chain(t, "log1p,standard", far) }
	a.Load = func(t *features.Table) (algo.Model, error) { return algo.LoadChain(t, list) }
	algotest.Run(t, &a, algotest.Except("scale of the data", "log1p has a unit"),
		algotest.Except("learns on", "the last step does not"))
}

func matrix(names string, rows ...[]float64) *features.Matrix {
	x := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		x.SetRow(i, r)
	}
	return &features.Matrix{Names: strings.Fields(names), X: x}
}

func TestChainResult(t *testing.T) {
	// Halves and powers of two, so that there is no rounding: mean 4, deviation 4.
	x := matrix("size", []float64{0}, []float64{8}, []float64{0}, []float64{8})
	r, err := algo.Fit(context.Background(), chain(t, "standard", far), x, algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	m := r.Model.(*algo.ChainModel)
	got, err := m.Apply(context.Background(), matrix("size", []float64{20}))
	if err != nil || got.Scores[0] != 4 {
		t.Errorf("score of 20 is %v, error %v, want (20−4)/4", got, err)
	}
	reasons := m.Explain(matrix("size", []float64{20}), 0)
	if want := (algo.Reason{Column: "size", Value: 20, Low: math.Inf(-1), High: 8, Weight: 1}); len(reasons) != 1 || reasons[0] != want {
		t.Errorf("reasons %v, want %v", reasons, want)
	}
	if len(r.Warnings) != 1 || r.Warnings[0].Error() != "only a trial" {
		t.Errorf("warnings %v", r.Warnings)
	}
	if state := m.State(); state.Name != "far" || state.Meta["note"] != "as it was" {
		t.Errorf("State is table %s with %v, want the last step's", state.Name, state.Meta)
	}
	if a, b := m.Algorithm(), m.Before(); a != far || len(b) != 1 || b[0] != scale.Standard {
		t.Errorf("algorithm %v after %v, want far after standard", a, b)
	}
	if c := m.Columns(); len(c) != 1 || c[0] != "size" {
		t.Errorf("Columns %v", c)
	}
}

// The units of the first step's input come back through all scalers.
func TestChainExplainsThroughScalers(t *testing.T) {
	x := matrix("a b", []float64{0, 5}, []float64{1, 5}, []float64{99, 6}, []float64{9, 5})
	r, err := algo.Fit(context.Background(), chain(t, "log1p,robust", far), x, algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	// The largest coordinate of row 2 is b's: its quartiles are 5 and 5.25
	// on the scale of log(1+b), where the rest follows.
	log5, log6 := math.Log1p(5), math.Log1p(6)
	reasons := r.Model.(algo.Explainer).Explain(x, 2)
	want := math.Expm1(log5 + (log6-log5)/4)
	if len(reasons) != 1 || reasons[0].Column != "b" || reasons[0].Value != 6 || math.Abs(reasons[0].High-want) > 1e-12 {
		t.Errorf("reasons %v, want b = 6, above %v", reasons, want)
	}
}

// turn gives coordinates that are no columns: it can't be inverted.
var turn = &algo.Algorithm{
	Name: "turn", Doc: "turn: sum and difference of two columns", Cost: "O(n)", Gives: algo.Coords,
	New:  func() algo.Method { return turnMethod{} },
	Load: func(*features.Table) (algo.Model, error) { return turnModel{}, nil },
}

type turnMethod struct{}

func (turnMethod) Flags(*pflag.FlagSet)                    {}
func (turnMethod) Check() error                            { return nil }
func (turnMethod) Bytes(n, distinct, d, workers int) int64 { return 10 * int64(n) }
func (turnMethod) Fit(ctx context.Context, x *features.Matrix, _ algo.Env) (*algo.Result, error) {
	return turnModel{}.Apply(ctx, x)
}

type turnModel struct{}

func (turnModel) Apply(_ context.Context, x *features.Matrix) (*algo.Result, error) {
	n, _ := x.Dims()
	y := mat.NewDense(n, 2, nil)
	for i := range n {
		a, b := x.X.At(i, 0), x.X.At(i, 1)
		y.SetRow(i, []float64{a + b, a - b})
	}
	return &algo.Result{Coords: y, Axes: []string{"sum", "difference"}, Model: turnModel{}}, nil
}

func (turnModel) State() *features.Table { return &features.Table{Name: "turn"} }

func TestChainExplainsAsFarAsItCan(t *testing.T) {
	x := matrix("a b", []float64{0, 0}, []float64{2, 6})
	steps, _ := scale.New("minmax")
	c := algo.NewChain(algo.NewStep(turn), steps[0], algo.NewStep(far))
	r, err := algo.Fit(context.Background(), c, x, algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	// The difference goes from −4 to 0, the sum from 0 to 8.
	reasons := r.Model.(algo.Explainer).Explain(x, 1)
	if want := (algo.Reason{Column: "sum", Value: 8, Low: math.Inf(-1), High: 8, Weight: 1}); len(reasons) != 1 || reasons[0] != want {
		t.Errorf("reasons %v, want %v", reasons, want)
	}
}

// adding is turn with reasons for its coordinates: the first column's.
type adding struct{ turnModel }

func (adding) Attribute(x *features.Matrix, i int, reasons []algo.Reason) []algo.Reason {
	return []algo.Reason{{Column: x.Names[0], Value: x.X.At(i, 0), Low: 0.5, High: 1, Weight: reasons[0].Weight}}
}

type addingMethod struct{ turnMethod }

func (addingMethod) Fit(ctx context.Context, x *features.Matrix, env algo.Env) (*algo.Result, error) {
	r, err := turnMethod{}.Fit(ctx, x, env)
	r.Model = adding{}
	return r, err
}

// Reasons go through coordinates that are made of several columns, and the
// scalers before these.
func TestChainAttributes(t *testing.T) {
	x := matrix("a b", []float64{0, 0}, []float64{2, 6})
	steps, _ := scale.New("minmax")
	after, _ := scale.New("standard")
	c := algo.NewChain(steps[0], algo.Step{Algorithm: turn, Method: addingMethod{}}, after[0], algo.NewStep(far))
	r, err := algo.Fit(context.Background(), c, x, algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	reasons := r.Model.(algo.Explainer).Explain(x, 1)
	if want := (algo.Reason{Column: "a", Value: 2, Low: 1, High: 2, Weight: 1}); len(reasons) != 1 || reasons[0] != want {
		t.Errorf("reasons %v, want %v", reasons, want)
	}
}

func TestChainState(t *testing.T) {
	x := matrix("a b", []float64{0.1, 1e15}, []float64{1. / 3, -2}, []float64{7, 1e-300})
	r, err := algo.Fit(context.Background(), chain(t, "standard,robust", far), x, algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	state := r.Model.State()
	m, err := algo.LoadChain(state, list)
	if err != nil {
		t.Fatal(err)
	}
	if again := m.State(); again.Meta["chain"] != state.Meta["chain"] {
		t.Errorf("State after Load is %v, was %v", again.Meta, state.Meta)
	}
	for what, spoil := range map[string]func(*features.Table){
		"no metadata":       func(t *features.Table) { t.Meta = nil },
		"no JSON":           func(t *features.Table) { t.Meta = map[string]string{"chain": "{"} },
		"no steps":          func(t *features.Table) { t.Meta = map[string]string{"chain": "{}"} },
		"unknown algorithm": func(t *features.Table) { t.Meta = edit(t, `"far"`, `"near"`) },
		"cut state":         func(t *features.Table) { t.Meta = edit(t, `"state":"`, `"state":"AAAA`) },
		"no state":          func(t *features.Table) { t.Meta = edit(t, `"state"`, `"x"`) },
		"last table empty":  func(t *features.Table) { t.Columns = nil },
	} {
		bad := r.Model.State()
		spoil(bad)
		if m, err := algo.LoadChain(bad, list); err == nil {
			t.Errorf("%s: model %v, want an error", what, m)
		}
	}
}

func edit(t *features.Table, from, to string) map[string]string {
	return map[string]string{"chain": strings.ReplaceAll(t.Meta["chain"], from, to)}
}

func TestChainErrors(t *testing.T) {
	c := chain(t, "none", far)
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	c.Flags(fs)
	if err := fs.Parse([]string{"--limit", "-1"}); err != nil {
		t.Fatal(err)
	}
	var bad *algo.ParamError
	if err := c.Check(); !errors.As(err, &bad) || bad.Name != "limit" {
		t.Errorf("Check returns %v, want a ParamError of --limit", err)
	}

	// The difference of these is beyond float64.
	x := matrix("a b", []float64{1e308, -1e308}, []float64{1e308, 1e308})
	_, err := algo.Fit(context.Background(), algo.NewChain(algo.NewStep(turn), algo.NewStep(far)), x, algo.Env{})
	var value *features.ValueError
	if !errors.As(err, &value) || value.Row != 0 || value.Column != "difference" || !strings.HasPrefix(err.Error(), "turn: ") {
		t.Errorf("error %v, want a ValueError of the difference in row 0, from turn", err)
	}

	r, err := algo.Fit(context.Background(), chain(t, "standard", far), matrix("a b", []float64{1, 2}), algo.Env{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []*features.Matrix{matrix("a", []float64{1}), matrix("b a", []float64{1, 2})} {
		if _, err := r.Model.Apply(context.Background(), x); err == nil || !strings.Contains(err.Error(), "[a b]") {
			t.Errorf("Apply to columns %v: error %v, want one that names a and b", x.Names, err)
		}
	}
}

// A flag of two steps has the name of each before it.
func TestChainFlags(t *testing.T) {
	near := *far
	near.Name, near.Gives = "near", algo.Coords
	first, last := &farMethod{Limit: 1}, &farMethod{Limit: 1}
	c := algo.NewChain(algo.Step{Algorithm: &near, Method: first}, algo.Step{Algorithm: far, Method: last})
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	c.Flags(fs)
	if err := fs.Parse([]string{"--near.limit", "2", "--far.limit", "3"}); err != nil || first.Limit != 2 || last.Limit != 3 {
		t.Errorf("error %v, limits %v and %v, want 2 and 3", err, first.Limit, last.Limit)
	}
	if fs.Lookup("limit") != nil {
		t.Errorf("there is a flag limit, of which step can't be told")
	}
	first.Limit = -1
	if err := c.Check(); err == nil || !strings.HasPrefix(err.Error(), "near: --limit") {
		t.Errorf("error %v, want one of the limit of near", err)
	}
}

func TestNewChainPanics(t *testing.T) {
	for what, steps := range map[string][]algo.Step{"no steps": nil, "scores in the middle": {algo.NewStep(far), algo.NewStep(far)}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			algo.NewChain(steps...)
		}()
	}
}

func TestChainBytes(t *testing.T) {
	// far: 1000 bytes a row, and 8 for each coordinate that it learns from.
	if got, want := chain(t, "standard", far).Bytes(10, 10, 3, 1), int64(1000*10+8*10*3); got != want {
		t.Errorf("got %d, want %d", got, want)
	}
	if got, want := chain(t, "none", far).Bytes(10, 10, 3, 1), int64(1000*10); got != want {
		t.Errorf("a single step: got %d, want %d", got, want)
	}
}
