package cluster

import (
	"cmp"
	"errors"
	"fmt"

	"gset/crdt"
	"gset/replica/cluster/internal/link"
	"gset/replica/cluster/internal/wire"
)

// DefaultName is the name of a node that is alone and was given none.
const DefaultName = "gset"

// A node that is alone is a member without a network: there are no endpoint, no transport and no
// membership. Its engine has a list of one member, so that all that it learns is stable at once.

// checkAlone completes the configuration of a node that is alone.
func (c *Config) checkAlone() error {
	c.Name = cmp.Or(c.Name, DefaultName)
	c.Beacon = 0
	switch {
	case c.Identity != nil || c.Listener != nil || c.Advertise != "" || len(c.Join) > 0:
		return errors.New("cluster: a node that is alone has no Identity, Listener, Advertise or Join")
	case len(c.Name) > crdt.MaxNode:
		return fmt.Errorf("cluster: the node's name has %d bytes, more than %d", len(c.Name), crdt.MaxNode)
	}
	return nil
}

// Offline returns a configuration by which the folder of the same node is opened Alone, while the node itself is not
// running: a member's has the member's name, and neither an Identity nor an address.
func (c Config) Offline() (Config, error) {
	if c.Identity != nil {
		if err := c.checkName(); err != nil {
			return c, err
		}
	}
	c.Alone, c.Identity, c.Listener, c.Advertise, c.Join = true, nil, nil, "", nil
	return c, nil
}

// startAlone does what start does, without a network.
func (n *Node) startAlone() error {
	if n.config.Key == (crdt.Key{}) {
		if err := n.config.drawKey(); err != nil {
			return err
		}
	}
	if err := n.openCore(); err != nil {
		return err
	}
	n.wire()
	return n.awaitRefill()
}

// Whole returns the state of a node that is alone, to be read and not changed. It is nil while a batch is open, and
// if the state has what a View does not show. It is View for those who read often.
func (c *Core) Whole() *crdt.Collections {
	if !c.config.Alone || c.hides || c.made != nil || c.replica.Pending().Len() > 0 {
		return nil
	}
	return c.replica.Stable()
}

// looksForHidden notes whether a node that is alone has what a View does not show: it was a member's, or has joined a
// member's backup.
func (c *Core) looksForHidden(delta *crdt.Collections) {
	if c.config.Alone && !c.hides {
		c.hides = delta.Lookup(BeaconName).Kind() != crdt.NoKind
	}
}

// noLinks are the links of a node that is alone.
type noLinks struct{}

func (noLinks) SetAddress(string, string) {}
func (noLinks) Forget(string)             {}
func (noLinks) Reset(string)              {}

func (noLinks) Send(string, link.Class, wire.Kind, []byte, link.Mark) error { return errAlone }
func (noLinks) Tell(string, wire.Kind, []byte) error                        { return errAlone }

var errAlone = errors.New("cluster: the node is alone")
