package simnet

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/bench/quantile"
	"gset/replica"
)

// runs is how many seeds a test takes: fewer where time is short.
func runs(all int) int {
	if testing.Short() {
		return max(all/5, 3)
	}
	return all
}

// figures is a row of the table of what the protocol costs and how fast it is, in
// virtual time: 20 s of Maelstrom's broadcast load, and 10 s of rest; 20 if messages are
// lost, for they are lost then as well: a node that misses what comes last has to find
// that out by probes that are answered, of which there are three in 10 s.
type figures struct {
	name      string
	nodes     int
	interval  time.Duration
	latency   Latency
	loss      float64
	partition string // 5 s in 10; "" is none
	rate      float64
	bounds    []bound
}

// bound is a promise on one figure, in messages per operation or milliseconds.
type bound struct {
	figure string
	most   float64
}

const ms = time.Millisecond

var table = []figures{
	{"5 nodes, no latency", 5, 250 * ms, Jittered(0, ms/2), 0, "", 10, []bound{{"msgs/op", 2.1}, {"p95", 20}}},
	{"25 nodes, 100 ms, T=250 ms", 25, 250 * ms, Jittered(100*ms, ms), 0, "", 100, []bound{{"msgs/op", 2.1}, {"median", 300}, {"worst", 500}}},
	{"T=0", 25, 0, Jittered(100*ms, ms), 0, "", 100, []bound{{"msgs/op", 12.8}, {"max", 115}}},
	{"T=400 ms", 25, 400 * ms, Jittered(100*ms, ms), 0, "", 100, []bound{{"msgs/op", 1.3}, {"median", 400}, {"worst", 600}}},
	{"T=1500 ms", 25, 1500 * ms, Jittered(100*ms, ms), 0, "", 100, []bound{{"msgs/op", 0.47}, {"median", 1000}, {"worst", 2000}}},
	{"exponential", 25, 250 * ms, Exponential(100 * ms), 0, "", 100, []bound{{"msgs/op", 2.0}, {"max", 1200}, {"worst", 1500}}},
	{"loss 10%", 25, 250 * ms, Jittered(100*ms, ms), 0.1, "", 100, []bound{{"msgs/op", 2.1}, {"p99", 2000}}},
	{"one", 25, 250 * ms, Jittered(100*ms, ms), 0, "one", 100, []bound{{"msgs/op", 3.0}, {"heal", 3000}}},
	{"minority-third", 25, 250 * ms, Jittered(100*ms, ms), 0, "minority-third", 100, []bound{{"msgs/op", 3.0}, {"heal", 3000}}},
	{"majority", 25, 250 * ms, Jittered(100*ms, ms), 0, "majority", 100, []bound{{"msgs/op", 3.0}, {"heal", 3000}}},
	{"majorities-ring", 25, 250 * ms, Jittered(100*ms, ms), 0, "majorities-ring", 100, []bound{{"msgs/op", 3.0}, {"heal", 3000}}},
}

// TestFigures holds the table of figures, the mean over 20 seeds, against its bounds.
// Latencies are as Maelstrom's checker sees them: from an element's addition until the
// last read that missed it. "worst" is the greatest of any seed, and "heal" how
// long it took until every node had what any had at a heal, the worst of all.
//
//	go test ./internal/simnet -run TestFigures -v
func TestFigures(t *testing.T) {
	lines := make([]string, len(table))
	t.Run("rows", func(t *testing.T) {
		for i, row := range table {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				got := row.measure(t, runs(20))
				lines[i] = fmt.Sprintf("%-27s %7.3f %7.0f %5.0f %5.0f %5.0f %6.0f %6.0f  %4d  %v", row.name, got["msgs/op"],
					got["median"], got["p95"], got["p99"], got["max"], got["worst"], got["heal"], int(got["bytes"]), row.bounds)
				for _, b := range row.bounds {
					if got[b.figure] > b.most {
						t.Errorf("%s is %.3f, above %v", b.figure, got[b.figure], b.most)
					}
				}
			})
		}
	})
	t.Logf("%-27s %7s %7s %5s %5s %5s %6s %6s  %4s  %s", "", "msgs/op", "median", "p95", "p99", "max", "worst", "heal", "bytes", "bounds")
	for _, line := range lines {
		t.Log(line)
	}
}

