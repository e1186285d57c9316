package crdt

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Reproduce with: go test -run '^$' -bench Sketch -benchmem ./crdt

// randomCells are cells as a state of random content has them.
func randomCells(n int, seed uint64) []Cell {
	r := rand.New(rand.NewPCG(seed, 1))
	cells := make([]Cell, n)
	for i := range cells {
		cells[i] = Cell{CellID(r.Uint64()), Hash{r.Uint64() >> 1, r.Uint64()}}
	}
	return cells
}

func BenchmarkSketchAdd(b *testing.B) {
	cells := randomCells(4096, 1)
	for _, n := range []int{0, 64, 1024, MaxSketch} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := newSketch(n)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				s.Add(cells[i%4096])
				i++
			}
		})
	}
}

func BenchmarkSketchGrow(b *testing.B) {
	cells := randomCells(4096, 1)
	for _, n := range []int{0, 64, 1024, MaxSketch} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := newSketch(n)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c := cells[i%4096]
				s.grow(c.ID, c.Hash, Hash{1, 1})
				i++
			}
		})
	}
}
