package algo

import (
	"context"
	"errors"
	"fmt"

	"toolkit/features"
)

// Fit checks m and x and the memory that m would take, then calls m.Fit.
func Fit(ctx context.Context, m Method, x *features.Matrix, env Env) (*Result, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	if x.X == nil || x.X.IsEmpty() {
		return nil, ErrNoRows
	}
	if err := x.Check(); err != nil {
		return nil, err
	}
	if env.Memory > 0 {
		n, d := x.Dims()
		if need := m.Bytes(n, n, d, env.NumWorkers()); need > env.Memory {
			// Counting the distinct rows costs memory itself: only where it can help.
			if need = m.Bytes(n, features.Distinct(x), d, env.NumWorkers()); need > env.Memory {
				return nil, &MemoryError{Need: need, Limit: env.Memory}
			}
		}
	}
	return m.Fit(ctx, x, env)
}

// Apply checks x as Fit does, then calls m.Apply.
func Apply(ctx context.Context, m Model, x *features.Matrix) (*Result, error) {
	if x.X == nil || x.X.IsEmpty() {
		return nil, ErrNoRows
	}
	if err := x.Check(); err != nil {
		return nil, err
	}
	return m.Apply(ctx, x)
}

// ErrNoRows is returned for a matrix without rows.
var ErrNoRows = errors.New("the matrix has no rows")

// A ParamError is a parameter out of its range.
type ParamError struct {
	Name  string // the flag's
	Value any
	Want  string // "above 0"
}

func (e *ParamError) Error() string {
	return fmt.Sprintf("--%s is %v, want %s", e.Name, e.Value, e.Want)
}

// A MemoryError refuses work that would take more memory than is allowed.
type MemoryError struct{ Need, Limit int64 }

func (e *MemoryError) Error() string {
	return fmt.Sprintf("would take about %s of memory, more than --memory %s: allow more, choose fewer columns, or another algorithm", mib(e.Need), mib(e.Limit))
}

func mib(b int64) string { return fmt.Sprintf("%.0fMiB", float64(b)/(1<<20)) }
