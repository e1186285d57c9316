package network

import (
	"sync"
	"time"

	"gset/internal/bench/journal"
	"gset/internal/bench/queue"
	"gset/internal/bench/report/messages"
)

// What happens between a message's being sent and its being received.
//
// Each receiver has a queue ordered by deadline, and one carrier that serves it; see
// [queue.Carrier]. While the carrier waits until a message is due it takes nothing else, so a
// client's request, due at once, may wait behind a message that is still under way from
// another node. That is worth copying from Maelstrom: with a hundred operations a second and
// 100 ms latency it moves the median of stable latencies by 10 ms.
//
// There is no goroutine per receiver. Whoever sends a message that is due
// delivers it, and one alarm serves all carriers that wait.

// envelope is a message on its way.
type envelope struct {
	id   int64
	src  *Endpoint
	body []byte // owned
	sent time.Duration
}

// inbound is a receiver's carrier, with a lock.
type inbound struct {
	mu      sync.Mutex
	carrier queue.Carrier[envelope]
	carried envelope      // unless the carrier is idle
	due     time.Duration // when the carried message is to be delivered
	down    bool          // nobody is there to receive anything
	waker   *Endpoint     // whose next message finds somebody there
}

// enqueue sends a message to ep, which is no client.
func (ep *Endpoint) enqueue(n *Network, id int64, src *Endpoint, delay time.Duration, body []byte) {
	q := &ep.inbound
	sent := n.clock()
	q.mu.Lock()
	if q.down && src == q.waker {
		q.down, q.waker = false, nil
	}
	if q.down {
		ep.dropped(n, envelope{id, src, body, sent}, messages.Dead)
		q.mu.Unlock()
		return
	}
	if q.carrier.Idle() && delay == 0 {
		// The carrier takes it at once, and it is due: no need to keep a copy.
		if ep.snubs(src) {
			ep.dropped(n, envelope{id, src, body, sent}, messages.Cut)
		} else {
			ep.deliver(n, envelope{id, src, body, sent})
		}
		q.mu.Unlock()
		return
	}
	idle := q.carrier.Idle()
	q.carrier.Put(envelope{id, src, append([]byte(nil), body...), sent}, n.Now()+delay)
	var deadline time.Duration
	if idle {
		deadline, idle = ep.take(n)
	}
	q.mu.Unlock()
	if idle {
		n.delays.wait(deadline, ep)
	}
}

// arrive delivers the carried message, if it is due, and has the carrier take more until
// one of them is not due yet. It returns the deadline of that one, if there is one.
func (ep *Endpoint) arrive(n *Network) (deadline time.Duration, more bool) {
	q := &ep.inbound
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.carrier.Idle() || q.due > n.Now() {
		return 0, false // the alarm was for a message that Fail has dropped
	}
	ep.deliver(n, q.carried)
	return ep.take(n)
}

// take has ep's carrier take messages, and delivers those that are due, until one is not due
// yet. It returns the deadline of that one, if there is one. Callers hold the lock.
func (ep *Endpoint) take(n *Network) (deadline time.Duration, more bool) {
	q := &ep.inbound
	snubbed := func(e envelope) bool { return ep.snubs(e.src) }
	dropped := func(e envelope) { ep.dropped(n, e, messages.Cut) }
	for {
		e, deadline, ok := q.carrier.Take(n.Now(), snubbed, dropped)
		if !ok {
			q.carried = envelope{}
			return 0, false
		}
		if deadline > n.Now() {
			q.carried, q.due = e, deadline
			return deadline, true
		}
		ep.deliver(n, e)
	}
}

// settled records what became of a message that ep has not received.
func (ep *Endpoint) settled(n *Network, e envelope, fate messages.Fate) {
	n.settled(e.id, e.src, ep, e.sent, e.body, fate)
}

// abandon records what ep has not received as unsettled, and drops it.
func (ep *Endpoint) abandon(n *Network) {
	q := &ep.inbound
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.carrier.Idle() {
		return
	}
	unsettled := func(e envelope) { ep.settled(n, e, messages.Unsettled) }
	unsettled(q.carried)
	q.carried = envelope{}
	q.carrier.Take(0, func(envelope) bool { return true }, unsettled)
}

// Fail drops what waits for ep, which is no client, the carried message too, and from now on
// all that is sent to it, until Revive. For senders ep stays on the network.
func (ep *Endpoint) Fail(n *Network) {
	q := &ep.inbound
	q.mu.Lock()
	defer q.mu.Unlock()
	q.down = true
	if q.carrier.Idle() {
		return
	}
	ep.dropped(n, q.carried, messages.Dead)
	q.carried = envelope{}
	q.carrier.Take(0, func(envelope) bool { return true }, func(e envelope) { ep.dropped(n, e, messages.Dead) })
}

// Revive gives ep, which has failed, another sink. ep receives again what is sent from the waker's
// next message on, which is so the first.
func (ep *Endpoint) Revive(s Sink, waker *Endpoint) {
	q := &ep.inbound
	q.mu.Lock()
	defer q.mu.Unlock()
	ep.sink, q.waker = s, waker
}

// dropped is told of messages that were cut, or sent to a node that is down.
func (ep *Endpoint) dropped(n *Network, e envelope, fate messages.Fate) {
	ep.settled(n, e, fate)
	n.Drops.Add(journal.Drop{At: n.Now(), Src: e.src.Name, Dest: ep.Name, Body: e.body})
}

// deliver gives ep's sink a message.
func (ep *Endpoint) deliver(n *Network, e envelope) {
	n.received(e.id, e.src, ep, e.sent, e.body)
	ep.sink.Deliver(e.id, e.src.Name, ep.Name, e.body, nil)
}

// delays wakes carriers when the message they carry is due.
type delays struct {
	net   *Network
	alarm Alarm

	mu     sync.Mutex
	sleeps queue.Heap[sleep]
}

type sleep struct {
	until time.Duration
	ep    *Endpoint
}

func (s sleep) Before(t sleep) bool { return s.until < t.until }

func newDelays(n *Network, newAlarm func(fire func()) (Alarm, error)) (*delays, error) {
	d := &delays{net: n}
	var err error
	d.alarm, err = newAlarm(d.wake)
	return d, err
}

// wait has ep.arrive called when until comes.
func (d *delays) wait(until time.Duration, ep *Endpoint) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sleeps.Push(sleep{until, ep})
	if d.sleeps[0].ep == ep {
		d.alarm.Set(until - d.net.Now())
	}
}

func (d *delays) wake() {
	defer d.net.Flush()
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.sleeps) > 0 {
		left := d.sleeps[0].until - d.net.Now()
		if left > 0 {
			d.alarm.Set(left)
			return
		}
		d.net.Lag.Add(-left)
		ep := d.sleeps.Pop().ep
		d.mu.Unlock()
		deadline, more := ep.arrive(d.net)
		d.mu.Lock()
		if more {
			d.sleeps.Push(sleep{deadline, ep})
		}
	}
}
