package ordeal

import (
	"os/exec"
	"testing"
)

// network connects members, and is cut between them. Its methods are called by the test's goroutine.
type network interface {
	// kind says what the network is made of.
	kind() string

	// host adds a host for a member.
	host(t *testing.T, name string) host

	// split cuts the network into groups: what a host sends reaches the hosts of its own group alone. A host that
	// no group names is in the first.
	split(t *testing.T, groups ...[]string)

	// heal ends all partitions.
	heal(t *testing.T)
}

// host is where a member runs.
type host interface {
	// command returns a command that runs on the host.
	command(program string, args ...string) *exec.Cmd

	// listen is the address that the member listens at for other members, advertise the one they connect to.
	listen() string
	advertise() string
}

// metered is a host that counts what it sends to other hosts, and receives, in bytes of frames of Ethernet.
type metered interface {
	traffic(t *testing.T) (sent, received int64)
}

// newNetwork makes the best network that this machine allows, which is gone when the test has ended.
func newNetwork(t *testing.T) network {
	t.Helper()
	n, err := newNamespaces(t)
	if err == nil {
		t.Log("network:", n.kind())
		return n
	}
	r := &relays{}
	t.Logf("network: %s, as there are no namespaces: %v", r.kind(), err)
	return r
}
