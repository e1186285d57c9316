package simnet

import "time"

// Faultless ends all that becomes of messages, and all cuts, and wakes and hastens all nodes.
// Whatever is sent fits all buffers. What has waited to be delivered again is lost. Stopped nodes stay so, and clocks go on as they do.
func (n *Net[S]) Faultless() {
	n.cfg.Loss, n.cfg.Duplication, n.cfg.Corruption, n.cfg.Replay, n.cfg.Buffer = 0, 0, 0, 0, 0
	n.Cut, n.Lose, n.Tear = nil, nil, nil
	for node := range n.nodes {
		n.Slow(node, 0)
		n.Freeze(node, n.now)
	}
}

// Calm makes a network without faults a good one as well: with a constant latency and any
// bandwidth, and clocks that run at the same rate.
func (n *Net[S]) Calm(latency time.Duration) {
	n.cfg.Latency, n.cfg.Bandwidth = Constant(latency), 0
	for node := range n.nodes {
		n.Skew(node, 0)
	}
}

// Slow has everything that a node does, at a tick or on a message sent to it from now
// on, happen late by so much.
func (n *Net[S]) Slow(node int, lag time.Duration) { n.nodes[node].lag = lag }

// Freeze has a node do nothing until a time. What is sent to it waits for that. It is the
// caller's to have clients wait as well.
func (n *Net[S]) Freeze(node int, until time.Duration) { n.nodes[node].frozen = until }

// Frozen returns until when a node does nothing.
func (n *Net[S]) Frozen(node int) time.Duration { return n.nodes[node].frozen }

// Skew has a node's clock gain so many microseconds a second from now on; less than
// zero and more than -1,000,000 if it is to lose them.
func (n *Net[S]) Skew(node int, gain int64) {
	at := &n.nodes[node]
	at.clock.set(n.now, at.clock.at(n.now), gain)
	n.reschedule(node)
}

// Jump sets a node's clock forward, or back if by is less than zero. A clock that is set
// back stands still until it has caught up.
func (n *Net[S]) Jump(node int, by time.Duration) {
	at := &n.nodes[node]
	at.clock.set(n.now, at.clock.at(n.now)+by, at.clock.gain)
	n.reschedule(node)
}

// Standstill is how long a node's clock stands still from now on.
func (n *Net[S]) Standstill(node int) time.Duration {
	c := &n.nodes[node].clock
	return c.when(c.at(n.now)+1, n.now) - n.now
}

// reschedule has a node tick at the time its clock has come to mean by its deadline.
func (n *Net[S]) reschedule(node int) {
	if n.nodes[node].replica != nil {
		n.schedule(node)
	}
}

// Backlog is how long it takes until all that was sent is carried by the network, what
// it takes to arrive after that not included.
func (n *Net[S]) Backlog() time.Duration {
	var most time.Duration
	for i := range n.nodes {
		most = max(most, n.nodes[i].idle-n.now)
	}
	return most
}
