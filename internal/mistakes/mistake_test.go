package mistakes

import "gset/internal/plant"

// mistake is one way to get the protocol wrong.
type mistake struct {
	name    string
	is      string // what is done wrong
	edits   []plant.Edit
	promise string // the test that catches it; "" if the simulator does
}

var mistakes = []mistake{{
	name: "drop pending on send",
	is:   "An update counts as told once it was sent to the hub, and not when it is acknowledged.",
	edits: []plant.Edit{{
		File: "replica/values.go",
		Right: `	v.sent = append(v.sent, &batch[S]{part, now})
`,
		Wrong: `	v.stable.Join(part)
	v.pending = v.pending.Minus(part)
`,
	}},
}, {
	name: "recall drops pending",
	is:   "What is sent again after a gather was not acknowledged is nothing.",
	edits: []plant.Edit{{
		File:  "replica/values.go",
		Right: `v.fresh, v.sent = v.pending.Clone(), nil`,
		Wrong: `v.sent = nil`,
	}},
}, {
	name: "told stays fresh",
	is:   "What a hub has scattered stays fresh with it.",
	edits: []plant.Edit{{
		File: "replica/values.go",
		Right: `		v.pending, v.fresh = rest.Clone(), rest
		return told
`,
		Wrong: `		return told
`,
	}},
}, {
	name: "heard stays fresh",
	is:   "An acknowledgement leaves fresh what it acknowledges.",
	edits: []plant.Edit{{
		File: "replica/values.go",
		Right: `		v.fresh = v.fresh.Minus(stabilised)
`,
		Wrong: ``,
	}},
}, {
	name: "heard stays pending",
	is:   "What is acknowledged becomes stable, and stays pending as well.",
	edits: []plant.Edit{{
		File:  "replica/values.go",
		Right: `novel, v.pending = stabilised.Minus(v.pending), v.pending.Minus(stabilised)`,
		Wrong: `novel = stabilised.Minus(v.pending)`,
	}},
}, {
	name: "one time for all gathers",
	is:   "Gathers under way are one, with the time of the last.",
	edits: []plant.Edit{{
		File: "replica/values.go",
		Right: `	v.sent = append(v.sent, &batch[S]{part, now})
`,
		Wrong: `	if len(v.sent) > 0 {
		v.sent[0] = &batch[S]{joined(v.sent[0].delta, part), now}
	} else {
		v.sent = append(v.sent, &batch[S]{part, now})
	}
`,
	}},
}, {
	name: "hand over nothing",
	is:   "What is heard in a scatter is joined, but not handed over to be made durable.",
	edits: []plant.Edit{{
		File: "replica/replica.go",
		Right: `	return r.keep(novel)
`,
		Wrong: `	return novel
`,
	}},
}, {
	name: "strikes for ever",
	is:   "An acknowledged gather leaves the strikes against the hub as they are.",
	edits: []plant.Edit{{
		File: "replica/replica.go",
		Right: `		r.leaf.strikes = 0
`,
		Wrong: ``,
	}},
}, {
	name: "adopt a smaller view",
	is:   "Whatever view is heard of is adopted, also a smaller one.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	if view > r.view {
`,
		Wrong: `	if view != r.view {
`,
	}},
}, {
	name: "never adopt a view",
	is:   "Nobody adopts a view but the one who finds its hub silent.",
	edits: []plant.Edit{{
		File: "replica/replica.go",
		Right: `	r.adopt(m.View, now)
`,
		Wrong: ``,
	}},
}, {
	name: "adopt without recalling",
	is:   "Who turns to another hub goes on waiting for the old one to acknowledge what it was sent.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	r.recall()
	r.leaf = leaf{}
`,
		Wrong: `	r.leaf = leaf{}
`,
	}},
}, {
	name: "keep the old hub's phase",
	is:   "Who turns to another hub times its gathers by the old one's clock.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	r.recall()
	r.leaf = leaf{}
`,
		Wrong: `	r.recall()
`,
	}},
}, {
	name: "retry the same hub",
	is:   "A hub that says nothing is asked again and again, and never given up.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	if r.members.Len() < 2 {
`,
		Wrong: `	if r.members.Len() >= 0 {
`,
	}},
}, {
	name: "stay at the greatest view",
	is:   "At the greatest view there is, a silent hub is not given up.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `			r.walked++
`,
		Wrong: `			return
`,
	}},
}, {
	name: "audit with pending updates",
	is:   "The digest on messages is that of the whole state, and not only of what is stable.",
	edits: []plant.Edit{{
		File:  "replica/replica.go",
		Right: `return r.stable.Digest().Fingerprint()`,
		Wrong: `return r.State().Digest().Fingerprint()`,
	}},
}, {
	name: "every digest matches",
	is:   "Any message proves equality with its sender, whatever its digest.",
	edits: []plant.Edit{{
		File:  "replica/suspicion.go",
		Right: `	case m.Digest == r.fingerprint() ||`,
		Wrong: `	case true || m.Digest == r.fingerprint() ||`,
	}},
}, {
	name: "digests kept for ever",
	is:   "A hub takes a leaf's digest of any earlier round for proof of equality.",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `r.round.digests[:min(len(r.round.digests), overlap-1)]`,
		Wrong: `r.round.digests`,
	}},
}, {
	name: "old digests for all",
	is:   "A digest of an earlier round proves equality on every message, and not only on a gather.",
	edits: []plant.Edit{{
		File:  "replica/suspicion.go",
		Right: `m.Kind == Gather && slices`,
		Wrong: `slices`,
	}},
}, {
	name: "suspicion never cleared",
	is:   "A digest that matches leaves the suspicion of its sender.",
	edits: []plant.Edit{{
		File: "replica/suspicion.go",
		Right: `			a.suspect = ""
`,
		Wrong: ``,
	}},
}, {
	name: "a scatter casts no suspicion",
	is:   "The hub's scatter may have any digest.",
	edits: []plant.Edit{{
		File: "replica/suspicion.go",
		Right: `		r.suspect(r.hub, now+r.jittered(r.window()))
	case a.suspect`,
		Wrong: `	case a.suspect`,
	}},
}, {
	name: "probe to oneself as proof",
	is:   "Whose turn it is to be probed may be the prober itself, which proves equality.",
	edits: []plant.Edit{{
		File:  "replica/members.go",
		Right: `id != self {`,
		Wrong: `true {`,
	}, {
		File: "replica/suspicion.go",
		Right: `	r.send(now, to, r.describe(about, 0))
`,
		Wrong: `	if to == r.cfg.Self {
		r.suspicion.proof = now
		return
	}
	r.send(now, to, r.describe(about, 0))
`,
	}},
}, {
	name: "probe the same peer",
	is:   "A probe goes to the same peer every time.",
	edits: []plant.Edit{{
		File: "replica/members.go",
		Right: `		t.at = number + 1
`,
		Wrong: `		_ = number
`,
	}, {
		File:  "replica/members.go",
		Right: `first(t.order, t.at)`,
		Wrong: `first(t.order+uint64(len(self))*0, 0)`,
	}, {
		File: "replica/members.go",
		Right: `		if id := m.ring[place].id; id != self {
			return id
		}
`,
		Wrong: `		if id := m.ring[place].id; id != self {
			return id
		}
		t.order++
`,
	}},
}, {
	name: "scatter to all but the last",
	is:   "A scatter leaves out the last arc.",
	edits: []plant.Edit{{
		File: "replica/arcs.go",
		Right: `		if a.first.id != "" {
			yield(a)
`,
		Wrong: `		if a.first.id != "" && begin != end {
			yield(a)
`,
	}},
}, {
	name: "relay to all but the last",
	is:   "A scatter is not passed on to the last part of an arc.",
	edits: []plant.Edit{{
		File: "replica/arcs.go",
		Right: `		if a.first.id != "" {
			yield(a)
`,
		Wrong: `		if a.first.id != "" && begin == end {
			yield(a)
`,
	}},
}, {
	name: "arcs that overlap",
	is:   "An arc ends behind the first member of the next, who gets the scatter twice.",
	edits: []plant.Edit{{
		File: "replica/arcs.go",
		Right: `					a.end = x.point
`,
		Wrong: `					a.end = x.point + 1
`,
	}},
}, {
	name: "relay as one's own",
	is:   "Who passes a scatter on does not say whose it is.",
	edits: []plant.Edit{{
		File: "replica/arcs.go",
		Right: `		m.Root = from
`,
		Wrong: `		m.Root = ""
`,
	}},
}, {
	name: "relay without echoes",
	is:   "Who passes a scatter on keeps the echoes of those behind it.",
	edits: []plant.Edit{{
		File:  "replica/arcs.go",
		Right: `r.spread(m, r.point, *m.End, m.Echoes)`,
		Wrong: `r.spread(m, r.point, *m.End, nil)`,
	}},
}, {
	name: "told for good",
	is:   "A scatter repeats not only the updates of the last rounds, but of all before.",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `[overlap]S{told, r.round.told[0]}`,
		Wrong: `[overlap]S{told, joined(r.round.told[0], r.round.told[1])}`,
	}},
}, {
	name: "no overlap",
	is:   "A scatter repeats nothing of the rounds before.",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `joined(r.fresh, r.round.echoes, r.round.told[0], r.round.told[1])`,
		Wrong: `joined(r.fresh, r.round.echoes)`,
	}},
}, {
	name: "keep gathers",
	is:   "A gather that was answered by a scatter is answered by all that follow.",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `		echoes:  r.stable.New(),
`,
		Wrong: `		echoes:  r.stable.New(),
		answers: r.round.answers,
`,
	}},
}, {
	name: "no rounds",
	is:   "A hub scatters as soon as there is an update, and not once a period.",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `		due:     now + r.period(),
`,
		Wrong: ``,
	}},
}, {
	name: "forget what gathers brought",
	is:   "A scatter acknowledges only what was new to the hub.",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `		r.round.echoes.Join(m.Delta)
`,
		Wrong: ``,
	}},
}, {
	name: "leave a gather unanswered",
	is:   "A hub with nothing to scatter does not answer a gather.",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `	r.send(now, from, Message[S]{Kind: Answer,`,
		Wrong: `	if r.scatters() {
		return
	}
	r.send(now, from, Message[S]{Kind: Answer,`,
	}},
}, {
	name: "always eager",
	is:   "Every update goes straight to everyone, however much is going on.",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `	return quiet && r.load.little(r.cfg.Interval, now) && len(r.sent) == 0
`,
		Wrong: `	return quiet || !quiet
`,
	}},
}, {
	name: "never eager",
	is:   "An update goes to the hub, however little is going on.",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `	return quiet && r.load.little(`,
		Wrong: `	return !quiet && quiet && r.load.little(`,
	}},
}, {
	name: "eager beside gathers",
	is:   "An update goes straight to everyone while earlier ones are under way to the hub.",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `now) && len(r.sent) == 0
`,
		Wrong: `now)
`,
	}},
}, {
	name: "gather at once",
	is:   "A leaf does not wait for the hub's next scatter, but sends every update as it comes.",
	edits: []plant.Edit{{
		File: "replica/gather.go",
		Right: `	return min(r.leaf.aimed, r.leaf.idleAt)
`,
		Wrong: `	return 0
`,
	}},
}, {
	name: "echo of another",
	is:   "A replica takes every echo for its own, whomever it is for.",
	edits: []plant.Edit{{
		File:  "replica/replica.go",
		Right: `e.Member != r.cfg.Self || e.Stamp > now`,
		Wrong: `e.Stamp > now`,
	}},
}, {
	name: "echo without its wait",
	is:   "The time that a message waited before its echo left counts as a round trip.",
	edits: []plant.Edit{{
		File:  "replica/replica.go",
		Right: `min(now-e.Stamp-e.Wait, longestRoundTrip)`,
		Wrong: `min(now-e.Stamp, longestRoundTrip)`,
	}},
}, {
	name: "send all while cut off",
	is:   "Who finds nobody to acknowledge its updates sends all of them each time.",
	edits: []plant.Edit{{
		File:  "replica/gather.go",
		Right: `firstCells(r.fresh, sample)`,
		Wrong: `firstCells(r.fresh, 1<<20)`,
	}},
}, {
	name: "acknowledge what nobody was told",
	is:   "A stand-in acknowledges updates that it has told nobody.",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `		acknowledged = m.Delta.New()
`,
		Wrong: ``,
	}},
}, {
	name: "witness of another view",
	is:   "A gather from any view makes its receiver give up its hub.",
	edits: []plant.Edit{{
		File:  "replica/standin.go",
		Right: `	if view == r.view && (`,
		Wrong: `	if (view >= 0) && (`,
	}},
}, {
	name: "no second witness",
	is:   "Who receives a gather gives its hub up, though it has not found the hub silent.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	if view == r.view && (r.leaf.strikes >= silence || r.leaf.standIn != "") {
`,
		Wrong: `	if view == r.view {
`,
	}},
}, {
	name: "a stand-in's leaf does not vote",
	is:   "Who has a stand-in is no witness of its hub's silence.",
	edits: []plant.Edit{{
		File:  "replica/standin.go",
		Right: `(r.leaf.strikes >= silence || r.leaf.standIn != "")`,
		Wrong: `r.leaf.strikes >= silence && r.leaf.standIn == ""`,
	}},
}, {
	name: "stand-in for ever",
	is:   "The hub's scatter does not end a stand-in's service.",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `	r.leaf.standIn = ""
`,
		Wrong: ``,
	}},
}, {
	name: "stand-in never probed",
	is:   "Who has a stand-in never asks it what the hub has made of the updates.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	if r.leaf.standIn != "" && r.suspicion.suspect != r.leaf.standIn {
`,
		Wrong: `	if r.leaf.standIn != "" && r.leaf.strikes < 0 {
`,
	}},
}, {
	name: "keep the old hub",
	is:   "A list of members that appoints another hub does not move the replica to it.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	} else if r.appointed() != r.hub {
`,
		Wrong: `	} else if r.hub == "" {
`,
	}},
}, {
	name: "leave as the hub",
	is:   "A hub that leaves the cluster does not move the view.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `&& r.hub == r.cfg.Self {
		r.giveUp(now)
`,
		Wrong: `&& r.hub == r.cfg.Self {
`,
	}},
}, {
	name: "alone with pending updates",
	is:   "Who is alone on its list waits for someone to acknowledge its updates.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `		r.hear(r.pending) // there is nobody to tell
`,
		Wrong: ``,
	}},
}, {
	name: "snapshot without pending",
	is:   "A snapshot takes everything for stable.",
	edits: []plant.Edit{{
		File:  "replica/status.go",
		Right: `return Snapshot[S]{r.view, r.stable, r.pending}`,
		Wrong: `return Snapshot[S]{r.view, r.State(), r.pending.New()}`,
	}},
}, {
	name: "foreign messages",
	is:   "A message of another cluster is taken in.",
	edits: []plant.Edit{{
		File: "replica/message.go",
		Right: `	if m.Cluster != r.cluster {
`,
		Wrong: `	if m.Cluster != r.cluster && len(from) > MaxID {
`,
	}},
}, {
	name: "never repair",
	is:   "A probe that does not match is taken for proof, and not answered.",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `		r.show(now, from, m)
		return //`,
		Wrong: `		return //`,
	}},
}, {
	name: "ignore what is wanted",
	is:   "A repair is answered for the cells in it, but not for those it asks for.",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `	if len(m.Want) > 0 {
`,
		Wrong: `	if len(m.Want) > 1<<20 {
`,
	}},
}, {
	name: "leave a whole state unanswered",
	is:   "Who is sent a whole state joins it, and does not say what it has beyond that.",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `		r.sendBeyond(now, from, m.Range, m.Delta)
`,
		Wrong: ``,
	}},
}, {
	name: "miscount the header",
	is:   "A message's header is taken to be shorter than it can be.",
	edits: []plant.Edit{{
		File:  "replica/replica.go",
		Right: `r.cfg.MaxMessage - maxHeader - 2*max(r.members.longest, len(r.cfg.Self))`,
		Wrong: `r.cfg.MaxMessage - len(crdt.Fingerprint{})`,
	}},
}, {
	name: "miscount what is wanted",
	is:   "The ids that a message asks for take no room.",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `	room := r.payload() - len(want)*binary.MaxVarintLen64
`,
		Wrong: `	room := r.payload()
`,
	}},
}, {
	name: "describe pending updates",
	is:   "A diff describes the whole state, and not only what is stable.",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `	if about == Everything {
		m.Sketch = crdt.SketchOf(r.stable, length)
`,
		Wrong: `	if about == Everything {
		m.Sketch = crdt.SketchOf(r.State(), length)
`,
	}},
}, {
	name: "learn as if everyone knew",
	is:   "What a hub learns in a repair it takes for stable, and tells nobody.",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `			r.learn(delta, now)
		} else if r.hear(delta).Len() > 0 {
			r.suspect(r.hub, now+r.rtt.settling())
`,
		Wrong: `			r.hear(delta)
		} else if r.hear(delta).Len() > 0 {
			r.suspect(r.hub, now+r.rtt.settling())
`,
	}},
}, {
	name: "never show what was learned",
	is:   "A hub that learns more than it tells does not show that it holds more.",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `		} else if r.hear(delta).Len() > 0 {
			r.suspect(r.hub, now+r.rtt.settling())
`,
		Wrong: `		} else if r.hear(delta).Len() > 0 {
`,
	}},
}, {
	name: "ask only the teacher",
	is:   "What a leaf learns from another leaf does not make it ask the hub.",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `	case r.hub != from:
		r.suspect(r.hub, now+r.jittered(r.window()))
	}
`,
		Wrong: `	}
`,
	}},
}, {
	name: "key ranges with a gap",
	is:   "A key range that is cut in two has a cell in neither part.",
	edits: []plant.Edit{{
		File:  "replica/repair.go",
		Right: `return Range{about.First, c.ID - 1}, about.from(c.ID)`,
		Wrong: `return Range{about.First, c.ID - 1}, about.from(c.ID + 1)`,
	}},
}, {
	name: "steps with a gap",
	is:   "The rest of a range, as a message names it, begins behind its first cell.",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `	return about.from(firstCell(left))
`,
		Wrong: `	return about.from(firstCell(left) + 1)
`,
	}},
}, {
	name: "portions with a gap",
	is:   "The range of all cells in a message ends before its last one.",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `			all[n-1].about.Last = first - 1
			about.First = first
`,
		Wrong: `			all[n-1].about.Last = first - 1
			about.First = first + 1
`,
	}},
}, {
	name: "rest not asked for",
	is:   "Who gets a part of an answer does not ask for the rest.",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `	switch {
	case r.walks(now) && r.walk.peer != from:
`,
		Wrong: `	switch {
	case true:
	case r.walks(now) && r.walk.peer != from:
`,
	}},
}, {
	name: "rest not asked for again",
	is:   "A question for the rest that is lost is not asked again.",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `	if r.walk.rest == (Range{}) {
		return Never
	}
	return r.walk.until
`,
		Wrong: `	return Never
`,
	}},
}, {
	name: "busy in silence",
	is:   "Who walks with one peer does not tell another to walk with somebody else.",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `		r.sendCells(now, with, nil, nil, Everything)
		return true
`,
		Wrong: `		return true
`,
	}},
}, {
	name: "busy for ever",
	is:   "Who has walked with a peer is busy with it for good.",
	edits: []plant.Edit{{
		File:  "replica/walk.go",
		Right: `r.walk = walk{peer: with, until: now + 2*r.patience()}`,
		Wrong: `r.walk = walk{peer: with, until: now + MaxInterval}`,
	}},
}, {
	name: "add up counts",
	is:   "The join of two counters adds an entry to what is there, instead of taking the greater.",
	edits: []plant.Edit{{
		File: "crdt/tally.go",
		Right: `		fresh, growth := above(d.counts, old)
`,
		Wrong: `		fresh, growth := d.counts, d.counts
		_ = old
`,
	}},
}}
