// Package ensemble makes one probability of the scores and alerts of many
// methods: how far a record can be trusted to be anomalous.
//
// Each method's scores are first put on one scale, as probabilities: by a
// [Calibration] learned from labels ([Isotonic], [Platt]) or, without labels,
// from how the scores are spread ([Gaussian], [Gamma], [Ranks], [Mixture]).
// They are then combined by a [Combiner], which also says each method's share
// in the result; with labels by [Stack], a logistic regression.
//
// Scores are higher for what is stranger; NaN stands for a record that a
// method could not judge, which then has no part in that record's trust.
package ensemble
