package nemesis

import (
	"slices"

	"gset/internal/bench/edn"
	"gset/internal/bench/rawjson"
)

// Fault names a kind of fault that a test may have.
type Fault string

// The faults. Partition, Kill and Pause are Maelstrom's; the others are squall's own and
// concern all messages between nodes.
const (
	Partition Fault = "partition" // receivers drop what some senders send them
	Kill      Fault = "kill"      // node processes are killed, and started again
	Pause     Fault = "pause"     // node processes are suspended, and resumed
	Loss      Fault = "loss"      // each message is lost with chance LossChance
	Duplicate Fault = "duplicate" // each message arrives twice with chance DuplicateChance
	Slow      Fault = "slow"      // the mean latency is SlowFactor times as long, and at least MinSlowLatency
)

// Faults are all faults.
var Faults = []Fault{Partition, Kill, Pause, Loss, Duplicate, Slow}

// How bad the faults of messages are. The chance of a loss and the factor are those that
// Maelstrom's network has for flaky! and slow!.
const (
	LossChance      = 0.5
	DuplicateChance = 0.5
	SlowFactor      = 10
	MinSlowLatency  = 100 // milliseconds: without latency a factor would change nothing
)

// An Act is what a nemesis does to node processes.
type Act string

// The acts. Start does nothing to a process that runs, Resume nothing to one that was not
// suspended, and Kill, Suspend and Resume nothing to one that does not run.
const (
	KillProcess    Act = "kill"
	StartProcess   Act = "start"
	SuspendProcess Act = "pause"
	ResumeProcess  Act = "resume"
)

// Conditions are the faults in force of all messages between nodes.
type Conditions struct{ Loss, Duplicate, Slow bool }

// disturbance is one fault of a test. Only one of a nemesis's disturbances turns or ends at a time.
type disturbance interface {
	// turn begins the fault or, if it is in force, ends it, and calls done then.
	turn(done func())
	// end ends the fault, whether or not it is in force, and calls done then.
	end(done func())
	// describe says what is in force, "" if nothing is.
	describe() string
}

// partitions cut the network.
type partitions struct {
	*track
	kind Kind // "" while the network is whole
	idle bool // it cuts no message path
}

func (p *partitions) turn(done func()) {
	if p.kind != "" {
		p.end(done)
		return
	}
	p.kind = Kinds[p.rng.IntN(len(Kinds))]
	p.world.Record("start-partition", edn.Keyword(p.kind))
	grudge := p.kind.grudge(p.nodes, p.rng)
	p.world.Hold(grudge)
	p.world.Record("start-partition", edn.Vector{edn.Keyword("isolated"), grudge})
	if grudge.cuts() == 0 {
		p.idle = true
		p.log("nemesis: partition %s, which cuts no message path of %d nodes", p.kind, len(p.nodes))
	} else {
		p.log("nemesis: partition %s: %s", p.kind, rawjson.Clip(edn.Append(nil, grudge)))
	}
	done()
}

func (p *partitions) end(done func()) {
	p.world.Record("stop-partition", nil)
	p.world.Hold(nil)
	p.world.Record("stop-partition", edn.Keyword("network-healed"))
	p.kind, p.idle = "", false
	p.log("nemesis: network healed")
	done()
}

func (p *partitions) describe() string {
	switch {
	case p.kind == "":
		return ""
	case p.idle:
		return "partition " + string(p.kind) + " (cuts nothing)"
	}
	return "partition " + string(p.kind)
}

// outages are kills or pauses of node processes: a part of the nodes goes down, and then all
// nodes come up, including those that were not down.
type outages struct {
	*track
	down, up Act
	target   Target
	inForce  bool
}

func (o *outages) turn(done func()) {
	if o.inForce {
		o.end(done)
		return
	}
	o.inForce = true
	o.target = Targets[o.rng.IntN(len(Targets))]
	o.act(o.down, o.target, done)
}

func (o *outages) end(done func()) {
	o.inForce = false
	o.act(o.up, AllNodes, done)
}

// act does something to the processes of a part of the nodes.
func (o *outages) act(act Act, target Target, done func()) {
	o.world.Record(string(act), target.edn())
	names := target.draw(o.nodes, o.rng)
	o.world.Processes(act, names, func(outcomes []edn.Keyword) {
		outcome := edn.Map{}
		for i, name := range names {
			outcome = append(outcome, edn.Pair{name, outcomes[i]})
		}
		o.world.Record(string(act), outcome)
		o.log("nemesis: %s %s: %s", act, target, rawjson.Clip(edn.Append(nil, outcome)))
		done()
	})
}

func (o *outages) describe() string {
	if !o.inForce {
		return ""
	}
	return string(o.down) + " " + o.target.String()
}

// condition is a fault of all messages between nodes.
type condition struct {
	*track
	fault   Fault
	inForce bool
}

func (c *condition) turn(done func()) {
	if c.inForce {
		c.end(done)
		return
	}
	c.set(true)
	done()
}

func (c *condition) end(done func()) {
	c.set(false)
	done()
}

func (c *condition) set(inForce bool) {
	f := "stop-" + string(c.fault)
	if inForce {
		f = "start-" + string(c.fault)
	}
	c.world.Record(f, nil)
	c.inForce = inForce
	*map[Fault]*bool{Loss: &c.conditions.Loss, Duplicate: &c.conditions.Duplicate, Slow: &c.conditions.Slow}[c.fault] = inForce
	c.world.Suffer(*c.conditions)
	c.world.Record(f, edn.Keyword("done"))
	c.log("nemesis: %s", f)
}

func (c *condition) describe() string {
	if !c.inForce {
		return ""
	}
	return string(c.fault)
}

// sortedBy returns names in the order that they have among all.
func sortedBy(all, names []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !slices.Contains(names, name) })
}
