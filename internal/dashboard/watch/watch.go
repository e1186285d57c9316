// Package watch fills a dashboard from a server of gsetd and its node.
//
//	w := watch.New("v1.2.3")
//	config.Observer = w.Observe // of the cluster.Config
//	...
//	w.Start(server)
//	defer w.Stop()
//	handler := dashboard.New(dashboard.Config{Source: w})
//
// What it takes from the goroutine of the server's loop is bounded, however many collections there are:
// four times a second a step of a walk over their names, and once a second the status. A
// message costs a lock, and while somebody watches a search in a map of at most some dozens.
// All it keeps has a bound.
package watch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"gset/internal/dashboard"
	"gset/internal/gsetd"
	"gset/replica/cluster"
)

// Server is what is watched: a *gsetd.Server.
type Server interface {
	// Glance has f called soon in the goroutine that owns the node.
	Glance(f func(gsetd.Glance)) error
}

const (
	stepEvery   = 250 * time.Millisecond // between two steps over the collections
	statusEvery = 4                      // steps
	maxRates    = 60                     // seconds of commands a second
	maxMembers  = 200                    // that are shown
	maxWhy      = 300                    // bytes of an error that is shown
)

// Watch is a dashboard.Source. It is safe for concurrent use.
type Watch struct {
	version string
	clock   func() time.Time
	server  Server
	stop    context.CancelFunc
	running sync.WaitGroup

	// What follows belongs to the goroutine of the server's loop.
	growth growth
	rates  []float64
	ready  bool
	why    string

	mu     sync.Mutex // guards what follows
	log    log
	repair repairs
	views  []dashboard.ViewChange
	flow   flow
	self   string
	row    []dashboard.Latency // as of the last step with a status
	beside []*Watch
}

var _ dashboard.Source = (*Watch)(nil)

// New returns a watch of a process of a version.
func New(version string) *Watch {
	return &Watch{version: version, clock: time.Now, growth: newGrowth(), stop: func() {}}
}

// Start begins to watch a server, whose loop need not run yet.
func (w *Watch) Start(server Server) {
	var ctx context.Context
	ctx, w.stop = context.WithCancel(context.Background())
	w.server = server
	w.running.Go(func() { w.run(ctx) })
}

// Stop ends the watching. It waits for nothing but its own goroutine.
func (w *Watch) Stop() {
	w.stop()
	w.running.Wait()
}

