package firstseen_test

import (
	"testing"

	"toolkit/detect/detecttest"
	"toolkit/detect/firstseen"
)

func TestFirstseen(t *testing.T) { detecttest.Run(t, firstseen.Detector, "testdata/firstseen.csv") }

func BenchmarkFirstseen(b *testing.B) { detecttest.Bench(b, firstseen.Detector) }
