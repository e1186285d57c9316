package doctor

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"gset/internal/bench/client"
	"gset/internal/bench/network"
	"gset/internal/bench/process"
	"gset/internal/bench/workload"
)

// Options say whom to examine.
type Options struct {
	Bin      string   // the absolute path of the node binary
	Args     []string // its arguments
	Workload string   // whose requests it shall answer; "" finds out

	InitTimeout  time.Duration // for the answer to init
	ReplyTimeout time.Duration // for every other answer
	QuietTimeout time.Duration // for what a node does by itself: gossip, the end of its process
}

// DefaultOptions returns limits that a node keeps if it answers at once. Maelstrom gives
// nodes as long to answer init, and 5 s for any other answer.
func DefaultOptions() Options {
	return Options{InitTimeout: 10 * time.Second, ReplyTimeout: time.Second, QuietTimeout: 500 * time.Millisecond}
}

// machine is what an examination takes from the computer. Tests bring one with virtual time.
type machine struct {
	newAlarm    func(fire func()) (network.Alarm, error)
	newLauncher func() process.Launcher
}

// Examine examines a node. An error means that the computer, not the node, has failed, or that
// the context has ended. No process of the node is left when Examine returns.
func Examine(ctx context.Context, o Options) (*Report, error) {
	return examine(ctx, machine{network.NewAlarm, process.NewSpawner}, o)
}

func examine(ctx context.Context, m machine, o Options) (*Report, error) {
	launcher := m.newLauncher()
	defer launcher.Close()
	names := candidates()
	if o.Workload != "" {
		names = []string{o.Workload}
	}
	exams := make([]*exam, len(names))
	errs := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		exams[i] = &exam{options: o, machine: m, launcher: launcher, name: name}
		all.Go(func() { errs[i] = exams[i].alone(ctx) })
	}
	// Which workload's nodes tell each other things is known by then only if it was given.
	two := &exam{options: o, machine: m, launcher: launcher, name: o.Workload}
	var gossipErr error
	if o.Workload != "" {
		all.Go(func() { gossipErr = two.gossip(ctx) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	best := slices.MaxFunc(exams, func(a, b *exam) int { return cmp.Compare(a.answers, b.answers) })
	if o.Workload == "" && best.ready {
		best.steps = slices.Insert(best.steps, 0, best.choice())
	}
	if best.answers > 0 {
		if two.name == "" {
			two.name = best.name
			gossipErr = two.gossip(ctx)
		}
		if gossipErr != nil {
			return nil, gossipErr
		}
		best.steps = append(best.steps, two.steps...)
	}
	return &Report{Workload: best.name, Steps: best.steps}, nil
}

// choice says that the exam's workload was chosen for what the node answers.
func (e *exam) choice() Step {
	if e.answers > 0 {
		return Step{Name: "workload", Status: Note, Seen: "it answers as a node for " + e.name + " does; -w NAME examines it for another"}
	}
	return Step{
		Name: "workload", Status: Bad, Seen: "it answers no workload's first request; what follows is of " + e.name,
		Mend: "reply to the requests of one workload; -w NAME says which, and what is wrong with the replies",
	}
}

// candidates are all workloads, those first that a node is rather for if it answers several
// as well.
func candidates() []string {
	first := []string{"broadcast", "g-set", "g-counter", "pn-counter"}
	var names []string
	for _, name := range append(first, workload.Names()...) {
		if !slices.Contains(names, name) && slices.Contains(workload.Names(), name) {
			names = append(names, name)
		}
	}
	return names
}

// newIDs hands out names of clients from c1 on, as clients have them in a test.
func newIDs() *client.IDs {
	ids := &client.IDs{}
	ids.Take()
	return ids
}
