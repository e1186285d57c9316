package gsetd

import (
	"context"
	"maps"
	"time"

	"gset/internal/gate"
	"gset/internal/loop"
)

// Snapshot is what a server tells of itself to those who watch it, as of one moment.
type Snapshot struct {
	Up      time.Duration
	Loading bool
	Failure error // of the last commit that had something to write; nil if it succeeded

	Status  Status
	Names   int // of collections
	Clients int // connected
	Blocked int // of those, in WAIT
	Loop    loop.Stats
	TLS     gate.Stats        // of clients; zero without TLS
	Denied  map[string]uint64 // commands and passwords refused for who the client is, by reason

	// Since the start, or CONFIG RESETSTAT.
	Commands  []CommandStats    // that were called, by name
	Errors    map[string]uint64 // replies by code
	Updates   uint64            // elements and sums that clients have added
	Oversized uint64            // commands refused for memory

	Memory  MemoryStats
	Backups BackupStats
}

// BackupStats say what has become of the backups of BGSAVE.
type BackupStats struct {
	Written, Failed uint64
	Last            time.Time // when one was written; zero if none was
	Failure         error     // of the last one; nil if it was written
}

// CommandStats counts the calls of one command. Of a subcommand the name is container|name.
type CommandStats struct {
	Name                 string
	OK, Failed, Rejected uint64
	Took                 time.Duration // by those that were executed, in all

	// Below counts those that took less than 2^i microseconds, and no less than half of that.
	Below [histogramBuckets]uint64
}

// MemoryStats are bytes.
type MemoryStats struct {
	Used, Buffers, Peak, Limit int64 // Limit is zero if there is none
}

// Snapshot asks the loop. It fails if the server has stopped, or ctx ends before the loop has answered.
func (s *Server) Snapshot(ctx context.Context) (Snapshot, error) {
	answer := make(chan Snapshot, 1)
	if err := s.functions(func() { answer <- s.snapshot() }); err != nil {
		return Snapshot{}, err
	}
	select {
	case x := <-answer:
		return x, nil
	case <-ctx.Done():
		return Snapshot{}, context.Cause(ctx)
	}
}

func (s *Server) snapshot() Snapshot {
	x := Snapshot{
		Up:        time.Since(s.started),
		Loading:   s.node.Loading(),
		Failure:   s.failing.err,
		Status:    s.node.Status(),
		Names:     s.node.View().Names(),
		Clients:   len(s.clients),
		Errors:    maps.Clone(s.stats.errors),
		Denied:    s.stats.denied.list(),
		Updates:   s.stats.updates,
		Oversized: s.stats.refused,
		Memory:    MemoryStats{Used: s.memory.used(), Buffers: s.memory.buffers, Peak: s.memory.peak, Limit: s.config.MaxMemory},
		Backups:   BackupStats{Written: s.backups.written, Failed: s.backups.failures, Last: s.backups.last, Failure: s.backups.failed},
	}
	if s.config.Handshakes != nil {
		x.TLS = s.config.Handshakes()
	}
	for _, c := range s.clients {
		x.Blocked += boolInt(c.waits != nil)
	}
	if s.loop != nil {
		x.Loop = s.loop.Stats()
	}
	s.eachUsed(func(e *entry) {
		u := &e.usage
		x.Commands = append(x.Commands, CommandStats{
			Name: e.name, OK: u.calls - u.failed, Failed: u.failed, Rejected: u.rejected, Took: u.total, Below: u.buckets,
		})
	})
	return x
}

// Resident returns how many bytes of the machine's memory the process has.
func Resident() int64 { return residentBytes() }
