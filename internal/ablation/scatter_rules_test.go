package ablation

import "gset/internal/plant"

// scatterRules are rules of how updates get from the hub to all.
var scatterRules = []rule{{
	name: "overlap",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `joined(news, r.round.earlier[:]...)`,
		Wrong: `joined(news)`,
	}},
	measures: []string{"figures", "trees", "oracle"},
}, {
	name: "overlap: a second round",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `joined(news, r.round.earlier[:]...)`,
		Wrong: `joined(news, r.round.earlier[0])`,
	}},
	measures: []string{"figures", "trees", "oracle"},
}, {
	name: "answer",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `	r.send(now, from, Message[S]{Kind: Answer,`,
		Wrong: `	if r.scatters() {
		return
	}
	r.send(now, from, Message[S]{Kind: Answer,`,
	}},
	measures: []string{"figures", "oracle", "ticks", "schedules"},
}, {
	name: "echoes of what gathers brought",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `	r.gatherers[h.from] = gatherer[S]{h, delta}
`,
		Wrong: `	r.gatherers[h.from] = gatherer[S]{h, delta.New()}
`,
	}},
	measures: []string{"figures", "oracle", "schedules"},
}, {
	name: "a scatter echoes whoever was heard last",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: `	if r.heard.from != "" {
`,
		Wrong: `	if r.heard.from == "-" {
`,
	}},
	measures: []string{"figures", "oracle", "ticks"},
}, {
	name: "echo on messages to one member",
	edits: []plant.Edit{{
		File: "replica/replica.go",
		Right: `	if to == r.heard.from {
		m.Echoes`,
		Wrong: `	if to == "-" {
		m.Echoes`,
	}},
	measures: []string{"figures", "oracle", "ticks"},
}, {
	name: "eager push",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `return quiet && r.load.little(r.cfg.Interval, now) &&`,
		Wrong: `return r.load.held < 0 && quiet &&`,
	}},
	measures: []string{"figures", "oracle", "dead hub"},
}, {
	name: "eager push: few over four intervals",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `r.load.little(r.cfg.Interval, now)`,
		Wrong: `r.load.fewerThan(eagerUpdates, now-r.cfg.Interval)`,
	}},
	measures: []string{"figures", "oracle", "ticks"},
}, {
	name: "eager push: none in a round trip",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `quiet := r.rtt.measured && r.load.fewerThan(1, now-r.rtt.mean)`,
		Wrong: `quiet := r.rtt.measured`,
	}},
	measures: []string{"figures", "oracle", "ticks"},
}, {
	name: "eager push: not before a round trip is measured",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `quiet := r.rtt.measured && `,
		Wrong: `quiet := `,
	}},
	measures: []string{"figures", "oracle", "ticks"},
}, {
	name: "eager push: not beside gathers",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `now) && len(r.sent) == 0 &&`,
		Wrong: `now) &&`,
	}},
	measures: []string{"figures", "oracle", "dead hub"},
}, {
	name: "eager push: not with a stand-in",
	edits: []plant.Edit{{
		File: "replica/scatter.go",
		Right: ` && r.leaf.standIn == ""
`,
		Wrong: `
`,
	}},
	measures: []string{"intransitive", "oracle"},
}, {
	name: "arcs are packed",
	edits: []plant.Edit{{
		File:  "internal/ring/arcs.go",
		Right: `size = min(full, left-(slots-1))`,
		Wrong: `size = (left + slots - 1) / slots`,
	}},
	measures: []string{"trees"},
}, {
	name: "arcs begin at a random point",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `begin := r.rand.Uint64()`,
		Wrong: `begin := r.point`,
	}},
	measures: []string{"trees"},
}, {
	name: "audit",
	edits: []plant.Edit{{
		File: "replica/suspicion.go",
		Right: `		a.since = now
`,
		Wrong: `		if m.Kind == Probe || m.Kind == Diff || m.Kind == Cells {
			a.since = now
		}
`,
	}},
	measures: []string{"figures", "trees", "oracle"},
}, {
	name: "probe in a permutation",
	edits: []plant.Edit{{
		File: "internal/ring/ring.go",
		Right: `		t.At = number + 1
`,
		Wrong: `		_ = number
		t.Order, t.At = riblt.Mix(t.Order), 0
`,
	}},
	measures: []string{"figures", "oracle", "joiner", "schedules"},
}, {
	name: "strangers",
	edits: []plant.Edit{{
		File:  "replica/scatter.go",
		Right: `return h.at < now-strangerProbes*r.cfg.Probe ||`,
		Wrong: `return h.at < now-r.period() ||`,
	}},
	measures: []string{"lists"},
}, {
	name: "jitter",
	edits: []plant.Edit{{
		File:  "replica/suspicion.go",
		Right: `jitter: 1 + r.rand.Float64()/2}`,
		Wrong: `jitter: 1 + 0*r.rand.Float64()}`,
	}},
	measures: []string{"figures", "oracle", "schedules"},
}}
