package sim

import (
	"fmt"
	"time"

	"gset/crdt"
	"gset/internal/simnet"
	"gset/replica"
)

// Invariant names what must hold.
type Invariant string

const (
	// At every step.

	OnlyGrows      Invariant = "a state only grows"
	NothingForeign Invariant = "nobody holds what nobody added"
	Acknowledged   Invariant = "who acknowledged an update has it"
	Durable        Invariant = "all that a node holds was handed over to be made durable"
	ViewsGrow      Invariant = "a view only grows"
	NeverIdle      Invariant = "who is not due does nothing"
	Messages       Invariant = "every message is within the limit, and is read as it was sent"
	Bounded        Invariant = "nothing is kept per message or peer for longer than a round"
	Digests        Invariant = "digests are equal exactly if states are"
	NoPanic        Invariant = "no event makes a replica panic"
	Progress       Invariant = "time goes on"
	Spreads        Invariant = "an update spreads among nodes that stay connected, whatever befalls the others"

	// With disks, at every step.

	Kept    Invariant = "what was acknowledged, or committed, is there after every crash"
	Told    Invariant = "no message carries what is not durable at its sender, unless the sender's disk takes nothing"
	Exact   Invariant = "a counter's entry is what was acknowledged, and never more than that and what may have been"
	Renewed Invariant = "who is set back takes a new incarnation before its first update"
	Resumed Invariant = "who is started with all that it had goes on with its incarnation"
	Serves  Invariant = "a disk with room takes updates, and a full one refuses them for that reason"

	// After the last fault.

	Converges Invariant = "all members come to hold the same"
	Survives  Invariant = "what was acknowledged survives where a state survived"
	Quiet     Invariant = "who holds the same sends probes of constant size, one a probe interval"
	Emptied   Invariant = "nothing is pending once all is told"

	// Under load, when nothing is wrong.

	Prompt Invariant = "an update is everywhere within a few intervals"
	Frugal Invariant = "a round takes little more than a gather of each leaf and a scatter to each"
)

// Violation is an invariant that does not hold.
type Violation struct {
	Invariant Invariant
	At        time.Duration
	What      string
}

func (v *Violation) String() string {
	return fmt.Sprintf("at %v: %s: %s", v.At, v.Invariant, v.What)
}

// violate ends the run, unless it has ended.
func (r *run[S, K]) violate(i Invariant, format string, args ...any) {
	if r.result.Violation == nil {
		r.result.Violation = &Violation{i, r.net.Now(), fmt.Sprintf(format, args...)}
		r.net.Halt()
	}
}

// spotCheck is how many events there are for each after which a node is looked at more
// closely.
const spotCheck = 16

// mostAtOnce is how much may happen at nodes in one moment of virtual time: far more
// than any cluster makes of an update, and no more than some seconds of work.
const mostAtOnce = 1 << 18

// grown is told of everything new at a node, and of events that brought nothing.
func (r *run[S, K]) grown(node int, novel S) {
	var none S
	at := r.net.Replica(node)
	if any(novel) != any(none) {
		r.lastGrowth = r.net.Now()
		if novel.Len() == 0 {
			r.violate(OnlyGrows, "n%d calls nothing new", node)
		}
		for part, count := range r.work.parts(novel) {
			if broken, why := r.model.get(node, part, count); broken != "" {
				r.violate(broken, "%s", why)
			} else {
				r.History.got(r.net.Now(), node, r.model.index[part])
			}
		}
		r.disk[node].Join(novel)
		r.compactIfDue(node)
	}
	if at.Pending().Len() == 0 { // else checkpoint has a look
		if got, want := at.Stable().Digest(), r.disk[node].Digest(); got != want {
			r.violate(Durable, "n%d holds %v, and was told to make %v durable", node, got, want)
		}
	}
	if view := at.View(); view < r.views[node] {
		r.violate(ViewsGrow, "n%d falls back from view %d to %d", node, r.views[node], view)
	} else {
		r.views[node] = view
	}
	if now := r.net.Now(); now > r.since.at {
		r.since.at, r.since.steps = now, r.steps
	} else if r.steps-r.since.steps > mostAtOnce {
		r.violate(Progress, "n%d and the others go on and on", node)
	}
	if r.steps++; r.steps%spotCheck == 0 {
		r.requireBounded(node)
		r.requireIdle(node)
	}
}

// requireIdle ticks a replica that is not due.
func (r *run[S, K]) requireIdle(node int) {
	var none S
	at, now := r.net.Replica(node), r.net.Clock(node)
	due := at.Deadline()
	if due <= now {
		return
	}
	if out := at.Tick(now); len(out.Messages) > 0 || any(out.Durable) != any(none) || at.Deadline() != due {
		r.violate(NeverIdle, "n%d is due in %v, and sends %d messages now", node, due-now, len(out.Messages))
	}
}

