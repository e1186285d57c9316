package cluster_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gset/internal/seeded"
	"gset/replica"
	"gset/replica/cluster"
)

// distantLoad is the bench's load of broadcasts: operations at random members, half of them additions.
type distantLoad struct {
	members  int
	interval time.Duration
	rate     int // operations a second
	long     time.Duration
}

// distantFigures are what it comes to.
type distantFigures struct {
	messages float64         // of the engine, an operation
	bytes    float64         // of the network, an element; all bytes that members write to their connections
	latency  []time.Duration // from acknowledged to readable everywhere
	missing  int
	kinds    string
}

// distant measures members of which any two are 100 ms apart.
func (l distantLoad) measure(t *testing.T, seed uint64) (f distantFigures) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		v := newVirtualAt(t, 100*time.Millisecond, l.members, func(c *cluster.Config) { c.Interval, c.Beacon = l.interval, cluster.DefaultBeacon })
		time.Sleep(20 * time.Second) // what joining leaves to be done is done
		random := rand.New(rand.NewPCG(seed, 0))
		operations := int(float64(l.rate) * l.long.Seconds())
		var at []int // the member of each addition, or reading
		const reading = -1
		adds := 0
		for range operations {
			if random.IntN(2) == 0 {
				at = append(at, reading)
				continue
			}
			at, adds = append(at, random.IntN(l.members)), adds+1
		}
		s := watchSpread(t, v.nodes, adds)
		sent, written := v.tally(t), v.written()
		added := 0
		for _, member := range at {
			time.Sleep(time.Second / time.Duration(l.rate))
			if member != reading {
				s.add(t, v.nodes[member], added, 1)
				added++
			}
		}
		time.Sleep(2*l.interval + 2*time.Second)
		synctest.Wait()
		f.bytes = float64(v.written()-written) / float64(adds)
		f.latency, f.missing = s.latencies(l.members)
		for _, kind := range replica.Kinds() {
			if k := sent[kind]; k != nil {
				f.messages += float64(k.messages) / float64(operations)
				f.kinds += fmt.Sprintf(" %v %.3f", kind, float64(k.messages)/float64(operations))
			}
		}
	})
	return f
}

// latencies returns the latencies of the elements that all members have, the longest last.
func (s *spread) latencies(members int) (all []time.Duration, missing int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.held {
		if s.held[i] < members {
			missing++
			continue
		}
		all = append(all, max(0, s.last[i].Sub(s.acked[i])))
	}
	slices.Sort(all)
	return all, missing
}

// TestTwentyFiveDistantMembersKeepTheBenchsFigures: links that are opened by handshakes, memberlist and beacons take nothing
// from what the engine does in the bench, of docs/RESULTS.md. The cluster is young, and was idle. In virtual time, where
// computing and disks take none; latencies are until the last member has an element, and the bench's until the last read that
// misses it, some 20 ms before. For every interval of the bench:
//
//	go test ./replica/cluster -run DistantMembers -v -full
func TestTwentyFiveDistantMembersKeepTheBenchsFigures(t *testing.T) {
	const ms = time.Millisecond
	bars := []struct {
		interval    time.Duration
		messages    float64
		median, p99 time.Duration
	}{
		{replica.DefaultInterval, 2.1, 330 * ms, 450 * ms},
		{400 * ms, 1.3, 420 * ms, 600 * ms},
		{1500 * ms, 0.5, 1000 * ms, 1800 * ms},
		{replica.Eager, 13.1, 100 * ms, 110 * ms}, // 12.8, and 0.24 are beacons
	}
	if !*full {
		bars = bars[:1]
	}
	seed := seeded.Seed(t)
	for _, bar := range bars {
		f := distantLoad{25, bar.interval, 100, sized(5*time.Second, 10*time.Second, 20*time.Second)}.measure(t, seed)
		median, p95, p99, longest := quantile(f.latency, 0.5), quantile(f.latency, 0.95), quantile(f.latency, 0.99), quantile(f.latency, 1)
		t.Logf("T = %v: %.2f messages an operation (%s); %.0f bytes an element; median %v, p95 %v, p99 %v, longest %v",
			bar.interval, f.messages, strings.TrimSpace(f.kinds), f.bytes, median, p95, p99, longest)
		if f.missing > 0 || f.messages > bar.messages || median > bar.median || p99 > bar.p99 {
			t.Errorf("T = %v: %d elements missing; the bars are %v messages, %v, %v", bar.interval, f.missing, bar.messages, bar.median, bar.p99)
		}
	}
}
