package features

import (
	"encoding/binary"
	"errors"

	"toolkit/flow"
)

// An Aggregate gathers one or more features for many groups of records at
// once.
//
// Groups are small integers; group[i] is the group of row i. An Aggregate
// must not depend on how its records were cut into batches, nor on which
// Aggregate first saw them: package aggtest holds every one to that.
type Aggregate interface {
	// Grow makes room for groups 0 to n-1.
	Grow(n int)

	// Add takes in the records of b. An Aggregate that can't hold what they
	// add up to has a method Err() error, which says so from then on.
	Add(b *flow.Batch, group []int32)

	// Bytes returns the memory that the Aggregate takes, about.
	Bytes() int64

	// Emit appends the values of the groups, in that order, to the columns:
	// one for each feature gathered, nil for one that is not wanted.
	Emit(order []int32, cols []*Column)

	// AppendState appends to dst all that is known of group g, in bytes that
	// mean the same to every process.
	AppendState(dst []byte, g int32) []byte

	// MergeState takes in what AppendState wrote of a group, as part of group
	// g, and returns the rest of src. On an error nothing is promised of g.
	MergeState(g int32, src []byte) (rest []byte, err error)
}

// A Gather says how features that are gathered together are. It is constant.
type Gather struct {
	Parts int                                       // how many features
	New   func(h *flow.Hosts, rows *Rows) Aggregate // for records whose addresses are numbers in h, with cells of rows

	// approx says what stands for its features if memory is to be bounded
	// whatever a group holds; nil if it is anyway.
	approx approximation
}

var errState = errors.New("state of an aggregate is cut short")

func varint(src []byte) (v int64, rest []byte, err error) {
	v, n := binary.Varint(src)
	if n <= 0 {
		return 0, src, errState
	}
	return v, src[n:], nil
}

func grow[T any](v []T, n int) []T {
	if n <= len(v) {
		return v
	}
	return append(v, make([]T, n-len(v))...)
}
