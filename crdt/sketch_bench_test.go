package crdt

import (
	"fmt"
	"testing"

	"gset/crdt/riblt"
)

// Reproduce with: go test -run '^$' -bench Sketch -benchmem ./crdt

// BenchmarkSketchInsert inserts into a set that keeps a sketch, beside one that does
// not. An ascending element changes the cell of the one before it, one with 64 random
// bits makes a new cell.
func BenchmarkSketchInsert(b *testing.B) {
	for _, w := range []struct {
		name   string
		values []int64
	}{
		{"ascending", ascending(million)},
		{"random64", randomValues(million)},
	} {
		for _, n := range []int{-1, 0, 1024, riblt.MaxSketch} {
			name := fmt.Sprint(n)
			if n < 0 {
				name = "without"
			}
			b.Run(w.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				var s *GSet
				for i := 0; b.Loop(); i++ {
					if i%million == 0 {
						s = NewGSet(benchKey)
						if n >= 0 {
							s.Sketch(n)
						}
					}
					s.Insert(w.values[i%million])
				}
			})
		}
	}
}

// BenchmarkSketchCounter joins an increment of one of a thousand entries.
func BenchmarkSketchCounter(b *testing.B) {
	for _, n := range []int{-1, 1024} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := benchCounter(0, 1000, 0)
			if n >= 0 {
				c.Sketch(n)
			}
			b.ReportAllocs()
			for b.Loop() {
				delta, err := c.Increment(Origin{"n501", 1_700_000_000}, 1)
				if err != nil {
					b.Fatal(err)
				}
				c.Join(delta)
			}
		})
	}
}
