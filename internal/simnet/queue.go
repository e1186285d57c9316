package simnet

import (
	"math/bits"
	"time"
)

// event is something that happens at a time: what is told by its kind, to whom or what
// by its subject. It holds no pointer, so that a queue of many costs the garbage
// collector nothing.
type event struct {
	at      time.Duration
	subject int32
	kind    kind
}

type kind uint8

const (
	call    kind = iota // of a function; the subject is its place in Net.calls
	arrival             // of a packet; the subject is its place in Net.flights
	tick                // of the node that is the subject
)

// eventQueue hands out events by time, and those of the same time in the order in which they were
// put in. It is a radix heap (Ahuja et al. 1990), which relies on time never running backwards:
// no event may be put in that is earlier than the one taken out last.
//
// Bucket i has the events whose time differs from that of the last event in bit i-1 and in no
// higher one; bucket 0 has those of that very time. So all of a bucket are earlier than all of
// the next. When the first bucket that is not empty is reached, its earliest event becomes the
// last, and the others move to lower buckets, each as often as a time has bits at most. They
// keep their order, and events of the same time are always in the same bucket.
type eventQueue struct {
	last    time.Duration // when the event happened that was taken out last
	filled  uint64        // bit i is set if bucket i is not empty
	buckets [64][]event
	least   [64]time.Duration // the earliest time in each bucket that is not empty
	taken   int               // how many events of bucket 0 are gone
}

// empty reports whether there is no event.
func (q *eventQueue) empty() bool { return q.filled == 0 }

// next returns the time of the earliest event; there must be one.
func (q *eventQueue) next() time.Duration { return q.least[bits.TrailingZeros64(q.filled)] }

// push puts an event in.
func (q *eventQueue) push(at time.Duration, k kind, subject int32) {
	q.place(event{at, subject, k})
}

func (q *eventQueue) place(e event) {
	i := bits.Len64(uint64(e.at ^ q.last))
	if bit := uint64(1) << i; q.filled&bit == 0 {
		q.filled |= bit
		q.least[i] = e.at
	} else if e.at < q.least[i] {
		q.least[i] = e.at
	}
	q.buckets[i] = append(q.buckets[i], e)
}

// pop takes the earliest event out; there must be one.
func (q *eventQueue) pop() event {
	if i := bits.TrailingZeros64(q.filled); i > 0 {
		bucket := q.buckets[i]
		q.buckets[i] = bucket[:0]
		q.filled &^= 1 << i
		q.last = q.least[i]
		if len(bucket) == 1 {
			return bucket[0]
		}
		for _, e := range bucket {
			q.place(e)
		}
	}
	e := q.buckets[0][q.taken]
	if q.taken++; q.taken == len(q.buckets[0]) {
		q.buckets[0], q.taken = q.buckets[0][:0], 0
		q.filled &^= 1
	}
	return e
}

// pool keeps values in places that are used again once they are given back.
type pool[T any] struct {
	all  []T
	free []int32
}

// put returns the place of a value.
func (p *pool[T]) put(v T) int32 {
	if n := len(p.free); n > 0 {
		place := p.free[n-1]
		p.free = p.free[:n-1]
		p.all[place] = v
		return place
	}
	p.all = append(p.all, v)
	return int32(len(p.all) - 1)
}

// take returns the value in a place and gives the place back.
func (p *pool[T]) take(place int32) T {
	v := p.all[place]
	var none T
	p.all[place] = none
	p.free = append(p.free, place)
	return v
}
