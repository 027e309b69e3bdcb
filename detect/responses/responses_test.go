package responses_test

import (
	"testing"

	"toolkit/detect/detecttest"
	"toolkit/detect/responses"
)

func TestResponses(t *testing.T) { detecttest.Run(t, responses.Detector, "testdata/responses.csv") }

func BenchmarkResponses(b *testing.B) { detecttest.Bench(b, responses.Detector) }
