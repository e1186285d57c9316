package replica

import (
	"slices"
	"time"

	"gset/crdt"
)

// Rules *scatter*, *lone*, *answer* and *overlap*: how news gets from a hub, or from
// whoever appoints itself, to everyone.

// overlap is how many earlier rounds' news a scatter tells once more. That costs
// bytes, but no messages, and makes up for as many scatters lost in a row. At 10%
// loss and 25 members, one round is too few: each fifth round is missed twice by somebody.
const overlap = 2

// round is what a replica keeps to scatter well.
type round[S crdt.Lattice[S]] struct {
	due     time.Duration      // the earliest time of the next scatter
	told    [overlap]S         // the news of the last scatters, latest first
	digests []crdt.Fingerprint // of the settled state after each of them
	answers map[int]heard      // gathers of this round, to be answered by its scatter
	echoes  S                  // what those gathers brought, to be said back

	// announce is when to scatter even without news: the digest shows who lacks
	// something, and they come for it.
	announce time.Duration
}

func newRound[S crdt.Lattice[S]](bottom S) round[S] {
	r := round[S]{echoes: bottom.New(), announce: never}
	for i := range r.told {
		r.told[i] = bottom.New()
	}
	return r
}

// leeway is what a gather may be early by its margin, and timers late, without
// breaking period's promise: a third of a round trip, at least some clock grains,
// and at most a quarter of the interval.
func (r *Replica[S]) leeway() time.Duration {
	return min(max(r.rtt.mean/3, 10*clockGrain), r.cfg.Interval/4)
}

// period is the time between the scatters of a busy hub: the interval less the
// leeway, so that news is everywhere two hops and an interval after it was
// made: not on average but at the latest, unless a gather is late.
func (r *Replica[S]) period() time.Duration { return r.cfg.Interval - r.leeway() }

// scatters reports whether this replica's news goes out by its own scatters: it is
// the hub, or nobody gathers.
func (r *Replica[S]) scatters() bool { return r.Hub() == r.cfg.Self || r.cfg.Interval == 0 }

// lone reports whether an update made now should go straight to everyone: there is
// little going on, nothing in the last round trip that the hub would put into
// the same round, and the way to the hub is not in question. Before a round trip
// has been measured nothing is lone: else, when a whole cluster comes up busy,
// all would appoint themselves at once.
func (r *Replica[S]) lone(now time.Duration) bool {
	if r.cfg.Interval == 0 {
		return true
	}
	quiet := r.rtt.measured && r.load.fewerThan(1, now-r.rtt.mean)
	return quiet && r.load.lone(r.cfg.Interval, now) && len(r.pending.sent) == 0
}

func (r *Replica[S]) scatterDue() time.Duration {
	switch {
	case !r.scatters():
		return never
	case r.pending.fresh.Len() > 0 || len(r.round.answers) > 0:
		return r.round.due
	default:
		return r.round.announce
	}
}

// scatter tells everyone the news of this round and, once more, of those before.
// Nobody acknowledges a scatter: what is lost of it is found by the audit.
func (r *Replica[S]) scatter(now time.Duration) {
	news := r.pending.fresh
	r.pending.heard(news) // by everyone, as far as this replica is concerned
	var relay *Relay
	room := r.payload()
	if r.wide() {
		relay = &Relay{r.self, r.echoes(now)}
		room -= len(relay.Echoes) * maxEcho
	}
	parts := r.parts(joined(news, r.round.echoes, r.round.told[0], r.round.told[1]), room)
	if len(parts) > 1 { // a burst: to tell it twice would cost messages
		parts = r.parts(joined(news, r.round.echoes), room)
	}
	if relay == nil {
		r.out.Messages = slices.Grow(r.out.Messages, len(parts)*r.others())
	}
	for _, part := range parts {
		m := Message[S]{Kind: Scatter, Next: r.period(), Relay: relay, Delta: part}
		if relay != nil {
			m.View, m.Digest, m.Stamp = r.view, r.fingerprint(), now
			r.relay(m)
			continue
		}
		for i, peer := range r.coin.members {
			if i == r.self {
				continue
			}
			m.Answer = nil
			if gather, ok := r.round.answers[i]; ok {
				m.Answer = &Answer{gather.stamp, now - gather.at}
			}
			r.send(now, peer, m)
		}
	}
	r.round = round[S]{
		due:      now + r.period(),
		told:     [overlap]S{news, r.round.told[0]},
		digests:  append([]crdt.Fingerprint{r.fingerprint()}, r.round.digests[:min(len(r.round.digests), overlap-1)]...),
		echoes:   r.state.New(),
		announce: never,
	}
}

// joined returns the join of states, in memory of its own.
func joined[S crdt.Lattice[S]](first S, others ...S) S {
	all := first.Clone()
	for _, s := range others {
		all.Join(s)
	}
	return all
}

// receiveGather takes in a leaf's news. It is answered by the next scatter if one is
// due, else directly. A leaf that still believes in an earlier view learns of this
// replica's from the answer, and its news becomes this replica's to pass on.
func (r *Replica[S]) receiveGather(now time.Duration, sender int, m Message[S]) {
	news := r.learn(m.Delta)
	r.load.add(news.Len(), now)
	r.tell(news, now)
	if r.scatters() && r.pending.fresh.Len() > 0 {
		if r.round.answers == nil {
			r.round.answers = make(map[int]heard)
		}
		r.round.answers[sender] = r.heard
		r.round.echoes.Join(m.Delta)
		return
	}
	said := m.Delta.New() // who does not scatter has told nobody, and says nothing back
	if r.scatters() {
		said = m.Delta.Clone()
	}
	r.send(now, r.coin.members[sender], Message[S]{Kind: Scatter, Next: max(0, r.round.due-now), Delta: said})
}

// receiveScatter takes in the news of a round. The part of it that is this replica's
// own is its acknowledgement. Only the hub's scatters say anything of the hub's phase.
func (r *Replica[S]) receiveScatter(now time.Duration, from ID, m Message[S]) {
	r.load.add(r.hear(m.Delta).Len(), now)
	if from != r.Hub() {
		return
	}
	r.leaf.heard = now
	if r.cfg.Interval > 0 {
		r.overdue(now)
	}
	if r.cfg.Interval > 0 && from == r.Hub() { // and was not given up just now
		r.lock(now, m.Next)
		r.leaf.aimed = min(r.leaf.aimed, r.nextSlot(now))
	}
}
