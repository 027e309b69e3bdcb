// Package sweep tries an algorithm, or several, with every combination of the
// values of its parameters, and says what came of each: clusters, noise,
// internal scores, how stable the result is over seeds and subsamples, and how
// far the settings agree.
package sweep
