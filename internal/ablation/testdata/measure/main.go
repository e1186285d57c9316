// Command measure measures what the tests of other packages do not, and prints a figure a line, a tab
// between its name and its value. Of all figures less is better.
//
//	measure oracle | trees | ticks | eager | "lossy heal" | schedules
package main

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"gset/crdt"
	"gset/internal/bench/quantile"
	"gset/internal/scale"
	"gset/internal/sim"
	"gset/internal/simnet"
)

const ms = time.Millisecond

func main() {
	log.SetFlags(0)
	log.SetPrefix("measure: ")
	debug.SetGCPercent(400)
	measures := map[string]func() error{"oracle": oracle, "trees": trees, "ticks": ticks, "eager": eager, "lossy heal": lossyHeal, "schedules": schedules}
	for _, name := range os.Args[1:] {
		measure := measures[name]
		if measure == nil {
			log.Fatalf("there is no measure %q", name)
		}
		if err := measure(); err != nil {
			log.Fatal(err)
		}
	}
}

func figure(value float64, format string, args ...any) {
	fmt.Printf("%s\t%v\n", fmt.Sprintf(format, args...), value)
}

// oracle measures, for some plights, how much later updates come than they could, in milliseconds.
func oracle() error {
	for _, plight := range []string{
		"none", "minority-third", "majorities-ring", "lawless", "unheard hub", "loss of 10%", "hub crash", "hub freeze", "clock jumps of 1s",
	} {
		for load, seeds := range map[sim.Load]uint64{{Nodes: 5, Rate: 2}: 8, {Nodes: 25, Rate: 2}: 6, {Nodes: 25, Rate: 100}: 2} {
			rows, err := sim.Report(context.Background(), sim.ReportOptions{
				Plights: []string{plight}, Loads: []sim.Load{load}, First: 1, Seeds: seeds, Workers: 1,
			})
			broken := 0.0
			if err != nil {
				broken = 1
			}
			at := fmt.Sprintf("%s, %d members, %d/s", plight, load.Nodes, load.Rate)
			figure(broken, "%s: invariants broken", at)
			for i, r := range rows {
				if i == 0 {
					figure(r.PerUpdate, "%s: messages an update", at)
				}
				if r.Phase == sim.Before && plight != "none" || r.Phase == sim.Struck || r.Phase == sim.Later {
					continue
				}
				figure(float64(r.Excess.Median.Milliseconds()), "%s, %v: median ms", at, r.Phase)
				figure(float64(r.Excess.P99.Milliseconds()), "%s, %v: p99 ms", at, r.Phase)
				figure(float64(r.Lost), "%s, %v: lost", at, r.Phase)
			}
		}
	}
	return nil
}

// trees measures a cluster with trees of two hops, calm and when inner members fail.
func trees() error {
	for _, fanout := range []int{16, 128, 200} {
		c := scale.Cluster{Nodes: 200, Fanout: fanout, Rate: 200, Seed: 1}
		s, err := scale.MeasureSteady(c, 10*time.Second)
		if err != nil {
			return err
		}
		at := fmt.Sprintf("200 members, fanout %d", fanout)
		figure(s.Ratio, "%s: messages over the floor", at)
		figure(float64(s.Median.Milliseconds()), "%s: median ms", at)
		figure(float64(s.P99.Milliseconds()), "%s: p99 ms", at)
		figure(s.HubIn+s.HubBytes, "%s: bytes a second of the hub", at)
	}
	const seeds = 3
	for _, c := range []struct{ fanout, die int }{{16, 2}, {16, 10}, {128, 2}, {128, 10}} {
		slow := 0.0
		for seed := range uint64(seeds) {
			f, err := scale.MeasureFailure(scale.Cluster{Nodes: 200, Fanout: c.fanout, Rate: 200, Seed: seed}, c.die)
			if err != nil {
				return err
			}
			slow += 100 * f.Slow / seeds
		}
		figure(slow, "200 members, fanout %d, %d die: %% of updates above 1 s", c.fanout, c.die)
	}
	return nil
}

// ticks measures clusters in which an interval is shorter than a round trip, and ones that come up busy.
func ticks() error {
	for _, c := range []struct {
		name     string
		interval time.Duration
		rate     float64
		lasts    time.Duration
	}{
		{"T = 50 ms, a hop of 100 ms", 50 * ms, 100, 20 * time.Second},
		{"T = 1 s, 10 updates/s", time.Second, 20, 20 * time.Second},
		{"T = 250 ms, 30 updates/s", 250 * ms, 60, 20 * time.Second},
		{"T = 250 ms, the first 2 s", 250 * ms, 400, 2 * time.Second},
	} {
		var msgs, median, p99, bytes float64
		const seeds = 5
		for seed := range uint64(seeds) {
			net, err := simnet.New(simnet.Config{
				Nodes: 25, Interval: c.interval, Probe: 2 * time.Second, Seed: seed + 1, Latency: simnet.Jittered(100*ms, ms),
			}, crdt.NewGSet(crdt.Key{seed + 1, 1}))
			if err != nil {
				return err
			}
			r := simnet.RunBroadcast(net, simnet.Broadcast{Rate: c.rate, Duration: c.lasts, Rest: 10 * time.Second})
			msgs += r.MsgsPerOp() / seeds
			bytes += float64(r.Bytes) / float64(r.Ops) / seeds
			median += float64(quantile.At(r.True, 0.5).Milliseconds()) / seeds
			p99 += float64(quantile.At(r.True, 0.99).Milliseconds()) / seeds
		}
		figure(msgs, "%s: messages an operation", c.name)
		figure(bytes, "%s: bytes an operation", c.name)
		figure(median, "%s: median ms", c.name)
		figure(p99, "%s: p99 ms", c.name)
	}
	return nil
}

