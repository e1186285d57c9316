package crdt

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// Reproduce with: go test -run '^$' -bench . -benchmem ./crdt

const million = 1_000_000

var benchKey = Key{1, 2}

func dense(from, to int64) *GSet {
	s := NewGSet(benchKey)
	for x := from; x < to; x++ {
		s.Insert(x)
	}
	return s
}

func randomValues(n int) []int64 {
	r := rand.New(rand.NewPCG(1, 2))
	xs := make([]int64, n)
	for i := range xs {
		xs[i] = int64(r.Uint64())
	}
	return xs
}

func shuffled(n int) []int64 {
	r := rand.New(rand.NewPCG(1, 2))
	xs := make([]int64, n)
	for i := range xs {
		xs[i] = int64(i)
	}
	r.Shuffle(n, func(i, j int) { xs[i], xs[j] = xs[j], xs[i] })
	return xs
}

func ascending(n int) []int64 {
	xs := make([]int64, n)
	for i := range xs {
		xs[i] = int64(i)
	}
	return xs
}

var workloads = []struct {
	name   string
	values []int64
}{
	{"ascending", ascending(million)},
	{"shuffled", shuffled(million)},
	{"random64", randomValues(million)},
}

// BenchmarkInsert builds a set of a million elements; the time is per element,
// and so is the memory that is still in use in the end.
func BenchmarkInsert(b *testing.B) {
	for _, w := range workloads {
		b.Run(w.name+"/gset", func(b *testing.B) {
			benchInsert(b, w.values, func() func(int64) {
				s := NewGSet(benchKey)
				return func(x int64) { s.Insert(x) }
			})
		})
		b.Run(w.name+"/roaring64", func(b *testing.B) {
			values := w.values
			if w.name == "random64" {
				// Its time for each grows with their number, to minutes in all.
				values = values[:len(values)/10]
			}
			benchInsert(b, values, func() func(int64) {
				s := roaring64.New()
				return func(x int64) { s.Add(uint64(x)) }
			})
		})
		b.Run(w.name+"/map", func(b *testing.B) {
			benchInsert(b, w.values, func() func(int64) {
				s := map[int64]struct{}{}
				return func(x int64) { s[x] = struct{}{} }
			})
		})
	}
}

func benchInsert(b *testing.B, values []int64, build func() func(int64)) {
	b.ReportAllocs()
	insert := build()
	n := 0
	for b.Loop() {
		if n%len(values) == 0 {
			insert = build()
		}
		insert(values[n%len(values)])
		n++
	}
	b.StopTimer()
	before := heap()
	insert = build()
	for _, x := range values {
		insert(x)
	}
	used := float64(heap() - before)
	runtime.KeepAlive(insert)
	b.ReportMetric(used*8/float64(len(values)), "bits/element")
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkContains looks up elements in random order.
func BenchmarkContains(b *testing.B) {
	for _, w := range workloads[1:] {
		s := NewGSet(benchKey, w.values...)
		b.Run(w.name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if !s.Contains(w.values[n%million]) {
					b.Fatal("lost an element")
				}
				n++
			}
		})
	}
}

var joins = []struct {
	name string
	a, b *GSet
}{
	{"equal", dense(0, million), dense(0, million)},
	{"half", dense(0, million), dense(million/2, million*3/2)},
	{"novel", dense(0, million), dense(million, 2*million)},
	{"interleaved", everyOtherPage(0), everyOtherPage(256)},
	{"one", dense(0, million), NewGSet(benchKey, million)},
}

// everyOtherPage has a million elements in pages 0, 2, 4, ... from an offset.
func everyOtherPage(offset int64) *GSet {
	s := NewGSet(benchKey)
	for x := range int64(million) {
		s.Insert(x/256*512 + x%256 + offset)
	}
	return s
}

// BenchmarkJoin joins a set into one of a million elements. Copies to join into
// are made outside the timer, many at a time: stopping it is slow.
func BenchmarkJoin(b *testing.B) {
	for _, j := range joins {
		b.Run(j.name+"/gset", func(b *testing.B) {
			benchJoin(b, j.a.Clone, func(s *GSet) { s.Join(j.b) })
		})
		x, y := toRoaring(j.a), toRoaring(j.b)
		b.Run(j.name+"/roaring64", func(b *testing.B) {
			benchJoin(b, x.Clone, func(s *roaring64.Bitmap) {
				// What Join does: the union, and what was new.
				novel := roaring64.AndNot(y, s)
				s.Or(y)
				runtime.KeepAlive(novel)
			})
		})
	}
}

