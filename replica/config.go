package replica

import (
	"fmt"
	"slices"
	"time"
)

// Bounds and constants of the protocol, each with its reason.
const (
	// MinMessage is the least MaxMessage: twice the room for a header and a cell of 512 bytes.
	MinMessage = 2 * (maxHeader + 512)

	// maxMembers keeps member lists and the work per scatter sane.
	maxMembers = 1 << 16

	// maxView leaves room above any honest view: it takes 2^52 failed hubs to
	// reach it, and JSON numbers stay exact below it.
	maxView = 1 << 52

	// MaxInterval bounds Interval and Probe, so that sums of times never wrap.
	MaxInterval = 24 * time.Hour
)

// ID names a member of the cluster.
type ID string

// Config says who is in the cluster and how eager it is. Every member must be
// given the same, but for Self.
type Config struct {
	Self    ID
	Members []ID // everyone, Self included, in any order, without duplicates; not to be changed any more

	// Interval is T: how long news may wait to be told together with other news.
	// Longer means fewer messages, shorter means lower latency; 0 sends every
	// update straight to everyone, one hop and n-1 messages each.
	Interval time.Duration

	// Probe is R: a replica that has proved equality with nobody for so long
	// sends a probe. Shorter finds losses sooner, longer is quieter.
	Probe time.Duration

	// Fanout is how many members at most anyone sends a scatter to. Among more than that
	// scatters go down a tree. 0 means DefaultFanout.
	Fanout int

	// Seed is that of the shared coin, from which all members draw the same hubs.
	Seed uint64

	// MaxMessage bounds the binary form of every message, in bytes.
	MaxMessage int
}

func (c *Config) validate() error {
	switch {
	case len(c.Members) > maxMembers:
		return fmt.Errorf("replica: %d members, at most %d are supported", len(c.Members), maxMembers)
	case !slices.Contains(c.Members, c.Self):
		return fmt.Errorf("replica: %q is not among the members %q", c.Self, c.Members)
	case c.Interval < 0 || c.Interval > MaxInterval:
		return fmt.Errorf("replica: interval %v is outside 0 to %v", c.Interval, MaxInterval)
	case c.Probe <= 0 || c.Probe > MaxInterval:
		return fmt.Errorf("replica: probe interval %v is not above 0 and up to %v", c.Probe, MaxInterval)
	case c.Fanout < 0 || c.Fanout == 1:
		return fmt.Errorf("replica: fanout %d is neither 0 nor 2 or more", c.Fanout)
	case c.MaxMessage < MinMessage:
		return fmt.Errorf("replica: message limit of %d bytes is below %d", c.MaxMessage, MinMessage)
	}
	sorted := c.sorted()
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			return fmt.Errorf("replica: member %q is listed twice", sorted[i])
		}
	}
	return nil
}

// sorted returns the members in order: the list as it was given, shared, if it is in order
// already. Clusters can be large, and a simulation has many members in one place.
func (c *Config) sorted() []ID {
	if slices.IsSorted(c.Members) {
		return c.Members
	}
	return slices.Sorted(slices.Values(c.Members))
}
