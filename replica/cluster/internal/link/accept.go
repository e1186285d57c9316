package link

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"gset/crdt"
	"gset/internal/gate"
	"gset/replica/cluster/internal/wire"
)

// incoming is the link of a peer that dialed.
type incoming struct {
	conn   *tls.Conn
	life   uint64
	opened time.Time
}

// accept serves connections until the listener is closed.
func (e *Endpoint) accept() {
	for {
		conn, err := e.listener.Accept()
		switch {
		case err == nil:
		case errors.Is(err, net.ErrClosed):
			return
		default: // out of descriptors, as a rule: that may pass
			if !e.pause(shortestPause) {
				return
			}
			continue
		}
		turn, err := e.gate.Enter(conn)
		if err != nil {
			if e.gate.Tell() {
				e.refused(Refused{Address: conn.RemoteAddr().String(), Refusal: wire.Unavailable, Reason: err.Error()})
			}
			_ = conn.Close()
			continue
		}
		if !e.hold(conn) {
			_ = turn.Done(ErrClosed)
			return
		}
		e.running.Go(func() { e.serve(conn, turn) })
	}
}

// pause waits, and returns false if the endpoint is closed meanwhile.
func (e *Endpoint) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-e.ctx.Done():
		return false
	}
}

// serve answers one connection.
func (e *Endpoint) serve(raw net.Conn, turn *gate.Turn) {
	defer e.release(raw)
	conn := tls.Server(raw, e.server)
	h, err := e.greet(conn, turn)
	if err != nil {
		_ = raw.Close()
		return
	}
	switch h.Purpose {
	case wire.Link:
		e.listen(conn, h)
	case wire.Stream:
		if !e.config.Stream(conn) {
			_ = raw.Close()
		}
	default:
		_ = conn.Close()
	}
}

// greet does the acceptor's part of the handshake, and ends its turn.
func (e *Endpoint) greet(conn *tls.Conn, turn *gate.Turn) (wire.Hello, error) {
	r := Refused{Address: conn.RemoteAddr().String(), Refusal: wire.WrongName}
	fail := func(err error) (wire.Hello, error) {
		if err = turn.Done(err); !ended(err) {
			e.refusedFor(r, err)
		} else if e.config.Ended != nil {
			e.config.Ended(r.Address, err)
		}
		return wire.Hello{}, err
	}
	if err := conn.Handshake(); err != nil {
		return fail(err)
	}
	h, err := readHello(conn)
	if err != nil {
		return fail(err)
	}
	r.Name = h.Name
	w := wire.Welcome{Version: wire.MaxVersion, Life: e.config.Life, Cluster: e.config.Cluster, Name: e.config.Name, Address: e.config.Address}
	w.Refusal, w.Reason = e.judge(conn.ConnectionState(), h)
	r.Refusal = w.Refusal
	r.OtherKey = w.Refusal == wire.WrongCluster && h.Cluster == e.config.Cluster && h.Key != wire.KeyID{}
	if w.Refusal == wire.Accepted && h.Purpose == wire.Join {
		w.Key = e.keyNow()
	}
	w.Reason = w.Reason[:min(len(w.Reason), wire.MaxReason)]
	err = writeGreeting(conn, &w)
	if w.Refusal != wire.Accepted {
		err = errors.New(w.Reason) // whether or not the peer was told
	}
	if err != nil {
		return fail(err)
	}
	if err := turn.Done(nil); err != nil {
		return fail(err)
	}
	return h, conn.SetDeadline(time.Time{})
}

// readHello reads a hello. Of a later version that this one cannot read it is the versions alone.
func readHello(conn net.Conn) (h wire.Hello, err error) {
	kind, payload, err := wire.Read(conn)
	if err == nil && kind != wire.Greeting {
		err = fmt.Errorf("%w: a frame (%v) before a greeting", wire.ErrMalformed, kind)
	}
	if err != nil {
		return h, err
	}
	if h, err = wire.DecodeHello(payload); h.Lowest > wire.MaxVersion {
		err = nil
	}
	return h, err
}

type binaryAppender interface {
	AppendBinary(b []byte) ([]byte, error)
}

func writeGreeting(conn net.Conn, greeting binaryAppender) error {
	payload, err := greeting.AppendBinary(nil)
	if err != nil {
		return err
	}
	frame, err := wire.Append(nil, wire.Greeting, payload)
	if err != nil {
		return err
	}
	_, err = conn.Write(frame)
	return err
}

