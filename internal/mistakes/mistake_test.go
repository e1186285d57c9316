package mistakes

// mistake is one way to get the protocol wrong: in a file, one snippet that is right and
// one that is not.
type mistake struct {
	name  string
	is    string // what is done wrong
	file  string
	right string // occurs exactly once in the file
	wrong string
}

var mistakes = []mistake{{
	name: "drop pending on send",
	is:   "News counts as told once it was sent to the hub, and not when it is said back.",
	file: "replica/gather.go",
	right: `	r.pending.sent = append(r.pending.sent, batch[S]{news, now})
`,
	wrong: `	r.pending.current, r.pending.known = false, false
`,
}, {
	name: "adopt a smaller view",
	is:   "Whatever view is heard of is adopted, also a smaller one.",
	file: "replica/replica.go",
	right: `	if view <= r.view {
		return
	}
	former`,
	wrong: `	if view == r.view {
		return
	}
	former`,
}, {
	name: "never adopt a view",
	is:   "Nobody adopts a view but the one who finds its hub silent.",
	file: "replica/replica.go",
	right: `	r.adopt(m.View, now)
`,
	wrong: ``,
}, {
	name:  "audit with pending news",
	is:    "The digest on messages is that of the whole state, and not only of what is settled.",
	file:  "replica/replica.go",
	right: `return r.pending.digest(r.state)`,
	wrong: `return r.state.Digest()`,
}, {
	name: "probe oneself",
	is:   "The peer to be probed is drawn from all members, oneself included.",
	file: "replica/replica.go",
	right: `	if i >= r.self {
		i++
	}
`,
	wrong: ``,
}, {
	name:  "every digest matches",
	is:    "Any message proves equality with its sender, whatever its digest.",
	file:  "replica/audit.go",
	right: `	case m.Digest == r.fingerprint() ||`,
	wrong: `	case true || m.Digest == r.fingerprint() ||`,
}, {
	name: "never repair",
	is:   "A probe that does not match is taken for proof, and not answered.",
	file: "replica/repair.go",
	right: `		r.show(now, from, everything, m.Sketch, 1)
`,
	wrong: ``,
}, {
	name: "retry the same hub",
	is:   "A hub that says nothing is asked again and again, and never given up.",
	file: "replica/gather.go",
	right: `	if tries >= allowed {
`,
	wrong: `	if tries > 1<<20 {
`,
}, {
	name: "scatter to all but the last",
	is:   "A scatter leaves out the last member.",
	file: "replica/scatter.go",
	right: `range r.coin.members {
			if i == r.self {`,
	wrong: `range r.coin.members[:r.others()] {
			if i == r.self {`,
}, {
	name: "ignore what is wanted",
	is:   "A repair is answered for the cells in it, but not for those it asks for.",
	file: "replica/repair.go",
	right: `		ids := append(idsOf(m.Delta), m.Want...)
`,
	wrong: `		ids := idsOf(m.Delta)
`,
}, {
	name: "leave a whole state unanswered",
	is:   "Who is sent a whole state joins it, and does not say what it has beyond that.",
	file: "replica/repair.go",
	right: `		r.sendCells(now, from, r.settledIn(m.Span).Minus(m.Delta), nil, false)
`,
	wrong: ``,
}, {
	name: "hand over nothing",
	is:   "What is heard in a scatter is joined, but not handed over to be made durable.",
	file: "replica/replica.go",
	right: `	r.keep(news)
	if r.pending.heard(delta) {`,
	wrong: `	if r.pending.heard(delta) {`,
}, {
	name:  "skip a child",
	is:    "A scatter is not passed on to the last of those below in the tree.",
	file:  "replica/tree.go",
	right: `p < min(first+t.fanout, t.members)`,
	wrong: `p < min(first+t.fanout-1, t.members)`,
}, {
	name:  "pass on twice",
	is:    "Those below in the tree overlap, so that some get every scatter from two.",
	file:  "replica/tree.go",
	right: `p < min(first+t.fanout, t.members)`,
	wrong: `p < min(first+t.fanout+1, t.members)`,
}, {
	name: "news stays fresh",
	is:   "What a hub has scattered stays pending with it.",
	file: "replica/scatter.go",
	right: `	r.pending.heard(news) // by everyone, as far as this replica is concerned
`,
	wrong: ``,
}, {
	name:  "told for good",
	is:    "A scatter tells not only the news of the last rounds again, but of all before.",
	file:  "replica/scatter.go",
	right: `[overlap]S{news, r.round.told[0]}`,
	wrong: `[overlap]S{news, joined(r.round.told[0], r.round.told[1])}`,
}, {
	name: "keep gathers",
	is:   "A gather that was answered by a scatter is answered by all that follow.",
	file: "replica/scatter.go",
	right: `		echoes:   r.state.New(),
`,
	wrong: `		echoes:   r.state.New(),
		answers:  r.round.answers,
`,
}, {
	name:  "miscount the header",
	is:    "A message's header is taken to be shorter than it can be.",
	file:  "replica/replica.go",
	right: `r.cfg.MaxMessage - maxHeader`,
	wrong: `r.cfg.MaxMessage - len(crdt.Fingerprint{})`,
}, {
	name: "forget what is settled",
	is:   "News that is said back is dropped, but not noted as settled beside what is still pending.",
	file: "replica/pending.go",
	right: `	p.base.Join(said)
`,
	wrong: ``,
}, {
	name: "gather at once",
	is:   "A leaf does not wait for the hub's next scatter, but sends every piece of news as it comes.",
	file: "replica/gather.go",
	right: `	return min(r.leaf.aimed, r.leaf.idleAt)
`,
	wrong: `	return 0
`,
}, {
	name:  "always lone",
	is:    "Every update goes straight to everyone, however much is going on.",
	file:  "replica/scatter.go",
	right: `	return quiet && r.load.lone(`,
	wrong: `	return quiet || !r.load.lone(`,
}, {
	name:  "never lone",
	is:    "An update goes to the hub, however little is going on.",
	file:  "replica/scatter.go",
	right: `	return quiet && r.load.lone(`,
	wrong: `	return !quiet && quiet && r.load.lone(`,
}, {
	name: "no rounds",
	is:   "A hub scatters as soon as there is news, and not once a period.",
	file: "replica/scatter.go",
	right: `		due:      now + r.period(),
`,
	wrong: ``,
}, {
	name: "add up counts",
	is:   "The join of two counters adds an entry to what is there, instead of taking the greater.",
	file: "crdt/tally.go",
	right: `		fresh, growth := above(d.counts, old)
`,
	wrong: `		fresh, growth := d.counts, d.counts
		_ = old
`,
}}
