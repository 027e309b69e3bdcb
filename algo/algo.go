// Package algo is the contract between the algorithms that learn from a
// feature matrix and the programs that run them.
//
// An [Algorithm] is declared once, as a variable of its package, and says all
// that the command line, the reports and the documentation need to know of
// it. Its New makes a [Method]: the algorithm with its parameters. A Method's
// Fit makes a [Result]: what became of each row, and the [Model] to judge
// other rows by.
//
//	package kmeans
//
//	var Algorithm = &algo.Algorithm{
//		Name: "kmeans",
//		Doc:  "k-means: …",
//		New:  func() algo.Method { m := Default(); return &m },
//	}
//
// A program that runs algorithms lists those it wants; see package suite.
// Package algotest holds every algorithm to this contract.
package algo

import (
	"context"
	"strings"

	"toolkit/features"

	"github.com/spf13/pflag"
	"gonum.org/v1/gonum/mat"
)

// An Algorithm describes a way to learn from a feature matrix. It is constant.
type Algorithm struct {
	// Name is what --algo takes and what names the algorithm's files: a
	// lower-case word.
	Name string

	// Doc is the documentation. Its first paragraph is a title of one line
	// without a full stop.
	Doc string

	// Refs are the papers that the code follows, as "authors: title. venue, year. doi".
	Refs []string

	// Cost is the time and memory for n rows of d features, in words.
	Cost string

	// Gives says which parts of a Result the algorithm fills in.
	Gives Parts

	// Score says in one sentence what a row's score is; "" without scores.
	Score string

	// Noise tells that labels can be Noise: such rows are those that the
	// algorithm calls anomalous. Without it they are the rows of the highest
	// scores.
	Noise bool

	// Categories tells that the algorithm takes columns of categories (see
	// features.Matrix). All others must be given numbers alone.
	Categories bool

	// Updates tells that models are Updaters.
	Updates bool

	// New returns the algorithm with its default parameters.
	New func() Method

	// Load returns the model whose State is t. It is nil if results have no
	// model.
	Load func(t *features.Table) (Model, error)
}

func (a *Algorithm) String() string { return a.Name }

// Title returns the first paragraph of a.Doc.
func (a *Algorithm) Title() string {
	title, _, _ := strings.Cut(a.Doc, "\n\n")
	return title
}

// Parts is a set of the parts of a Result.
type Parts uint8

// The parts of a Result.
const (
	Labels Parts = 1 << iota
	Scores
	Coords
)

// A Method is an algorithm with its parameters.
type Method interface {
	// Flags declares the parameters: their names, present values (as
	// defaults) and meanings. What sets the flags sets the parameters.
	Flags(fs *pflag.FlagSet)

	// Check reports a parameter that is out of its range, as a *ParamError.
	Check() error

	// Bytes predicts the memory that Fit takes at its peak for n rows, of
	// which distinct differ, of d columns, besides the matrix itself.
	Bytes(n, distinct, d, workers int) int64

	// Fit learns from x. It changes neither x nor the Method, and gives the
	// same result for the same x, parameters and env.Seed, whatever
	// env.Workers is. A row of weight w counts as w rows of weight 1. When
	// ctx is done it returns ctx.Err() soon.
	//
	// Fit may count on Check and x.Check having been called, and on x having
	// a row; programs call the function Fit, which sees to that.
	Fit(ctx context.Context, x *features.Matrix, env Env) (*Result, error)
}

// A Model is what a Method has learned. It is immutable and safe for
// concurrent use.
type Model interface {
	// Apply judges the rows of x, which has the columns of the matrix that
	// the model was learned from.
	Apply(ctx context.Context, x *features.Matrix) (*Result, error)

	// State returns the model as a table, for Algorithm.Load.
	State() *features.Table
}

// An Explainer is a Model that can say why a row was judged as it was.
type Explainer interface {
	// Explain returns the columns that made row i of x what it is, the
	// weightiest first.
	Explain(x *features.Matrix, i int) []Reason
}

// An Updater is a Model that can learn on from another block of rows.
type Updater interface {
	Model

	// Update learns on from the rows of x, which has the columns of the matrix
	// that the model was learned from. No other method may be called meanwhile;
	// after an error the model is what it was.
	Update(ctx context.Context, x *features.Matrix) error
}

// A Forecaster is a Method that can tell how long it would take better than
// fits of samples can.
type Forecaster interface {
	// Seconds returns about how many seconds Fit would take, and false if
	// that isn't known. It may take a few seconds itself.
	Seconds(ctx context.Context, x *features.Matrix, env Env) (seconds float64, ok bool, err error)
}

// Noise is the label of a row that belongs to no cluster.
const Noise = -1

// A Result says what became of each row of a matrix. Parts that an algorithm
// doesn't give are nil.
type Result struct {
	Labels []int32    // cluster of each row, from 0 without gaps, or Noise
	Scores []float64  // the higher, the stranger
	Coords *mat.Dense // n×p: the rows in a space of p dimensions
	Axes   []string   // names of the p dimensions: pc1, pc2, …

	// Columns are what else is said of each row, such as the share of each
	// column in a score. Names are in snake_case.
	Columns []*features.Column

	// Tables are what is said of the whole in more than a number, such as
	// the inertia for each k; their names are words (elbow).
	Tables []*features.Table

	Stats    []Stat   // numbers about the whole, in the order to show them
	Notes    []string // what was chosen on the way, such as a radius, one sentence each without a full stop
	Warnings []error  // to be shown beside the result: it may not be what was wanted
	Model    Model    // nil if other rows can't be judged
}

// A Stat is a named number, such as an inertia or a number of iterations.
type Stat struct {
	Name  string
	Value float64
}

// Stat returns the value of the named stat, and whether there is one.
func (r *Result) Stat(name string) (float64, bool) {
	for _, s := range r.Stats {
		if s.Name == name {
			return s.Value, true
		}
	}
	return 0, false
}
