package ablation

import "gset/internal/plant"

// suspicionRules are rules of proof and suspicion.
var suspicionRules = []rule{{
	name: "suspicion of the hub",
	edits: []plant.Edit{{
		File: "replica/suspicion.go",
		Right: `		r.suspect(r.hub, now+r.jittered(r.patient(r.window())))
	case a.suspect`,
		Wrong: `	case a.suspect`,
	}},
	measures: []string{"figures", "oracle"},
}, {
	name: "suspicion of the hub waits for a window",
	edits: []plant.Edit{{
		File: "replica/suspicion.go",
		Right: `		r.suspect(r.hub, now+r.jittered(r.patient(r.window())))
	case a.suspect`,
		Wrong: `		r.suspect(r.hub, now)
	case a.suspect`,
	}},
	measures: []string{"figures", "oracle"},
}, {
	name: "suspicion of a peer when calm",
	edits: []plant.Edit{{
		File:  "replica/suspicion.go",
		Right: `(calm || r.cfg`,
		Wrong: `(calm && r.load.held < 0 || r.cfg`,
	}},
	measures: []string{"figures", "oracle", "dead hub"},
}, {
	name: "suspicion of a peer: only when calm",
	edits: []plant.Edit{{
		File:  "replica/suspicion.go",
		Right: `(calm || r.cfg`,
		Wrong: `(r.cfg.Interval == 0 || r.cfg`,
	}},
	measures: []string{"figures", "oracle"},
}, {
	name: "suspicion of a peer: under load as well",
	edits: []plant.Edit{{
		File:  "replica/suspicion.go",
		Right: `r.cfg.Interval > 0 && !r.few(now)`,
		Wrong: `r.cfg.Interval < 0`,
	}},
	measures: []string{"figures", "oracle", "members"},
}, {
	name: "suspicion of a peer: spread over a quarter of R",
	edits: []plant.Edit{{
		File:  "replica/suspicion.go",
		Right: `now+r.patient(r.window())+time.Duration(r.rand.Float64()*float64(r.cfg.Probe)/4)`,
		Wrong: `now+r.window()`,
	}},
	measures: []string{"figures", "oracle", "schedules"},
}, {
	name: "stale scatter",
	edits: []plant.Edit{{
		File:  "replica/suspicion.go",
		Right: `m.Kind == Scatter && m.View < r.view &&`,
		Wrong: `m.Kind == Scatter && m.View < r.view && r.load.held < 0 &&`,
	}},
	measures: []string{"figures", "oracle"},
}, {
	name: "a leaf that was taught asks the hub",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `	case r.hub != from:
`,
		Wrong: `	case r.hub == "-":
`,
	}},
	measures: []string{"figures", "oracle", "schedules"},
}, {
	name: "at T = 0 who was taught asks the next",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `	case r.cfg.Interval == 0 && r.calm(now) && !r.alone():
`,
		Wrong: `	case r.cfg.Interval < 0:
`,
	}},
	measures: []string{"figures", "eager", "schedules"},
}, {
	name: "a hub shows what it learned",
	edits: []plant.Edit{{
		File: "replica/repair.go",
		Right: `			r.suspect(r.hub, now+r.rtt.timeout())
`,
		Wrong: ``,
	}},
	measures: []string{"heal", "joiner", "figures", "oracle"},
}, {
	name: "a hub tells what it learned",
	edits: []plant.Edit{{
		File:  "replica/repair.go",
		Right: `short && !r.walks(now) {`,
		Wrong: `short && r.load.held < 0 {`,
	}},
	measures: []string{"figures", "oracle"},
}, {
	name: "a hub tells an eighth of a message at most",
	edits: []plant.Edit{{
		File:  "replica/repair.go",
		Right: `r.encoded(delta, r.payload()/8); short`,
		Wrong: `r.encoded(delta, r.payload()); short`,
	}},
	measures: []string{"heal", "joiner", "cut off", "figures", "schedules"},
}, {
	name: "a hub tells nothing of a walk",
	edits: []plant.Edit{{
		File:  "replica/repair.go",
		Right: `short && !r.walks(now) {`,
		Wrong: `short {`,
	}},
	measures: []string{"heal", "joiner", "cut off", "schedules"},
}, {
	name: "half a wait at the start",
	edits: []plant.Edit{{
		File: "replica/replica.go",
		Right: `	r.suspicion.since -= r.jittered(cfg.Probe) / 2 // nobody knows what it missed
`,
		Wrong: ``,
	}},
	measures: []string{"oracle", "joiner"},
}, {
	name: "window before a round trip is measured",
	edits: []plant.Edit{{
		File: "replica/suspicion.go",
		Right: `		return r.cfg.Probe / 8
`,
		Wrong: `		return r.cfg.Probe
`,
	}},
	measures: []string{"oracle", "figures", "joiner", "dead hub"},
}}