// eager measures clusters that gather nothing, under faults.
func eager() error {
	for _, c := range []struct {
		name string
		loss float64
		cut  string
	}{{"loss 10%", 0.1, ""}, {"minority-third", 0, "minority-third"}, {"majorities-ring", 0, "majorities-ring"}} {
		var msgs, p99 float64
		const seeds = 4
		for seed := range uint64(seeds) {
			net, err := simnet.New(simnet.Config{
				Nodes: 25, Probe: 2 * time.Second, Seed: seed + 1, Latency: simnet.Jittered(100*ms, ms), Loss: c.loss,
			}, crdt.NewGSet(crdt.Key{seed + 1, 1}))
			if err != nil {
				return err
			}
			if c.cut != "" {
				net.At(5*time.Second, func() { net.Cut = simnet.Partitions[c.cut](25, rand.New(rand.NewPCG(seed, 1))) })
				net.At(15*time.Second, func() { net.Cut = nil })
			}
			r := simnet.RunBroadcast(net, simnet.Broadcast{Rate: 20, Duration: 20 * time.Second, Rest: 10 * time.Second})
			msgs += r.MsgsPerOp() / seeds
			p99 += float64(quantile.At(r.True, 0.99).Milliseconds()) / seeds
		}
		figure(msgs, "T = 0, %s: messages an operation", c.name)
		figure(p99, "T = 0, %s: p99 ms", c.name)
	}
	return eagerHeal()
}

// eagerHeal measures how two parts of a cluster that gathers nothing find together when the hub is dead, of
// which nobody there finds out.
func eagerHeal() error {
	const seeds = 10
	var took float64
	for seed := range uint64(seeds) {
		key := crdt.Key{seed + 1, 1}
		net, err := simnet.New(simnet.Config{
			Nodes: 25, Probe: 2 * time.Second, Seed: seed + 1, Latency: simnet.Jittered(100*ms, ms),
		}, crdt.NewGSet(key))
		if err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(seed, 3))
		net.Stop(simnet.Number(net.Replica(0).Hub()))
		net.Cut = simnet.Partitions["minority-third"](25, rng)
		for x := range int64(60) {
			net.Update(rng.IntN(25), crdt.NewGSet(key, x))
			net.Run(net.Now() + 200*ms)
		}
		net.Cut = nil
		healed := net.Now()
		for !net.Converged() && net.Now() < healed+time.Minute {
			net.Run(net.Now() + 10*ms)
		}
		took += float64((net.Now() - healed).Milliseconds()) / seeds
	}
	figure(took, "T = 0, dead hub, thirds: ms until all are equal after the heal")
	return nil
}

// lossyHeal measures how two halves with 20,000 random elements each find together over a network
// that loses one message in ten, in short messages.
func lossyHeal() error {
	const nodes, own, seeds = 10, 20_000, 3
	var took, bytes float64
	for seed := range uint64(seeds) {
		key := crdt.Key{seed + 1, 1}
		net, err := simnet.New(simnet.Config{
			Nodes: nodes, Interval: 250 * ms, Probe: 2 * time.Second, Seed: seed + 1, Latency: simnet.Jittered(100*ms, ms),
			Loss: 0.1, MaxMessage: 8000,
		}, crdt.NewGSet(key))
		if err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(seed, 2))
		for half := range 2 {
			state := crdt.NewGSet(key)
			for range own {
				state.Insert(int64(rng.Uint64()))
			}
			for node := half; node < nodes; node += 2 {
				if err := net.Start(node, state.Clone()); err != nil {
					return err
				}
			}
		}
		for !net.Converged() && net.Now() < time.Minute {
			net.Run(net.Now() + 10*ms)
		}
		took += net.Now().Seconds() / seeds
		bytes += float64(net.Bytes) / 1e6 / seeds
	}
	figure(took, "heal at 10%% loss: s until all are equal")
	figure(bytes, "heal at 10%% loss: MB sent")
	return nil
}

// schedules plays schedules of random faults, as the simulator's tests do.
func schedules() error {
	const seeds = 200
	broken, converged, bytes := 0, 0.0, 0.0
	var times []time.Duration
	for seed := range uint64(seeds) {
		r := sim.Play(sim.Generate(seed+1, sim.Options{}))
		if r.Violation != nil {
			broken++
		}
		converged += float64(r.Converged.Milliseconds()) / seeds
		bytes += float64(r.Bytes) / 1e3 / seeds
		times = append(times, r.Converged)
	}
	slices.Sort(times)
	figure(float64(broken), "%d schedules: invariants broken", seeds)
	figure(converged, "%d schedules: mean ms until all are equal", seeds)
	figure(float64(quantile.At(times, 0.95).Milliseconds()), "%d schedules: p95 ms until all are equal", seeds)
	figure(bytes, "%d schedules: kB sent", seeds)
	return nil
}
