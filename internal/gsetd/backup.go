package gsetd

import (
	"errors"
	"sync"
	"time"

	"gset/internal/loop"
)

// backups is what BGSAVE has done. A goroutine writes a backup; the rest belongs to the loop.
type backups struct {
	running bool
	ends    bool  // the server is to stop when none is running
	failed  error // the last one
	last    time.Time

	written, failures uint64 // how many were
	work              sync.WaitGroup
}

// bgsave has the node written to the file that the operator has chosen.
func bgsave(s *Server, c *client, args [][]byte) {
	switch {
	case len(args) > 2 || len(args) == 2 && !is(args[1], "schedule"):
		c.err(badSyntax)
	case s.config.Backup == nil:
		c.err("BGSAVE is refused: gsetd was started without a file for backups")
	case s.backups.running || s.backups.ends:
		c.err("Background save already in progress")
	default:
		s.backups.running = true
		s.backups.work.Go(s.backUp)
		c.w.Simple("Background saving started")
	}
}

func (s *Server) backUp() {
	err := s.config.Backup()
	done := func() {
		s.noteBackup(err)
		if s.backups.ends {
			s.loop.Stop()
		}
	}
	for errors.Is(s.functions(done), loop.ErrBusy) {
		time.Sleep(tickInterval)
	}
}

// noteBackup notes what has become of a backup. Its client has been told only that it has begun.
func (s *Server) noteBackup(err error) {
	b := &s.backups
	b.running, b.failed = false, err
	if err != nil {
		b.failures++
		s.config.Log.Error("BGSAVE has failed", "error", err)
		return
	}
	b.last, b.written = time.Now(), b.written+1
}

func lastsave(s *Server, c *client, _ [][]byte) { c.w.Int(s.lastSave()) }

// lastSave returns when the last backup was written: as in Redis, the start if there was none.
func (s *Server) lastSave() int64 {
	if s.backups.last.IsZero() {
		return s.started.Unix()
	}
	return s.backups.last.Unix()
}
