package replica

import (
	"cmp"
	"slices"
	"time"

	"gset/crdt"
)

// Rules *scatter*, *eager push*, *answer* and *overlap*: how updates get from a hub, or from
// whoever acts as one, to every member.

// overlap is how many earlier rounds' updates a scatter tells once more. That costs bytes, but
// no messages, and makes up for as many scatters lost in a row. At 10% loss and 25 members one
// round is too few: somebody misses each fifth round twice.
const overlap = 2

// round is what a replica keeps to scatter well.
type round[S crdt.Lattice[S]] struct {
	due     time.Duration      // the earliest time of the next scatter
	told    [overlap]S         // the updates of the last scatters, latest first
	digests []crdt.Fingerprint // of what was stable after each of them
	answers map[ID]heard       // who gathered in this round; its scatter answers them, with an echo each
	spare   map[ID]heard       // the answers of the round before, to be used again
	echoes  S                  // the updates of those gathers, which its scatter acknowledges
}

func newRound[S crdt.Lattice[S]](none S) round[S] {
	return round[S]{echoes: none, told: [overlap]S{none, none}}
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
	if r.scatters() && (r.fresh.Len() > 0 || len(r.round.answers) > 0) {
		return r.round.due
	}
	return Never
}

// scatter tells every member the updates of this round and, once more, of those before.
// Nobody acknowledges a scatter: what is lost of it is found by the suspicion of its hearers.
func (r *Replica[S]) scatter(now time.Duration) {
	r.recall()
	parts, rest := r.parts()
	told := r.values.tell(rest)
	begin := r.point
	if r.others > r.cfg.Fanout {
		begin = r.members.ring[r.rand.IntN(r.members.Len())].point
	}
	echoes, strangers := r.echoes(now, begin)
	if len(parts) > 1 && r.others > r.cfg.Fanout {
		echoes = nil // a burst has no room for those of a tree
	}
	for _, part := range parts {
		m := Message[S]{Kind: Scatter, Next: whole(r.period()), Delta: part}
		m.Cluster, m.View, m.Digest, m.Stamp = r.cluster, r.view, r.fingerprint(), whole(now)
		r.spread(m, begin, begin, echoes)
		for _, e := range strangers { // who gathered and is not on the list joins or leaves
			m.Echoes = r.closing(e)
			r.out.Messages = append(r.out.Messages, Envelope[S]{e.Member, m})
		}
	}
	r.round = round[S]{
		due:     now + r.period(),
		told:    [overlap]S{told, r.round.told[0]},
		digests: append([]crdt.Fingerprint{r.fingerprint()}, r.round.digests[:min(len(r.round.digests), overlap-1)]...),
		echoes:  r.none,
		spare:   r.round.answers,
	}
	if rest.Len() > 0 {
		r.round.due = now
	}
	if r.suspicion.suspect == r.cfg.Self {
		r.suspicion.suspect = ""
	}
}

// parts returns the deltas of a scatter's messages, and the fresh updates that the budget has no room
// for. If it takes more than one message the scatter repeats no earlier rounds, which would take
// still more.
func (r *Replica[S]) parts() (parts []S, rest S) {
	limit := r.payload() - r.echoRoom()
	all := joined(r.fresh, r.round.echoes, r.round.told[0], r.round.told[1])
	if _, whole, err := r.encoded(all, limit); err == nil && whole {
		return []S{all}, r.none
	}
	count := max(1, budgetBytes/r.payload()/max(1, min(r.others, r.cfg.Fanout)))
	if parts, rest = r.cut(joined(r.fresh, r.round.echoes), r.payload(), count); rest.Len() > 0 {
		rest = r.fresh.Minus(joined(r.none, parts...))
	}
	return parts, rest
}

// echoRoom is the room in a message that the echoes of a scatter down a tree may take.
func (r *Replica[S]) echoRoom() int {
	if r.others <= r.cfg.Fanout {
		return 0
	}
	room := 0
	for _, gather := range r.round.answers {
		room += Echo{Member: gather.from}.room()
	}
	return min(room, r.payload()/4)
}

// echoes returns an echo for each member that gathered in this round, and for the member heard last,
// in the order of the ring from a point on; and those for strangers, in whose arcs others are.
func (r *Replica[S]) echoes(now time.Duration, begin uint64) (echoes, strangers []Echo) {
	all := r.order[:0]
	for _, gather := range r.round.answers {
		all = append(all, gather)
	}
	if _, ok := r.round.answers[r.heard.from]; !ok && r.heard.from != "" {
		all = append(all, r.heard)
	}
	for i := range all {
		all[i].point = pointOf(all[i].from)
	}
	slices.SortFunc(all, func(a, b heard) int { return cmp.Compare(a.point-begin, b.point-begin) })
	r.order = all
	echoes = make([]Echo, 0, len(all))
	for _, h := range all {
		if r.members.has(h.from, h.point) {
			echoes = append(echoes, h.echo(now))
		} else {
			strangers = append(strangers, h.echo(now))
		}
	}
	return echoes, strangers
}

// emptied returns an empty map, which is m if there is one.
func emptied(m map[ID]heard) map[ID]heard {
	if m == nil {
		return make(map[ID]heard)
	}
	clear(m)
	return m
}

// receiveGather takes in a leaf's updates. If this replica is to scatter them, its next scatter
// answers; if it has scattered all of them before, an answer acknowledges them. A replica that is not
// the hub makes them pending, as its own, and answers without acknowledging them. Its answer
// tells a leaf of an earlier view of the present one.
func (r *Replica[S]) receiveGather(now time.Duration, from ID, m Message[S]) {
	r.load.add(r.learn(m.Delta, now).Len(), now)
	if !r.scatters() {
		r.witness(now, m.View)
	}
	if r.scatters() && r.fresh.Len() > 0 {
		if r.round.answers == nil {
			r.round.answers, r.round.spare = emptied(r.round.spare), nil
		}
		r.round.answers[from] = r.heard
		r.round.echoes = grown(r.round.echoes, m.Delta)
		return
	}
	acknowledged := m.Delta
	if !r.scatters() { // this replica has told nobody
		acknowledged = r.none
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
	r.load.add(r.hear(m.Delta).Len(), now)
	if from != r.hub {
		r.answered(now, from)
		return
	}
	r.leaf.standIn, r.leaf.silent = "", false
	if r.cfg.Interval > 0 {
		r.overdue(now)
	}
	if r.cfg.Interval > 0 && from == r.hub { // and was not given up just now
		r.lock(now, m)
		r.leaf.aimed = min(r.leaf.aimed, r.nextSlot(now))
	}
}
