// Package network carries messages between nodes, clients and services, in real time:
// latencies, losses, and receivers that hold a grudge against senders.
package network

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gset/internal/bench/journal"
	"gset/internal/bench/message"
	"gset/internal/bench/report/messages"
)

// Network carries messages between nodes, clients and services. It is safe
// for concurrent use.
//
// A message gets a deadline when it is sent: at once if either end is a
// client, as though clients sat beside their nodes, and the drawn latency
// later otherwise. If neither end is a client it may be lost then. What is not
// lost goes to its receiver's queue (see receiver.go), and is dropped if the receiver
// holds a grudge against the sender when its carrier takes the message. Lost and dropped
// messages have been sent: they count.
type Network struct {
	latency *Latency
	loss    *Loss
	Trace   func(event string, id int64, src, dest string, body []byte) // nil: no tracing
	Tracing struct{ Send, Recv bool }
	// Recorder takes every message once its fate is settled; nil: nobody does. It is set
	// before anything is sent.
	Recorder *messages.Recorder

	conditions atomic.Pointer[Conditions] // nil: none

	start   time.Time
	nextID  atomic.Int64
	Traffic journal.Traffic
	Drops   journal.Drops
	Lag     journal.Lag // of deliveries, and of the clients' operations
	delays  *delays
	write   func() // may be nil

	mu        sync.RWMutex
	endpoints map[string]*Endpoint
	left      map[string]bool // clients that are not among the endpoints any more
}

// Endpoint is a name on the network and whoever answers to it.
type Endpoint struct {
	Name   string
	client bool
	sink   Sink                            // a node's is guarded by its inbound's lock
	grudge atomic.Pointer[map[string]bool] // senders whose messages are dropped

	Tally journal.Tally // of what it sent to other servers; see tally

	inbound inbound // unused by clients, who get everything at once
}

// Sink takes the messages of one endpoint. The body of a delivery is only
// good until the call returns. For a client, m holds the message's members
// and the call comes from the goroutine of whoever sent it; for others m is
// nil, calls never overlap, and the sink must not send from within one.
type Sink interface {
	Deliver(id int64, src string, dest string, body []byte, m *message.Message)
}

// New makes an empty network. newAlarm makes its alarm; flush, if not nil, writes
// to the nodes what was delivered to them since the last flush.
func New(newAlarm func(fire func()) (Alarm, error), latency *Latency, loss *Loss, flush func()) (*Network, error) {
	n := &Network{
		latency:   latency,
		loss:      loss,
		write:     flush,
		start:     time.Now(),
		endpoints: make(map[string]*Endpoint),
		left:      make(map[string]bool),
	}
	var err error
	n.delays, err = newDelays(n, newAlarm)
	return n, err
}

// Close stops delivery of delayed messages.
func (n *Network) Close() { n.delays.alarm.Stop() }

// Now is the network's clock.
func (n *Network) Now() time.Duration { return time.Since(n.start) }

// IsClient tells clients from nodes and services by their names.
func IsClient(name string) bool { return name != "" && name[0] == 'c' }

// Join adds an endpoint. The name must be free.
func (n *Network) Join(name string, s Sink) *Endpoint {
	ep := &Endpoint{Name: name, client: IsClient(name), sink: s}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.endpoints[name] != nil {
		panic(fmt.Sprintf("squall: %s joined the network twice", name))
	}
	n.endpoints[name] = ep
	return ep
}

// Leave removes an endpoint: it no longer exists for those who send to it.
func (n *Network) Leave(ep *Endpoint) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.endpoints, ep.Name)
	if ep.client {
		n.left[ep.Name] = true
	}
}

// AbsentError says who of a message's ends is not on the network.
type AbsentError struct {
	End  string // "src" or "dest"
	Name string
	Left bool // it is a client that was on the network before
}

func (e *AbsentError) Error() string {
	switch {
	case e.Left:
		return fmt.Sprintf("the message's %s is the client %q, which is not on the network: "+
			"a client leaves when a request of its has an unknown outcome, such as a write not answered in time", e.End, e.Name)
	case IsClient(e.Name):
		return fmt.Sprintf("the message's %s is the client %q, which never was on the network", e.End, e.Name)
	}
	return fmt.Sprintf("the message's %s is %q, which is not on the network", e.End, e.Name)
}

