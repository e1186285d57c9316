package cluster

import (
	"context"
	"errors"
	"net"

	"gset/replica/cluster/internal/link"
)

// failures are the addresses to join that did not answer, and why: each such pair is logged once.
type failures map[[2]string]bool

// maxFailures bounds them. Further ones are not logged.
const maxFailures = 256

// noteFailure logs that whoever is at an address to join could not be asked, if that was not logged before. What the
// member has refused is logged as a refusal, and that somebody has ended the joining is no failure.
func (n *Node) noteFailure(address string, err error) {
	if errors.As(err, new(*link.RefusedError)) || errors.Is(err, context.Canceled) {
		return
	}
	if n.failures == nil {
		n.failures = failures{}
	}
	key := [2]string{address, reason(err)}
	if n.failures[key] || len(n.failures) == maxFailures {
		return
	}
	n.failures[key] = true
	n.config.Log.Warn("cluster: a member to join could not be asked; it is tried again", "address", address, "reason", key[1])
}

// reason returns why a connection failed, without the port of this end, which is another one each time.
func reason(err error) string {
	lookup, dial := (*net.DNSError)(nil), (*net.OpError)(nil)
	switch {
	case errors.As(err, &lookup):
		return "its name cannot be looked up: " + lookup.Name
	case errors.As(err, &dial) && dial.Err != nil:
		return dial.Op + ": " + dial.Err.Error()
	}
	return err.Error()
}