// requireBounded holds the sizes of what a replica keeps against their bounds.
//
// Updates in gathers are kept until they are acknowledged, or until the oldest has been out for
// an interval and four timeouts, when all of it is fresh again; if nodes take the network for reliable, for a
// probe interval, if that is longer. New gathers go out
// once in three quarters of an interval at most, or twice if a hub's
// scatter has moved the phase in between, besides those that go out before the hub is heard.
func (r *run[S, K]) requireBounded(node int) {
	at := r.net.Replica(node)
	s, state := at.Status(), r.disk[node].Len()
	gathers := 0
	if rules := r.s.rules(node); rules.interval > 0 {
		oldest := rules.interval + 4*s.Timeout
		if r.Reliable {
			oldest = max(oldest, rules.probe)
		}
		gathers = 10 + 2*int(oldest/(rules.interval*3/4))
	}
	for _, bound := range []struct {
		what     string
		got, max int
	}{
		{"parts that wait for the next gather", s.Fresh, state},
		{"parts told twice", s.Told, 2 * state},
		{"parts to be acknowledged", s.Gathered, s.Gatherers * state},
		{"gathers to be answered", s.Gatherers, r.s.Nodes - 1},
		{"gathers not acknowledged", s.Gathers, gathers},
		{"parts of pending updates", s.Pending, state},
	} {
		if bound.got > bound.max {
			r.violate(Bounded, "n%d keeps %d %s, where %d are allowed", node, bound.got, bound.what, bound.max)
		}
	}
}

// checkpoint looks at every node, and compares one of them in full: its state with what it
// was told to make durable, with the next node's, and its digest with the hashes of its cells.
func (r *run[S, K]) checkpoint() {
	live := r.live()
	if len(live) == 0 {
		return
	}
	for _, node := range live {
		r.requireBounded(node)
	}
	r.checked++
	node, next := live[r.checked%len(live)], live[(r.checked+1)%len(live)]
	state := r.net.Replica(node).State()
	if !state.Equal(r.disk[node]) {
		r.violate(Durable, "n%d holds %s, and was told to make %s durable", node, brief(state), brief(r.disk[node]))
	}
	r.requireDigests(node, next)
	if r.work.weak {
		return
	}
	var sum crdt.Hash
	for c := range state.Cells(0) {
		sum = sum.Add(c.Hash)
	}
	if got := state.Digest().Hash; got != sum {
		r.violate(Digests, "the hashes of n%d's cells add up to %v, its digest says %v", node, sum, got)
	}
}

func (r *run[S, K]) requireDigests(a, b int) {
	x, y := r.net.Replica(a).State(), r.net.Replica(b).State()
	if same := x.Digest() == y.Digest(); same != x.Equal(y) {
		r.violate(Digests, "that the digests of n%d and n%d are equal is %v, of their states it is not", a, b, same)
	}
}

// requireSurvival holds what all live nodes have come to hold against what was added.
func (r *run[S, K]) requireSurvival() {
	live := r.live()
	if len(live) == 0 {
		return
	}
	r.requireExact(r.net.Replica(live[0]).State())
	final := make([]uint64, len(r.model.parts))
	for part, count := range r.work.parts(r.net.Replica(live[0]).State()) {
		place, known := r.model.index[part]
		if !known || count > r.model.added[place] {
			r.violate(NothingForeign, "all hold %d of %v, which nobody added", count, part)
			return
		}
		final[place] = count
	}
	for place, part := range r.model.parts {
		if owed := r.model.owed(place, live); final[place] < owed {
			r.violate(Survives, "%d of %v were acknowledged and held by a node that lives; left are %d", owed, part, final[place])
		}
	}
}

// largestProbe bounds a probe: 2 bytes, a cluster, a view, a digest, three times, a name of a
// few bytes, and an estimator of 20 bytes with a length.
const largestProbe = 2 + 4 + 10 + 10 + 3*9 + 8 + 22

// requireQuiet watches for some probe intervals that nobody sends anything but
// probes, each node one in a probe interval by its clock.
func (r *run[S, K]) requireQuiet(intervals int) {
	probes := make([]int, r.s.Nodes)
	start := r.net.Now()
	from := make([]time.Duration, r.s.Nodes)
	for node := range from {
		from[node] = r.net.Clock(node)
	}
	watch := r.net.Watch
	r.net.Watch = func(fate simnet.Fate, p simnet.Packet[S]) {
		if watch != nil {
			watch(fate, p)
		}
		if fate != simnet.Sent {
			return
		}
		probes[p.From]++
		if p.Message.Kind != replica.Probe || p.Size > largestProbe {
			r.violate(Quiet, "n%d sends n%d a %v of %d bytes, when all have been equal for long", p.From, p.To, p.Message.Kind, p.Size)
		}
	}
	r.net.Run(start + time.Duration(intervals)*r.s.Probe)
	r.net.Watch = watch
	for _, node := range r.live() {
		passed := r.net.Clock(node) - from[node]
		if most := int(passed/r.s.rules(node).probe) + 1; probes[node] > most {
			r.violate(Quiet, "n%d sends %d probes in %v", node, probes[node], passed)
		}
		if s := r.net.Replica(node).Status(); s.Pending+s.Fresh+s.Gathers+s.Gatherers+s.Gathered > 0 {
			r.violate(Emptied, "n%d still keeps %+v", node, s)
		}
	}
}
