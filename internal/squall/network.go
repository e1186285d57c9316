package squall

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// network carries messages between nodes, clients and services. It is safe
// for concurrent use.
//
// A message gets a deadline when it is sent: at once if either end is a
// client, as though clients sat beside their nodes, and the drawn latency
// later otherwise. If neither end is a client it may be lost then. What is not
// lost goes to its receiver's queue (see receiver.go), and is dropped when
// received if the receiver holds a grudge against the sender. Lost and dropped
// messages have been sent: they count.
type network struct {
	latency *latencySource
	loss    *lossSource
	trace   func(event string, id int64, src, dest string, body []byte) // nil: no tracing
	tracing struct{ send, recv bool }

	start   time.Time
	nextID  atomic.Int64
	traffic traffic
	delays  *delays
	write   func() // may be nil

	mu        sync.RWMutex
	endpoints map[string]*endpoint
}

// endpoint is a name on the network and whoever answers to it.
type endpoint struct {
	name   string
	client bool
	sink   sink
	grudge atomic.Pointer[map[string]bool] // senders whose messages are dropped

	tally tally // of what it sent to other servers; see tally

	queue queue // unused by clients, who get everything at once
}

// sink takes the messages of one endpoint. The body of a delivery is only
// good until the call returns. For a client, m holds the message's members
// and the call comes from the goroutine of whoever sent it; for others m is
// nil, calls never overlap, and the sink must not send from within one.
type sink interface {
	deliver(id int64, src string, dest string, body []byte, m *message)
}

// newNetwork makes an empty network. newAlarm makes its alarm; flush, if not nil, writes
// to the nodes what was delivered to them since the last flush.
func newNetwork(newAlarm func(fire func()) (alarm, error), latency *latencySource, loss *lossSource, flush func()) (*network, error) {
	n := &network{
		latency:   latency,
		loss:      loss,
		write:     flush,
		start:     time.Now(),
		endpoints: make(map[string]*endpoint),
	}
	var err error
	n.delays, err = newDelays(n, newAlarm)
	return n, err
}

// close stops delivery of delayed messages.
func (n *network) close() { n.delays.alarm.stop() }

// now is the network's clock.
func (n *network) now() time.Duration { return time.Since(n.start) }

// isClient tells clients from nodes and services by their names.
func isClient(name string) bool { return name != "" && name[0] == 'c' }

// join adds an endpoint. The name must be free.
func (n *network) join(name string, s sink) *endpoint {
	ep := &endpoint{name: name, client: isClient(name), sink: s}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.endpoints[name] != nil {
		panic(fmt.Sprintf("squall: %s joined the network twice", name))
	}
	n.endpoints[name] = ep
	return ep
}

// leave removes an endpoint: it no longer exists for those who send to it.
func (n *network) leave(ep *endpoint) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.endpoints, ep.name)
}

// route sends a message that a node has printed. The error says who is not on
// the network.
func (n *network) route(m *message) error {
	n.mu.RLock()
	src, dest := n.endpoints[string(m.src)], n.endpoints[string(m.dest)]
	n.mu.RUnlock()
	if src == nil {
		return fmt.Errorf("the message's src is %q, which is not on the network", m.src)
	}
	if dest == nil {
		if isClient(string(m.dest)) {
			return fmt.Errorf("the message's dest is the client %q, which is not on the network: "+
				"a client leaves when a request of its has an unknown outcome, such as a write not answered in time", m.dest)
		}
		return fmt.Errorf("the message's dest is %q, which is not on the network", m.dest)
	}
	n.send(src, dest, m.body, m)
	return nil
}

// send carries body from src to dest. The caller keeps body. m holds the
// body's members; it may be nil if dest is no client and src is one.
func (n *network) send(src, dest *endpoint, body []byte, m *message) {
	id := n.nextID.Add(1) - 1
	servers := !src.client && !dest.client
	n.traffic.sent(servers)
	if servers {
		src.tally.add(m.field("type"), len(body))
	}
	if n.tracing.send {
		n.trace("send", id, src.name, dest.name, body)
	}
	var delay time.Duration
	if servers {
		delay = n.latency.draw()
		if n.loss.lose() {
			return
		}
	}
	if dest.client {
		n.received(id, src, dest, body)
		dest.sink.deliver(id, src.name, dest.name, body, m)
		return
	}
	dest.enqueue(n, id, src, delay, body)
}

// flush has the nodes' messages written. Whoever sends calls it before it next
// waits for anything; what is sent in between is written in one go.
func (n *network) flush() {
	if n.write != nil {
		n.write()
	}
}

// received counts a message as received.
func (n *network) received(id int64, src, dest *endpoint, body []byte) {
	if !dest.client { // a client counts its own, see client.go
		n.traffic.received(!src.client)
	}
	if n.tracing.recv {
		n.trace("recv", id, src.name, dest.name, body)
	}
}

// hold makes every receiver drop from now on what comes from the senders that g names for
// it; nil heals the network. Messages already under way are dropped too, when they are received.
func (n *network) hold(g map[string][]string) {
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
func (ep *endpoint) snubs(src *endpoint) bool {
	g := ep.grudge.Load()
	return g != nil && (*g)[src.name]
}

// lookup returns the endpoint of a name, nil if there is none.
func (n *network) lookup(name string) *endpoint {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.endpoints[name]
}
