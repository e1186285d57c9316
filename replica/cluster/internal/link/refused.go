package link

import (
	"fmt"

	"gset/replica/cluster/internal/wire"
)

// Refused tells of a connection that was refused, by this member or by the peer, or of a frame on a link that
// stays.
type Refused struct {
	ByPeer  bool
	Address string // the peer's; "" for a frame
	Name    string // the peer's, if it was known
	Refusal wire.Refusal
	Reason  string

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

func (e *Endpoint) refused(r Refused) {
	if e.config.Refused != nil {
		e.config.Refused(r)
	}
}
