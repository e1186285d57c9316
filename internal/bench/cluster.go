package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gset/internal/bench/client"
	"gset/internal/bench/journal"
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

	nodes     []*node
	endpoints []*network.Endpoint // the nodes'
	ctx       context.Context     // of the test
	ids       *client.IDs
	list      []byte // the names of all nodes, in JSON
	services  []*service.Service

	stopOnce sync.Once
	stopping atomic.Bool
	acts     sync.WaitGroup // what the nemesis does to processes

	mu        sync.Mutex
	firstExit *NodeError         // the first node that exited on its own
	faults    []report.NodeFault // on the network's clock
}

// node is a name on the network, and the processes that answer to it, one after the other.
type node struct {
	name     string
	endpoint *network.Endpoint

	mu   sync.Mutex // held while a process is started, suspended or resumed, and not while one is waited for
	life *life      // the last
}

func newCluster(b *bench, fail func(error)) *cluster {
	return &cluster{bench: b, launcher: b.machine.newLauncher(), fail: fail}
}

// start starts the nodes side by side and initialises each as soon as it
// runs. All are on the network before any runs: those which run first may
// send to the others.
func (c *cluster) start(ctx context.Context, names []string, ids *client.IDs) error {
	var err error
	if c.list, err = json.Marshal(names); err != nil {
		return err
	}
	c.ctx, c.ids = ctx, ids
	for _, name := range names {
		n := &node{name: name, life: c.newLife(name)}
		n.endpoint = c.bench.net.Join(name, n.life)
		c.nodes = append(c.nodes, n)
		c.endpoints = append(c.endpoints, n.endpoint)
	}
	c.services = service.Start(c.bench.net, newRand(c.bench.opts.Seed, streamServices))
	for _, n := range c.nodes {
		if err := n.life.launch(); err != nil {
			return err
		}
	}
	return c.each(func(n *node) error { return c.initialise(n, nil) })
}

// initialise sends a node init. Revived is nil, or the sink of a node that was started again:
// a process that gets requests before it has got a name may well exit.
func (c *cluster) initialise(n *node, revived network.Sink) error {
	body := func(dst []byte, msgID int64) []byte {
		dst = append(workload.AppendRequest(dst, "init", msgID), `,"node_id":`...)
		dst = append(rawjson.AppendString(dst, n.name), `,"node_ids":`...)
		return append(append(dst, c.list...), '}')
	}
	r, _, err := client.Ask(c.ctx, c.bench.net, c.ids, n.endpoint, revived, body, c.bench.opts.InitTimeout)
	if err != nil {
		return c.setupError(n, "init", err)
	}
	if t, ok := rawjson.String(rawjson.Lookup(r.Fields, "type")); !ok || t != "init_ok" {
		return n.life.fault(fmt.Sprintf(`answered init with a reply whose "type" is %s, where "init_ok" should be: %s`,
			rawjson.OrMissing(rawjson.Lookup(r.Fields, "type")), rawjson.Clip(r.Body)))
	}
	return nil
}

// setup sends every node the workload's setup request, if it has one.
func (c *cluster) setup(ctx context.Context, names []string, ids *client.IDs, w workload.Workload) error {
	request, schema := w.Setup(names)
	return c.each(func(n *node) error {
		if request != nil {
			kind := strings.TrimSuffix(schema.Type, "_ok")
			r, asker, err := client.Ask(ctx, c.bench.net, ids, n.endpoint, nil, request, c.bench.opts.ClientTimeout)
			if err != nil {
				return c.setupError(n, kind, err)
			}
			if problems := schema.Check(r.Fields); problems != nil {
				return n.life.fault("cannot be set up: " +
					(&workload.ReplyError{Node: n.name, Client: asker, Request: kind, MsgID: client.SetupMsgID, Problems: problems, Schema: schema, Body: rawjson.Clip(r.Body)}).Error())
			}
		} else {
			ids.Take() // as Maelstrom, which makes clients for nothing here
		}
		n.life.settled.Store(true)
		return nil
	})
}

// each calls f for every node in a goroutine of its own. The first error ends
// the test, and with it the other calls; it is returned when all have returned.
func (c *cluster) each(f func(n *node) error) error {
	errs := make(chan error, len(c.nodes))
	for _, n := range c.nodes {
		go func() {
			err := f(n)
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

// setupError says what became of a setup request to a node.
func (c *cluster) setupError(n *node, request string, err error) error {
	var noReply client.NoReplyError
	var rpc *workload.Error
	switch {
	case errors.As(err, &noReply):
		option := "--client-timeout"
		if request == "init" {
			option = "--init-timeout"
		}
		clause, late := n.life.silence(noReply.After, option)
		fault := n.life.fault(fmt.Sprintf("did not answer %s within %v%s", request, noReply.After, clause))
		fault.Late = late
		return fault
	case errors.As(err, &rpc):
		return n.life.fault(fmt.Sprintf("answered %s with %v", request, rpc))
	}
	return err // the test is ending for another reason
}

// stop kills all nodes that still run and waits until they are gone. It
// returns a *NodeError if one had exited on its own before. It may be called
// again.
func (c *cluster) stop() error {
	c.stopOnce.Do(func() {
		c.mu.Lock()
		c.stopping.Store(true)
		c.mu.Unlock()
		var wg sync.WaitGroup
		for _, n := range c.nodes {
			wg.Go(n.kill)
		}
		wg.Wait()
		c.acts.Wait()
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

// faultsSoFar returns the faults of nodes, on a clock with the given zero.
func (c *cluster) faultsSoFar(origin time.Duration) []report.NodeFault {
	c.mu.Lock()
	defer c.mu.Unlock()
	faults := slices.Clone(c.faults)
	for i := range faults {
		faults[i].At -= origin
	}
	return faults
}
