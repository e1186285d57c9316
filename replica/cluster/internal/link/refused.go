package link

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"gset/replica/cluster/internal/wire"
)

// Refused tells of a connection that was refused, by this member or by the peer, or of a frame on a link that
// stays.
type Refused struct {
	ByPeer  bool   // the peer has refused this member, and not this member the peer
	Address string // the peer's; "" for a frame
	Name    string // the peer's, if it was known
	Refusal wire.Refusal
	Reason  string
	Clock   time.Time // of this member, if a certificate is not good by it; else zero

	// OtherKey says that the two are of clusters of one name with two hash keys.
	OtherKey bool
}

// RefusedError is the error of a dial that was answered by a refusal.
type RefusedError struct {
	Refusal wire.Refusal
	By      string // the acceptor's name
	Reason  string

	OtherKey bool // as of Refused
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("refused by %q: %s", e.By, e.Reason)
}

// refusedFor tells Config.Refused of a connection that has failed with an error, which says who has refused whom.
func (e *Endpoint) refusedFor(r Refused, err error) {
	r.ByPeer, r.Reason = isPeers(err), err.Error()
	if by := (*RefusedError)(nil); errors.As(err, &by) {
		r.Name, r.Refusal, r.Reason, r.OtherKey = by.By, by.Refusal, by.Reason, by.OtherKey
	}
	if clock := (*clockError)(nil); errors.As(err, &clock) {
		r.Clock = clock.clock
	}
	e.refused(r)
}

// isPeers reports whether it was the peer that refused: by an answer to the greeting, or by an alert of TLS.
func isPeers(err error) bool {
	alert := (*net.OpError)(nil)
	return errors.As(err, new(*RefusedError)) || errors.As(err, &alert) && alert.Op == "remote error"
}

// ended reports whether the peer, or this member's Close, has just ended a connection, which says nothing of the peer.
func ended(err error) bool {
	for _, e := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (e *Endpoint) refused(r Refused) {
	if e.config.Refused != nil {
		e.config.Refused(r)
	}
}