// measure returns the figures' means over seeds 1 to n.
func (row figures) measure(t *testing.T, n int) map[string]float64 {
	got := map[string]float64{}
	for seed := range uint64(n) {
		seed++
		net, err := New(Config{
			Nodes: row.nodes, Interval: row.interval, Probe: 2 * time.Second,
			Seed: seed, Latency: row.latency, Loss: row.loss, Carriers: row.partition != "",
		}, crdt.NewGSet(crdt.Key{seed, 1}))
		if err != nil {
			t.Fatal(err)
		}
		rest := 10 * time.Second
		if row.loss > 0 {
			rest *= 2
		}
		heals := cutFiveSecondsInTen(net, row.partition, seed)
		r := RunBroadcast(net, Broadcast{Rate: row.rate, Duration: 20 * time.Second, Rest: rest})
		if r.Lost > 0 {
			t.Errorf("seed %d: %d of %d elements are lost", seed, r.Lost, r.Adds)
		}
		mean := func(figure string, value float64) { got[figure] += value / float64(n) }
		most := func(figure string, value float64) { got[figure] = max(got[figure], value) }
		seen := func(q float64) float64 { return float64(quantile.At(r.Seen, q)) / float64(ms) }
		mean("msgs/op", r.MsgsPerOp())
		mean("median", seen(0.5))
		mean("p95", seen(0.95))
		mean("p99", seen(0.99))
		mean("max", seen(1))
		mean("bytes", float64(r.Bytes)/float64(r.Sent))
		most("worst", seen(1))
		for _, heal := range *heals {
			most("heal", float64(heal)/float64(ms))
		}
	}
	return got
}

// cutFiveSecondsInTen partitions the network from second 3 to 8, 13 to 18 and so on. It
// returns a list that will have, for each heal, how long it took from then until all nodes
// had what any of them had at the heal.
func cutFiveSecondsInTen(n *Net[*crdt.GSet], kind string, seed uint64) *[]time.Duration {
	heals := &[]time.Duration{}
	if kind == "" {
		return heals
	}
	rng := rand.New(rand.NewPCG(seed, 3))
	for at := 3 * time.Second; at < 20*time.Second; at += 10 * time.Second {
		n.At(at, func() { n.Cut = Partitions[kind](n.Nodes(), rng) })
		n.At(at+5*time.Second, func() {
			n.Cut = nil
			all, healed := n.bottom.New(), n.Now()
			for node := range n.Nodes() {
				all.Join(n.Replica(node).State())
			}
			var look func()
			look = func() {
				for node := range n.Nodes() {
					if all.Minus(n.Replica(node).State()).Len() > 0 {
						n.At(n.Now()+10*ms, look)
						return
					}
				}
				*heals = append(*heals, n.Now()-healed)
			}
			look()
		})
	}
	return heals
}

// TestARoundCostsItsFloor compares the messages of a steady load with the fewest that
// rounds can do with: n-1 for every time that a hub scatters, and one for every node,
// other than the hub, that made an update of the round.
func TestARoundCostsItsFloor(t *testing.T) {
	for _, interval := range []time.Duration{250 * ms, 400 * ms, 1500 * ms} {
		t.Run(interval.String(), func(t *testing.T) {
			t.Parallel()
			var sent, floor int
			for seed := range uint64(runs(10)) {
				s, f := rounds(t, interval, seed+1)
				sent, floor = sent+s, floor+f
			}
			ratio := float64(sent) / float64(floor)
			t.Logf("%d messages, floor %d, ratio %.4f", sent, floor, ratio)
			if ratio > 1.03 {
				t.Errorf("%d messages are %.3f times the %d that rounds cost", sent, ratio, floor)
			}
		})
	}
}

// burst is what a node sends at a time.
type burst struct {
	from int
	at   time.Duration
}

// rounds counts what 25 nodes send in 20 s of a busy time, and the floor.
func rounds(t *testing.T, interval time.Duration, seed uint64) (sent, floor int) {
	net, err := New(Config{
		Nodes: 25, Interval: interval, Probe: 2 * time.Second, Seed: seed, Latency: Constant(100 * ms),
	}, crdt.NewGSet(crdt.Key{seed, 1}))
	if err != nil {
		t.Fatal(err)
	}
	var (
		maker []int // of each element
		told  = map[int64]bool{}
		last  burst
		peers int // that the last burst went to
		start = max(5*time.Second, 8*interval)
	)
	busy := func() bool { return net.Now() >= start }
	net.Watch = func(f Fate, p Packet[*crdt.GSet]) {
		if f != Sent {
			return
		}
		if busy() {
			sent++
		}
		if p.Message.Kind != replica.Scatter {
			return
		}
		makers := map[int]bool{}
		for x := range p.Message.Delta.All() {
			if !told[x] {
				told[x] = true
				if maker[x] != p.From {
					makers[maker[x]] = true
				}
			}
		}
		if busy() {
			floor += len(makers)
			if scatter := (burst{p.From, net.Now()}); scatter == last {
				peers++
			} else {
				last, peers = scatter, 1
			}
			if peers == net.Nodes()-1 { // not the answer to one gather
				floor += peers
			}
		}
	}
	rng := rand.New(rand.NewPCG(seed, 4))
	for at := time.Duration(0); at < start+20*time.Second; at += time.Duration(rng.Float64() * 40 * float64(ms)) {
		net.At(at, func() {
			node := rng.IntN(net.Nodes())
			maker = append(maker, node)
			net.Update(node, crdt.NewGSet(crdt.Key{seed, 1}, int64(len(maker)-1)))
		})
	}
	net.Run(start + 20*time.Second)
	return sent, floor
}
