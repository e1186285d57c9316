package link

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"gset/replica/cluster/internal/wire"
)

// peer is the link to one peer: a queue, and a goroutine that dials when something waits, and
// writes.
type peer struct {
	endpoint *Endpoint
	name     string
	wake     chan struct{}   // holds one: there is something new
	ctx      context.Context // ends with the link
	cancel   context.CancelFunc
	idle     chan struct{} // holds one: writing has ended, or the link

	mu      sync.Mutex
	address string
	queue   queue
	conn    *tls.Conn // nil while there is none
	redial  func()    // ends the wait for a TCP connection
	opened  time.Time // when conn was
	catchUp time.Time // until when the peer is taken to hear what had waited for it
	kicked  bool      // dial at once
	writing bool      // a batch that was taken from the queue
	stopped bool
	sent    uint64 // bytes
	err     error  // of the last dial; nil if it succeeded
}

// Send puts a frame into a peer's queue, and never waits. It fails on a payload that no frame has
// room for, and on a peer whose address is not known.
func (e *Endpoint) Send(name string, class Class, kind wire.Kind, payload []byte, mark Mark) error {
	data, err := wire.Append(make([]byte, 0, wire.Size(payload)), kind, payload)
	if err != nil {
		return err
	}
	e.mu.Lock()
	p := e.peers[name]
	e.mu.Unlock()
	if p == nil {
		return fmt.Errorf("no address of %q is known", name)
	}
	p.push(class, data, mark)
	return nil
}

// Tell is Send of a kind that is no message of the engine.
func (e *Endpoint) Tell(name string, kind wire.Kind, payload []byte) error {
	class, mark := classOf(kind)
	return e.Send(name, class, kind, payload, mark)
}

// Flush waits until nothing waits any more for peers that are connected, or ctx ends. What was written may be
// on its way.
func (e *Endpoint) Flush(ctx context.Context) error {
	e.mu.Lock()
	peers := slices.Collect(maps.Values(e.peers))
	e.mu.Unlock()
	for _, p := range peers {
		for p.waits() {
			select {
			case <-p.idle:
			case <-p.ctx.Done():
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// waits reports whether the link is open and something waits or is being written.
func (p *peer) waits() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.stopped && p.conn != nil && (p.writing || !p.queue.empty())
}

// SetAddress tells where a peer is. A link to another address ends.
func (e *Endpoint) SetAddress(name, address string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || name == e.config.Name {
		return
	}
	p := e.peers[name]
	if p == nil {
		p = &peer{endpoint: e, name: name, address: address, queue: newQueue(e.config), wake: make(chan struct{}, 1), idle: make(chan struct{}, 1), redial: func() {}}
		p.ctx, p.cancel = context.WithCancel(context.Background())
		e.peers[name] = p
		e.running.Go(p.run)
		return
	}
	p.move(address)
}

// Named returns the name of the peer at an address, if there is one.
func (e *Endpoint) Named(address string) (name string, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name, p := range e.peers {
		if p.at() == address {
			return name, true
		}
	}
	return "", false
}

// Address returns where a peer is thought to be.
func (e *Endpoint) Address(name string) (address string, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.peers[name]; p != nil {
		return p.at(), true
	}
	return "", false
}

// Reset closes the connections with a peer: it is thought to be dead, and its end may be half open.
func (e *Endpoint) Reset(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.peers[name]; p != nil {
		p.hangUp()
	}
	if in := e.incoming[name]; in != nil {
		_ = in.conn.Close()
	}
}

// Forget ends the link to a peer, and drops what waits for it.
func (e *Endpoint) Forget(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.peers[name]; p != nil {
		p.stop()
		delete(e.peers, name)
	}
}

// PeerStatus is what an endpoint knows of a link.
type PeerStatus struct {
	Name, Address string
	Connected     bool
	Waiting       int    // bytes in the queue
	Dropped       uint64 // frames
	Sent          uint64 // bytes
	Err           error  // of the last dial
}

// Peers returns the status of all links, in no order.
func (e *Endpoint) Peers() []PeerStatus {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]PeerStatus, 0, len(e.peers))
	for _, p := range e.peers {
		all = append(all, p.status())
	}
	return all
}

func (p *peer) status() PeerStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := PeerStatus{Name: p.name, Address: p.address, Connected: p.conn != nil, Sent: p.sent, Err: p.err}
	for class := range classes {
		s.Waiting += p.queue.bytes[class]
		s.Dropped += p.queue.dropped[class]
	}
	return s
}

func (p *peer) at() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.address
}

func (p *peer) push(class Class, data []byte, mark Mark) {
	p.mu.Lock()
	lost := p.queue.push(class, data, mark)
	p.mu.Unlock()
	p.signal()
	if lost {
		p.endpoint.config.Unreachable(p.name, errFull)
	}
}

func (p *peer) signal() { put(p.wake) }

func put(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (p *peer) move(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.address == address {
		return
	}
	p.address, p.kicked = address, true
	if p.conn != nil {
		_ = p.conn.Close()
	}
	p.signal()
}

// heard is told that the peer was heard.
func (p *peer) heard(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue.heard(now)
}

// kick has the peer dialed at once if it is to be dialed: there is news of it. A dial that has lasted may be between two attempts of
// TCP, a second apart and more: it begins anew.
func (p *peer) kick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kicked = p.conn == nil; p.kicked {
		p.redial()
	}
	p.signal()
}

