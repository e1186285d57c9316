package gsetd

import (
	"time"

	"gset/replica/cluster"
)

// Glance is a server as it is at a moment, for those who watch it. It is good until the function that
// was given it returns.
type Glance struct {
	Address    string // that clients connect to
	Uptime     time.Duration
	Clients    int
	MaxClients int

	Commands  float64 // a second, over the last second or so
	Processed uint64  // commands
	Updates   uint64  // elements and sums that clients have added

	Memory      int64 // bytes of the state and of buffers
	MemoryLimit int64 // 0 is none

	Loading bool
	Failure error // of the last commit that had something to write
	Node    Node
}

// Glance has f called soon in the goroutine of the server's loop. It fails if the loop has ended, or
// too much waits for it.
func (s *Server) Glance(f func(Glance)) error {
	return s.functions(func() {
		f(Glance{
			Address: s.config.Address, Uptime: time.Since(s.started),
			Clients: len(s.clients), MaxClients: s.maxConns(),
			Commands: s.stats.sampled.ops, Processed: s.stats.processed, Updates: s.stats.updates,
			Memory: s.memory.used(), MemoryLimit: s.config.MaxMemory,
			Loading: s.node.Loading(), Failure: s.failing.err, Node: s.node,
		})
	})
}

// ResidentBytes returns how much memory the process has in the machine.
func ResidentBytes() int64 { return residentBytes() }

// ClusterStatus returns the status of the member. To be called in the goroutine of the server's loop.
func (n *Clustered) ClusterStatus() cluster.Status { return n.node.StatusOf(n.core) }
