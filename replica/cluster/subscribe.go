package cluster

import (
	"bytes"
	"sync"
	"sync/atomic"

	"gset/crdt"
)

// Subscription is a stream of what is new in a set.
type Subscription struct {
	// C yields each element that is new to the node, once, as the node learns it: its own when they
	// are durable, and others' as they come in. It is closed by Close, and when the node is closed. The
	// receiver owns the elements.
	C <-chan []byte

	c    chan []byte
	set  string
	all  *subscribers
	lost atomic.Uint64
}

// Lost returns how many elements were dropped because too many waited for the subscriber. Nothing
// waits for a subscriber: to get what it has lost it reads the set.
func (s *Subscription) Lost() uint64 { return s.lost.Load() }

// Close ends the subscription. It may be called twice.
func (s *Subscription) Close() { s.all.remove(s) }

// Subscribe begins a subscription of a set, which need not exist yet. What is in the set already is
// not sent: read it by All after Subscribe has returned, then nothing is missed. At a node that is
// closed the subscription has ended.
func (n *Node) Subscribe(set string) *Subscription {
	c := make(chan []byte, n.config.Subscriber)
	s := &Subscription{C: c, c: c, set: set, all: &n.subscribers}
	n.subscribers.add(s)
	return s
}

// subscribers is all subscriptions of a node.
type subscribers struct {
	mu     sync.Mutex
	closed bool
	sets   map[string]map[*Subscription]struct{}
	lost   uint64
}

func (a *subscribers) add(s *Subscription) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		close(s.c)
		return
	}
	if a.sets == nil {
		a.sets = map[string]map[*Subscription]struct{}{}
	}
	if a.sets[s.set] == nil {
		a.sets[s.set] = map[*Subscription]struct{}{}
	}
	a.sets[s.set][s] = struct{}{}
}

func (a *subscribers) remove(s *Subscription) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, open := a.sets[s.set][s]; !open {
		return
	}
	close(s.c)
	delete(a.sets[s.set], s)
	if len(a.sets[s.set]) == 0 {
		delete(a.sets, s.set)
	}
}

// deliver hands out what is new. It never waits.
func (a *subscribers) deliver(delta *crdt.Collections) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for set, subscriptions := range a.sets {
		for element := range delta.Members(set) {
			for s := range subscriptions {
				select {
				case s.c <- bytes.Clone(element):
				default:
					s.lost.Add(1)
					a.lost++
				}
			}
		}
	}
}

func (a *subscribers) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	for _, subscriptions := range a.sets {
		for s := range subscriptions {
			close(s.c)
		}
	}
	a.sets = nil
}

// state returns how many subscriptions there are, and how many elements all have lost.
func (a *subscribers) state() (n int, lost uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.sets {
		n += len(s)
	}
	return n, a.lost
}
