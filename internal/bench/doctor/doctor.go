package doctor

import (
	"cmp"
	"context"
	"sync"
	"time"

	"gset/internal/bench/client"
	"gset/internal/bench/network"
	"gset/internal/bench/process"
)

// Options say whom to examine, and how long to wait for it.
type Options struct {
	Bin      string   // the absolute path of the node binary
	Args     []string // its arguments
	Workload string   // whose requests it shall answer; "" finds out

	InitTimeout  time.Duration // for the answer to init
	ReplyTimeout time.Duration // for every other answer
	QuietTimeout time.Duration // for what a node does by itself: gossip, the end of its process

	// Patient has the doctor wait for as long as that also for a node that does nothing. Otherwise it gives
	// up a node that only sleeps sooner, where the operating system tells (Linux does).
	Patient bool
}

// DefaultOptions returns Maelstrom's limits.
func DefaultOptions() Options {
	return Options{InitTimeout: 10 * time.Second, ReplyTimeout: 5 * time.Second, QuietTimeout: 500 * time.Millisecond}
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

// prestarted is how many processes are started at once: one is examined alone, two as a cluster.
const prestarted = 3

func examine(ctx context.Context, m machine, o Options) (*Report, error) {
	nodes := &pool{launcher: m.newLauncher(), bin: o.Bin, args: o.Args}
	defer nodes.close()
	newExam := func(name string) *exam { return &exam{options: o, machine: m, pool: nodes, name: name} }
	nodes.fill(prestarted)
	alone := newExam(o.Workload)
	var steps []Step
	if o.Workload == "" {
		if err := alone.choose(ctx); err != nil {
			return nil, err
		}
		if !alone.ready {
			return newReport(o, fallback, alone.steps), nil
		}
		steps = append(steps, choice(alone.name))
		if alone.node == nil {
			alone = newExam(cmp.Or(alone.name, fallback))
		}
	}
	two := newExam(alone.name)
	if err := sideBySide(ctx, alone.alone, two.gossip); err != nil {
		return nil, err
	}
	steps = append(steps, alone.steps...)
	if alone.answers > 0 {
		steps = append(steps, two.steps...)
	}
	report := newReport(o, alone.name, steps)
	report.InitTimeout = alone.initTimeout()
	return report, nil
}

func newReport(o Options, workload string, steps []Step) *Report {
	return &Report{Bin: o.Bin, Args: o.Args, Workload: workload, Steps: steps}
}

// sideBySide does two things side by side.
func sideBySide(ctx context.Context, a, b func(context.Context) error) error {
	var second error
	var done sync.WaitGroup
	done.Go(func() { second = b(ctx) })
	first := a(ctx)
	done.Wait()
	if first != nil {
		return first
	}
	return second
}

// fallback is the workload of a node that answers none.
const fallback = "broadcast"

// choice says that a workload was chosen for what the node answers.
func choice(name string) Step {
	if name != "" {
		return Step{Name: "workload", Status: Note, Seen: "it answers as a node for " + name + " does; -w NAME examines it for another"}
	}
	return Step{
		Name: "workload", Status: Bad, Seen: "it answers no workload's first request; what follows is of " + fallback,
		Mend: "reply to the requests of one workload; -w NAME says which, and what is wrong with the replies",
	}
}

// newIDs hands out names of clients from c1 on, as clients have them in a test.
func newIDs() *client.IDs {
	ids := &client.IDs{}
	ids.Take()
	return ids
}