// run has a step done in the loop four times a second.
func (w *Watch) run(ctx context.Context) {
	tick := time.NewTicker(stepEvery)
	defer tick.Stop()
	for i := 0; ; i++ {
		withStatus := i%statusEvery == 0
		// A step that the loop has no room for is left out.
		_, _ = within(ctx, w.server, func(g gsetd.Glance) struct{} { w.step(g, withStatus); return struct{}{} })
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// within runs f in the loop's goroutine and returns its result. After an error f may still be run.
func within[T any](ctx context.Context, server Server, f func(gsetd.Glance) T) (result T, err error) {
	done := make(chan T, 1)
	if err := server.Glance(func(g gsetd.Glance) { done <- f(g) }); err != nil {
		return result, fmt.Errorf("the node cannot be asked: %w", err)
	}
	select {
	case result = <-done:
		return result, nil
	case <-ctx.Done():
		return result, fmt.Errorf("the node does not answer: %w", ctx.Err())
	}
}

// step does what is to be done whether anybody watches or not.
func (w *Watch) step(g gsetd.Glance, withStatus bool) {
	now := w.clock()
	w.growth.step(g.Node.View(), now)
	if !withStatus {
		return
	}
	if len(w.rates) == maxRates {
		w.rates = append(w.rates[:0], w.rates[1:]...)
	}
	w.rates = append(w.rates, g.Commands)
	status, clustered := clusterStatus(g.Node)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.readiness(now, g)
	if clustered {
		w.self, w.row = status.Name, latencies(status)
		w.log.refusals(status.Refusals)
		w.repair.settle(now, status.Members)
	}
}

// Beside has latencies shown that other watches of this process have measured, for a cluster that runs
// in one process.
func (w *Watch) Beside(others ...*Watch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.beside = others
}

// besides returns the latencies of other watches. The caller holds no lock.
func (w *Watch) besides() (all []dashboard.Latency) {
	w.mu.Lock()
	others := w.beside
	w.mu.Unlock()
	for _, o := range others {
		if o != w {
			o.mu.Lock()
			all = append(all, o.row...)
			o.mu.Unlock()
		}
	}
	return all
}

// clusterStatus returns the status of a node that is a member of a cluster.
func clusterStatus(n gsetd.Node) (cluster.Status, bool) {
	if c, ok := n.(interface{ ClusterStatus() cluster.Status }); ok {
		return c.ClusterStatus(), true
	}
	return cluster.Status{}, false
}

// readiness notes whether the node is ready, and why not. The caller holds the lock.
func (w *Watch) readiness(now time.Time, g gsetd.Glance) {
	why := ""
	problem := g.Node.Status().Problem
	switch {
	case g.Loading:
		why = "the store was damaged, and no other member has refilled it yet"
	case g.Failure != nil:
		why = "the disk does not take updates: " + clip(g.Failure.Error())
	case problem != nil:
		why = clip(problem.Error())
	case g.MemoryLimit > 0 && g.Memory > g.MemoryLimit:
		why = "the memory limit is reached: commands that add are refused"
	}
	switch {
	case why == "" && !w.ready:
		w.log.add(now, "good", "the node is ready", "")
	case why != "" && why != w.why:
		w.log.add(now, "warn", "not ready: "+why, "")
	}
	w.ready, w.why = why == "", why
}

// clip returns a text that may be shown of one that may hold anything.
func clip(s string) string { return dashboard.Show(s[:min(len(s), maxWhy)]) }

// State returns what is to be shown now.
func (w *Watch) State(ctx context.Context) (dashboard.State, error) {
	s, err := within(ctx, w.server, w.state)
	if err == nil {
		s.Node.Resident = gsetd.ResidentBytes()
		s.Latency = append(s.Latency, w.besides()...)
	}
	return s, err
}

// state is State, in the loop's goroutine.
func (w *Watch) state(g gsetd.Glance) dashboard.State {
	now := w.clock()
	s := dashboard.State{At: now.UnixMilli(), Node: w.node(g), Collections: w.growth.show(g.Node.View(), now)}
	if status, clustered := clusterStatus(g.Node); clustered {
		fillCluster(&s, status)
		s.Collections.Elements = status.Elements
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.readiness(now, g)
	s.Node.Ready, s.Node.Why = w.ready, w.why
	s.Repairs, s.Views, s.Events = w.repair.show(), latestFirst(w.views), latestFirst(w.log.list)
	if len(s.Views) == 0 && s.Node.View != "" {
		s.Views = []dashboard.ViewChange{{At: now.Add(-g.Uptime).UnixMilli(), View: s.Node.View, Hub: s.Node.Hub}}
	}
	w.self = string(s.Node.Name)
	return s
}

// node returns what a server tells of itself.
func (w *Watch) node(g gsetd.Glance) dashboard.Node {
	status := g.Node.Status()
	return dashboard.Node{
		Name: dashboard.Name(status.Name), Cluster: dashboard.Name(status.Cluster), Version: w.version,
		Serves: g.Address, Uptime: g.Uptime.Seconds(),
		Clients: g.Clients, MaxClients: g.MaxClients, Commands: g.Commands, Rates: append([]float64(nil), w.rates...),
		Processed: g.Processed, Updates: g.Updates,
		Memory: g.Memory, MemoryLimit: g.MemoryLimit,
		Durable: status.Durable.String(), Log: status.LogBytes, Snapshot: status.SnapshotBytes,
	}
}

// latestFirst returns a copy of a list in reverse.
func latestFirst[T any](list []T) []T {
	all := make([]T, 0, len(list))
	for i := range list {
		all = append(all, list[len(list)-1-i])
	}
	return all
}
