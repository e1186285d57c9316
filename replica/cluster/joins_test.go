package cluster_test

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"gset/replica/cluster"
)

// remains is what is there of a cluster of three.
type remains struct {
	goroutines int
	traces     int // of members, in all maps of the nodes
	remembered int // members that memberlists remember
	heap       int64
}

// remains counts what there is a minute later, when memberlist has forgotten who has left.
func (v *virtual) remains(t *testing.T) (r remains) {
	t.Helper()
	time.Sleep(time.Minute)
	synctest.Wait()
	for _, n := range v.nodes {
		r.remembered += n.Remembered()
		if err := n.Do(func(c *cluster.Core) { r.traces += c.Traces(n) }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
	}
	r.goroutines = runtime.NumGoroutine()
	runtime.GC()
	runtime.GC() // what finalizers have let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.heap = int64(m.HeapAlloc)
	return r
}

// visit has a member join, add an element that all come to hold, and leave, or end without a word.
func (v *virtual) visit(t *testing.T, i int) {
	t.Helper()
	name := fmt.Sprint("guest", i)
	if i%5 == 4 {
		name = "guest" // comes again and again
	}
	n, _ := v.start(name)
	if err := n.Do(func(c *cluster.Core) {
		if _, err := c.Add("set", element(i)); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	for _, x := range v.nodes {
		awaitElements(t, x, "set", i+1)
	}
	end := func() error { return n.Leave(t.Context()) }
	if i%10 == 7 {
		end = n.Close
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
}

// TestNothingGrowsWithJoinsAndLeaves: goroutines, entries about members, the heap. Most members leave, some end without a
// word and are forgotten in the end. For 500 of them:
//
//	go test ./replica/cluster -run NothingGrows -v -full
func TestNothingGrowsWithJoinsAndLeaves(t *testing.T) {
	count, forget := sized(6, 30, 500), sized(5*time.Minute, time.Hour, time.Hour)
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t, 3, func(c *cluster.Config) { c.Forget = forget })
		first := min(count, 10)
		for i := range first {
			v.visit(t, i)
		}
		time.Sleep(2 * forget)
		before := v.remains(t)
		for i := range count {
			v.visit(t, first+i)
		}
		time.Sleep(2 * forget)
		after := v.remains(t)
		t.Logf("before %+v, after %d joins %+v", before, count, after)
		if after.goroutines > before.goroutines || after.traces > before.traces || after.remembered > before.remembered {
			t.Errorf("after %d joins there is %+v, and before there was %+v", count, after, before)
		}
		if grown := after.heap - before.heap; grown > 1<<20+int64(count)*500 { // an element is there for each
			t.Errorf("after %d joins the heap is greater by %d bytes", count, grown)
		}
	})
}

// fill has the members hold so many elements.
func fill(t testing.TB, nodes []*cluster.Node, count int) {
	t.Helper()
	const batch = 10_000
	for i := 0; i < count; i += batch {
		err := nodes[0].Do(func(c *cluster.Core) {
			for k := range batch {
				if _, err := c.Add("old", element(i+k)); err != nil {
					t.Error(err)
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range nodes {
		awaitElements(t, n, "old", count)
	}
}

// joinUnderLoad has a fresh node join members under load, and returns after how long it held all that they had held, and the
// 99th percentiles of the members before and meanwhile.
func joinUnderLoad(t testing.TB, nodes []*cluster.Node, join func() *cluster.Node, count int) (ready, before, meanwhile time.Duration) {
	t.Helper()
	const each, long = 5, 2000 // elements a millisecond, and milliseconds
	usual := watchSpread(t, nodes, each*long)
	all, _ := usual.load(t, nodes, each, each*long/4)
	before = quantile(all, 0.99)

	s := watchSpread(t, nodes, 2*each*long)
	s.first = each * long
	took := make(chan time.Duration, 1)
	go func() {
		time.Sleep(500 * time.Millisecond)
		start := time.Now()
		awaitElements(t, join(), "old", count)
		took <- time.Since(start)
	}()
	all, _ = s.load(t, nodes, each, each*long)
	return <-took, before, quantile(all, 0.99)
}

// TestAFreshNodeIsReadySoonAndTheOthersAreAsQuickAsBefore: in virtual time, where the cap of repairs and the steps of the walk
// count. With 1,000,000 elements, and on loopback, where computing counts:
//
//	go test ./replica/cluster -run AFreshNode -v -full
//	go test ./replica/cluster -run NONE -bench AFreshNode -benchtime 3x
func TestAFreshNodeIsReadySoonAndTheOthersAreAsQuickAsBefore(t *testing.T) {
	count := sized(10_000, 100_000, 1_000_000)
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t, 3, func(*cluster.Config) {})
		fill(t, v.nodes, count)
		v.hub(t)
		ready, before, meanwhile := joinUnderLoad(t, v.nodes, func() *cluster.Node {
			n, _ := v.start("fresh")
			t.Cleanup(func() { _ = n.Close() })
			return n
		}, count)
		t.Logf("virtual time, %d elements: ready after %v; p99 of the others %v before, %v meanwhile", count, ready, before, meanwhile)
		if ready > 5*time.Second || meanwhile > 2*before {
			t.Errorf("%d elements: ready after %v; p99 of the others %v before, %v meanwhile", count, ready, before, meanwhile)
		}
	})
}

// BenchmarkAFreshNode measures the same on this machine.
func BenchmarkAFreshNode(b *testing.B) {
	for _, count := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			for range b.N {
				ca := newCA(b)
				start := func(name string, join ...*cluster.Node) *cluster.Node { return open(b, untuned(b, ca, name, join...)) }
				nodes := []*cluster.Node{start("a")}
				nodes = append(nodes, start("b", nodes[0]), start("c", nodes[0]))
				awaitMembers(b, nodes...)
				fill(b, nodes, count)
				ready, before, meanwhile := joinUnderLoad(b, nodes, func() *cluster.Node { return start("fresh", nodes[0]) }, count)
				b.Logf("ready after %v; p99 of the others %v before, %v meanwhile", ready, before, meanwhile)
			}
		})
	}
}
