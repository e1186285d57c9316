// Package queue holds messages until their receiver gets them, as Maelstrom's network does.
package queue

import "time"

// Carrier is a receiver's queue, ordered by when messages are due, and the carrier that
// serves it, one message at a time. The carrier takes the first message, drops it if the
// receiver snubs its sender at that moment, at no cost of time, and else carries it until it
// is due; then the message is delivered, and the carrier takes the next. It carries for whole
// milliseconds, rounded down: a message that takes 100 ms is delivered in 99 if an idle carrier
// takes it at once, since by then a moment of the hundredth has passed.
//
// So a message that is carried survives a partition that begins meanwhile, a heal comes too
// late for one that was dropped, and a message that is due waits behind the one that is
// carried. That is how Maelstrom's carriers work.
//
// A Carrier has no clock: its owner says when a message that it carries has been delivered,
// by taking the next. The zero Carrier is idle. It is not safe for concurrent use.
type Carrier[M any] struct {
	waiting  Heap[parcel[M]]
	count    uint64 // messages put in so far
	carrying bool
}

// parcel is a message that waits.
type parcel[M any] struct {
	message M
	due     time.Duration
	number  uint64 // orders messages that are due at the same time
}

// Before implements the order of a [Heap].
func (p parcel[M]) Before(q parcel[M]) bool {
	if p.due != q.due {
		return p.due < q.due
	}
	return p.number < q.number
}

// Put adds a message that is due at a time. If the carrier is idle, its owner has it take
// the message before anything else happens.
func (c *Carrier[M]) Put(m M, due time.Duration) {
	c.waiting.Push(parcel[M]{m, due, c.count})
	c.count++
}

// Idle tells whether the carrier carries nothing. Then nothing waits either.
func (c *Carrier[M]) Idle() bool { return !c.carrying }

// Take has the carrier take messages, now, until it finds one that is not snubbed, and returns
// that one and when it is to be delivered, which may be now. It hands the others to dropped. If
// no message is left, the carrier becomes idle and ok is false.
func (c *Carrier[M]) Take(now time.Duration, snubbed func(M) bool, dropped func(M)) (m M, at time.Duration, ok bool) {
	c.carrying = true // whoever is told of a dropped message may put another in
	for len(c.waiting) > 0 {
		p := c.waiting.Pop()
		if !snubbed(p.message) {
			return p.message, now + carried(p.due-now), true
		}
		dropped(p.message)
	}
	c.carrying = false
	return m, 0, false
}

// carried is for how long a carrier carries a message that is due after left. Where time is
// virtual no moment passes between a message's being sent and taken, so that a nanosecond stands
// for it.
func carried(left time.Duration) time.Duration {
	return max(0, left-time.Nanosecond).Truncate(time.Millisecond)
}