func (p *peer) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn != nil {
		_ = p.conn.Close()
	}
}

func (p *peer) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	p.stopped = true
	p.cancel()
	if p.conn != nil {
		_ = p.conn.Close()
	}
}

// run keeps the link up while something waits, until the link is stopped.
func (p *peer) run() {
	pause := time.Duration(0)
	for p.await(0) {
		conn, err := p.connect()
		if err == nil {
			if pause > 0 {
				p.forget()
				p.endpoint.config.Unreachable(p.name, errForgotten)
			}
			pause = 0
			p.write(conn)
			continue
		}
		pause = min(max(2*pause, shortestPause), longestPause)
		if errors.Is(err, errSilent) {
			pause = min(pause, longestSilence)
		}
		if !p.await(pause/2 + rand.N(pause)) {
			return
		}
	}
}

// forget drops what has waited while the peer could not be reached and is better sent anew: what its sender sends again, and
// a probe, since what is before it in the queue, and what the peer has to tell, may be all that differs.
func (p *peer) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue.forget(AnyProbe)
	p.queue.forget(Retried)
	if p.queue.bytes[Updates] > batchBytes {
		p.catchUp = time.Now().Add(catchUpTime)
	}
}

// CatchesUp reports whether much waits for a peer that cannot be reached, or could not until a moment ago.
func (e *Endpoint) CatchesUp(name string) bool {
	e.mu.Lock()
	p := e.peers[name]
	e.mu.Unlock()
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn == nil && p.queue.bytes[Updates] > batchBytes || time.Now().Before(p.catchUp)
}

// await returns true when there is something to send, or after a pause if that is not zero; false if the
// link is stopped. A kick ends the pause.
func (p *peer) await(pause time.Duration) bool {
	var over <-chan time.Time
	if pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		over = timer.C
	}
	for {
		p.mu.Lock()
		ready := pause == 0 && !p.queue.empty() || pause > 0 && p.kicked
		stopped := p.stopped
		p.mu.Unlock()
		switch {
		case stopped:
			return false
		case ready:
			return true
		}
		select {
		case <-p.wake:
		case <-over:
			return true
		case <-p.ctx.Done():
			return false
		}
	}
}

// connection is an open link.
type connection struct {
	net.Conn
	gone chan struct{} // closed when the peer has closed it
}

func (p *peer) connect() (*connection, error) {
	connecting, cancel := context.WithCancel(p.ctx)
	defer cancel()
	p.mu.Lock()
	address := p.address
	p.kicked, p.redial = false, cancel
	p.mu.Unlock()
	conn, _, err := p.endpoint.dial(p.ctx, connecting, p.name, address, wire.Link)
	p.mu.Lock()
	p.err = err
	if err == nil {
		p.conn, p.opened = conn, time.Now()
	}
	stopped := p.stopped
	p.mu.Unlock()
	if err != nil {
		if !stopped {
			p.endpoint.config.Unreachable(p.name, err)
		}
		return nil, err
	}
	c := &connection{conn, make(chan struct{})}
	p.endpoint.running.Go(func() {
		_, _ = conn.Read(make([]byte, 1)) // the peer says nothing: this is the end
		_ = conn.Close()
		p.endpoint.release(conn.NetConn())
		close(c.gone)
	})
	return c, nil
}

// write sends what waits until the connection ends. What was on its way then is sent again by the next one, or by those who
// are told that the connection has ended.
func (p *peer) write(conn *connection) {
	defer func() {
		p.mu.Lock()
		p.conn, p.writing = nil, false
		p.queue.again()
		stopped := p.stopped
		p.mu.Unlock()
		put(p.idle)
		_ = conn.Close()
		<-conn.gone
		if !stopped {
			p.endpoint.config.Unreachable(p.name, errEnded)
		}
	}()
	var batch []byte
	for {
		p.mu.Lock()
		var wait time.Duration
		batch, wait = p.queue.take(batch[:0], time.Now())
		p.sent += uint64(len(batch))
		p.writing = len(batch) > 0
		stopped := p.stopped
		p.mu.Unlock()
		switch {
		case stopped:
			return
		case len(batch) == 0:
			put(p.idle)
			if !p.linger(conn, wait) {
				return
			}
			continue
		}
		_ = conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // fails on a closed connection only, as Write does
		if _, err := conn.Write(batch); err != nil {
			return
		}
	}
}

var (
	errFull      = errors.New("more waits for it than the queue has room for")
	errEnded     = errors.New("the connection has ended")
	errForgotten = errors.New("it is reached again, and what had waited for it is dropped")
)

// linger waits for something to send on an open connection; false if the link is stopped or its
// connection has ended.
func (p *peer) linger(conn *connection, wait time.Duration) bool {
	var over <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-p.wake:
	case <-over:
	case <-conn.gone:
		return false
	case <-p.ctx.Done():
		return false
	}
	return true
}
