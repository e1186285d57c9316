package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gset/internal/bench/client"
	"gset/internal/bench/journal"
	"gset/internal/bench/message"
	"gset/internal/bench/network"
	"gset/internal/bench/process"
	"gset/internal/bench/rawjson"
	"gset/internal/bench/report"
	"gset/internal/bench/service"
	"gset/internal/bench/workload"
)

// cluster is the nodes of a test.
type cluster struct {
	bench    *bench
	launcher process.Launcher
	fail     func(error) // ends the test
	began    time.Time

	nodes     []*node
	endpoints []*network.Endpoint // the nodes'
	services  []*service.Service

	stopOnce sync.Once
	stopping atomic.Bool

	mu        sync.Mutex
	firstExit *NodeError // the first node that exited on its own
	faults    []report.NodeFault
}

// node is a process on the network.
type node struct {
	name    string
	process *process.Process // nil unless it was started
	writer  *process.Stdin
	settled atomic.Bool // it has answered all setup requests

	// The reading goroutine's own.
	msg      message.Message
	trailing bool // has been complained about
}

// Deliver implements network.Sink. What arrives before the process runs is kept for it.
func (n *node) Deliver(id int64, src, dest string, body []byte, _ *message.Message) {
	n.writer.Message(id, src, dest, body)
}

func newCluster(b *bench, fail func(error)) *cluster {
	return &cluster{bench: b, launcher: b.machine.newLauncher(), fail: fail, began: time.Now()}
}

// start starts the nodes side by side and initialises each as soon as it
// runs. All are on the network before any runs: those which run first may
// send to the others.
func (c *cluster) start(ctx context.Context, names []string, ids *client.IDs) error {
	for _, name := range names {
		n := &node{name: name, writer: process.NewStdin(&c.bench.dirty)}
		c.nodes = append(c.nodes, n)
		c.endpoints = append(c.endpoints, c.bench.net.Join(name, n))
	}
	c.services = service.Start(c.bench.net, newRand(c.bench.opts.Seed, streamServices))
	for _, n := range c.nodes {
		if err := c.launch(n); err != nil {
			return err
		}
	}
	list, err := json.Marshal(names)
	if err != nil {
		return err
	}
	return c.each(func(n *node, ep *network.Endpoint) error {
		body := func(dst []byte, msgID int64) []byte {
			dst = append(workload.AppendRequest(dst, "init", msgID), `,"node_id":`...)
			dst = append(rawjson.AppendString(dst, n.name), `,"node_ids":`...)
			return append(append(dst, list...), '}')
		}
		r, _, err := client.Ask(ctx, c.bench.net, ids, ep, body, c.bench.opts.InitTimeout)
		if err != nil {
			return c.setupError(n, "init", err)
		}
		if t, ok := rawjson.String(rawjson.Lookup(r.Fields, "type")); !ok || t != "init_ok" {
			return c.nodeError(n, fmt.Sprintf(`answered init with a reply whose "type" is %s, where "init_ok" should be: %s`,
				rawjson.OrMissing(rawjson.Lookup(r.Fields, "type")), rawjson.Clip(r.Body)))
		}
		return nil
	})
}

// setup sends every node the workload's setup request, if it has one.
func (c *cluster) setup(ctx context.Context, names []string, ids *client.IDs, w workload.Workload) error {
	request, schema := w.Setup(names)
	return c.each(func(n *node, ep *network.Endpoint) error {
		if request != nil {
			kind := strings.TrimSuffix(schema.Type, "_ok")
			r, asker, err := client.Ask(ctx, c.bench.net, ids, ep, request, c.bench.opts.ClientTimeout)
			if err != nil {
				return c.setupError(n, kind, err)
			}
			if problems := schema.Check(r.Fields); problems != nil {
				return c.nodeError(n, "cannot be set up: "+
					(&workload.ReplyError{Node: n.name, Client: asker, Request: kind, MsgID: client.SetupMsgID, Problems: problems, Schema: schema, Body: rawjson.Clip(r.Body)}).Error())
			}
		} else {
			ids.Take() // as Maelstrom, which makes clients for nothing here
		}
		n.settled.Store(true)
		return nil
	})
}

// each calls f for every node in a goroutine of its own. The first error ends
// the test, and with it the other calls; it is returned when all have returned.
func (c *cluster) each(f func(n *node, ep *network.Endpoint) error) error {
	errs := make(chan error, len(c.nodes))
	for i, n := range c.nodes {
		go func() {
			err := f(n, c.endpoints[i])
			if err != nil {
				c.fail(err)
			}
			errs <- err
		}()
	}
	var first error
	for range c.nodes {
		if err := <-errs; err != nil && first == nil {
			first = err
		}
	}
	return first
}

