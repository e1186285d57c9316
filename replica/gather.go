package replica

import "time"

// Rules *gather*, *phase* and *retry*: how a leaf's news gets to the hub.

const (
	// silentTries is how often in a row news is sent to a hub that says nothing
	// at all before the next hub is drawn; livingTries is how often to one that
	// scatters but does not say the news back: most likely a message was lost,
	// but the hub may be out of reach in one direction only.
	silentTries = 2
	livingTries = 4

	// unheardGathers is how many gathers are sent, just as news comes in, before the hub
	// has answered for the first time and its phase is known. After that it is
	// one in three quarters of an interval, so that none of its rounds is missed.
	unheardGathers = 8

	// maxBackoff bounds the doubling of the retry timeout: 4 timeouts at most, and
	// half a probe interval if that is shorter, so that a healed network is noticed soon.
	maxBackoff = 2
)

// leaf is what a replica keeps to gather well. It is forgotten with the view.
type leaf struct {
	slot   time.Duration // when to send a gather so that it just meets the hub's next scatter
	idleAt time.Duration // from when on the hub has nothing to wait for
	aimed  time.Duration // the slot for the news that is fresh
	heard  time.Duration // when the hub was last heard to scatter, or the view adopted
	tries  int           // gathers in a row that were not said back in time
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

// lock locks the phase to the hub's. A scatter has just come in, next before the hub
// may scatter again; its scatters tick once a period while there is news. A gather
// that leaves a round trip before a tick, and a margin as round trips vary, meets
// it: the scatter's own delay and the gather's make up the round trip, and no
// clocks need to agree. The margin is measured, but at least a quarter of the
// leeway, against rare stalls that no measurement foretells, and at most all of it.
func (r *Replica[S]) lock(now, next time.Duration) {
	if !r.rtt.measured {
		return
	}
	period, leeway := r.period(), r.leeway()
	margin := min(max(r.rtt.margin(), leeway/4), leeway)
	lead := (next - r.rtt.mean - margin) % period
	if lead < 0 {
		lead += period
	}
	r.leaf.slot, r.leaf.idleAt = now+lead, now+next+margin
}

func (r *Replica[S]) gatherDue() time.Duration {
	underway := len(r.pending.sent)
	if r.pending.fresh.Len() == 0 || r.scatters() || r.leaf.tries > 0 && underway > 0 {
		return never
	}
	if unheard := underway - unheardGathers; unheard >= 0 && !r.rtt.measured {
		return r.pending.sent[0].at + time.Duration(unheard+1)*r.cfg.Interval*3/4
	}
	return min(r.leaf.aimed, r.leaf.idleAt)
}

// gather sends the fresh news to the hub; later news waits for the next slot. The
// scatter that carries it will be the acknowledgement.
func (r *Replica[S]) gather(now time.Duration) {
	news := r.pending.fresh
	r.pending.fresh = r.state.New()
	r.pending.sent = append(r.pending.sent, batch[S]{news, now})
	if r.rtt.measured {
		r.leaf.slot = max(r.leaf.slot, now) + r.period()
		r.leaf.idleAt = max(r.leaf.idleAt, now+r.period())
	}
	for _, part := range r.parts(news, r.payload()) {
		r.send(now, r.Hub(), Message[S]{Kind: Gather, Delta: part})
	}
}

// overdue is called when the hub has just scattered. News that it should have said
// back by then was lost, or the answer was, or is still to come; it goes out again in
// the next slot.
func (r *Replica[S]) overdue(now time.Duration) {
	if len(r.pending.sent) > 0 && now > r.pending.sent[0].at+r.rtt.mean {
		r.missed(livingTries, now)
		r.leaf.aimed = never
	}
}

func (r *Replica[S]) retryDue() time.Duration {
	if len(r.pending.sent) == 0 {
		return never
	}
	return r.pending.sent[0].at + r.cfg.Interval + r.patience()
}

// patience is how long the hub may be silent: a timeout, twice as long after each try up to
// half a probe interval, but no longer than a probe interval or a round trip as it is
// assumed at first. While a node stands still or its clock does, or a clock jumps, a round
// trip seems to take seconds or minutes, and nobody but its maker knows of news that is
// pending: if patience had no bound, nothing else would heal the loss of a gather.
func (r *Replica[S]) patience() time.Duration {
	timeout := r.rtt.timeout()
	longer := min(timeout<<min(r.leaf.tries, maxBackoff), r.cfg.Probe/2)
	return min(max(timeout, longer), max(r.cfg.Probe, initialRoundTrip))
}

// retry sends news again that nobody said back, and the hub has been silent. Where the hub
// is out of reach so may be much of what others tell, and those within reach may
// lack the same and prove nothing by it: so someone is probed besides. While little is
// going on the news goes straight to everyone, which costs no more than the hub's scatter.
func (r *Replica[S]) retry(now time.Duration) {
	r.missed(silentTries, now)
	switch {
	case r.leaf.tries < silentTries && r.load.lone(r.cfg.Interval, now):
		if r.audit.doubted == "" {
			r.audit.proof = min(r.audit.proof, now-r.jittered(r.cfg.Probe))
		}
		r.scatter(now)
	case !r.scatters():
		r.gather(now)
	}
}

// missed makes news fresh again that was not said back. A hub that has had its tries
// is given up: the next view that draws another one is adopted.
func (r *Replica[S]) missed(allowed int, now time.Duration) {
	r.pending.recall()
	tries := r.leaf.tries + 1
	if tries >= allowed {
		r.giveUp(now)
	}
	r.leaf.tries = tries
}

// giveUp adopts the next view that draws another hub.
func (r *Replica[S]) giveUp(now time.Duration) {
	for failed := r.Hub(); r.Hub() == failed && r.view < maxView; {
		r.adopt(r.view+1, now)
	}
}
