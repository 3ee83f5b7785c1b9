package model_test

import (
	"testing"

	"github.com/ortrain/ortrain/ortrain/model"
)

func BenchmarkDraw(b *testing.B) {
	p := model.Param{Name: "x", Shape: []int64{1 << 20}, Init: model.Init{Std: 0.02, ZeroRow: -1}}
	dst := make([]float32, p.Len())
	b.SetBytes(4 * p.Len())
	for b.Loop() {
		p.Draw(1, dst)
	}
}
