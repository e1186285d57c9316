package frontier

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"gset/crdt"
	"gset/internal/bench/history"
	"gset/internal/bench/quantile"
	"gset/internal/glomers"
	"gset/internal/simnet"
)

// The load that is measured, which is challenge 3d's.
const (
	Nodes = 25
	Hop   = 100 * time.Millisecond // the latency of a link
	Rate  = 100.0                  // operations a second

	jitter = time.Millisecond // the mean of what is added to a hop
	probe  = 2 * time.Second  // the nodes' default
	length = 20 * time.Second
	rest   = 10 * time.Second
)

// Seeds is how many seeds the figures in docs are the means of.
const Seeds = 20

// Intervals are those that are measured.
var Intervals = []time.Duration{
	0, 5 * ms, 10 * ms, 20 * ms, 30 * ms, 50 * ms, 75 * ms, 100 * ms, 150 * ms, 200 * ms, 250 * ms, 300 * ms, 400 * ms, 500 * ms, 600 * ms, 800 * ms,
	1000 * ms, 1200 * ms, 1500 * ms, 1750 * ms, 2000 * ms,
}

const ms = time.Millisecond

// Point is what an interval comes to: the means of all seeds.
type Point struct {
	Interval  time.Duration
	MsgsPerOp float64 // messages between nodes, per client operation
	Floor     float64 // the fewest that rounds of this interval can do with, per operation
	Median    float64 // of the stable latency, in milliseconds
	Max       float64 // the greatest stable latency of a run, in milliseconds
}

// Sweep measures the intervals, each with seeds 1 to seeds. It tells done after every interval.
func Sweep(intervals []time.Duration, seeds int, done func(Point)) ([]Point, error) {
	points := make([]Point, len(intervals))
	errs := make([]error, len(intervals))
	var mu sync.Mutex // guards done
	var workers sync.WaitGroup
	places := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range places {
				points[i], errs[i] = measure(intervals[i], seeds)
				mu.Lock()
				done(points[i])
				mu.Unlock()
			}
		})
	}
	for i := range intervals {
		places <- i
	}
	close(places)
	workers.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return nil, errs[i]
	}
	return points, nil
}

// measure returns an interval's means over seeds.
func measure(interval time.Duration, seeds int) (Point, error) {
	p := Point{Interval: interval}
	for seed := range uint64(seeds) {
		seed++
		bottom := crdt.NewGSet(crdt.Key{seed, 1})
		net, err := simnet.New(simnet.Config{
			Nodes: Nodes, Interval: interval, Probe: probe, Seed: seed, Latency: simnet.Jittered(Hop, jitter),
		}, bottom)
		if err != nil {
			return p, fmt.Errorf("frontier: T=%v: %w", interval, err)
		}
		h := &history.History{}
		r := simnet.RunBroadcast(net, simnet.Broadcast{Rate: Rate, Duration: length, Rest: rest, History: h})
		if r.Lost > 0 {
			return p, fmt.Errorf("frontier: T=%v, seed %d: %d of %d elements are lost", interval, seed, r.Lost, r.Adds)
		}
		mean := func(figure *float64, value float64) { *figure += value / float64(seeds) }
		mean(&p.MsgsPerOp, r.MsgsPerOp())
		mean(&p.Floor, float64(glomers.Floor(slices.Collect(h.All()), Nodes, interval))/float64(r.Ops))
		mean(&p.Median, millis(quantile.At(r.Seen, 0.5)))
		mean(&p.Max, millis(quantile.At(r.Seen, 1)))
	}
	return p, nil
}

func millis(d time.Duration) float64 { return float64(d) / float64(ms) }
