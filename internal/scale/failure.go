package scale

import (
	"fmt"
	"slices"
	"time"

	"gset/crdt"
	"gset/internal/bench/quantile"
	"gset/internal/simnet"
	"gset/replica"
)

// Failure is how a cluster under load goes on after members have failed for good, while the
// others keep them on their lists.
type Failure struct {
	Cluster
	Stopped int

	Missed      float64       // share of the hub's scatters that a live member does not get, on average
	Median, P99 time.Duration // of the updates since: until the last live member has them
	Slow        float64       // share of them that took longer than a second
	PerSecond   float64       // messages a second, over those before the failure
	Views       uint64        // that passed since
}

const (
	// watched is how long a cluster is watched after a failure.
	watched = 15 * time.Second

	// longest is how long it takes until everyone has an update, if nothing is amiss.
	longest = time.Second
)

// MeasureFailure stops some members of a cluster under load for good, and not the hub. What it
// costs to replace a hub is the oracle's to say.
func MeasureFailure(c Cluster, stopped int) (Failure, error) {
	r, err := start(c)
	if err != nil {
		return Failure{}, err
	}
	f := Failure{Cluster: c, Stopped: stopped}
	r.load(warmUp + watched)
	r.net.Run(warmUp / 2)
	half := r.net.Sent
	r.net.Run(warmUp)
	before := float64(r.net.Sent-half) / (warmUp / 2).Seconds()
	view, hub := r.view()
	for _, node := range r.rand.Perm(c.Nodes) {
		if node != hub && r.live > c.Nodes-stopped {
			r.stop(node)
		}
	}
	sent, heard := r.net.Sent, r.countScatters(hub)
	r.net.Run(warmUp + watched)
	f.PerSecond = float64(r.net.Sent-sent) / watched.Seconds() / before
	f.Missed = heard()
	latest, _ := r.view()
	f.Views = latest - view
	r.net.Run(warmUp + watched + rest)
	f.Median, f.P99, f.Slow = r.since(warmUp)
	return f, nil
}

// stop takes a node away for good.
func (r *run) stop(node int) {
	r.net.Stop(node)
	r.live--
}

// countScatters counts the hub's scatters from here on, and who hears them. It returns what tells the
// share of them that is missed.
func (r *run) countScatters(hub int) (missed func() float64) {
	sent, heard := 0, 0
	var last time.Duration
	id := replica.ID(fmt.Sprintf("n%d", hub))
	r.net.Watch = func(fate simnet.Fate, p simnet.Packet[*crdt.GSet]) {
		if p.Message.Kind != replica.Scatter {
			return
		}
		switch {
		case fate == simnet.Sent && p.From == hub && r.root(p):
			if now := r.net.Now(); now != last {
				sent, last = sent+1, now
			}
		case fate == simnet.Received && (p.From == hub && r.root(p) || p.Message.Root == id):
			heard++
		}
	}
	return func() float64 { return max(0, 1-float64(heard)/float64(sent*(r.live-1))) }
}

// since returns quantiles of the latencies of what was added since a time, and the share of it that
// took longer than longest. An element that is not everywhere took for ever.
func (r *run) since(from time.Duration) (median, p99 time.Duration, slow float64) {
	var all []time.Duration
	for x, at := range r.made {
		if at <= from {
			continue
		}
		latency := r.latency[x]
		if latency == 0 {
			latency = watched + rest
		}
		if latency > longest {
			slow++
		}
		all = append(all, latency)
	}
	slices.Sort(all)
	return quantile.At(all, 0.5), quantile.At(all, 0.99), slow / float64(len(all))
}
