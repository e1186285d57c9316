package mistakes

import "gset/internal/plant"

// repairMistakes are mistakes of stand-ins, lists of members and repair.
var repairMistakes = []mistake{{
	name: "acknowledge what nobody was told",
	is:   "A stand-in acknowledges updates that it has told nobody.",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `	acknowledged := r.none
`,
		Wrong: `	acknowledged := m.Delta
`,
	}},
	promise: "TestAStandInAcknowledgesNothing",
}, {
	name: "witness of another view",
	is:   "A gather from any view makes its receiver give up its hub.",
	edits: []plant.Edit{{
		File:  "replica/standin.go",
		Right: `	if view == r.view && r.leaf`,
		Wrong: `	if r.leaf`,
	}},
	promise: "TestAWitnessOfAnotherViewMovesNothing",
}, {
	name: "no second witness",
	is:   "Who receives a gather gives its hub up, though it has not found the hub silent.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	if view == r.view && r.leaf.strikes >= silence {
`,
		Wrong: `	if view == r.view {
`,
	}},
	promise: "TestOneWitnessMovesNothing",
}, {
	name: "a stand-in's leaf does not vote",
	is:   "Who has a stand-in is no witness of its hub's silence.",
	edits: []plant.Edit{{
		File:  "replica/standin.go",
		Right: `r.leaf.strikes >= silence {`,
		Wrong: `r.leaf.strikes >= silence && r.leaf.standIn == "" {`,
	}},
	promise: "TestWhoHasAStandInIsAWitness",
}, {
	name: "stand-in for ever",
	is:   "The hub's scatter does not end a stand-in's service.",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `	r.leaf.standIn = ""
	if r.cfg`,
		Wrong: `	if r.cfg`,
	}},
	promise: "TestTheHubsScatterEndsAStandIn",
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
	promise: "TestAStandInIsProbedNext",
}, {
	name: "keep the old hub",
	is:   "A list of members that appoints another hub does not move the replica to it.",
	edits: []plant.Edit{{
		File: "replica/members.go",
		Right: `	} else if r.appointed() != r.hub {
`,
		Wrong: `	} else if r.hub == "" {
`,
	}},
	promise: "TestAHubThatIsGoneFromTheListIsAHubNoMore",
}, {
	name: "leave for a view of one's own",
	is:   "Who leaves moves on to a view that appoints it by the lists of those who do not know yet.",
	edits: []plant.Edit{{
		File:  "replica/standin.go",
		Right: `r.appointed() == former && !only || r.expected() {`,
		Wrong: `r.appointed() == former && !only {`,
	}},
	promise: "TestALeaverIsNobodysHub",
}, {
	name: "leave as the hub",
	is:   "A hub that leaves the cluster does not move the view.",
	edits: []plant.Edit{{
		File: "replica/members.go",
		Right: `(r.hub == r.cfg.Self || r.expected()) {
		r.giveUp(now)
`,
		Wrong: `(r.hub == r.cfg.Self || r.expected()) {
`,
	}},
	promise: "TestAHubThatLeavesMovesTheView",
}, {
	name: "alone with pending updates",
	is:   "Who is alone on its list waits for someone to acknowledge its updates.",
	edits: []plant.Edit{{
		File: "replica/members.go",
		Right: `		r.hear(r.pending) // there is nobody to tell
`,
		Wrong: ``,
	}},
	promise: "TestWhoIsAloneHasNothingPending",
}, {
	name: "snapshot without pending",
	is:   "A snapshot takes everything for stable.",
	edits: []plant.Edit{{
		File:  "replica/status.go",
		Right: `return Snapshot[S]{r.view, r.stable, r.pending}`,
		Wrong: `return Snapshot[S]{r.view, r.State(), r.pending.New()}`,
	}},
	promise: "TestWhatWasPendingIsSentAfterARestart",
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
	promise: "TestAMessageOfAnotherClusterIsRefused",
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
		File:  "replica/repair.go",
		Right: `	if len(m.Want) > 0 { // and`,
		Wrong: `	if len(m.Want) > 1<<20 { // and`,
	}},
}, {
	name: "leave a whole state unanswered",
	is:   "Who is sent a whole state joins it, and does not say what it has beyond that.",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `		r.sendCells(now, from, beyond, nil, left)
`,
		Wrong: `		_, _ = beyond, left
`,
	}},
}, {
	name: "miscount the header",
	is:   "A message's header is taken to be shorter than it can be.",
	edits: []plant.Edit{{
		File:  "replica/replica.go",
		Right: `r.cfg.MaxMessage - maxHeader - 2*r.longestName()`,
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
	promise: "TestNoMessageOfARepairIsTooLong",
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
	promise: "TestAProbeDescribesWhatIsStable",
}, {
	name: "learn as if everyone knew",
	is:   "What a hub learns in a repair it takes for stable, and tells nobody.",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `			r.learn(delta, now)
		} else if r.hear(delta).Len() > 0 {
			r.suspect(r.hub, now+r.rtt.timeout())
`,
		Wrong: `			r.hear(delta)
		} else if r.hear(delta).Len() > 0 {
			r.suspect(r.hub, now+r.rtt.timeout())
`,
	}},
	promise: "TestWhatAHubLearnsItTellsAll",
}, {
	name: "never show what was learned",
	is:   "A hub that learns more than it tells does not show that it holds more.",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `		} else if r.hear(delta).Len() > 0 {
			r.suspect(r.hub, now+r.rtt.timeout())
`,
		Wrong: `		} else if r.hear(delta).Len() > 0 {
`,
	}},
	promise: "TestWhatAHubDoesNotTellItShows",
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
	promise: "TestALeafTaughtByAnotherAsksTheHub",
}, {
	name: "key ranges with a gap",
	is:   "A key range that is cut in two has a cell in neither part.",
	edits: []plant.Edit{{
		File:  "replica/repair.go",
		Right: `return Range{about.First, next - 1}, about.from(next)`,
		Wrong: `return Range{about.First, next - 1}, about.from(next + 1)`,
	}},
	promise: "TestARepairMissesNothing",
}, {
	name: "steps with a gap",
	is:   "The rest of a range, as a message names it, begins behind its first cell.",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `	return Everything.from(firstCell(left))
`,
		Wrong: `	return Everything.from(firstCell(left) + 1)
`,
	}},
	promise: "TestWhatIsNotSentIsNamed",
}, {
	name: "portions with a gap",
	is:   "The range of all cells in a message ends before its last one.",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `about.Last, about.First = first-1, first
`,
		Wrong: `about.Last, about.First = first-1, first+1
`,
	}},
	promise: "TestARepairMissesNothing",
}, {
	name: "an answer in one event",
	is:   "All messages of an answer are made while everything else waits.",
	edits: []plant.Edit{{
		File:  "replica/walk.go",
		Right: `return 1 + much/payload`,
		Wrong: `return budgetMessages + 0*payload`,
	}},
	promise: "TestAnEventSendsLittleOfAnAnswer",
}, {
	name: "an answer without its end",
	is:   "An answer that goes on with the next event names no rest at its end.",
	edits: []plant.Edit{{
		File:  "replica/walk.go",
		Right: `!goesOn {`,
		Wrong: `a.messages == r.budget()-1 {`,
	}},
	promise: "TestAnEventSendsLittleOfAnAnswer",
}, {
	name: "an answer that goes on at the next deadline",
	is:   "What is left of an answer waits until something else is due.",
	edits: []plant.Edit{{
		File:  "replica/replica.go",
		Right: `, r.walkDue(), r.serveDue())`,
		Wrong: `, r.walkDue())`,
	}},
	promise: "TestAnEventSendsLittleOfAnAnswer",
}, {
	name: "rest not asked for",
	is:   "Who gets a part of an answer does not ask for the rest.",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `	switch {
	case m.Digest == r.fingerprint():`,
		Wrong: `	switch {
	case true:
	case m.Digest == r.fingerprint():`,
	}},
	promise: "TestARepairMissesNothing",
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
	promise: "TestAQuestionForTheRestIsAskedAgain",
}, {
	name: "busy in silence",
	is:   "Who walks with one peer does not tell another to walk with somebody else.",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `		r.busy(now, with)
		return false
`,
		Wrong: `		return false
`,
	}},
	promise: "TestWhoIsBusySaysSo",
}, {
	name: "busy for ever",
	is:   "Who has walked with a peer is busy with it for good.",
	edits: []plant.Edit{{
		File:  "replica/walk.go",
		Right: `r.walk = walk{peer: with, until: now + r.stepTimeout()}`,
		Wrong: `r.walk = walk{peer: with, until: now + MaxInterval}`,
	}},
}, {
	name: "send before it is agreed",
	is:   "Who is probed sends all its cells at once, and perhaps to one that several others answer as well.",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `	if m.Kind != Probe || m.Range != Everything {
		return true
`,
		Wrong: `	if m.Kind != Scatter {
		return true
`,
	}},
	promise: "TestTwoAgreeBeforeEitherSendsMuch",
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
