package scale

import (
	"fmt"
	"sync"
	"time"

	"gset/replica"
)

// What is swept.
var (
	Sizes   = []int{5, 25, 100, 1000, 10_000}
	Wide    = []int{1000, 10_000} // where there is a fanout to choose
	Fanouts = []int{8, 16, 32, 64, 128, 256, Direct}
	Failing = []int{32, 64, 128, 256} // the fanouts that members fail under
)

const (
	// Direct stands for a fanout that has everyone be sent scatters by the hub.
	Direct = 1 << 16

	// SlowSender is the bandwidth of a member that takes 20 us to send a message of 40
	// bytes, as one does that makes a system call for each: 50,000 a second.
	SlowSender = 2_000_000

	steadyLength = 10 * time.Second // that is measured of a cluster
	fanoutLength = 5 * time.Second  // and where fanouts are compared
	failures     = 3                // how many seeds a failure is measured with
)

// Failures is how a cluster came through the same failure with several seeds: the means of their
// figures, and the worst.
type Failures struct {
	Cluster
	Stopped     int
	Missed      float64
	Median, P99 time.Duration
	Slow, Worst float64 // shares of updates that took longer than a second
	PerSecond   float64
	Views       float64
}

// Results is everything that is measured.
type Results struct {
	Seed    uint64
	Steady  []Steady   // by Sizes, at the default fanout
	Fanouts []Steady   // by Wide and Fanouts
	Slow    []Steady   // the same with slow senders
	Heal    []Heal     // by Sizes
	One     []Failures // one member, by Wide, at the default fanout
	Percent []Failures // one percent of the members, by Wide and Failing
	Five    []Failures // five percent, by Wide, at the default fanout
	Wall    time.Duration
}

// Sweep measures everything, and tells how far it has come.
func Sweep(seed uint64, tell func(string)) (Results, error) {
	began := time.Now()
	res := Results{
		Seed: seed, Steady: make([]Steady, len(Sizes)), Heal: make([]Heal, len(Sizes)),
		Fanouts: make([]Steady, len(Wide)*len(Fanouts)), Slow: make([]Steady, len(Wide)*len(Fanouts)),
		One: make([]Failures, len(Wide)), Five: make([]Failures, len(Wide)), Percent: make([]Failures, len(Wide)*len(Failing)),
	}
	cluster := func(n, fanout int) Cluster { return Cluster{Nodes: n, Fanout: fanout, Rate: Rate(n), Seed: seed} }

	// By themselves, since the time and the memory they take are measured as well.
	for i, n := range Sizes {
		var err error
		if res.Steady[i], err = MeasureSteady(cluster(n, replica.DefaultFanout), steadyLength); err != nil {
			return res, err
		}
		tell(fmt.Sprintf("%d members under load", n))
	}

	var jobs []job
	add := func(name string, do func() error) { jobs = append(jobs, job{name, do}) }
	for w, n := range Wide {
		for i, fanout := range Fanouts {
			add(fmt.Sprintf("%d members, fanout %d", n, fanout), func() (err error) {
				c, at := cluster(n, fanout), w*len(Fanouts)+i
				if res.Fanouts[at], err = MeasureSteady(c, fanoutLength); err != nil {
					return err
				}
				c.Bandwidth = SlowSender
				res.Slow[at], err = MeasureSteady(c, fanoutLength)
				return err
			})
		}
		add(fmt.Sprintf("%d members, one of which fails", n), func() (err error) {
			res.One[w], err = measureFailures(cluster(n, replica.DefaultFanout), 1)
			return err
		})
		add(fmt.Sprintf("%d members, of which 5%% fail", n), func() (err error) {
			res.Five[w], err = measureFailures(cluster(n, replica.DefaultFanout), n/20)
			return err
		})
		for i, fanout := range Failing {
			add(fmt.Sprintf("%d members, fanout %d, of which 1%% fail", n, fanout), func() (err error) {
				res.Percent[w*len(Failing)+i], err = measureFailures(cluster(n, fanout), n/100)
				return err
			})
		}
	}
	for i, n := range Sizes {
		add(fmt.Sprintf("%d members in halves", n), func() (err error) {
			res.Heal[i], err = MeasureHeal(cluster(n, replica.DefaultFanout))
			return err
		})
	}
	err := inParallel(jobs, tell)
	res.Wall = time.Since(began)
	return res, err
}

type job struct {
	name string
	do   func() error
}

// inParallel does jobs, two at a time: each takes memory for 10,000 replicas. It returns
// the error of one that failed.
func inParallel(jobs []job, tell func(string)) error {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		first error
		queue = make(chan job, len(jobs))
	)
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	for range 2 {
		wg.Go(func() {
			for j := range queue {
				err := j.do()
				mu.Lock()
				if tell(j.name); err != nil && first == nil {
					first = err
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return first
}

// measureFailures measures a failure with several seeds.
func measureFailures(c Cluster, stopped int) (Failures, error) {
	all := Failures{Cluster: c, Stopped: stopped}
	for i := range uint64(failures) {
		c.Seed = all.Seed + i
		f, err := MeasureFailure(c, stopped)
		if err != nil {
			return all, err
		}
		all.Missed += f.Missed / failures
		all.Median += f.Median / failures
		all.P99 += f.P99 / failures
		all.Slow += f.Slow / failures
		all.Worst = max(all.Worst, f.Slow)
		all.PerSecond += f.PerSecond / failures
		all.Views += float64(f.Views) / failures
	}
	return all, nil
}
