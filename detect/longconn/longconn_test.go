package longconn_test

import (
	"testing"

	"toolkit/detect/detecttest"
	"toolkit/detect/longconn"
)

func TestLongconn(t *testing.T) { detecttest.Run(t, longconn.Detector, "testdata/longconn.csv") }

func BenchmarkLongconn(b *testing.B) { detecttest.Bench(b, longconn.Detector) }
