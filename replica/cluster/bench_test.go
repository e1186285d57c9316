package cluster_test

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"gset/replica/cluster"
)

// benchCluster opens n members; the first has a disk if that is wanted.
func benchCluster(b *testing.B, n int, disk bool, sync cluster.Sync) []*cluster.Node {
	b.Helper()
	ca := newCA(b)
	var nodes []*cluster.Node
	for i := range n {
		c := config(b, ca, fmt.Sprintf("n%d", i), nodes...)
		c.Interval, c.Probe, c.Sync = 0, 0, sync
		if disk {
			c.Dir = b.TempDir()
		}
		nodes = append(nodes, open(b, c))
	}
	awaitMembers(b, nodes...)
	return nodes
}

// BenchmarkAdd adds elements of 15 bytes one at a time from 64 goroutines.
func BenchmarkAdd(b *testing.B) {
	for _, bench := range []struct {
		name  string
		nodes int
		disk  bool
		sync  cluster.Sync
	}{
		{"memory", 1, false, 0}, {"memory, 3 nodes", 3, false, 0},
		{"disk always", 1, true, cluster.SyncAlways}, {"disk always, 3 nodes", 3, true, cluster.SyncAlways},
		{"disk every second", 1, true, cluster.SyncEverySecond},
	} {
		b.Run(bench.name, func(b *testing.B) {
			nodes := benchCluster(b, bench.nodes, bench.disk, bench.sync)
			ctx := within(b)
			var next atomic.Int64
			b.ReportAllocs()
			b.ResetTimer()
			var all sync.WaitGroup
			for range 64 {
				all.Go(func() {
					var e []byte
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						e = fmt.Appendf(e[:0], "element%08d", i)
						if _, err := nodes[0].Add(ctx, "set", e); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
		})
	}
}

// BenchmarkBatch adds as an event loop does: 800 elements a turn, in one goroutine, with one commit.
func BenchmarkBatch(b *testing.B) {
	for _, disk := range []bool{false, true} {
		b.Run(fmt.Sprintf("disk=%v", disk), func(b *testing.B) {
			c := config(b, newCA(b), "a")
			c.Interval, c.Probe = 0, 0
			if disk {
				c.Dir = b.TempDir()
			}
			o := newOwner()
			c.Do = o.do
			n, err := cluster.Open(c)
			if err != nil {
				b.Fatal(err)
			}
			o.run(n)
			done := make(chan struct{})
			b.ReportAllocs()
			b.ResetTimer()
			err = o.do(func() {
				defer close(done)
				var e []byte
				core := n.Core()
				for i := range b.N {
					e = fmt.Appendf(e[:0], "element%08d", i)
					if _, err := core.Add("set", e); err != nil {
						b.Error(err)
					}
					if i%800 == 799 {
						if err := core.Commit(); err != nil {
							b.Error(err)
						}
					}
				}
			})
			if err != nil {
				b.Fatal(err)
			}
			<-done
			b.StopTimer()
			if err := n.Close(); err != nil {
				b.Error(err)
			}
			o.stop()
		})
	}
}

// BenchmarkContains reads beside a writer whose disk is busy.
func BenchmarkContains(b *testing.B) {
	nodes := benchCluster(b, 1, true, cluster.SyncAlways)
	for i := range 10 {
		add(b, nodes[0], "set", numbered(fmt.Sprint(i), 10_000)...)
	}
	ctx := within(b)
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				_, _ = nodes[0].Add(ctx, "other", fmt.Append(nil, i)) // as fast as the disk is
				runtime.Gosched()
			}
		}
	})
	b.ResetTimer()
	for i := range b.N {
		if _, err := nodes[0].Contains(ctx, "set", fmt.Appendf(nil, "%d%d", i%10, i%10_000)); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	close(stop)
	writer.Wait()
}