func benchJoin[S any](b *testing.B, clone func() S, join func(S)) {
	b.ReportAllocs()
	b.StopTimer()
	var copies []S
	for range b.N {
		if len(copies) == 0 {
			b.StopTimer()
			for range 100 {
				copies = append(copies, clone())
			}
			runtime.GC()
			b.StartTimer()
		}
		last := len(copies) - 1
		join(copies[last])
		copies = copies[:last]
	}
}

func toRoaring(s *GSet) *roaring64.Bitmap {
	r := roaring64.New()
	for x := range s.All() {
		r.Add(uint64(x))
	}
	return r
}

func BenchmarkMinus(b *testing.B) {
	for _, j := range joins {
		b.Run(j.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				j.a.Minus(j.b)
			}
		})
	}
}

func BenchmarkDigest(b *testing.B) {
	s := dense(0, million)
	b.ReportAllocs()
	for b.Loop() {
		s.Digest()
	}
}

// BenchmarkDelta is what is done with the state of one element.
func BenchmarkDelta(b *testing.B) {
	big, delta := dense(0, million), NewGSet(benchKey, 1234)
	form, err := delta.AppendBinary(nil)
	if err != nil {
		b.Fatal(err)
	}
	var kept *GSet
	x := int64(million)
	for _, op := range []struct {
		name string
		do   func()
	}{
		{"New", func() { kept = big.New() }},
		{"NewGSet", func() { kept = NewGSet(benchKey, 1234) }},
		{"Clone", func() { kept = delta.Clone() }},
		{"Encode", func() { form, _ = delta.AppendBinary(form[:0]) }},
		{"Decode", func() { kept, _ = big.Decode(form) }},
		{"JoinKnown", func() { kept = big.Join(delta) }},
		{"MinusKnown", func() { kept = delta.Minus(big) }},
		{"NewGSetAndJoin", func() { x++; kept = big.Join(NewGSet(benchKey, x)) }},
	} {
		b.Run(op.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				op.do()
			}
		})
	}
	runtime.KeepAlive(kept)
}

// BenchmarkSplit cuts 256 kB off a set of a million random elements, in parts of 16 kB.
func BenchmarkSplit(b *testing.B) {
	const limit, bytes = 16 << 10, 256 << 10
	s := NewGSet(benchKey, randomValues(million)...)
	b.ReportAllocs()
	elements := 0
	for b.Loop() {
		parts := 0
		for part, err := range Split(s, 0, limit) {
			if err != nil {
				b.Fatal(err)
			}
			elements += part.Len()
			if parts++; parts*limit == bytes {
				break
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(elements), "ns/element")
}

func BenchmarkCells(b *testing.B) {
	s := dense(0, million)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n = 0
		for range s.Cells(0) {
			n++
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/cell")
}

func BenchmarkCodec(b *testing.B) {
	half := NewGSet(benchKey)
	for _, x := range shuffled(million)[:million/2] {
		half.Insert(x)
	}
	holes := NewGSet(benchKey, shuffled(million)[500:]...)
	recent := NewGSet(benchKey)
	for _, x := range shuffled(100)[:30] {
		recent.Insert(million + x)
	}
	for _, c := range []struct {
		name string
		set  *GSet
	}{
		{"recent30of100", recent},
		{"dense1000", dense(0, 1000)},
		{"dense1M", dense(0, million)},
		{"holes1M", holes},
		{"half1M", half},
		{"random64", NewGSet(benchKey, randomValues(million)...)},
	} {
		enc, err := c.set.AppendBinary(nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name+"/encode", func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				buf, _ = c.set.AppendBinary(buf[:0])
			}
			b.ReportMetric(float64(len(enc)), "bytes")
			b.ReportMetric(float64(len(enc))/float64(c.set.Len()), "bytes/element")
		})
		b.Run(c.name+"/decode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.set.Decode(enc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
