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
// before hearing what we heard, so there the doubt stands until the next probe.
//
// A hub that ticks faster than a round trip is ahead of its leaves' gathers. It is
// proof enough for it that a leaf was equal as of a scatter that it repeats.
func (r *Replica[S]) compare(now time.Duration, from ID, m Message[S]) {
	a, hub := &r.audit, r.Hub()
	switch {
	case m.Digest == r.fingerprint() || m.Kind == Gather && slices.Contains(r.round.digests, m.Digest):
		if from == hub || from == a.doubted {
			a.doubted = ""
		}
		a.proof = now
	case m.Kind != Scatter:
	case from == hub && r.cfg.Interval > 0:
		r.doubtHub(now)
	case a.doubted == "":
		r.doubt(from, now+r.jittered(r.cfg.Probe))
	}
}

// doubtHub has the hub probed once the reordering window has passed, if nothing has
// shown by then that it holds the same.
func (r *Replica[S]) doubtHub(now time.Duration) {
	due := now + r.jittered(min(r.cfg.Probe, r.rtt.settling()))
	if hub := r.Hub(); r.audit.doubted != hub || due < r.audit.due {
		r.doubt(hub, due)
	}
}

// doubt has a peer probed when it is due. A hub in doubt of itself, because it has
// just become the hub, shows everyone what it holds instead.
func (r *Replica[S]) doubt(peer ID, due time.Duration) {
	if peer == r.cfg.Self {
		r.round.announce, peer = due, ""
	}
	r.audit.doubted, r.audit.due = peer, due
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

// probe sends the digest to the peer in doubt, or to a random one. It is answered
// only if it does not match; if it does, that is proof for the receiver.
func (r *Replica[S]) probe(now time.Duration) {
	to := r.audit.doubted
	if to == "" {
		to = r.peer(r.rand.IntN(r.others()))
	}
	r.rearm(now)
	r.send(now, to, Message[S]{Kind: Probe, Sketch: r.sketch(everything, 0)})
}
