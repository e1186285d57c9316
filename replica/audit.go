package replica

import (
	"slices"
	"time"
)

// Rules *audit*, *probe* and *quiet*: how replicas prove that they are equal, and
// notice when they are not.

// audit is what a replica knows of its equality with others.
type audit struct {
	proof   time.Duration // when equality with some peer was last proved
	doubted ID            // a peer that seems to hold another state; "" if none
	behind  bool          // the peer in doubt scatters in an earlier view
	due     time.Duration // when to probe it
	jitter  float64       // 1 to 1.5, drawn for every wait, lest all probe at once
}

// compare holds the sender's settled digest, which is on every message, against
// ours.
//
// A match proves equality with the sender and clears the doubt about it. A match
// with the hub clears every doubt, since everyone is held against the hub. A
// scatter that does not match casts doubt on its sender. If that is the hub, the
// reordering window tells a loss from a delay; anyone else may have scattered
// before hearing what we heard. calm says whether all was calm before this message.
//
// A hub that ticks faster than a round trip is ahead of its leaves' gathers. It is
// proof enough for it that a leaf was equal as of a scatter that it repeats.
func (r *Replica[S]) compare(now time.Duration, from ID, m Message[S], calm bool) {
	a, hub := &r.audit, r.Hub()
	if a.behind && from == a.doubted && m.View == r.view {
		a.doubted, a.behind = "", false
	}
	if m.Kind == Scatter && m.View < r.view && from != hub {
		r.doubtBehind(now, from)
	}
	switch {
	case m.Digest == r.fingerprint() || m.Kind == Gather && slices.Contains(r.round.digests, m.Digest):
		if (from == hub || from == a.doubted) && !a.behind {
			a.doubted = ""
		}
		a.proof = now
	case m.Kind != Scatter || a.behind:
	case from == hub && r.cfg.Interval > 0:
		r.doubtHub(now)
	case a.doubted != hub:
		r.doubtPeer(now, from, calm)
	}
}

// doubtHub has the hub probed once the reordering window has passed, if nothing has
// shown by then that it holds the same, and no later than someone would be probed anyway.
func (r *Replica[S]) doubtHub(now time.Duration) {
	r.doubt(r.Hub(), min(r.probeDue(), now+r.jittered(r.window())))
}

// window is how long a doubt about the hub waits for scatters that are under way. As long
// as no round trip was measured it is a guess that is short beside a probe interval.
func (r *Replica[S]) window() time.Duration {
	if !r.rtt.measured {
		return min(r.cfg.Probe/4, r.rtt.settling())
	}
	return min(r.cfg.Probe, r.rtt.settling())
}

// calm reports whether nothing came in of late that could still be under way to others.
func (r *Replica[S]) calm(now time.Duration) bool { return r.load.fewerThan(1, now-r.window()) }

// doubtPeer has someone probed who is not the hub and has scattered from another state.
// Whoever appoints itself while others do has not heard what they tell, so if anything
// else came in of late that may be all there is to it, and the doubt stands until the
// next probe. If all was calm, something was missed for long, by that peer or by us: then
// it is probed within a quarter of a probe interval. Not at once, for it may be all the others that
// doubt the one: the first of them mends what there is, and the hub tells the rest.
func (r *Replica[S]) doubtPeer(now time.Duration, peer ID, calm bool) {
	switch due := r.probeDue(); {
	case calm:
		r.doubt(peer, min(due, now+r.window()+time.Duration(r.rand.Float64()*float64(r.cfg.Probe)/4)))
	case r.audit.doubted == "":
		r.doubt(peer, due)
	}
}

// doubtBehind has someone probed who scatters in an earlier view, unless it is heard to
// be in ours by then: if those who know better do not reach it, it goes on being a hub for some
// and does not find out, and what they tell each other never gets to the others. It
// makes no difference that we are equal with our hub.
func (r *Replica[S]) doubtBehind(now time.Duration, peer ID) {
	if !r.audit.behind {
		due := min(r.probeDue(), now+r.window()+time.Duration(r.rand.Float64()*float64(r.cfg.Probe)/2))
		r.doubt(peer, due)
		r.audit.behind = true
	}
}

// doubt has a peer probed when it is due. A hub in doubt of itself, because it has
// just become the hub, shows everyone what it holds instead.
func (r *Replica[S]) doubt(peer ID, due time.Duration) {
	if peer == r.cfg.Self {
		r.round.announce, peer = due, ""
	}
	r.audit.doubted, r.audit.due, r.audit.behind = peer, due, false
}

func (r *Replica[S]) jittered(wait time.Duration) time.Duration {
	return time.Duration(float64(wait) * r.audit.jitter)
}

// rearm starts a new wait for proof.
func (r *Replica[S]) rearm(now time.Duration) {
	r.audit = audit{proof: now, jitter: 1 + r.rand.Float64()/2}
}

func (r *Replica[S]) probeDue() time.Duration {
	switch {
	case r.others() == 0:
		return never
	case r.audit.doubted != "":
		return r.audit.due
	default:
		return r.audit.proof + r.jittered(r.cfg.Probe)
	}
}

// probe sends the digest to the peer in doubt, or to whose turn it is. It is answered
// only if it does not match; if it does, that is proof for the receiver.
func (r *Replica[S]) probe(now time.Duration) {
	to := r.audit.doubted
	if to == "" {
		to = r.peer(r.turn.next())
	}
	r.rearm(now)
	r.send(now, to, Message[S]{Kind: Probe, Sketch: r.sketch(everything, 0)})
}
