package bench

import (
	"errors"
	"sync"

	"gset/internal/bench/edn"
	"gset/internal/bench/nemesis"
)

// act does what the nemesis wants to the processes of the nodes named, side by side, and
// returns what became of each. A node that does not come up again ends the test.
func (c *cluster) act(act nemesis.Act, names []string) []edn.Keyword {
	outcomes := make([]edn.Keyword, len(names))
	c.mu.Lock()
	if c.stopping.Load() {
		c.mu.Unlock()
		return outcomes
	}
	c.acts.Add(1)
	c.mu.Unlock()
	defer c.acts.Done()
	var wg sync.WaitGroup
	for i, name := range names {
		for _, n := range c.nodes {
			if n.name == name {
				wg.Go(func() { outcomes[i] = c.actOn(n, act) })
			}
		}
	}
	wg.Wait()
	return outcomes
}

// actOn does what the nemesis wants to a node's process.
func (c *cluster) actOn(n *node, act nemesis.Act) edn.Keyword {
	n.mu.Lock()
	down := n.life.killed.Load()
	n.mu.Unlock()
	switch {
	case act == nemesis.StartProcess && !down:
		return "already-running"
	case act == nemesis.StartProcess:
		return c.restart(n)
	case down:
		return "not-running"
	case act == nemesis.KillProcess:
		n.kill()
		return "killed"
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if act == nemesis.SuspendProcess {
		n.life.process.Suspend()
		return "paused"
	}
	n.life.process.Resume()
	return "resumed"
}

// kill kills a node's process, if it runs, and waits until it is gone. What waits for the node
// is lost, and what is sent to it from now on. Whoever comes second does not wait.
func (n *node) kill() {
	n.mu.Lock()
	l := n.life
	if l.killed.Swap(true) || l.process == nil {
		n.mu.Unlock()
		return
	}
	n.endpoint.Fail(l.bench.net)
	n.mu.Unlock()
	l.process.Kill()
}

// restart starts a node whose process was killed, and sends it init. Setup requests of clients are not
// repeated.
func (c *cluster) restart(n *node) edn.Keyword {
	if err := c.relaunch(n); err != nil {
		c.fail(err)
		return "failed"
	}
	if err := c.initialise(n, n.life); err != nil {
		c.fail(err)
		return "failed"
	}
	return "started"
}

// errStopping is why a node is not started any more.
var errStopping = errors.New("the test is over")

// relaunch gives a node another process.
func (c *cluster) relaunch(n *node) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c.stopping.Load() {
		return errStopping
	}
	n.life = c.newLife(n.name)
	n.life.settled.Store(true) // clients ask it as soon as it has a name, and may leave before it answers
	return n.life.launch()
}
