package crdt

import (
	"fmt"
	"slices"
	"testing"
)

// Reproduce with: go test -run '^$' -bench Sketch -benchmem ./crdt

func BenchmarkSketchAdd(b *testing.B) {
	cells := randomCells(4096, 1)
	for _, n := range []int{0, 64, 1024, MaxSketch} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := SketchOf(none, n)
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
			s := SketchOf(none, n)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c := cells[i%4096]
				s.grow(c.ID, c.Hash, true, Hash{1, 1})
				i++
			}
		})
	}
}

// BenchmarkSketchDecode subtracts a sketch and peels the difference.
func BenchmarkSketchDecode(b *testing.B) {
	for _, d := range []int{1, 10, 100, 1000, 5000} {
		b.Run(fmt.Sprint(d), func(b *testing.B) {
			n := 8 + d*3/2
			whole := SketchOf(slices.Values(randomCells(d, 1)), n)
			empty := SketchOf(none, n)
			b.ReportAllocs()
			for b.Loop() {
				s := whole.prefix(n)
				s.Subtract(empty)
				if _, complete, err := s.Peel(); !complete || err != nil {
					b.Fatal(complete, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(d), "ns/item")
		})
	}
}

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
		for _, n := range []int{-1, 0, 1024, MaxSketch} {
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

func BenchmarkSketchCodec(b *testing.B) {
	for _, c := range []struct {
		name string
		set  *GSet
	}{
		{"dense", dense(0, million)},
		{"random64", NewGSet(benchKey, randomValues(million)...)},
	} {
		for _, n := range []int{0, 100, 1000} {
			s := c.set.Sketch(n)
			enc, err := s.AppendBinary(nil)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%d/encode", c.name, n), func(b *testing.B) {
				b.ReportAllocs()
				var buf []byte
				for b.Loop() {
					buf, _ = s.AppendBinary(buf[:0])
				}
				b.ReportMetric(float64(len(enc)), "bytes")
			})
			b.Run(fmt.Sprintf("%s/%d/decode", c.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := DecodeSketch(enc); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
