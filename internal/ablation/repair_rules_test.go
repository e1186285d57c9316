package ablation

import "gset/internal/plant"

// repairRules are rules of repairs and walks, and of the estimators.
var repairRules = []rule{{
	name: "repair: by a sketch",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `	if r.fits(about, int(short.Items()), affordable(length*minCodedSymbol, short, m.Sketch)) {
`,
		Wrong: `	if r.load.held >= 0 {
`,
	}},
	measures: []string{"heal", "joiner", "receive", "cut off", "figures"},
}, {
	name: "repair: by all cells",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `	if r.fits(about, int(short.Items()), affordable(length*minCodedSymbol, short, m.Sketch)) {
`,
		Wrong: `	if r.load.held < 0 {
`,
	}},
	measures: []string{"heal", "joiner", "receive", "figures", "oracle"},
}, {
	name: "repair: estimate",
	edits: []plant.Edit{{
		File:  "replica/repair.go",
		Right: `length := max(1, 2*m.Sketch.Len(), riblt.SketchLen(short.Difference(m.Sketch)))`,
		Wrong: `length := max(1, 2*m.Sketch.Len())`,
	}},
	measures: []string{"heal", "receive", "cut off", "figures", "oracle"},
}, {
	name: "repair: a longer sketch after failure",
	edits: []plant.Edit{{
		File:  "replica/repair.go",
		Right: `max(1, 2*m.Sketch.Len(), riblt`,
		Wrong: `max(1, riblt`,
	}},
	measures: []string{"heal", "receive", "cut off", "figures", "oracle", "schedules"},
}, {
	name: "repair: no id is told twice",
	edits: []plant.Edit{{
		File:  "replica/repair.go",
		Right: `short = short && 2*`,
		Wrong: `short = len(ids) < 0 && 2*`,
	}},
	measures: []string{"heal", "cut off", "figures", "oracle", "schedules"},
}, {
	name: "walk: busy",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `	if engaged && r.walk.peer != with {
`,
		Wrong: `	if engaged && r.walk.peer == "-" {
`,
	}},
	measures: []string{"heal", "joiner"},
}, {
	name: "walk: the last step stays busy",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `			w.rest, w.until = Range{}, now+2*r.window() // it has come to its end
		}
`,
		Wrong: `			*w = walk{}
			return
		}
`,
	}, {
		File: "replica/suspicion.go",
		Right: `			r.walk.rest = Range{}
`,
		Wrong: `			r.walk = walk{}
`,
	}},
	measures: []string{"heal", "joiner"},
}, {
	name: "walk: two agree first",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `	if m.Kind != Probe || m.Range != Everything {
`,
		Wrong: `	if m.Kind != Scatter {
`,
	}},
	measures: []string{"heal", "joiner", "cut off"},
}, {
	name: "walk: the smaller sends",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `	smaller := crdt.SketchOf(r.stable, 0).Items() <= m.Sketch.Items()
`,
		Wrong: `	smaller := true
`,
	}},
	measures: []string{"heal", "joiner", "cut off"},
}, {
	name: "walk: several are told",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `		if to := r.nextPeer(); to != with {
`,
		Wrong: `		if to := r.nextPeer(); to == "-" {
`,
	}},
	measures: []string{"heal"},
}, {
	name: "walk: several are asked",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `		if to := r.nextPeer(); to != busy {
`,
		Wrong: `		if to := r.nextPeer(); to != busy && r.walk.peer == "" {
`,
	}},
	measures: []string{"heal"},
}, {
	name: "walk: a step is asked for again",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `	if r.walk.rest == Everything || r.walk.tries > 0 {
`,
		Wrong: `	if r.walk.tries >= 0 {
`,
	}},
	measures: []string{"lossy heal", "heal", "schedules"},
}, {
	name: "walk: lost steps are noticed",
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
	measures: []string{"lossy heal", "heal"},
}, {
	name: "walk: who is sent on asks others",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `		r.seek(now, from)
`,
		Wrong: ``,
	}},
	measures: []string{"heal"},
}, {
	name: "walk: all cells need no description",
	edits: []plant.Edit{{
		File: "replica/walk.go",
		Right: `m.Rest, m.Kind == Diff && m.Sketch == nil
`,
		Wrong: `m.Rest, false
`,
	}},
	measures: []string{"heal", "joiner", "receive"},
}, {
	name: "budget of an event",
	edits: []plant.Edit{{
		File:  "replica/walk.go",
		Right: `messages: r.budget()}`,
		Wrong: `messages: 1 << 30}`,
	}},
	measures: []string{"receive", "heal"},
}, {
	name: "an answer goes on with the next event",
	edits: []plant.Edit{{
		File:  "replica/walk.go",
		Right: `return 1 + much/payload`,
		Wrong: `return budgetMessages + 0*payload`,
	}},
	measures: []string{"receive", "heal"},
}, {
	name: "a sketch is made ahead",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `	if !r.sketched && !r.cfg.Alone && r.stable.Len() > maxChunk {
`,
		Wrong: `	if r.load.held < 0 {
`,
	}},
	measures: []string{"receive"},
}, {
	name: "chunks",
	edits: []plant.Edit{{
		File:  "replica/repair.go",
		Right: `r.chunk(about, maxChunk)`,
		Wrong: `r.chunk(about, 1<<30)`,
	}},
	measures: []string{"receive", "heal"},
}, {
	name: "estimator: a clock that jumps starts anew",
	edits: []plant.Edit{{
		File:  "replica/estimator.go",
		Right: `if (way - e.mean).Abs() > roundTrip.timeout() {`,
		Wrong: `if roundTrip.mean < 0 {`,
	}},
	measures: []string{"oracle", "schedules"},
}, {
	name: "adopting a view recalls",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	r.recall()
	r.leaf = leaf{}
`,
		Wrong: `	r.leaf = leaf{}
`,
	}},
	measures: []string{"figures", "oracle", "poisoned", "schedules"},
}}
