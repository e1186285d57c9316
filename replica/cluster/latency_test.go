package cluster_test

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gset/crdt"
	"gset/replica/cluster"
)

// spread watches how long it takes from the moment at which an element is acknowledged until all members have it.
type spread struct {
	mu    sync.Mutex
	first int // those before it are not added: others have been
	acked []time.Time
	held  []int // by how many members
	last  []time.Time
}

// watchSpread watches elements up to a number. It must be called before any of them is added.
func watchSpread(t testing.TB, nodes []*cluster.Node, count int) *spread {
	t.Helper()
	s := &spread{acked: make([]time.Time, count), held: make([]int, count), last: make([]time.Time, count)}
	for _, n := range nodes {
		err := n.Do(func(c *cluster.Core) {
			c.OnLearned(func(delta *crdt.Collections) { s.learned(delta) })
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *spread) learned(delta *crdt.Collections) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := range delta.Members("set") {
		i, err := strconv.Atoi(string(e[len("element"):]))
		if err == nil && i < len(s.held) {
			s.held[i]++
			s.last[i] = now
		}
	}
}

// add adds elements at a member, in one commit, and notes when they are acknowledged.
func (s *spread) add(t testing.TB, n *cluster.Node, first, count int) {
	err := n.Do(func(c *cluster.Core) {
		for i := range count {
			if _, err := c.Add("set", element(first+i)); err != nil {
				t.Error(err)
			}
		}
		c.OnCommit(func(error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			for i := range count {
				s.acked[first+i] = time.Now()
			}
		})
	})
	if err != nil {
		t.Error(err)
	}
}

// load adds the elements at the members in turn, some each millisecond, and returns the latencies of those from a number on,
// the longest last. Elements that have not reached all members a second after the end are missing.
func (s *spread) load(t testing.TB, nodes []*cluster.Node, each, warm int) (all []time.Duration, missing int) {
	start := time.Now()
	for made := s.first; made < len(s.held); made += each {
		time.Sleep(time.Until(start.Add(time.Duration((made-s.first)/each) * time.Millisecond)))
		s.add(t, nodes[made/each%len(nodes)], made, each)
	}
	time.Sleep(time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := warm; i < len(s.held); i++ {
		if s.held[i] < len(nodes) {
			missing++
			continue
		}
		all = append(all, max(0, s.last[i].Sub(s.acked[i])))
	}
	slices.Sort(all)
	return all, missing
}

func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	return all[int(q*float64(len(all)-1))].Round(10 * time.Microsecond)
}

// TestAnAddIsReadableEverywhereAnIntervalAndAHopLater: at 10,000 adds a second the 99th percentile from acknowledged to readable
// everywhere is an interval and 20 ms at most. In virtual time this is what the rules give: waiting for the gather
// and for the scatter, and two hops. What computing adds is measured by
//
//	go test ./replica/cluster -run NONE -bench ReadableEverywhere -benchtime 5x
func TestAnAddIsReadableEverywhereAnIntervalAndAHopLater(t *testing.T) {
	each, long := 10, sized(500, 4000, 4000) // elements a millisecond, and milliseconds
	for _, interval := range []time.Duration{20 * time.Millisecond, 50 * time.Millisecond, 250 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			v := newVirtual(t, 3, func(c *cluster.Config) { c.Interval = interval })
			v.hub(t)
			s := watchSpread(t, v.nodes, each*long)
			all, missing := s.load(t, v.nodes, each, each*long/4)
			t.Logf("virtual time, T = %v: median %v, p99 %v, longest %v", interval, quantile(all, 0.5), quantile(all, 0.99), quantile(all, 1))
			if p99 := quantile(all, 0.99); p99 > interval+20*time.Millisecond || missing > 0 {
				t.Errorf("T = %v: p99 %v, %d missing", interval, p99, missing)
			}
		})
	}
}

// BenchmarkReadableEverywhere measures the same on this machine, on disks that sync each commit. Each run takes five seconds.
func BenchmarkReadableEverywhere(b *testing.B) {
	const each, long = 10, 4000
	for _, interval := range []time.Duration{20 * time.Millisecond, 50 * time.Millisecond, 250 * time.Millisecond} {
		b.Run(interval.String(), func(b *testing.B) {
			for range b.N {
				var nodes []*cluster.Node
				ca := newCA(b)
				for _, name := range []string{"a", "b", "c"} {
					c := untuned(b, ca, name, nodes...)
					c.Interval, c.Dir = interval, b.TempDir()
					nodes = append(nodes, open(b, c))
				}
				awaitMembers(b, nodes...)
				s := watchSpread(b, nodes, each*long)
				all, missing := s.load(b, nodes, each, each*long/4)
				b.Logf("median %v, p99 %v, longest %v, %d not within a second after the end",
					quantile(all, 0.5), quantile(all, 0.99), quantile(all, 1), missing)
			}
		})
	}
}
