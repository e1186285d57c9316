package crdt

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"gset/crdt/riblt"
)

// Reproduce with: go test -run '^$' -bench Collections -benchmem ./crdt

// collectionsOfTokens returns n elements of 15 bytes, in turn in so many collections.
func collectionsOfTokens(n, names int) *Collections {
	c := NewCollections(benchKey)
	all := namesOf(names)
	for ts := newTokens(); c.Elements() < n; {
		c.insertMember(all[c.Elements()%names], ts.next())
	}
	return c
}

func namesOf(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("seen:%07d", i)
	}
	return names
}

// BenchmarkCollectionsMemory builds states of a million elements of 15 bytes in one collection, in
// ten thousand and in 200,000, with a sketch of the greatest length. The memory is per element.
func BenchmarkCollectionsMemory(b *testing.B) {
	for _, shape := range []struct{ elements, names int }{
		{million, 1}, {million, 100}, {million, 10_000}, {million, 200_000}, {10_000, 10_000}, {10 * million, 1},
	} {
		b.Run(fmt.Sprintf("%d in %d", shape.elements, shape.names), func(b *testing.B) {
			before := heap()
			var c *Collections
			for range b.N {
				c = NewCollections(benchKey)
				c.Sketch(riblt.MaxSketch)
				names, ts := namesOf(shape.names), newTokens()
				for c.Elements() < shape.elements {
					c.insertMember(names[c.Elements()%shape.names], ts.next())
				}
			}
			b.StopTimer()
			n := float64(shape.elements)
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/n, "ns/element")
			b.ReportMetric(float64(heap()-before)/n, "heap-B/element")
			b.ReportMetric(float64(c.Memory())/n, "own-B/element")
			runtime.KeepAlive(c)
		})
	}
	b.Run("300000 entries of 3 origins", func(b *testing.B) {
		before := heap()
		var c *Collections
		names := namesOf(100_000)
		for range b.N {
			c = NewCollections(benchKey)
			for _, name := range names {
				for node := range 3 {
					if err := c.Raise(name, Origin{fmt.Sprint("node", node), 7}, Balance{1, 0}); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
		b.StopTimer()
		b.ReportMetric(float64(heap()-before)/300_000, "heap-B/entry")
		b.ReportMetric(float64(c.Memory())/300_000, "own-B/entry")
		runtime.KeepAlive(c)
	})
}

// BenchmarkCollections has the operations of a node with a million elements in one collection, and in
// ten thousand.
func BenchmarkCollections(b *testing.B) {
	for _, names := range []int{1, 10_000} {
		b.Run(fmt.Sprint(names, " names"), func(b *testing.B) {
			all := namesOf(names)
			c := collectionsOfTokens(million, names)
			c.Sketch(1024)
			b.Run("contains", func(b *testing.B) {
				b.ReportAllocs()
				ts, n := newTokens(), 0
				for b.Loop() {
					if n == million {
						ts, n = newTokens(), 0
					}
					if !c.Contains(all[n%names], ts.next()) {
						b.Fatal("lost an element")
					}
					n++
				}
			})
			b.Run("insert", func(b *testing.B) {
				b.ReportAllocs()
				ts, n := tokens{r: rand.New(rand.NewPCG(5, 6))}, 0
				for b.Loop() {
					c.insertMember(all[n%names], ts.next())
					n++
				}
			})
			for what, join := range map[string]func(delta *Collections){
				"merge": c.Merge,
				"join":  func(delta *Collections) { c.Join(delta) },
			} {
				b.Run("make a delta and "+what+" it", func(b *testing.B) {
					b.ReportAllocs()
					ts, n := tokens{r: rand.New(rand.NewPCG(7, 8))}, 0
					for b.Loop() {
						delta := c.New()
						delta.insertMember(all[n%names], ts.next())
						join(delta)
						n++
					}
				})
			}
			b.Run("increment", func(b *testing.B) {
				b.ReportAllocs()
				n, origin := 0, Origin{"node1", 7}
				for b.Loop() {
					delta, err := c.Increment(all[n%names], origin, 1)
					if err != nil {
						b.Fatal(err)
					}
					c.Merge(delta)
					n++
				}
			})
			b.Run("decode", func(b *testing.B) {
				delta := c.New()
				delta.insertMember(all[0], newTokens().next())
				form, err := delta.AppendBinary(nil)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := c.Decode(form); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
