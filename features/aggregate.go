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

	// Add takes in the records of b.
	Add(b *flow.Batch, group []int32)

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
	Parts int                           // how many features
	New   func(h *flow.Hosts) Aggregate // for records whose addresses are numbers in h
}

// A sum adds up a whole number for each record, so that the order of the
// records can't matter.
type sum struct {
	v   []int64
	add func(v []int64, b *flow.Batch, group []int32)
}

func sumOf(add func(v []int64, b *flow.Batch, group []int32)) *Gather {
	return &Gather{Parts: 1, New: func(*flow.Hosts) Aggregate { return &sum{add: add} }}
}

// What sums there are of records.
var (
	recordCount = sumOf(func(v []int64, _ *flow.Batch, group []int32) {
		for _, g := range group {
			v[g]++
		}
	})
	bytesUp = sumOf(func(v []int64, b *flow.Batch, group []int32) {
		for i, g := range group {
			v[g] += b.BytesUp[i]
		}
	})
	bytesDown = sumOf(func(v []int64, b *flow.Batch, group []int32) {
		for i, g := range group {
			v[g] += b.BytesDown[i]
		}
	})
	tcpCount = protoCount(flow.TCP)
	udpCount = protoCount(flow.UDP)
)

func protoCount(p flow.Proto) *Gather {
	return sumOf(func(v []int64, b *flow.Batch, group []int32) {
		for i, g := range group {
			if b.Proto[i] == p {
				v[g]++
			}
		}
	})
}

func stateCount(s flow.State) *Gather {
	return sumOf(func(v []int64, b *flow.Batch, group []int32) {
		for i, g := range group {
			if b.State[i] == s {
				v[g]++
			}
		}
	})
}

func (s *sum) Grow(n int)                       { s.v = grow(s.v, n) }
func (s *sum) Add(b *flow.Batch, group []int32) { s.add(s.v, b, group) }
func (s *sum) Emit(order []int32, cols []*Column) {
	for _, g := range order {
		cols[0].Ints = append(cols[0].Ints, s.v[g])
	}
}
func (s *sum) AppendState(dst []byte, g int32) []byte { return binary.AppendVarint(dst, s.v[g]) }
func (s *sum) MergeState(g int32, src []byte) ([]byte, error) {
	v, src, err := varint(src)
	s.v[g] += v
	return src, err
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
