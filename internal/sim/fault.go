package sim

import (
	"math/rand/v2"
	"strconv"
	"time"

	"gset/crdt"
	"gset/internal/simnet"
)

// block is something that keeps messages from coming through, until a time.
type block struct {
	cut   simnet.Cut // now
	ever  simnet.Cut // at any time until then; nil if that is the same
	until time.Duration
}

// worst reports whether messages from one node to another are lost at some time.
func (b *block) worst(from, to int) bool {
	if b.ever != nil {
		return b.ever(from, to)
	}
	return b.cut(from, to)
}

// cut reports whether the network is cut between two nodes now.
func (r *run[S, K]) cut(from, to int) bool {
	for _, b := range r.blocks {
		if r.net.Now() < b.until && b.cut(from, to) {
			return true
		}
	}
	return false
}

func (r *run[S, K]) block(b block, lasts time.Duration) {
	kept := r.blocks[:0]
	for _, old := range r.blocks {
		if r.net.Now() < old.until {
			kept = append(kept, old)
		}
	}
	b.until = r.net.Now() + lasts
	r.blocks = append(kept, b)
}

// do has an event happen.
func (r *run[S, K]) do(e Event) {
	r.tell("%v", e)
	now := r.net.Now()
	if e.Hub {
		e.Node = r.hub()
	}
	r.History.fault(now, e)
	switch e.What {
	case Update:
		r.update(e)
	case Cut:
		if draw := cuts[e.Kind]; draw != nil {
			r.block(block{cut: draw(r.s.Nodes, rand.New(rand.NewPCG(e.Seed, 0)))}, e.For)
		}
	case Break:
		r.block(block{cut: e.link}, e.For)
	case Flap:
		period := max(time.Duration(e.Value), 1)
		r.block(block{ever: e.link, cut: func(from, to int) bool {
			return e.link(from, to) && (r.net.Now()-now)/period%2 == 0
		}}, e.For)
	case Slow:
		r.net.Slow(e.Node, time.Duration(e.Value))
		r.net.At(now+e.For, func() { r.net.Slow(e.Node, 0) })
		r.progress.disturbed(now + e.For)
	case Freeze:
		r.net.Freeze(e.Node, min(r.s.End, max(r.net.Frozen(e.Node), now+e.For)))
	case Skew:
		r.net.Skew(e.Node, e.Value)
	case Jump:
		r.net.Jump(e.Node, time.Duration(e.Value))
		r.progress.disturbed(now + r.net.Standstill(e.Node))
	case Crash, Rollback:
		r.crash(e)
	case Tear:
		r.tears[e.Node] = &e
	case Leave:
		r.leave(e)
	case Forget:
		r.forget(e)
	case Power, Kill, Full, Fail:
		r.befall(e)
	}
}

// hub returns the hub of the first node that is up, which is that of most; the first
// node if none is.
func (r *run[S, K]) hub() int {
	for _, node := range r.live() {
		return simnet.Number(r.net.Replica(node).Hub())
	}
	return 0
}

// link reports whether two nodes are those of the event.
func (e Event) link(from, to int) bool { return from == e.Node && to == e.Peer }

// update has a client of a node add something, once the node gets round to it.
func (r *run[S, K]) update(e Event) {
	at := r.net.Replica(e.Node)
	if at == nil {
		return // the client is told that it failed
	}
	if until := r.net.Frozen(e.Node); r.net.Now() < until {
		r.net.At(until, func() { r.update(e) })
		return
	}
	origin := crdt.Origin{Node: "n" + strconv.Itoa(e.Node), Incarnation: r.lives[e.Node] + 1}
	delta, err := r.work.update(at, e, origin)
	if err != nil {
		r.violate(Acknowledged, "n%d takes no update: %v", e.Node, err)
		return
	}
	if r.disks != nil && !r.save(e, delta) {
		return // the client is told that it failed, or nothing
	}
	for part, count := range r.work.parts(delta) {
		r.model.add(part, count)
		r.History.added(r.net.Now(), e.Node, r.model.index[part])
	}
	r.net.Update(e.Node, delta)
	if r.net.Replica(e.Node) == nil {
		return // it was torn, and the client is told that it failed
	}
	r.result.Updates++
	for part, count := range r.work.parts(delta) {
		if place := r.model.index[part]; r.model.owed(place, []int{e.Node}) < count {
			r.violate(Acknowledged, "n%d does not have %d of %v, which a client has just added", e.Node, count, part)
		}
		r.progress.acknowledged(r.net.Now(), e.Node, r.model.index[part], count)
	}
}

// faultless ends all faults that end.
func (r *run[S, K]) faultless() {
	r.tell("%-12v the end of all faults", r.net.Now())
	r.net.Faultless()
	r.rejoin()
	r.mend()
	r.History.faultless(r.net.Sent)
}

// cuts are Maelstrom's kinds of partitions, and one that knows no rules: each direction
// between two nodes is cut or not, so that cuts are neither symmetric nor transitive.
var cuts = map[string]func(n int, rng *rand.Rand) simnet.Cut{
	"one":             simnet.Partitions["one"],
	"minority-third":  simnet.Partitions["minority-third"],
	"majority":        simnet.Partitions["majority"],
	"majorities-ring": simnet.Partitions["majorities-ring"],
	"lawless":         lawless,
	"one-way":         oneWay,
}

// cutKinds are the names of all cuts, in an order that does not change.
var cutKinds = []string{"one", "minority-third", "majority", "majorities-ring", "lawless", "one-way"}

func lawless(n int, rng *rand.Rand) simnet.Cut {
	share := rng.IntN(100)
	cut := make([]bool, n*n)
	for i := range cut {
		cut[i] = rng.IntN(100) < share
	}
	return func(from, to int) bool { return cut[from*n+to] }
}

// oneWay lets some nodes hear the others, and not be heard by them.
func oneWay(n int, rng *rand.Rand) simnet.Cut {
	place, some := rng.Perm(n), 1+rng.IntN(max(1, n-1))
	return func(from, to int) bool { return place[from] < some && place[to] >= some }
}
