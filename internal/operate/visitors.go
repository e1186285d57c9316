package operate

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync"
)

// visitors bounds the connections of a server. When there are too many, the oldest one that was not let in
// makes room for a new one; if there is none, the one that has been idle for longest. So strangers displace each other,
// and nobody whose request is under way.
type visitors struct {
	most int

	mu        sync.Mutex
	all       map[net.Conn]*visitor
	strangers list.List // of *visitor: those that were not let in, oldest first
	idle      list.List // of *visitor: others on which no request is under way, since the longest time first
}

// visitor is a connection. Its fields but conn are guarded by visitors.mu.
type visitor struct {
	conn     net.Conn
	stranger *list.Element // nil if it was let in
	idle     *list.Element // nil if a request is under way, or it was not let in
	refused  int           // requests
}

// visitorKey is the key of a visitor in the context of its requests.
type visitorKey struct{}

func visitorOf(r *http.Request) *visitor {
	v, _ := r.Context().Value(visitorKey{}).(*visitor)
	return v
}

// enter notes a connection that has come. It reports whether one was closed to keep the bound, this one if on
// all others requests are under way.
func (vs *visitors) enter(ctx context.Context, c net.Conn) (_ context.Context, closed bool) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	if len(vs.all) >= vs.most {
		closed = true
		oldest := vs.strangers.Front()
		if oldest == nil {
			oldest = vs.idle.Front()
		}
		if oldest == nil {
			_ = c.Close()
			return ctx, closed
		}
		vs.remove(oldest.Value.(*visitor).conn)
	}
	v := &visitor{conn: c}
	v.stranger = vs.strangers.PushBack(v)
	if vs.all == nil {
		vs.all = map[net.Conn]*visitor{}
	}
	vs.all[c] = v
	return context.WithValue(ctx, visitorKey{}, v), closed
}

// follow notes what has become of a connection: a request is under way, is answered, or the connection has ended.
func (vs *visitors) follow(c net.Conn, state http.ConnState) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	v := vs.all[c]
	switch {
	case v == nil:
	case state == http.StateClosed || state == http.StateHijacked:
		vs.forget(c)
	case state == http.StateActive:
		vs.busy(v)
	case state == http.StateIdle && v.stranger == nil && v.idle == nil:
		v.idle = vs.idle.PushBack(v)
	}
}

// busy notes that a request of a visitor is under way. The caller holds the lock.
func (vs *visitors) busy(v *visitor) {
	if v.idle != nil {
		vs.idle.Remove(v.idle)
		v.idle = nil
	}
}

// forget forgets a connection, of which it may know nothing. The caller holds the lock.
func (vs *visitors) forget(c net.Conn) {
	v := vs.all[c]
	if v == nil {
		return
	}
	delete(vs.all, c)
	vs.busy(v)
	if v.stranger != nil {
		vs.strangers.Remove(v.stranger)
		v.stranger = nil
	}
}

// remove closes a connection and forgets it. The caller holds the lock.
func (vs *visitors) remove(c net.Conn) {
	_ = c.Close()
	vs.forget(c)
}

// know notes that a visitor was let in. It may be nil.
func (vs *visitors) know(v *visitor) {
	if v == nil {
		return
	}
	vs.mu.Lock()
	defer vs.mu.Unlock()
	v.refused = 0
	if v.stranger != nil {
		vs.strangers.Remove(v.stranger)
		v.stranger = nil
	}
}

// wrong notes that a request of a visitor was refused, and returns how many were since one was not.
func (vs *visitors) wrong(v *visitor) int {
	if v == nil {
		return 0
	}
	vs.mu.Lock()
	defer vs.mu.Unlock()
	v.refused++
	return v.refused
}

// closeAll closes all connections.
func (vs *visitors) closeAll() {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	for c := range vs.all {
		vs.remove(c)
	}
}
