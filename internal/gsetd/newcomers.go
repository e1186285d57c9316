package gsetd

import (
	"container/list"
	"errors"
	"time"
)

// Bounds of clients that have not authenticated, where they must: each may take authTimeout for it, and
// together they may have a share of the connections, so that strangers do not keep users out.
const (
	authTimeout    = 10 * time.Second
	newcomersShare = 4 // one in so many connections
)

var (
	errAuthTimeout = errors.New("the client has not authenticated in time")
	errNewcomers   = errors.New("too many clients have not authenticated, of which this one was the first")
)

// newcomers are the clients that have not authenticated, the oldest first.
type newcomers struct{ order list.List }

// newcomer is where a client is in the list, and since when.
type newcomer struct {
	at    *list.Element
	since time.Time
}

// enter notes that a client is nobody. If there are too many the oldest one is disconnected.
func (n *newcomers) enter(c *client, most int) (displaced bool) {
	if c.place.at != nil {
		return false
	}
	if n.order.Len() >= most {
		oldest := n.order.Front().Value.(*client)
		n.leave(oldest)
		oldest.Close(errNewcomers)
		displaced = true
	}
	c.place = newcomer{n.order.PushBack(c), time.Now()}
	return displaced
}

// leave notes that a client has authenticated, or has gone.
func (n *newcomers) leave(c *client) {
	if c.place.at != nil {
		n.order.Remove(c.place.at)
		c.place.at = nil
	}
}

// expire disconnects those whose time is over, and returns how many.
func (n *newcomers) expire(now time.Time) (late uint64) {
	for front := n.order.Front(); front != nil; front = n.order.Front() {
		c := front.Value.(*client)
		if now.Sub(c.place.since) < authTimeout {
			break
		}
		n.leave(c)
		c.Close(errAuthTimeout)
		late++
	}
	return late
}
