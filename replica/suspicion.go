package replica

import "time"

// Rules *probe*, *audit*, *suspicion*, *quiet* and *patience*: how replicas prove that they are equal, and
// notice when they are not.
//
// Every message carries the digest of what is stable at its sender. A match proves equality with
// the sender (rule *audit*). A replica that has proved equality with nobody for a probe interval
// sends a probe to the peer whose turn it is (rule *probe*); one that has proof sends nothing
// (rule *quiet*). A suspicion brings the next probe forward, and says whom it goes to.

// suspicion is what a replica knows of its equality with others.
type suspicion struct {
	since   time.Duration // when the wait for a proof began: at a match, or a probe of ours
	jitter  float64       // 1 to 1.5, drawn for every wait, lest all probe at once
	suspect ID            // a peer that seems to hold another state; "" if none
	due     time.Duration // when to probe the suspect
}

// compare holds the sender's digest against ours. A match with the hub clears every suspicion, since
// every member compares itself with the hub. A scatter that does not match makes its sender a
// suspect. If that is the hub, the reordering window tells a loss from a delay. Another sender, who pushes
// an update, may have done so before it heard what we have heard. Only if nothing had come in for a
// window has either of us missed something for long. Where there are many updates nobody pushes: the
// sender is the hub by its own list of members, and our list may be wrong. In both cases the
// suspicions of those who notice are spread over R/4: the first to probe mends what there is, and the hub
// tells the others.
//
// A scatter of an earlier view is answered by a probe, by two of its receivers on average. An old hub
// that no up-to-date member can reach would otherwise keep serving the members that reach it.
func (r *Replica[S]) compare(now time.Duration, from ID, m Message[S], calm bool) {
	a := &r.suspicion
	if m.Kind == Scatter && m.View < r.view && !r.alone() && r.rand.IntN(r.others) < 2 {
		r.answerStale(now, from)
	}
	switch {
	case m.Digest == r.fingerprint():
		if from == r.hub {
			a.suspect = ""
		}
		if from == r.walk.peer && r.walks(now) {
			r.walk.rest = Range{}
		}
		a.since = now
	case m.Kind != Scatter && (m.Kind != Answer || from != r.hub):
		// Other messages may come from a member that has just missed something, and is about to hear it.
	case from == r.hub && r.cfg.Interval > 0:
		r.suspect(r.hub, now+r.jittered(r.patient(r.window())))
	case a.suspect != r.hub && (calm || r.cfg.Interval > 0 && !r.few(now)):
		r.suspect(from, now+r.patient(r.window())+time.Duration(r.rand.Float64()*float64(r.cfg.Probe)/4))
	}
}

// answerStale answers a scatter of an earlier view. On reliable links it has patience with the first in a view, and answers
// one in a while: after a partition all that waited in a queue comes at once.
func (r *Replica[S]) answerStale(now time.Duration, from ID) {
	if r.cfg.Reliable {
		first := r.leaf.answerAt == 0
		if now < r.leaf.answerAt {
			return
		}
		if r.leaf.answerAt = now + r.stepTimeout(); first {
			return
		}
	}
	r.ask(now, from, Everything)
}

// suspect has a peer probed at a time, unless a match with the hub clears the suspicion first. The next probe is
// never put off: due counts if it is earlier. A hub that suspects itself scatters instead of probing:
// every member then compares its digest with the hub's.
func (r *Replica[S]) suspect(peer ID, due time.Duration) {
	if r.alone() {
		return
	}
	if r.suspicion.suspect != peer {
		r.observe(Event{Kind: Suspected, Peer: peer})
	}
	r.suspicion.suspect, r.suspicion.due = peer, min(r.wait(), due)
}

// window is the reordering window: how long a suspicion waits for scatters that are under way. Before a
// round trip was measured it is a guess, short beside a probe interval.
func (r *Replica[S]) window() time.Duration {
	if !r.rtt.measured {
		return r.cfg.Probe / 8
	}
	return min(r.cfg.Probe, r.rtt.timeout())
}

// patient returns how long to wait for something before it is taken for lost. On reliable links it is late and not lost: it
// is behind other bytes, or its connection is being made anew. To ask for it would have all of it sent twice.
func (r *Replica[S]) patient(wait time.Duration) time.Duration {
	if r.cfg.Reliable {
		return max(wait, r.cfg.Probe/2)
	}
	return wait
}

// calm reports whether no update came in within the last window, which may still be under way to others.
func (r *Replica[S]) calm(now time.Duration) bool { return r.load.fewerThan(1, now-r.window()) }

func (r *Replica[S]) jittered(wait time.Duration) time.Duration {
	return time.Duration(float64(wait) * r.suspicion.jitter)
}

// rearm ends a suspicion and starts a new wait for proof.
func (r *Replica[S]) rearm(now time.Duration) {
	r.suspicion = suspicion{since: now, jitter: 1 + r.rand.Float64()/2}
}

// wait is when to send the next probe, unless a walk is under way.
func (r *Replica[S]) wait() time.Duration {
	if r.suspicion.suspect != "" {
		return r.suspicion.due
	}
	return r.suspicion.since + r.jittered(r.cfg.Probe)
}

func (r *Replica[S]) probeDue() time.Duration {
	if r.alone() {
		return Never
	}
	return max(r.wait(), r.walk.until) // one repair of many steps at a time
}

// probe asks the suspect, else the peer whose turn it is.
func (r *Replica[S]) probe(now time.Duration) {
	to := r.suspicion.suspect
	if to == "" {
		to = r.nextPeer()
	}
	r.rearm(now)
	if to == r.cfg.Self {
		r.scatter(now)
		return
	}
	r.ask(now, to, Everything)
}

// ask sends a digest to a peer. It is answered only if it does not match; a match
// proves equality to the receiver.
func (r *Replica[S]) ask(now time.Duration, to ID, about Range) {
	r.send(now, to, r.describe(about, 0))
}