// launch starts a node's process.
func (c *cluster) launch(n *node) error {
	var logFile *os.File
	if s := c.bench.store; s != nil {
		var err error
		logFile, err = os.OpenFile(s.NodeLog(n.name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
		if err != nil {
			return fmt.Errorf("cannot make the log of node %s: %w", n.name, err)
		}
	}
	o := c.bench.opts
	n.process = process.New(n.name, logFile, o.LogStderr, n.writer, &nodeEvents{c, n})
	if err := n.process.Start(c.launcher, o.Bin, o.Args); err != nil {
		n.process = nil
		return err
	}
	return nil
}

// setupError says what became of a setup request to a node.
func (c *cluster) setupError(n *node, request string, err error) error {
	var noReply client.NoReplyError
	var rpc *workload.Error
	switch {
	case errors.As(err, &noReply):
		return c.nodeError(n, fmt.Sprintf("did not answer %s within %v", request, noReply.After))
	case errors.As(err, &rpc):
		return c.nodeError(n, fmt.Sprintf("answered %s with %v", request, rpc))
	}
	return err // the test is ending for another reason
}

// nodeError makes an error of what a node did, with its last lines.
func (c *cluster) nodeError(n *node, reason string) *NodeError {
	e := &NodeError{Node: n.name, Reason: reason}
	if p := n.process; p != nil {
		e.Stdout, e.Stderr = p.LastOutput()
		if p.LogFile != nil {
			e.LogFile = p.LogFile.Name()
		}
	}
	return e
}

// nodeEvents is what the processes tell the cluster.
type nodeEvents struct {
	*cluster
	node *node
}

// Line implements process.Events: it sends what the node has printed.
func (c *nodeEvents) Line(line []byte) bool {
	n := c.node
	err := n.msg.Parse(line)
	if err == nil {
		if rest := n.msg.Trailing; len(rest) > 0 && !n.trailing {
			n.trailing = true
			c.bench.say("node %s printed more than a message on a line; this was ignored: %s (and further lines like it)", n.name, rawjson.Clip(rest))
		}
		err = c.bench.net.Route(&n.msg)
		if err != nil {
			err = fmt.Errorf("%w; the line: %s", err, rawjson.Clip(line))
		}
	}
	if err != nil {
		c.mute(err)
	}
	return err == nil
}

// Unreadable implements process.Events.
func (c *nodeEvents) Unreadable(err error) { c.mute(err) }

// mute notes that nothing more is taken from the node, because of an error. Before it is
// set up that ends the test.
func (c *nodeEvents) mute(err error) {
	n := c.node
	if c.stopping.Load() {
		return
	}
	if !n.settled.Load() {
		c.fail(c.nodeError(n, "failed before it was set up: "+err.Error()))
		return
	}
	// Maelstrom's reader of this node's output would die of this: the node
	// would live on, and be sent messages, but none of its own be taken.
	stdout, stderr := n.process.LastOutput()
	c.mu.Lock()
	c.faults = append(c.faults, report.NodeFault{Node: n.name, At: time.Since(c.began), Err: err, Stderr: stderr})
	c.mu.Unlock()
	c.bench.say("node %s: %v\nNothing more is taken from node %s, as Maelstrom would do.\n\n"+
		"The last lines of its standard output:\n\n%s\nand of its standard error:\n\n%s", n.name, err, n.name, OrNone(stdout), OrNone(stderr))
}

// Pause implements process.Events.
func (c *nodeEvents) Pause() { c.bench.net.Flush() }

// Logged implements process.Events.
func (c *nodeEvents) Logged(line []byte) {
	if c.bench.opts.LogStderr {
		c.bench.say("%s stderr: %s", c.node.name, line)
	}
}

// Exited implements process.Events: a node that exits on its own ends the test.
func (c *nodeEvents) Exited(how string, after time.Duration) {
	if c.stopping.Load() {
		return
	}
	err := c.nodeError(c.node, fmt.Sprintf("exited before the test was over, %.3f s after its start: %s", after.Seconds(), how))
	err.Exit = how
	c.mu.Lock()
	if c.firstExit == nil {
		c.firstExit = err
	}
	c.mu.Unlock()
	c.fail(err)
}

// stop kills all nodes that still run and waits until they are gone. It
// returns a *NodeError if one had exited on its own before. It may be called
// again.
func (c *cluster) stop() error {
	c.stopOnce.Do(func() {
		c.stopping.Store(true)
		var wg sync.WaitGroup
		for _, n := range c.nodes {
			if n.process != nil {
				wg.Go(n.process.Kill)
			}
		}
		wg.Wait()
		for _, s := range c.services {
			s.Stop()
		}
		c.launcher.Close()
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.firstExit != nil {
		return c.firstExit
	}
	return nil
}

// tallies returns what all endpoints sent to servers.
func (c *cluster) tallies() []*journal.Tally {
	var all []*journal.Tally
	for _, ep := range c.endpoints {
		all = append(all, &ep.Tally)
	}
	for _, s := range c.services {
		all = append(all, &s.Endpoint.Tally)
	}
	return all
}

// faultsSoFar returns the faults of nodes.
func (c *cluster) faultsSoFar() []report.NodeFault {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.faults
}
