package node

import (
	"log"
	"sync/atomic"
)

// fault is a kind of thing that goes wrong outside this node.
type fault int

const (
	malformedLine   fault = iota // a line that is no message
	oversizedLine                // a line longer than the library reads
	strayReply                   // a reply, though this node asks nothing
	malformedGossip              // a peer's message that cannot be decoded
	earlyGossip                  // a peer's message before init
	stranger                     // gossip from someone who is not a member
	unsent                       // a message that could not be written
	faultKinds
)

// faults counts what goes wrong, and logs the first of every kind: a peer that has
// gone mad must not fill the disk. It may be used from any goroutine.
type faults struct {
	log    *log.Logger
	counts [faultKinds]atomic.Int64
}

func (f *faults) count(kind fault, format string, args ...any) {
	if f.counts[kind].Add(1) == 1 {
		f.log.Printf("ignored (and so will be others like it): "+format, args...)
	}
}
