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
	doubted ID            // a peer whose scatter told of another state; "" if none
	since   time.Duration // when it did
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
	case m.Digest == r.Settled() || m.Kind == Gather && slices.Contains(r.round.digests[:], m.Digest):
		if from == hub || from == a.doubted {
			a.doubted = ""
		}
		a.proof = now
	case m.Kind == Scatter && (a.doubted == "" || from == hub && a.doubted != hub):
		a.doubted, a.since = from, now
	}
}

// rearm starts a new wait for proof.
func (r *Replica[S]) rearm(now time.Duration) {
	r.audit = audit{proof: now, jitter: 1 + r.rand.Float64()/2}
}

func (r *Replica[S]) probeDue() time.Duration {
	if len(r.peers) == 0 {
		return never
	}
	since, wait := r.audit.proof, r.cfg.Probe
	if r.audit.doubted != "" {
		since = r.audit.since
		if r.audit.doubted == r.Hub() {
			wait = min(wait, r.rtt.settling())
		}
	}
	return since + time.Duration(float64(wait)*r.audit.jitter)
}

// probe sends the digest to the peer in doubt, or to a random one. It is answered
// only if it does not match; if it does, that is proof for the receiver.
func (r *Replica[S]) probe(now time.Duration) {
	to := r.audit.doubted
	if to == "" {
		to = r.peers[r.rand.IntN(len(r.peers))]
	}
	r.rearm(now)
	r.send(now, to, Message[S]{Kind: Probe})
}
