package mistakes

import "gset/internal/plant"

// leafMistakes are mistakes of updates, views and proof.
var leafMistakes = []mistake{{
	name: "drop pending on send",
	is:   "An update counts as told once it was sent to the hub, and not when it is acknowledged.",
	edits: []plant.Edit{{
		File: "replica/values.go",
		Right: `	v.sent = append(v.sent, b)
`,
		Wrong: `	v.stable.Join(b.delta)
	v.pending = v.pending.Minus(b.delta)
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
		Right: `	crdt.Merge(v.stable, told)
	v.pending, v.fresh = v.none, rest
`,
		Wrong: ``,
	}},
}, {
	name: "heard stays fresh",
	is:   "An acknowledgement leaves fresh what it acknowledges.",
	edits: []plant.Edit{{
		File: "replica/values.go",
		Right: `		v.fresh = v.without(v.fresh, stabilised)
`,
		Wrong: ``,
	}},
	promise: "TestWhatTheHubHasToldIsNotFresh",
}, {
	name: "heard stays pending",
	is:   "What is acknowledged becomes stable, and stays pending as well.",
	edits: []plant.Edit{{
		File: "replica/values.go",
		Right: `		v.pending = left
`,
		Wrong: ``,
	}},
}, {
	name: "one time for all gathers",
	is:   "Gathers under way are one, with the time of the last.",
	edits: []plant.Edit{{
		File: "replica/values.go",
		Right: `	v.sent = append(v.sent, b)
`,
		Wrong: `	if len(v.sent) > 0 {
		v.sent[0] = batch[S]{joined(v.sent[0].delta, b.delta), b.at, b.stamp}
	} else {
		v.sent = append(v.sent, b)
	}
`,
	}},
	promise: "TestASilentHubIsNoticedUnderSteadyLoad",
}, {
	name: "hand over nothing",
	is:   "What is heard in a scatter is joined, but not handed over to be made durable.",
	edits: []plant.Edit{{
		File: "replica/replica.go",
		Right: `	return r.keep(r.values.hear(delta))
`,
		Wrong: `	return r.values.hear(delta)
`,
	}},
}, {
	name: "strikes for ever",
	is:   "An echo of the hub, which says that the hub hears the leaf, leaves the strikes against the hub as they are.",
	edits: []plant.Edit{{
		File: "replica/replica.go",
		Right: `			r.leaf.strikes = 0
`,
		Wrong: ``,
	}},
	promise: "TestALateEchoEndsStrikes",
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
	promise: "TestANewHubGetsAtOnceWhatTheOldOneDidNotAcknowledge",
}, {
	name: "keep the old hub's stand-in",
	is:   "Who turns to another hub goes on with the stand-in and the strikes that it had.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	r.recall()
	r.leaf = leaf{}
`,
		Wrong: `	r.recall()
`,
	}},
	promise: "TestANewHubGetsTheGathersOfAStandIn",
}, {
	name: "retry the same hub",
	is:   "A hub that says nothing is asked again and again, and never given up.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	if only && !r.expected() {
`,
		Wrong: `	if !r.expected() {
`,
	}},
}, {
	name: "stay at the greatest view",
	is:   "At the greatest view there is, a silent hub is not given up.",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `			r.passed++
`,
		Wrong: `			return
`,
	}},
	promise: "TestNoViewIsATrap",
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
		Right: `	case m.Digest == r.fingerprint():`,
		Wrong: `	case r.others >= 0 || m.Digest == r.fingerprint():`,
	}},
}, {
	name: "any gather as proof",
	is:   "A hub takes a gather for proof of equality, whatever its digest.",
	edits: []plant.Edit{{
		File: "replica/suspicion.go",
		Right: `	case m.Digest == r.fingerprint():
`,
		Wrong: `	case m.Kind == Gather || m.Digest == r.fingerprint():
`,
	}},
	promise: "TestAnOldDigestProvesNothing",
}, {
	name: "suspicion never cleared",
	is:   "A digest that matches leaves the suspicion of its sender.",
	edits: []plant.Edit{{
		File: "replica/suspicion.go",
		Right: `			a.suspect = ""
`,
		Wrong: ``,
	}},
	promise: "TestASuspicionRisesAndFalls",
}, {
	name: "acknowledge on trust",
	is:   "On reliable links the hub's scatter acknowledges all gathers, whichever it echoes.",
	edits: []plant.Edit{{
		File:  "replica/values.go",
		Right: `if b.stamp <= stamp {`,
		Wrong: `if stamp > 0 {`,
	}},
	promise: "TestAnEchoAcknowledgesTheGathersBeforeIt",
}, {
	name: "one stamp an event",
	is:   "All messages of a moment have one stamp, so that the echo of the first acknowledges those that were not heard.",
	edits: []plant.Edit{{
		File: "replica/replica.go",
		Right: `	r.stamped = max(whole(now), r.stamped+time.Microsecond)
`,
		Wrong: `	r.stamped = whole(now)
`,
	}},
	promise: "TestAnEchoAcknowledgesWholeGathers",
}, {
	name: "acknowledge by an answer",
	is:   "On reliable links what an answer echoes is acknowledged, though a member answers also what it is not the one to tell.",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `if r.cfg.Reliable && m.Kind == Scatter {`,
		Wrong: `if r.cfg.Reliable {`,
	}},
	promise: "TestOnlyTheScatterThatHasAnEchoAcknowledges",
}, {
	name: "deaf to what has waited",
	is:   "On reliable links an echo that had to wait for a connection does not say that the hub hears its receiver.",
	edits: []plant.Edit{{
		File:  "replica/replica.go",
		Right: `if from == r.hub && (r.cfg.Reliable || !late) {`,
		Wrong: `if from == r.hub && !late {`,
	}},
	promise: "TestAnEchoThatWaitedEndsStrikes",
}, {
	name: "measure what has waited",
	is:   "A round trip is measured by a message that had to wait for a connection.",
	edits: []plant.Edit{{
		File:  "replica/replica.go",
		Right: `late := m.Queued || `,
		Wrong: `late := `,
	}},
	promise: "TestAnEchoThatWaitedIsHeard",
}, {
	name: "impatient with a reliable hub",
	is:   "On reliable links a gather is sent again as soon as elsewhere, although the hub is heard.",
	edits: []plant.Edit{{
		File: "replica/gather.go",
		Right: `		due = max(due, min(r.leaf.heardAt+patience, r.sent[0].at+r.cfg.Probe))
`,
		Wrong: ``,
	}},
	promise: "TestALateGatherIsNotSentAgain",
}, {
	name: "patient with a deaf hub",
	is:   "On reliable links a gather is not sent again as long as the hub is heard.",
	edits: []plant.Edit{{
		File:  "replica/gather.go",
		Right: `min(r.leaf.heardAt+patience, r.sent[0].at+r.cfg.Probe)`,
		Wrong: `r.leaf.heardAt+patience`,
	}},
	promise: "TestALateGatherIsNotSentAgain",
}, {
	name: "late is lost",
	is:   "On reliable links a gather that the hub's scatter does not acknowledge is taken for lost.",
	edits: []plant.Edit{{
		File:  "replica/gather.go",
		Right: ` && !r.cfg.Reliable {`,
		Wrong: ` {`,
	}},
	promise: "TestALateGatherIsNotSentAgain",
}, {
	name: "a scatter casts no suspicion",
	is:   "The hub's scatter may have any digest.",
	edits: []plant.Edit{{
		File: "replica/suspicion.go",
		Right: `		r.suspect(r.hub, now+r.jittered(r.patient(r.window())))
	case a.suspect`,
		Wrong: `	case a.suspect`,
	}},
	promise: "TestASuspicionRisesAndFalls",
}, {
	name: "probe to oneself as proof",
	is:   "Whose turn it is to be probed may be the prober itself, which proves equality.",
	edits: []plant.Edit{{
		File:  "internal/ring/ring.go",
		Right: `id != self {`,
		Wrong: `true {`,
	}, {
		File: "replica/suspicion.go",
		Right: `	r.send(now, to, r.describe(about, 0))
`,
		Wrong: `	if to != r.cfg.Self {
		r.send(now, to, r.describe(about, 0))
	}
`,
	}, {
		File: "replica/suspicion.go",
		Right: `	if to == r.cfg.Self {
		r.scatter(now)
		return
	}
`,
		Wrong: `	if to == r.cfg.Self && r.suspicion.suspect == to {
		r.scatter(now)
		return
	}
`,
	}},
	promise: "TestEveryPeerIsProbedBeforeAnyIsAgain",
}, {
	name: "probe the same peer",
	is:   "A probe goes to the same peer every time.",
	edits: []plant.Edit{{
		File: "internal/ring/ring.go",
		Right: `		t.At = number + 1
		if id != self {
			return id
		}
`,
		Wrong: `		if id != self {
			return id
		}
		t.At = number + 1
`,
	}},
	promise: "TestEveryPeerIsProbedBeforeAnyIsAgain",
}}