// absent makes an error of a name that is not on the network.
func (n *Network) absent(end, name string) error {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return &AbsentError{End: end, Name: name, Left: n.left[name]}
}

// Route sends a message that a node has printed. An [AbsentError] says who is not on
// the network.
func (n *Network) Route(m *message.Message) error {
	n.mu.RLock()
	src, dest := n.endpoints[string(m.Src)], n.endpoints[string(m.Dest)]
	n.mu.RUnlock()
	if src == nil {
		return n.absent("src", string(m.Src))
	}
	if dest == nil {
		return n.absent("dest", string(m.Dest))
	}
	n.Send(src, dest, m.Body, m)
	return nil
}

// Send carries body from src to dest. The caller keeps body. m holds the
// body's members; it may be nil if dest is no client and src is one.
func (n *Network) Send(src, dest *Endpoint, body []byte, m *message.Message) {
	id := n.nextID.Add(1) - 1
	servers := !src.client && !dest.client
	n.Traffic.Sent(servers)
	if servers {
		src.Tally.Add(m.Field("type"), len(body))
	}
	if n.Tracing.Send {
		n.Trace("send", id, src.Name, dest.Name, body)
	}
	var delay time.Duration
	if servers {
		c := n.suffered()
		delay = n.latency.draw(c)
		if n.loss.lose(c.Loss) {
			n.settled(id, src, dest, n.clock(), body, messages.Lost)
			n.Drops.Add(journal.Drop{At: n.Now(), Src: src.Name, Dest: dest.Name, Body: body, Chance: true})
			return
		}
		if n.loss.happens(c.Duplicate) {
			dest.enqueue(n, id, src, n.latency.draw(c), body)
		}
	}
	if dest.client {
		n.received(id, src, dest, n.clock(), body)
		dest.sink.Deliver(id, src.Name, dest.Name, body, m)
		return
	}
	dest.enqueue(n, id, src, delay, body)
}

// Flush has the nodes' messages written. Whoever sends calls it before it next
// waits for anything; what is sent in between is written in one go.
func (n *Network) Flush() {
	if n.write != nil {
		n.write()
	}
}

// received counts a message as received.
func (n *Network) received(id int64, src, dest *Endpoint, sent time.Duration, body []byte) {
	n.settled(id, src, dest, sent, body, messages.Delivered)
	if !dest.client { // a client counts its own, see client.go
		n.Traffic.Received(!src.client)
	}
	if n.Tracing.Recv {
		n.Trace("recv", id, src.Name, dest.Name, body)
	}
}

// Hold makes every receiver drop from now on what comes from the senders that g names for
// it; nil heals the network. Of the messages under way, those are dropped that a
// carrier has not taken yet.
func (n *Network) Hold(g map[string][]string) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for name, ep := range n.endpoints {
		snubbed := g[name]
		if len(snubbed) == 0 {
			ep.grudge.Store(nil)
			continue
		}
		set := make(map[string]bool, len(snubbed))
		for _, src := range snubbed {
			set[src] = true
		}
		ep.grudge.Store(&set)
	}
}

// snubs tells whether ep drops what src sends it.
func (ep *Endpoint) snubs(src *Endpoint) bool {
	g := ep.grudge.Load()
	return g != nil && (*g)[src.Name]
}

// Lookup returns the endpoint of a name, nil if there is none.
func (n *Network) Lookup(name string) *Endpoint {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.endpoints[name]
}

// clock is the network's clock if somebody records messages, else 0: reading it costs as
// much as delivering a message.
func (n *Network) clock() time.Duration {
	if n.Recorder == nil {
		return 0
	}
	return n.Now()
}

// settled records what became of a message that was sent then. A delivered message is
// recorded before its receiver has it, and so before what the receiver sends in turn.
func (n *Network) settled(id int64, src, dest *Endpoint, sent time.Duration, body []byte, fate messages.Fate) {
	if n.Recorder != nil {
		n.Recorder.Add(&messages.Message{ID: id, Src: src.Name, Dest: dest.Name, Sent: sent, Settled: max(sent, n.Now()),
			Size: len(body), Fate: fate, Body: body, Scanned: true}) // a node's was, and others are of the bench's making
	}
}

// Abandon records what is still under way as unsettled, and drops it. Nobody may send any more.
func (n *Network) Abandon() {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, ep := range n.endpoints {
		ep.abandon(n)
	}
}
