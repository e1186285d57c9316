package sim

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Trial is a run of the oracle's report: one fault at a time, the same for all seeds but
// for whom it strikes, and a steady load. See [Trial.Schedule].
type Trial struct {
	Plight string // one of Plights
	Nodes  int
	Rate   int // updates a second
	Seed   uint64
}

// What all trials have in common.
const (
	TrialInterval = 250 * time.Millisecond
	TrialProbe    = 2 * time.Second
	TrialHop      = 100 * time.Millisecond

	trialFault = 5 * time.Second // when the fault begins
	trialHeal  = 15 * time.Second
	trialEnd   = 20 * time.Second // of the updates
)

// plight is a fault as the report has it. Without from and until it goes on all the time.
type plight struct {
	name        string
	from, until time.Duration
	strike      func(d draw, s *Schedule, lasts time.Duration)
}

// plights are all of them, in the order of the report.
var plights = []plight{
	{"none", 0, 0, nil},
	partition("one"),
	partition("minority-third"),
	partition("majority"),
	partition("majorities-ring"),
	partition("one-way"),
	partition("lawless"),
	{"unheard hub", trialFault, trialHeal, func(d draw, s *Schedule, lasts time.Duration) {
		for peer := range s.Nodes {
			s.Events = append(s.Events, Event{At: trialFault, What: Break, Hub: true, Peer: peer, For: lasts})
		}
	}},
	{"flapping links", trialFault, trialHeal, func(d draw, s *Schedule, lasts time.Duration) {
		for link := range s.Nodes * s.Nodes {
			if e := (Event{At: trialFault, What: Flap, Node: link / s.Nodes, Peer: link % s.Nodes, For: lasts}); e.Node != e.Peer && d.IntN(3) == 0 {
				e.Value = int64(d.between(200*time.Millisecond, time.Second))
				s.Events = append(s.Events, e)
			}
		}
	}},
	{"loss of 10%", 0, trialEnd, func(_ draw, s *Schedule, _ time.Duration) { s.Loss = 100 }},
	some("crash", Event{What: Crash}),
	some("crash, state lost", Event{What: Crash, Lose: true}),
	theHub("hub crash", Event{What: Crash}),
	some("freeze", Event{What: Freeze}),
	theHub("hub freeze", Event{What: Freeze}),
	some("slow by 300ms", Event{What: Slow, Value: int64(300 * time.Millisecond)}),
	theHub("hub slow by 300ms", Event{What: Slow, Value: int64(300 * time.Millisecond)}),
	{"clock skew of 10%", trialFault, trialEnd, func(d draw, s *Schedule, _ time.Duration) {
		for node := range s.Nodes {
			s.Events = append(s.Events, Event{At: trialFault, What: Skew, Node: node, Value: d.Int64N(200_001) - 100_000})
		}
	}},
	{"clock jumps of 1s", trialFault, trialEnd, func(d draw, s *Schedule, _ time.Duration) {
		for node := range s.Nodes {
			jump := d.between(-time.Second, time.Second)
			s.Events = append(s.Events, Event{At: trialFault, What: Jump, Node: node, Value: int64(jump)})
		}
	}},
}

// partition is one of Maelstrom's kinds, or of those that know fewer rules.
func partition(kind string) plight {
	return plight{kind, trialFault, trialHeal, func(d draw, s *Schedule, lasts time.Duration) {
		s.Events = append(s.Events, Event{At: trialFault, What: Cut, Kind: kind, Seed: d.Uint64N(1_000_000), For: lasts})
	}}
}

// some has a fault befall an eighth of the nodes, one at least.
func some(name string, fault Event) plight {
	return plight{name, trialFault, trialHeal, func(d draw, s *Schedule, lasts time.Duration) {
		for _, node := range d.Perm(s.Nodes)[:max(1, s.Nodes/8)] {
			e := fault
			e.At, e.Node, e.For = trialFault, node, lasts
			s.Events = append(s.Events, e)
		}
	}}
}

// theHub has a fault befall the hub.
func theHub(name string, fault Event) plight {
	return plight{name, trialFault, trialHeal, func(_ draw, s *Schedule, lasts time.Duration) {
		e := fault
		e.At, e.Hub, e.For = trialFault, true, lasts
		s.Events = append(s.Events, e)
	}}
}

// Plights returns the names of all of them, "none" first.
func Plights() []string {
	var names []string
	for _, p := range plights {
		names = append(names, p.name)
	}
	return names
}

// plight returns that of a trial.
func (t Trial) plight() plight {
	return plights[slices.Index(Plights(), t.Plight)]
}

// Schedule returns the trial as a schedule: new elements at random nodes for 20 s, a
// constant latency, and the fault from second 5 to second 15. The updates of a seed are the
// same whatever the fault.
func (t Trial) Schedule() Schedule {
	s := Schedule{
		Seed: t.Seed, Lattice: GSet, Nodes: t.Nodes, Interval: TrialInterval, Probe: TrialProbe,
		Shape: Constant, Hop: TrialHop, End: trialEnd, MaxMessage: 40_000,
	}
	d := draw{rand.New(rand.NewPCG(t.Seed, 8))}
	gap := int64(2 * time.Second / time.Duration(t.Rate) / time.Microsecond)
	at := time.Duration(0)
	for element := int64(0); ; element++ {
		if at += time.Duration(d.Int64N(gap+1)) * time.Microsecond; at >= s.End {
			break
		}
		s.Events = append(s.Events, Event{At: at, What: Update, Node: d.IntN(t.Nodes), Value: element, Count: 1, Step: 1})
	}
	if p := t.plight(); p.strike != nil {
		p.strike(draw{rand.New(rand.NewPCG(t.Seed, 9))}, &s, p.until-p.from)
	}
	slices.SortStableFunc(s.Events, func(a, b Event) int { return int(a.At - b.At) })
	return s
}
