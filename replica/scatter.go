package replica

import (
	"cmp"
	"slices"
	"time"

	"gset/crdt"
	"gset/internal/ring"
)

// Rules *scatter*, *eager push*, *answer*, *overlap*, *spare* and *strangers*: how updates get from a hub, or from
// whoever acts as one, to every member.

// overlap is how many earlier rounds' updates a scatter tells once more. That costs bytes, but
// no messages, and makes up for as many scatters lost in a row. At 10% loss and 25 members one
// round is too few: somebody misses each fifth round twice. On reliable links nothing is told twice.
const overlap = 2

// Of those who gather, or were heard last, and are not on the list, a scatter tells so many at most, for so many probe
// intervals. They join or leave, or the list is wrong: nobody else tells them.
const (
	maxStrangers   = 64
	strangerProbes = 4
)

// round is what a replica keeps to scatter well.
type round[S crdt.Lattice[S]] struct {
	due       time.Duration      // the earliest time of the next scatter
	earlier   [overlap]S         // the updates of the last scatters, latest first
	gatherers map[ID]gatherer[S] // who gathered in this round; its scatter answers them, with an echo each
	strangers []heard            // who gathered of late, or was heard last, and is not on the list, latest last
}

// gatherer is what a member gathered in this round, and its last message: the last of all of them need not have gathered.
type gatherer[S any] struct {
	heard
	delta S
}

func newRound[S crdt.Lattice[S]](none S) round[S] {
	return round[S]{earlier: [overlap]S{none, none}, gatherers: map[ID]gatherer[S]{}}
}

// leeway is by how much a gather may be early, for its margin, and timers late, without
// breaking period's promise: a third of a round trip, at least some clock grains,
// and at most a quarter of the interval.
func (r *Replica[S]) leeway() time.Duration {
	return min(max(r.rtt.mean/3, 10*clockGrain), r.cfg.Interval/4)
}

// period is the time between the scatters of a busy hub: the interval less the
// leeway, so that an update is everywhere two hops and an interval after it was
// made: not on average but at the latest, unless a gather is late.
func (r *Replica[S]) period() time.Duration { return r.cfg.Interval - r.leeway() }

// scatters reports whether this replica's updates go out by its own scatters: it is
// the hub, or nobody gathers.
func (r *Replica[S]) scatters() bool { return r.hub == r.cfg.Self || r.cfg.Interval == 0 }

// eager reports whether an update made now should go straight to every member: there are few
// updates, none in the last round trip that would share a round with this one, and no gather is
// unacknowledged. Before a round trip has been measured no update is pushed: when a whole
// cluster comes up busy, every member would act as a hub at once.
func (r *Replica[S]) eager(now time.Duration) bool {
	if r.cfg.Interval == 0 {
		return true
	}
	if !r.listed() {
		return false // a leaver waits until its updates are acknowledged
	}
	quiet := r.rtt.measured && r.load.fewerThan(1, now-r.rtt.mean)
	return quiet && r.load.little(r.cfg.Interval, now) && len(r.sent) == 0 && r.leaf.standIn == ""
}

func (r *Replica[S]) scatterDue() time.Duration {
	if r.scatters() && (r.fresh.Len() > 0 || len(r.round.gatherers) > 0) {
		return r.round.due
	}
	return Never
}

// scatter tells every member the updates of this round and, once more, of those before. It begins at a
// random point of the ring: no member is always told last, nor always an inner member of the tree.
// Nobody acknowledges a scatter: what is lost of it is found by the suspicion of its hearers.
func (r *Replica[S]) scatter(now time.Duration) {
	r.recall()
	parts, rest, roomy := r.parts()
	told := r.values.tell(rest)
	begin := r.rand.Uint64()
	echoes := r.echoes(now, begin)
	goesOn := r.cfg.Reliable && rest.Len() > 0 // then the last scatter of the round has the echoes
	if goesOn || !roomy && r.inTrees() {
		echoes = nil
	}
	for _, part := range parts {
		m := Message[S]{Kind: Scatter, Next: whole(r.period()), Delta: part}
		m.Cluster, m.View, m.Digest, m.Stamp = r.cluster, r.view, r.fingerprint(), r.stamp(now)
		first := len(r.out.Messages)
		r.spread(m, begin, begin, echoes)
		if r.spares() {
			r.spare(r.out.Messages[first:])
		}
		for _, h := range r.round.strangers { // each is echoed once: an echo says that it was heard of late
			if m.Echoes = nil; h == r.round.gatherers[h.from].heard && !goesOn {
				m.Echoes = r.closing(h.echo(now))
			}
			r.out.Messages = append(r.out.Messages, Envelope[S]{h.from, m})
		}
	}
	if !goesOn {
		r.endRound()
	}
	if !r.cfg.Reliable {
		r.round.earlier = [overlap]S{told, r.round.earlier[0]}
	}
	r.round.due = now + r.period()
	if rest.Len() > 0 {
		r.round.due = now
	}
	if r.suspicion.suspect == r.cfg.Self {
		r.suspicion.suspect = ""
	}
}

// spares reports whether members are spared what they gathered themselves: an echo acknowledges it.
func (r *Replica[S]) spares() bool { return r.cfg.Reliable && !r.inTrees() }

// spare leaves out of a scatter's messages what their receivers gathered themselves.
func (r *Replica[S]) spare(messages []Envelope[S]) {
	for i := range messages {
		if g, ok := r.round.gatherers[messages[i].To]; ok && g.delta.Len() > 0 {
			m := &messages[i].Message
			m.Delta = m.Delta.Minus(g.delta)
		}
	}
}

