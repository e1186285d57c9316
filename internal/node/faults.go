package node

import (
	"fmt"
	"log"
	"strings"
	"sync/atomic"
)

// fault is a kind of thing that goes wrong outside this node.
type fault int

const (
	malformedLine   fault = iota // is no message
	unanswerable                 // a request to be refused that has no msg_id
	stale                        // a request whose client may have left: see standstill.go
	strayReply                   // this node asks nothing
	malformedGossip              // cannot be decoded
	earlyGossip                  // before init
	foreign                      // gossip of another cluster, or under another key
	namesake                     // gossip from a node of this node's name
	unsaved                      // gossip that the disk does not take
	unrenewed                    // no updates are made
	uncompacted                  // the log grows on
)

var faultNames = [...]string{
	malformedLine:   "malformed line",
	unanswerable:    "unanswerable request",
	stale:           "request from before this process stood still",
	strayReply:      "reply to nothing",
	malformedGossip: "malformed gossip",
	earlyGossip:     "gossip before init",
	foreign:         "gossip of another cluster",
	namesake:        "gossip from another node of this node's name",
	unsaved:         "gossip that the disk does not take",
	unrenewed:       "incarnation that cannot be taken",
	uncompacted:     "compaction that failed",
}

// faults counts what goes wrong. It logs the first of every kind, and the counts in
// the end: a peer that has gone mad must not fill the disk. It may be used from
// any goroutine.
type faults struct {
	log    *log.Logger
	counts [len(faultNames)]atomic.Int64
}

func (f *faults) count(kind fault, format string, args ...any) {
	if f.counts[kind].Add(1) == 1 {
		f.log.Printf("ignored, as will be others like it: %s: %s", faultNames[kind], shortened(fmt.Sprintf(format, args...)))
	}
}

// sum logs the counts, if there are any.
func (f *faults) sum() {
	var counts []string
	for kind := range f.counts {
		if n := f.counts[kind].Load(); n > 0 {
			counts = append(counts, fmt.Sprintf("%s: %d", faultNames[kind], n))
		}
	}
	if len(counts) > 0 {
		f.log.Printf("ignored in all: %s", strings.Join(counts, ", "))
	}
}
