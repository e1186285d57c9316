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
// word and are forgotten after an hour. For 500 of them:
//
//	go test ./replica/cluster -run NothingGrows -v -full
func TestNothingGrowsWithJoinsAndLeaves(t *testing.T) {
	count := 30
	if *full {
		count = 500
	}
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t, 3, func(c *cluster.Config) { c.Forget = time.Hour })
		for i := range 10 {
			v.visit(t, i)
		}
		time.Sleep(2 * time.Hour)
		before := v.remains(t)
		for i := range count {
			v.visit(t, 10+i)
		}
		time.Sleep(2 * time.Hour)
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