// endRound forgets the gathers of this round: they were answered, or are another hub's.
func (r *Replica[S]) endRound() { clear(r.round.gatherers) }

// inTrees reports whether scatters go down a tree, and not straight to every member.
func (r *Replica[S]) inTrees() bool { return r.others > r.cfg.Fanout }

// parts returns the deltas of a scatter's messages, the fresh updates that the budget has no room
// for, and whether the messages have room for the echoes of an arc. If it takes more than one message the
// scatter repeats no earlier rounds, which would take still more.
func (r *Replica[S]) parts() (parts []S, rest S, roomy bool) {
	limit := r.payload()
	if r.inTrees() {
		limit -= r.echoRoom()
	}
	news := r.fresh
	if !r.cfg.Reliable && len(r.round.gatherers) > 0 { // an echo acknowledges them else
		news = news.Clone()
		for _, g := range r.round.gatherers {
			crdt.Merge(news, g.delta)
		}
	}
	all := joined(news, r.round.earlier[:]...)
	if _, whole, err := r.encoded(all, limit); err == nil && whole {
		return []S{all}, r.none, true
	}
	count := max(1, budgetBytes/r.payload()/max(1, min(r.others, r.cfg.Fanout)))
	if parts, rest = r.cutUp(news, r.payload(), count); rest.Len() > 0 && news.Len() > r.fresh.Len() {
		rest = r.fresh.Minus(joined(r.none, parts...))
	}
	return parts, rest, false
}

// echoRoom is the room in a message that the echoes for an arc may take: hundreds of them at the default
// MaxMessage. Members whose echoes have no room are echoed when they have gathered again.
func (r *Replica[S]) echoRoom() int { return r.payload() / 4 }

// echoes returns an echo for each member that gathered in this round, and for the member heard last,
// in the order of the ring from a point on. Strangers, who are in nobody's arc, it remembers.
func (r *Replica[S]) echoes(now time.Duration, begin uint64) (echoes []Echo) {
	if r.heard.from != "" {
		r.round.note(r.heard, r.none)
	}
	all := r.order[:0]
	for _, g := range r.round.gatherers {
		all = append(all, g.heard)
	}
	slices.SortFunc(all, func(a, b heard) int { return cmp.Compare(a.point-begin, b.point-begin) })
	r.order = all
	echoes = make([]Echo, 0, len(all))
	for _, h := range all {
		if r.members.Contains(h.from) {
			echoes = append(echoes, h.echo(now))
		} else {
			r.meet(h)
		}
	}
	r.round.strangers = slices.DeleteFunc(r.round.strangers, func(h heard) bool {
		return h.at < now-strangerProbes*r.cfg.Probe || r.members.Contains(h.from)
	})
	return echoes
}

// meet remembers a stranger.
func (r *Replica[S]) meet(h heard) {
	s := slices.DeleteFunc(r.round.strangers, func(other heard) bool { return other.from == h.from })
	r.round.strangers = append(s[max(0, len(s)+1-maxStrangers):], h)
}

// note remembers a message whose sender the next scatter echoes, and what it gathered, which that acknowledges.
func (r *round[S]) note(h heard, delta S) {
	h.point = ring.Point(h.from)
	if earlier, ok := r.gatherers[h.from]; ok && delta.Len() > 0 {
		delta = joined(earlier.delta, delta)
	} else if ok {
		delta = earlier.delta
	}
	r.gatherers[h.from] = gatherer[S]{h, delta}
}

// receiveGather takes in a leaf's updates, which become pending. If this replica is to scatter them, its next
// scatter answers; if it has scattered all of them before, an answer acknowledges them. A replica that is
// not the hub answers without acknowledging them, since it has told nobody. Its answer
// tells a leaf of an earlier view of the present one.
func (r *Replica[S]) receiveGather(now time.Duration, from ID, m Message[S]) {
	r.load.add(r.learn(m.Delta, now).Len(), now)
	if !r.scatters() {
		r.witness(now, m.View)
	}
	acknowledged := r.none
	if r.scatters() {
		if r.fresh.Len() > 0 {
			r.round.note(r.heard, m.Delta)
			return
		}
		acknowledged = m.Delta
	}
	parts, _ := r.cut(acknowledged, r.payload(), r.budget()) // the leaf may have greater messages
	if len(parts) == 0 {
		parts = []S{r.none}
	}
	for _, part := range parts {
		r.send(now, from, Message[S]{Kind: Answer, Next: whole(r.round.due - now), Delta: part})
	}
}

// receiveScatter takes in the updates of a scatter or answer. Those that were pending here are thereby
// acknowledged. Only messages of the hub tell of the hub's phase.
func (r *Replica[S]) receiveScatter(now time.Duration, from ID, m Message[S]) {
	waiting := r.oldest()
	r.load.add(r.hear(m.Delta).Len(), now)
	if from != r.hub {
		if m.Kind == Answer {
			r.answered(now, from)
		}
		return
	}
	if r.cfg.Reliable && m.Kind == Scatter {
		for _, e := range m.Echoes { // what an echo returns the hub had heard, and all before it, and tells it
			if e.Member == r.cfg.Self {
				r.acknowledge(e.Stamp)
			}
		}
	}
	r.leaf.standIn = ""
	if r.cfg.Interval > 0 && m.Digest == r.fingerprint() && r.oldest() == waiting {
		r.overdue(now)
	}
	if r.cfg.Interval > 0 && from == r.hub { // and was not given up just now
		r.lock(now, m)
		r.leaf.aimed = min(r.leaf.aimed, r.nextSlot(now))
	}
}
