package scale

import (
	"slices"
	"time"

	"gset/crdt"
	"gset/internal/simnet"
	"gset/replica"
)

// Failure is how a cluster under load goes on after members have failed for good.
type Failure struct {
	Cluster
	Stopped int
	Inner   int           // of them, inner nodes of the tree at that time
	Took    time.Duration // until all that live heard scatters again, and went on to do so; -1 if never
	Views   uint64        // that passed until the end of watched
	Cut     int           // members that were without scatters for a while
	Slow    float64       // share of the updates since that took longer than a second to reach all that live
}

const (
	// watched is how long a cluster is watched after a failure.
	watched = 15 * time.Second

	// silence is how long a member may hear no scatter in steady load.
	silence = 3 * Interval

	// longest is how long it takes until everyone has an update, if nothing is amiss.
	longest = time.Second
)

// MeasureFailure stops some of the members of a cluster under load for good, among them so
// many inner nodes of its tree, but not the hub. A second one, at least, has to be left for
// the cluster to come to rest in.
func MeasureFailure(c Cluster, stopped, inner int) (Failure, error) {
	r, err := start(c)
	if err != nil {
		return Failure{}, err
	}
	f := Failure{Cluster: c, Stopped: stopped, Inner: inner}
	r.load(warmUp + watched)
	r.net.Run(warmUp)

	// Who passes scatters on is seen in one round.
	inside := map[int]bool{}
	r.net.Watch = func(fate simnet.Fate, p simnet.Packet[*crdt.GSet]) {
		if fate == simnet.Sent && p.Message.Root != "" {
			inside[p.From] = true
		}
	}
	r.net.Run(warmUp + 2*Interval)
	view, hub := r.view()
	for _, node := range r.rand.Perm(c.Nodes) {
		switch {
		case node == hub:
		case inside[node] && inner > 0:
			inner--
			r.stop(node)
		case !inside[node] && stopped > f.Inner:
			stopped--
			r.stop(node)
		}
	}
	failed := r.net.Now()

	heard := slices.Repeat([]time.Duration{failed}, c.Nodes) // by node: when it heard a scatter last
	cut := make([]bool, c.Nodes)
	var took time.Duration
	r.net.Watch = func(fate simnet.Fate, p simnet.Packet[*crdt.GSet]) {
		if fate != simnet.Received || p.Message.Kind != replica.Scatter {
			return
		}
		now := r.net.Now()
		if now-heard[p.To] > silence {
			cut[p.To], took = true, now-failed
		}
		heard[p.To] = now
	}
	r.net.Run(warmUp + watched)
	latest, hub := r.view()
	for node, at := range heard {
		if r.net.Replica(node) != nil && node != hub && r.net.Now()-at > silence {
			cut[node], took = true, -1
		}
	}
	f.Took = took
	for _, c := range cut {
		if c {
			f.Cut++
		}
	}
	f.Views = latest - view
	f.Slow = r.slow(failed, r.net.Now()-longest)
	return f, nil
}

// stop takes a node away for good.
func (r *run) stop(node int) {
	r.net.Stop(node)
	r.live--
}

// slow returns the share of the elements added in some time that took longer than longest
// to reach everyone.
func (r *run) slow(from, to time.Duration) float64 {
	all, slow := 0, 0
	for x, at := range r.made {
		if at > from && at <= to {
			all++
			if r.latency[x] == 0 || r.latency[x] > longest {
				slow++
			}
		}
	}
	return float64(slow) / float64(all)
}
