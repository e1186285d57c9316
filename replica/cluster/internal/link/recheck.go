package link

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"

	"gset/internal/gate"
	"gset/replica/cluster/internal/wire"
)

// keepChecking verifies open links again and again, until the endpoint is closed.
func (e *Endpoint) keepChecking() {
	ticker := time.NewTicker(recheckEvery)
	defer ticker.Stop()
	for {
		if e.config.Checked != nil {
			e.config.Checked()
		}
		select {
		case <-ticker.C:
			e.Recheck()
		case <-e.ctx.Done():
			return
		}
	}
}

// open is an open link, of either direction.
type open struct {
	name  string
	conn  *tls.Conn
	usage x509.ExtKeyUsage
}

// Recheck verifies the certificates of the peers of all open links by the authorities and the time of
// now. It closes links whose peer would be refused now, and tells Config.Refused of them.
func (e *Endpoint) Recheck() {
	id, err := e.config.Identity()
	if err != nil {
		return // there is nothing to verify by: the links stay as they were
	}
	for _, o := range e.links() {
		if err := e.check(o.conn.ConnectionState(), id, o.usage); err != nil {
			_ = o.conn.NetConn().Close()
			r := Refused{Name: o.name, Address: o.conn.RemoteAddr().String(), Refusal: wire.WrongName}
			e.refusedFor(r, fmt.Errorf("an open link is closed: %w", err))
		}
	}
}

func (e *Endpoint) links() (all []open) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name, in := range e.incoming {
		all = append(all, open{name, in.conn, x509.ExtKeyUsageClientAuth})
	}
	for name, p := range e.peers {
		p.mu.Lock()
		if p.conn != nil {
			all = append(all, open{name, p.conn, x509.ExtKeyUsageServerAuth})
		}
		p.mu.Unlock()
	}
	return all
}

// Handshakes counts those of peers and strangers that have connected.
func (e *Endpoint) Handshakes() gate.Stats { return e.gate.Stats() }