// judge decides whether to accept a hello.
func (e *Endpoint) judge(state tls.ConnectionState, h wire.Hello) (wire.Refusal, string) {
	key := e.keyNow()
	switch {
	case h.Lowest > wire.MaxVersion || h.Highest < wire.MinVersion:
		return wire.WrongVersion, fmt.Sprintf("it speaks versions %d to %d of the protocol, and this member %d to %d",
			h.Lowest, h.Highest, wire.MinVersion, wire.MaxVersion)
	case checkName(state, h.Name) != nil:
		return wire.WrongName, checkName(state, h.Name).Error()
	case h.Cluster != e.config.Cluster:
		return wire.WrongCluster, fmt.Sprintf("it is of cluster %q, and this member of %q", h.Cluster, e.config.Cluster)
	case key == (crdt.Key{}):
		return wire.Unavailable, "this member has not joined yet, and does not know the hash key"
	case h.Key == wire.KeyID{} && h.Purpose != wire.Join:
		return wire.WrongCluster, "it has no hash key"
	case h.Key != wire.KeyID{} && h.Key != wire.IDOf(key):
		return wire.WrongCluster, fmt.Sprintf("it is of another cluster that is called %q, too: its hash key is another one; each of the two was founded by a member that had nobody to join", h.Cluster)
	case h.Name == e.config.Name && h.Life != e.config.Life:
		return wire.NameTaken, fmt.Sprintf("the name %q is taken by the member at %s", h.Name, e.config.Address)
	case e.isBlocked(h.Name) || h.Purpose < wire.Link || h.Purpose > wire.Join:
		return wire.Unavailable, fmt.Sprintf("nothing is served for purpose %d", h.Purpose)
	case e.config.Admit == nil:
		return wire.Accepted, ""
	}
	return e.config.Admit(h)
}

// listen takes in the frames of a link until it ends.
func (e *Endpoint) listen(conn *tls.Conn, h wire.Hello) {
	in := &incoming{conn, h.Life, time.Now()}
	e.mu.Lock()
	if old := e.incoming[h.Name]; old != nil {
		_ = old.conn.Close()
	}
	e.incoming[h.Name] = in
	if p := e.peers[h.Name]; p != nil {
		p.kick()
	}
	e.mu.Unlock()
	e.config.Linked(h.Name, h.Life, h.Address)
	err := e.read(conn, h.Name, h.Life)
	_ = conn.Close()
	e.mu.Lock()
	last := e.incoming[h.Name] == in
	if last {
		delete(e.incoming, h.Name)
	}
	e.mu.Unlock()
	if last {
		e.config.Unlinked(h.Name)
	}
	if errors.Is(err, wire.ErrMalformed) {
		e.refused(Refused{Address: conn.RemoteAddr().String(), Name: h.Name, Refusal: wire.Unavailable, Reason: err.Error()})
	}
}

// Life returns the life of the peer that has a link to this member open.
func (e *Endpoint) Life(name string) (life uint64, open bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	in := e.incoming[name]
	if in == nil {
		return 0, false
	}
	return in.life, true
}

// Opened returns when the link to a peer was opened, and the one from it; the zero time of one that is not open.
func (e *Endpoint) Opened(name string) (to, from time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if in := e.incoming[name]; in != nil {
		from = in.opened
	}
	if p := e.peers[name]; p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.conn != nil {
			to = p.opened
		}
	}
	return to, from
}

// read takes in frames until the connection ends. A frame of a kind that this version does not know is refused, and
// the link stays: the peer may be of a newer version.
func (e *Endpoint) read(conn net.Conn, name string, life uint64) error {
	buffered := newReader(conn)
	for {
		kind, payload, err := wire.Read(buffered)
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, wire.ErrUnknown):
			e.refused(Refused{Name: name, Refusal: wire.Unavailable, Reason: err.Error()})
			continue
		case err != nil:
			return err
		}
		e.heard(name)
		switch kind {
		case wire.Packet:
			e.config.Packet(conn.RemoteAddr(), payload)
		case wire.Message, wire.Ask, wire.Told, wire.Leaving:
			e.config.Received(name, life, kind, payload)
		default:
			return fmt.Errorf("%w: a second greeting", wire.ErrMalformed)
		}
	}
}

// heard is told that a frame of a peer has come in.
func (e *Endpoint) heard(name string) {
	e.mu.Lock()
	p := e.peers[name]
	e.mu.Unlock()
	if p != nil {
		p.heard(time.Now())
	}
}
