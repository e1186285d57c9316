package link

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"gset/crdt"
	"gset/replica/cluster/internal/wire"
)

// ErrSelf is the error of a dial that this member has answered itself.
var ErrSelf = errors.New("this is the address of the member itself")

func newReader(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, 16<<10) }

// keepAlive finds peers that have gone without a word within some 30 s.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// Listen listens on a TCP address for an endpoint.
func Listen(address string) (net.Listener, error) {
	config := net.ListenConfig{KeepAliveConfig: keepAlive}
	return config.Listen(context.Background(), "tcp", address)
}

func dialTCP(ctx context.Context, address string) (net.Conn, error) {
	return (&net.Dialer{KeepAliveConfig: keepAlive}).DialContext(ctx, "tcp", address)
}

// Joined is what a member that joins is told.
type Joined struct {
	Name, Address string // of the member that answered
	Key           crdt.Key
}

// Join asks the member at an address whether this one may join, and for the hash key.
func (e *Endpoint) Join(ctx context.Context, address string) (Joined, error) {
	conn, w, err := e.dial(ctx, ctx, "", address, wire.Join)
	if err != nil {
		return Joined{}, err
	}
	err = conn.Close()
	if w.Key == (crdt.Key{}) {
		return Joined{}, fmt.Errorf("%q has told no hash key", w.Name)
	}
	e.release(conn.NetConn())
	_ = err // what counts has been read
	return Joined{w.Name, w.Address, w.Key}, nil
}

// Probe asks who is at an address: whether it is the named member, in the given life.
func (e *Endpoint) Probe(ctx context.Context, name, address string) (life uint64, err error) {
	conn, w, err := e.dial(ctx, ctx, name, address, wire.Join)
	if err != nil {
		return 0, err
	}
	e.release(conn.NetConn())
	_ = conn.Close()
	return w.Life, nil
}

// DialStream opens a stream to a peer. The caller closes it. An empty name stands for whoever is at the address.
func (e *Endpoint) DialStream(name, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	conn, _, err := e.dial(ctx, ctx, name, address, wire.Stream)
	if err != nil {
		return nil, err
	}
	e.release(conn.NetConn())
	return conn, nil
}

// dial connects to an address for a purpose, and does the dialer's part of the handshake. The
// endpoint holds the connection beneath until it is released. A TCP connection is waited for as long as connecting lasts.
func (e *Endpoint) dial(ctx, connecting context.Context, name, address string, purpose wire.Purpose) (*tls.Conn, *wire.Welcome, error) {
	if e.isBlocked(name) {
		return nil, nil, errors.New("cut off")
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	defer context.AfterFunc(e.ctx, cancel)()
	raw, err := e.connect(connecting, address)
	if err != nil {
		return nil, nil, err
	}
	if !e.hold(raw) {
		return nil, nil, ErrClosed
	}
	conn := tls.Client(raw, e.client)
	w, err := e.introduce(ctx, conn, purpose)
	if err == nil {
		err = e.checkWelcome(conn.ConnectionState(), w, name)
	}
	if err != nil {
		e.release(raw)
		_ = raw.Close()
		if !errors.Is(err, ErrSelf) && ctx.Err() == nil && !ended(err) && !errors.Is(err, os.ErrDeadlineExceeded) {
			e.dialRefused(name, address, raw.RemoteAddr(), err)
		}
		return nil, nil, fmt.Errorf("%s: %w", address, err)
	}
	e.gate.Know(raw.RemoteAddr())
	return conn, w, nil
}

// dialRefused tells of a dial that was refused, by one of the two. The name is that of the member that was to be there, or
// is known to be.
func (e *Endpoint) dialRefused(name, address string, at net.Addr, err error) {
	if name == "" {
		name, _ = e.Named(address)
	}
	if name == "" {
		name, _ = e.Named(at.String()) // of an address that is a host's name
	}
	e.refusedFor(Refused{Address: address, Name: name, Refusal: wire.WrongName}, fmt.Errorf("%s: %w", address, err))
}

func (e *Endpoint) connect(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := e.config.Dial(ctx, address)
	if err != nil && (ctx.Err() != nil || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)) {
		err = fmt.Errorf("%w: %w", errSilent, err)
	}
	return conn, err
}

// errSilent is the error of a dial that nothing answered.
var errSilent = errors.New("no answer")

func (e *Endpoint) introduce(ctx context.Context, conn *tls.Conn, purpose wire.Purpose) (*wire.Welcome, error) {
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	h := wire.Hello{
		Lowest: wire.MinVersion, Highest: wire.MaxVersion, Purpose: purpose, Life: e.config.Life,
		Key: wire.IDOf(e.keyNow()), Cluster: e.config.Cluster, Name: e.config.Name, Address: e.config.Address,
	}
	if err := writeGreeting(conn, &h); err != nil {
		return nil, err
	}
	kind, payload, err := wire.Read(conn)
	if err != nil {
		return nil, fmt.Errorf("no answer to the handshake: %w", err)
	}
	if kind != wire.Greeting {
		return nil, fmt.Errorf("%w: a frame (%v) before a greeting", wire.ErrMalformed, kind)
	}
	w, err := wire.DecodeWelcome(payload)
	if err != nil {
		return nil, err
	}
	return &w, conn.SetDeadline(time.Time{})
}

// checkWelcome checks that the answer is that of the wanted member.
func (e *Endpoint) checkWelcome(state tls.ConnectionState, w *wire.Welcome, name string) error {
	switch {
	case w.Life == e.config.Life && w.Name == e.config.Name:
		return ErrSelf
	case checkName(state, w.Name) != nil:
		return checkName(state, w.Name)
	case w.Refusal != wire.Accepted:
		return &RefusedError{w.Refusal, w.Name, w.Reason, w.Refusal == wire.WrongCluster && w.Cluster == e.config.Cluster}
	case w.Cluster != e.config.Cluster:
		return fmt.Errorf("it is of cluster %q, and this member of %q", w.Cluster, e.config.Cluster)
	case name != "" && w.Name != name:
		return fmt.Errorf("it is %q, and not %q", w.Name, name)
	case e.isBlocked(w.Name):
		return errors.New("cut off")
	}
	return nil
}
