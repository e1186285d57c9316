package ablation

import "gset/internal/plant"

// gatherRules are rules of how updates get to the hub.
var gatherRules = []rule{{
	name: "pending",
	edits: []plant.Edit{{
		File:  "replica/replica.go",
		Right: `return r.stable.Digest().Fingerprint()`,
		Wrong: `return r.State().Digest().Fingerprint()`,
	}},
	measures: []string{"figures", "oracle"},
}, {
	name: "gather",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `return quiet && r.load.little(r.cfg.Interval, now) &&`,
		Wrong: `return r.load.held >= 0 || quiet &&`,
	}},
	measures: []string{"figures", "oracle"},
}, {
	name: "phase",
	edits: []plant.Edit{{
		File: "replica/gather.go",
		Right: `	return min(r.leaf.aimed, r.leaf.idleAt)
`,
		Wrong: `	return 0
`,
	}},
	measures: []string{"figures", "trees", "ticks"},
}, {
	name: "phase by the hub's clock",
	edits: []plant.Edit{{
		File:  "replica/gather.go",
		Right: `tick := m.Stamp + min(m.Next, MaxInterval) - l.way.mean`,
		Wrong: `tick := now + min(m.Next, MaxInterval) - r.rtt.mean`,
	}},
	measures: []string{"figures", "trees", "ticks"},
}, {
	name: "idle hub",
	edits: []plant.Edit{{
		File: "replica/gather.go",
		Right: `	return min(r.leaf.aimed, r.leaf.idleAt)
`,
		Wrong: `	return r.leaf.aimed
`,
	}},
	measures: []string{"figures", "oracle", "ticks"},
}, {
	name: "margin",
	edits: []plant.Edit{{
		File:  "replica/estimator.go",
		Right: `return max(6*e.deviation, least)`,
		Wrong: `return 0`,
	}},
	measures: []string{"figures", "trees"},
}, {
	name: "margin: at least a quarter of the leeway",
	edits: []plant.Edit{{
		File:  "replica/estimator.go",
		Right: `return max(6*e.deviation, least)`,
		Wrong: `return 6*e.deviation`,
	}},
	measures: []string{"figures", "trees", "ticks", "schedules"},
}, {
	name: "leeway",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `return r.cfg.Interval - r.leeway()`,
		Wrong: `return r.cfg.Interval`,
	}},
	measures: []string{"figures", "trees", "oracle"},
}, {
	name: "unheard gathers: a bound",
	edits: []plant.Edit{{
		File:  "replica/gather.go",
		Right: `return max(r.cfg.Interval/unheardGathers, unheardGap)`,
		Wrong: `return 0`,
	}},
	measures: []string{"figures", "ticks", "oracle", "schedules"},
}, {
	name: "unheard gathers: none at all",
	edits: []plant.Edit{{
		File:  "replica/gather.go",
		Right: `return max(r.cfg.Interval/unheardGathers, unheardGap)`,
		Wrong: `return r.cfg.Interval + r.rtt.timeout()`,
	}},
	measures: []string{"figures", "ticks", "oracle"},
}, {
	name: "a slot that is to come",
	edits: []plant.Edit{{
		File:  "replica/gather.go",
		Right: `if r.leaf.slot <= now+r.leeway() {`,
		Wrong: `if true {`,
	}},
	measures: []string{"figures", "ticks", "oracle"},
}, {
	name: "retry",
	edits: []plant.Edit{{
		File: "replica/gather.go",
		Right: `	return due
`,
		Wrong: `	return Never
`,
	}},
	measures: []string{"figures", "dead hub", "oracle"},
}, {
	name: "overdue",
	edits: []plant.Edit{{
		File: "replica/gather.go",
		Right: `	if len(r.sent) > 0 && now > r.sent[0].at+r.rtt.mean && !r.cfg.Reliable {
`,
		Wrong: `	if len(r.sent) > 1<<20 {
`,
	}},
	measures: []string{"figures", "oracle"},
}, {
	name: "sample",
	edits: []plant.Edit{{
		File:  "replica/gather.go",
		Right: `firstCells(r.fresh, sample)`,
		Wrong: `firstCells(r.fresh, 1<<20)`,
	}},
	measures: []string{"cut off", "oracle"},
}, {
	name: "one time a gather",
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
	measures: []string{"figures", "oracle", "dead hub"},
}, {
	name: "rounds",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `	r.round.due = now + r.period()
`,
		Wrong: ``,
	}},
	measures: []string{"figures", "trees"},
}}
