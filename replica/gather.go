package replica

import (
	"time"

	"gset/crdt"
)

// Rules *gather*, *phase* and *retry*: how a leaf's updates get to the hub.

const (
	// unheardGathers is how many gathers a leaf sends, just as updates come in, before the hub
	// has answered for the first time and its phase is known. After that it sends
	// one in three quarters of an interval, so that it misses none of the hub's rounds.
	unheardGathers = 8

	// sample is how many cells a gather carries at most while nobody is known to acknowledge
	// gathers. The rest follows once those have been acknowledged. Without the bound a member
	// that is cut off would send all that is pending again and again.
	sample = 16
)

// leaf is what a replica keeps to gather well. It is forgotten with the hub.
type leaf struct {
	slot    time.Duration // when to send a gather so that it just meets the hub's next scatter
	idleAt  time.Duration // from when on the hub has nothing to wait for
	aimed   time.Duration // the slot for what is fresh
	way     estimator     // the hub's clock when a gather arrives less ours when it leaves
	strikes int           // against the hub, since it last acknowledged a gather
	standIn ID            // the peer that takes our gathers while the hub is silent; "" if none
}

// nextSlot returns the first slot from now on.
func (r *Replica[S]) nextSlot(now time.Duration) time.Duration {
	slot := r.leaf.slot
	if now <= slot || r.cfg.Interval == 0 {
		return slot
	}
	period := r.period()
	return slot + (now-slot+period-1)/period*period
}

// lock locks the leaf's phase to the hub's, by the hub's clock. The hub's scatters tick once a
// period while there are updates, the next one at Stamp + Next. The time that gathers take to
// the hub and the offset between the clocks are measured as one number, so that it does not matter
// how the scatter came, and clocks need not agree. A gather that leaves that much before
// a tick, and a margin, meets the tick. The margin is measured, but is at least a quarter of
// the leeway, against rare stalls that no measurement foretells, and at most all of it.
func (r *Replica[S]) lock(now time.Duration, m Message[S]) {
	if !r.rtt.measured {
		return
	}
	l, period, leeway := &r.leaf, r.period(), r.leeway()
	if !l.way.measured { // as if this scatter had taken half a round trip
		l.way = estimator{mean: m.Stamp - now + r.rtt.mean, deviation: r.rtt.mean / 32}
	}
	margin := func(e *estimator) time.Duration { return min(max(e.margin(), leeway/4), leeway) }
	tick := m.Stamp + min(m.Next, MaxInterval) - l.way.mean // on our clock: a gather sent then meets the tick
	lead := (tick - margin(&l.way) - now) % period
	if lead < 0 {
		lead += period
	}
	l.slot, l.idleAt = now+lead, now+lead
	if idle := tick + r.rtt.mean + margin(&r.rtt) - now; idle > lead && idle < 2*MaxInterval {
		l.idleAt = now + idle // else the scatter is of long ago
	}
}

func (r *Replica[S]) gatherDue() time.Duration {
	underway := len(r.sent)
	waits := r.leaf.strikes > 0 || r.leaf.standIn != ""
	if r.fresh.Len() == 0 || r.scatters() || waits && underway > 0 {
		return Never
	}
	if unheard := underway - unheardGathers; unheard >= 0 && !r.rtt.measured {
		return r.sent[0].at + time.Duration(unheard+1)*r.cfg.Interval*3/4
	}
	return min(r.leaf.aimed, r.leaf.idleAt)
}

// gather sends what is fresh to the hub, or to whom stands in for it; what comes later waits for the next
// slot. The scatter that carries it will be the acknowledgement.
func (r *Replica[S]) gather(now time.Duration) {
	next, count := r.fresh, max(1, min(budgetMessages, budgetBytes/r.payload()))
	if r.leaf.strikes >= maxStrikes {
		next, count = firstCells(r.fresh, sample), 1
	}
	parts, rest := r.cut(next, r.payload(), count)
	if next = next.Minus(rest); next.Len() < r.fresh.Len() {
		rest = r.fresh.Minus(next)
	}
	r.values.send(next, rest, now)
	if r.rtt.measured {
		r.leaf.slot = max(r.leaf.slot, now) + r.period()
		r.leaf.idleAt = max(r.leaf.idleAt, now+r.period())
	}
	if rest.Len() > 0 {
		r.leaf.aimed = now
	}
	for _, to := range r.route() {
		for _, part := range parts {
			r.send(now, to, Message[S]{Kind: Gather, Delta: part})
		}
	}
	r.poll(now)
}

// overdue is called when the hub has just scattered. An update that the hub should have
// acknowledged by then was lost, or the scatter was that carried it, or is still to come; the
// update goes out again in the next slot.
func (r *Replica[S]) overdue(now time.Duration) {
	if len(r.sent) > 0 && now > r.sent[0].at+r.rtt.mean {
		r.missed(1, now)
		r.leaf.aimed = Never
	}
}

func (r *Replica[S]) retryDue() time.Duration {
	switch {
	case len(r.sent) == 0:
		return Never
	case r.leaf.standIn != "":
		return r.sent[0].at + 2*r.detour()
	default:
		return r.sent[0].at + r.cfg.Interval + r.patience()
	}
}

// patience is how long an answer may take. It is bounded: while a member stands still, or its
// clock does or jumps, a round trip seems to take minutes, and nobody but its maker knows of
// an update that is pending.
func (r *Replica[S]) patience() time.Duration {
	return min(r.rtt.timeout(), max(r.cfg.Probe, initialRoundTrip))
}

// retry sends updates again that nobody acknowledged, after the hub has been silent. Where
// little is going on they go straight to everyone, which costs no more than the hub's scatter.
func (r *Replica[S]) retry(now time.Duration) {
	direct := r.leaf.standIn == ""
	r.missed(silence, now)
	switch {
	case direct && r.leaf.strikes < maxStrikes && r.load.fewerThan(eagerUpdates*eagerMemory, now-2*r.cfg.Probe):
		r.scatter(now)
	case !r.scatters():
		r.gather(now)
	}
}

// firstCells returns the part of a state in its first cells, count of them at most.
func firstCells[S crdt.Lattice[S]](state S, count int) S {
	ids := make([]crdt.CellID, 0, count+1)
	for c := range state.Cells(0) {
		if ids = append(ids, c.ID); len(ids) > count {
			return state.Extract(ids[:count])
		}
	}
	return state
}
