package simnet

import (
	"fmt"
	"math/rand/v2"
	"time"

	"pgregory.net/rapid"

	"gset/crdt"
	"gset/replica"
)

// scenario is a run of a cluster with faults and updates, until faults end.
type scenario struct {
	Config
	Hop   time.Duration // no message takes longer
	End   time.Duration // of faults and updates
	Steps []step
}

// step is something that happens at a time.
type step struct {
	At       time.Duration
	What     string // update, cut, heal, stop, start
	Node     int
	Elements []int64
	Kind     string // of the cut
	Seed     uint64 // of the cut
}

func (s step) String() string {
	switch s.What {
	case "update":
		return fmt.Sprintf("%v: update n%d %d", s.At, s.Node, s.Elements)
	case "cut":
		return fmt.Sprintf("%v: cut %s %d", s.At, s.Kind, s.Seed)
	}
	return fmt.Sprintf("%v: %s n%d", s.At, s.What, s.Node)
}

// partitions are Maelstrom's kinds and one that knows no rules: each direction between
// two nodes is cut or not, so that cuts are neither symmetric nor transitive.
var partitions = map[string]func(n int, rng *rand.Rand) Cut{
	"one":             Partitions["one"],
	"minority-third":  Partitions["minority-third"],
	"majority":        Partitions["majority"],
	"majorities-ring": Partitions["majorities-ring"],
	"lawless": func(n int, rng *rand.Rand) Cut {
		share := rng.Float64()
		cut := make([]bool, n*n)
		for i := range cut {
			cut[i] = rng.Float64() < share
		}
		return func(from, to int) bool { return cut[from*n+to] }
	},
}

func millis(low, high int64) *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.Int64Range(low, high), func(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond })
}

func scenarios() *rapid.Generator[scenario] {
	return rapid.Custom(func(t *rapid.T) scenario {
		s := scenario{Config: Config{
			Nodes:       rapid.IntRange(1, 9).Draw(t, "nodes"),
			Interval:    millis(0, 1000).Draw(t, "interval"),
			Probe:       millis(200, 3000).Draw(t, "probe"),
			Seed:        rapid.Uint64().Draw(t, "seed"),
			Loss:        float64(rapid.IntRange(0, 50).Draw(t, "loss")) / 100,
			Duplication: float64(rapid.IntRange(0, 30).Draw(t, "duplication")) / 100,
			MaxMessage:  replica.MinMessage + rapid.IntRange(0, 3000).Draw(t, "room"),
		}}
		if rapid.Bool().Draw(t, "hubless") {
			s.Interval = 0
		}
		s.Hop = millis(0, 300).Draw(t, "hop")
		shapes := []func(time.Duration) Latency{
			Constant,
			func(d time.Duration) Latency { return Uniform(0, d) },
			func(d time.Duration) Latency {
				l := Exponential(d / 5)
				return func(r *rand.Rand) time.Duration { return min(l(r), d) }
			},
		}
		s.Latency = rapid.SampledFrom(shapes).Draw(t, "latency")(s.Hop)
		s.End = millis(0, 8000).Draw(t, "end")
		n := rapid.IntRange(0, 40).Draw(t, "steps")
		for range n {
			step := step{
				At:   time.Duration(rapid.Float64Range(0, 1).Draw(t, "at") * float64(s.End)),
				What: rapid.SampledFrom([]string{"update", "update", "update", "update", "cut", "heal", "stop", "start"}).Draw(t, "what"),
				Node: rapid.IntRange(0, s.Nodes-1).Draw(t, "node"),
			}
			switch step.What {
			case "update":
				first := rapid.Int64Range(0, 3000).Draw(t, "first")
				gap := rapid.Int64Range(1, 300).Draw(t, "gap")
				for i := range rapid.Int64Range(1, 3).Draw(t, "size") {
					step.Elements = append(step.Elements, first+gap*i)
				}
				if rapid.IntRange(0, 9).Draw(t, "burst") == 0 {
					for i := range int64(200) {
						step.Elements = append(step.Elements, first+gap*i)
					}
				}
			case "cut":
				step.Kind = rapid.SampledFrom([]string{"one", "minority-third", "majority", "majorities-ring", "lawless"}).Draw(t, "kind")
				step.Seed = rapid.Uint64().Draw(t, "cut")
			case "stop":
				if rapid.Bool().Draw(t, "late start") {
					step.At = 0
				}
			}
			s.Steps = append(s.Steps, step)
		}
		return s
	})
}

// run is a scenario under way.
type run struct {
	*Net[*crdt.GSet]
	added   *crdt.GSet   // by any client so far
	durable []*crdt.GSet // what each node would have on its disk
	updates int
	wrong   func(format string, args ...any)
}

// start sets a scenario up. wrong is called when the cluster does what it must not.
func (s scenario) start(wrong func(format string, args ...any)) *run {
	bottom := crdt.NewGSet(crdt.Key{s.Seed, 1})
	net, err := New(s.Config, bottom)
	if err != nil {
		panic(err)
	}
	r := &run{Net: net, added: bottom.New(), wrong: wrong}
	for range s.Nodes {
		r.durable = append(r.durable, bottom.New())
	}
	net.OnGrow = r.grow
	net.Watch = func(f Fate, p Packet[*crdt.GSet]) {
		if f == Received {
			r.requireIdle(p.To)
		}
	}
	for _, step := range s.Steps {
		net.At(step.At, func() { r.do(step) })
	}
	net.At(s.End, func() {
		net.Faultless()
		for node := range s.Nodes {
			r.do(step{What: "start", Node: node})
		}
	})
	return r
}

func (r *run) do(s step) {
	switch s.What {
	case "update":
		if r.Replica(s.Node) == nil {
			return
		}
		delta := crdt.NewGSet(crdt.Key{r.cfg.Seed, 1}, s.Elements...)
		r.added.Join(delta)
		r.updates++
		r.Update(s.Node, delta)
	case "cut":
		r.Cut = partitions[s.Kind](r.Nodes(), rand.New(rand.NewPCG(s.Seed, 0)))
	case "heal":
		r.Cut = nil
	case "stop":
		r.Stop(s.Node)
	case "start":
		if r.Replica(s.Node) != nil {
			return
		}
		if err := r.Start(s.Node, r.durable[s.Node].Clone()); err != nil {
			r.wrong("n%d does not start again: %v", s.Node, err)
		}
	}
}

// grow checks that a state only grows, by what somebody added, and that all that it
// gains is told to be durable.
func (r *run) grow(node int, novel *crdt.GSet) {
	disk := r.durable[node]
	if novel != nil {
		if novel.Len() == 0 || novel.Minus(disk).Len() < novel.Len() {
			r.wrong("n%d calls %v new, and had %v", node, novel, disk)
		}
		if foreign := novel.Minus(r.added); foreign.Len() > 0 {
			r.wrong("n%d has %v, which nobody added", node, foreign)
		}
		disk.Join(novel)
	}
	if state := r.Replica(node).State(); !state.Equal(disk) {
		r.wrong("n%d holds %v, but %v was told to be durable", node, state, disk)
	}
}

// requireIdle ticks a replica that is not due, which must do nothing.
func (r *run) requireIdle(node int) {
	replica, now := r.Replica(node), r.Clock(node)
	due := replica.Deadline()
	if due <= now {
		return
	}
	if out := replica.Tick(now); len(out.Messages) > 0 || out.Durable != nil || replica.Deadline() != due {
		r.wrong("n%d, due at %v, does something at %v", node, due, now)
	}
}
