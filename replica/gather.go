package replica

import (
	"time"

	"gset/crdt"
)

// Rules *gather*, *phase*, *retry*, *overdue*, *late, not lost* and *sample*: how a leaf's updates get to the hub.

const (
	// unheardGathers is how many gathers a leaf sends in an interval at most before anybody has echoed a message
	// of its, without which it knows no phase. An update then is late by an eighth of an interval at most.
	unheardGathers = 8

	// unheardGap is the least time between such gathers, however short the interval is.
	unheardGap = initialRoundTrip / 32

	// sample is how many cells a gather carries at most while nobody is known to acknowledge
	// gathers. The rest follows once those have been acknowledged. Without the bound a member
	// that is cut off would send all that is pending again and again.
	sample = 16
)

// leaf is what a replica keeps to gather well. It is forgotten with the hub.
type leaf struct {
	slot    time.Duration // when to send a gather so that it just meets the hub's next scatter
	idleAt  time.Duration // from then on the hub is idle, and would scatter a gather at once
	aimed   time.Duration // the slot in which to send what is fresh now
	way     estimator     // of the hub's clock when a gather arrives, less ours when it leaves
	strikes int           // against the hub, since it last echoed a message of ours
	heardAt time.Duration // when the hub was heard last
	standIn ID            // the peer that takes our gathers while the hub is silent; "" if none

	answerAt time.Duration // from then on a scatter of an earlier view is answered by a probe
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

// lock locks the leaf's phase to the hub's, by the hub's clock. While there are updates the hub
// scatters once a period, in ticks, the next of them at Stamp + Next. The time that a gather takes to
// the hub and the offset between the clocks are measured as one number, way. So clocks need not
// agree, and it does not matter down which tree the scatter came. A gather meets a tick if
// it is sent way and a margin before it.
//
// A hub that scattered at the tick would be heard a round trip after such a gather would have been
// sent. From then on a hub that was not heard is idle.
func (r *Replica[S]) lock(now time.Duration, m Message[S]) {
	if !r.leaf.way.measured {
		return
	}
	l, period, least := &r.leaf, r.period(), r.leeway()/4
	tick := m.Stamp + min(m.Next, MaxInterval) - l.way.mean // on our clock: a gather sent then meets the tick
	lead := (tick - l.way.margin(least) - now) % period
	if lead < 0 {
		lead += period
	}
	l.slot, l.idleAt = now+lead, now+lead
	if idle := tick + r.rtt.mean + r.rtt.margin(least) - now; idle > lead && idle < 2*MaxInterval {
		l.idleAt = now + idle // else the scatter is of long ago
	}
}

func (r *Replica[S]) gatherDue() time.Duration {
	waits := len(r.sent) > 0 && (r.leaf.strikes > 0 || r.leaf.standIn != "")
	if r.fresh.Len() == 0 || r.scatters() || waits {
		return Never
	}
	return min(r.leaf.aimed, r.leaf.idleAt)
}

// gap is the time between two gathers.
func (r *Replica[S]) gap() time.Duration {
	if !r.rtt.measured {
		return max(r.cfg.Interval/unheardGathers, unheardGap)
	}
	return r.period()
}

// gather sends what is fresh to the hub, or to the peers that route names instead. Updates that come
// later wait for the next slot. The scatter that has the updates acknowledges them.
func (r *Replica[S]) gather(now time.Duration) {
	next, count := r.fresh, r.budget()
	if r.leaf.strikes >= maxStrikes && r.leaf.standIn == "" {
		next, count = firstCells(r.fresh, sample), 1
	}
	parts, rest := r.cut(next, r.payload(), count)
	if rest.Len() > 0 {
		next = next.Minus(rest)
	}
	if next.Len() < r.fresh.Len() {
		rest = r.fresh.Minus(next)
	}
	if r.leaf.slot <= now+r.leeway() { // else the hub was idle, or gathers go out faster: the slot is to come
		r.leaf.slot = max(r.leaf.slot, now) + r.gap()
	}
	r.leaf.idleAt = max(r.leaf.idleAt, now+r.gap())
	if rest.Len() > 0 {
		r.leaf.aimed = now
	}
	sent := batch[S]{delta: next, at: now, stamp: Never}
	for _, to := range r.route(make([]ID, 0, 4)) {
		for _, part := range parts {
			r.send(now, to, Message[S]{Kind: Gather, Delta: part})
		}
		if to == r.hub {
			sent.stamp = r.stamped
		}
	}
	r.dispatch(sent, rest)
	r.poll(now)
}

// overdue is called when the hub has just scattered or answered, and this replica has heard all that the hub has
// told. If a gather that was sent a round trip ago is not acknowledged by then, not even in part, it was
// lost or is late. What is pending goes out again in the next slot. On reliable links it is late.
func (r *Replica[S]) overdue(now time.Duration) {
	if len(r.sent) > 0 && now > r.sent[0].at+r.rtt.mean && !r.cfg.Reliable {
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
	}
	patience := r.cfg.Interval + r.rtt.timeout()
	due := r.sent[0].at + patience
	if r.cfg.Reliable { // the gather is behind other bytes, as long as the hub is heard
		due = max(due, min(r.leaf.heardAt+patience, r.sent[0].at+r.cfg.Probe))
	}
	return due
}

// retry is called when a gather was not acknowledged in time. It sends what is pending
// again: straight to every member if there are few updates, which costs no more than the hub's
// scatter of them would.
func (r *Replica[S]) retry(now time.Duration) {
	direct := r.leaf.standIn == ""
	r.missed(silence, now)
	switch {
	case direct && r.leaf.strikes < maxStrikes && r.listed() && r.few(now):
		r.scatter(now)
	case !r.scatters():
		r.gather(now)
	}
}

// few reports whether there have been few updates for two probe intervals.
func (r *Replica[S]) few(now time.Duration) bool {
	return r.load.fewerThan(eagerUpdates*eagerMemory, now-2*r.cfg.Probe)
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
