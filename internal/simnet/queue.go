package simnet

import "time"

// event is something that happens at a time: what is told by its kind, to whom or what
// by its subject. It holds no pointer, so that a queue of many costs the garbage
// collector nothing.
type event struct {
	at      time.Duration
	serial  uint64 // orders what happens at once by when it was put in
	subject int32
	kind    kind
}

type kind uint8

const (
	call    kind = iota // of a function; the subject is its place in Net.calls
	arrival             // of a packet; the subject is its place in Net.flights
	tick                // of the node that is the subject
)

func (e *event) before(f *event) bool {
	return e.at < f.at || e.at == f.at && e.serial < f.serial
}

// queue is a heap of events in which every one has up to four below it: half as deep as
// with two, and those four share a cache line or two.
type queue struct {
	heap   []event
	serial uint64
}

const arity = 4

// push puts an event in.
func (q *queue) push(at time.Duration, k kind, subject int32) {
	q.serial++
	e := event{at, q.serial, subject, k}
	q.heap = append(q.heap, e)
	h, i := q.heap, len(q.heap)-1
	for i > 0 {
		up := (i - 1) / arity
		if !e.before(&h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = e
}

// pop takes the earliest event out; there must be one.
func (q *queue) pop() event {
	h := q.heap
	first, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	q.heap = h
	if len(h) == 0 {
		return first
	}
	i := 0
	for {
		least := arity*i + 1
		if least >= len(h) {
			break
		}
		for below := least + 1; below < min(arity*i+1+arity, len(h)); below++ {
			if h[below].before(&h[least]) {
				least = below
			}
		}
		if !h[least].before(&last) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = last
	return first
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
