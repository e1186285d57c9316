package mistakes

import "gset/internal/plant"

// hubMistakes are mistakes of gathers, scatters and eager pushes.
var hubMistakes = []mistake{{
	name: "scatter to all but the last",
	is:   "A scatter leaves out the last arc.",
	edits: []plant.Edit{{
		File: "internal/ring/arcs.go",
		Right: `		if a.First.ID != "" {
			yield(a)
`,
		Wrong: `		if a.First.ID != "" && begin != end {
			yield(a)
`,
	}},
}, {
	name: "relay to all but the last",
	is:   "A scatter is not passed on to the last part of an arc.",
	edits: []plant.Edit{{
		File: "internal/ring/arcs.go",
		Right: `		if a.First.ID != "" {
			yield(a)
`,
		Wrong: `		if a.First.ID != "" && begin == end {
			yield(a)
`,
	}},
}, {
	name: "arcs that overlap",
	is:   "An arc ends behind the first member of the next, who gets the scatter twice.",
	edits: []plant.Edit{{
		File: "internal/ring/arcs.go",
		Right: `					a.End = x.Point
`,
		Wrong: `					a.End = x.Point + 1
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
	promise: "TestAScatterReachesAllOnceWithTheirEchoes",
}, {
	name: "told for good",
	is:   "A scatter repeats not only the updates of the last rounds, but of all before.",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `[overlap]S{told, r.round.earlier[0]}`,
		Wrong: `[overlap]S{told, joined(r.round.earlier[0], r.round.earlier[1])}`,
	}},
}, {
	name: "no overlap",
	is:   "A scatter repeats nothing of the rounds before.",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `joined(news, r.round.earlier[:]...)`,
		Wrong: `joined(news)`,
	}},
	promise: "TestAScatterRepeatsTheLastRounds",
}, {
	name: "keep gathers",
	is:   "A gather that was answered by a scatter is answered by all that follow.",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `{ clear(r.round.gatherers) }`,
		Wrong: `{}`,
	}},
}, {
	name: "no rounds",
	is:   "A hub scatters as soon as there is an update, and not once a period.",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `	r.round.due = now + r.period()
`,
		Wrong: ``,
	}},
}, {
	name: "echo before the rest is told",
	is:   "On reliable links the first of the scatters that a round takes echoes those who gathered.",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `if goesOn || !roomy && r.inTrees() {`,
		Wrong: `if !roomy && r.inTrees() {`,
	}},
	promise: "TestTheLastScatterOfALongRoundHasTheEchoes",
}, {
	name: "forget a round that goes on",
	is:   "On reliable links the second of the scatters that a round takes spares nobody, and the last one echoes nobody.",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `	if !goesOn {
		r.endRound()
	}
`,
		Wrong: `	r.endRound()
`,
	}},
	promise: "TestTheLastScatterOfALongRoundHasTheEchoes",
}, {
	name: "tell a long round again",
	is:   "On reliable links each of the scatters that a round takes has all that was gathered in the round.",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `if !r.cfg.Reliable && len(r.round.gatherers) > 0 {`,
		Wrong: `if len(r.round.gatherers) > 0 {`,
	}},
	promise: "TestALongRoundEndsInATree",
}, {
	name: "spare who passes it on",
	is:   "On reliable links an inner member of a tree is sent a scatter without what it gathered.",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `return r.cfg.Reliable && !r.inTrees()`,
		Wrong: `return r.cfg.Reliable`,
	}},
	promise: "TestWhoPassesAScatterOnIsSparedNothing",
}, {
	name: "forget what gathers brought",
	is:   "A scatter acknowledges only what was new to the hub.",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `	r.gatherers[h.from] = gatherer[S]{h, delta}
`,
		Wrong: `	r.gatherers[h.from] = gatherer[S]{h, delta.New()}
`,
	}},
	promise: "TestAGatherOfWhatTheHubHadIsAcknowledgedByItsScatter",
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
	promise: "TestAGatherIsAnsweredWhereNoScatterIsDue",
}, {
	name: "always eager",
	is:   "Every update goes straight to everyone, however much is going on.",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `return quiet && r.load.little(r.cfg.Interval, now) &&`,
		Wrong: `return quiet || r.load.held >= 0 ||`,
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
		File:  "replica/scatter.go",
		Right: `now) && len(r.sent) == 0`,
		Wrong: `now)`,
	}},
	promise: "TestNoUpdateOvertakesAGather",
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
		Right: `e.Member != r.cfg.Self || e.Stamp > max(now, r.stamped)`,
		Wrong: `e.Stamp > max(now, r.stamped)`,
	}},
	promise: "TestARoundTripIsOnesOwnAndLeavesOutTheWait",
}, {
	name: "echo without its wait",
	is:   "The time that a message waited before its echo left counts as a round trip.",
	edits: []plant.Edit{{
		File:  "replica/replica.go",
		Right: `roundTrip := max(0, now-e.Stamp-e.Wait)`,
		Wrong: `roundTrip := max(0, now-e.Stamp)`,
	}},
	promise: "TestARoundTripIsOnesOwnAndLeavesOutTheWait",
}, {
	name: "send all while cut off",
	is:   "Who finds nobody to acknowledge its updates sends all of them each time.",
	edits: []plant.Edit{{
		File:  "replica/gather.go",
		Right: `firstCells(r.fresh, sample)`,
		Wrong: `firstCells(r.fresh, 1<<20)`,
	}},
	promise: "TestWhoIsCutOffSendsLittle",
}}
