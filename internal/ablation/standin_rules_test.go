package ablation

import "gset/internal/plant"

// standInRules are rules of a silent hub and the list of members.
var standInRules = []rule{{
	name: "stand-in",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	if len(r.sent) > 0 && r.leaf.strikes >= maxStrikes && r.leaf.standIn == "" {
`,
		Wrong: `	if len(r.sent) > 1<<20 {
`,
	}},
	measures: []string{"intransitive", "dead hub", "oracle", "figures"},
}, {
	name: "stand-in: three peers are asked",
	edits: []plant.Edit{{
		File:  "replica/standin.go",
		Right: `len(to) == 4 ||`,
		Wrong: `len(to) == 2 ||`,
	}},
	measures: []string{"intransitive", "dead hub", "oracle"},
}, {
	name: "stand-in: the hub is asked as well",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `		return to
	}
`,
		Wrong: `		return to
	}
	to = to[:0]
`,
	}},
	measures: []string{"intransitive", "dead hub", "oracle", "poisoned", "schedules"},
}, {
	name: "stand-in: the peer heard last is asked",
	edits: []plant.Edit{{
		File:  "replica/standin.go",
		Right: `for id, turns := r.heard.from, 0;`,
		Wrong: `for id, turns := r.nextPeer(), 0;`,
	}},
	measures: []string{"intransitive", "dead hub", "oracle"},
}, {
	name: "stand-in is probed",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	if r.leaf.standIn != "" && r.suspicion.suspect != r.leaf.standIn {
`,
		Wrong: `	if r.leaf.standIn == "-" {
`,
	}},
	measures: []string{"intransitive", "oracle"},
}, {
	name: "stand-in: one gather at a time",
	edits: []plant.Edit{{
		File:  "replica/gather.go",
		Right: `len(r.sent) > 0 && (r.leaf`,
		Wrong: `len(r.sent) < 0 && (r.leaf`,
	}},
	measures: []string{"intransitive", "oracle", "figures"},
}, {
	name: "two witnesses",
	edits: []plant.Edit{{
		File:  "replica/standin.go",
		Right: `	if r.others == 1 && r.leaf.strikes`,
		Wrong: `	if r.leaf.strikes`,
	}},
	measures: []string{"intransitive", "oracle", "figures"},
}, {
	name: "strikes: two for silence",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `	r.leaf.strikes += strikes
`,
		Wrong: `	r.leaf.strikes++
`,
	}},
	measures: []string{"dead hub", "oracle", "figures"},
}, {
	name: "strikes: forgiven",
	edits: []plant.Edit{{
		File: "replica/replica.go",
		Right: `			r.leaf.strikes = 0
`,
		Wrong: ``,
	}},
	measures: []string{"figures", "oracle"},
}, {
	name: "lone retry",
	edits: []plant.Edit{{
		File:  "replica/gather.go",
		Right: `	case direct && r.leaf`,
		Wrong: `	case direct && r.load.held < 0 && r.leaf`,
	}},
	measures: []string{"dead hub", "oracle"},
}, {
	name: "an echo of long ago is no round trip",
	edits: []plant.Edit{{
		File: "replica/replica.go",
		Right: `roundTrip > max(r.cfg.Probe, initialRoundTrip)
`,
		Wrong: `roundTrip > 1000*max(r.cfg.Probe, initialRoundTrip)
`,
	}},
	measures: []string{"oracle", "figures", "schedules"},
}, {
	name: "view walk at the top",
	edits: []plant.Edit{{
		File: "replica/standin.go",
		Right: `			r.passed++
`,
		Wrong: `			return
`,
	}},
	measures: []string{"poisoned"},
}, {
	name: "leaving as the hub",
	edits: []plant.Edit{{
		File: "replica/members.go",
		Right: `	if !members.Contains(r.cfg.Self) && (r.hub == r.cfg.Self || r.expected()) {
`,
		Wrong: `	if !members.Contains(r.cfg.Self) && r.hub == "-" {
`,
	}},
	measures: []string{"members"},
}}
