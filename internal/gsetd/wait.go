package gsetd

import (
	"errors"
	"math"
	"time"

	"gset/internal/loop"
)

// waiter is a client that waits for other members to hold what was committed.
type waiter struct {
	s       *Server
	c       *client
	n       int
	timeout time.Duration     // zero for no end
	cancel  func() (held int) // of the node; nil before the commit
	timer   *time.Timer       // nil without a timeout
	over    bool
}

// wait reads how many members to wait for, and how many milliseconds. The waiting begins when this
// turn's updates are committed.
func wait(s *Server, c *client, args [][]byte) {
	n, ok := c.integer(args[1])
	if !ok {
		return
	}
	ms, ok := parseInt(args[2])
	switch {
	case !ok:
		c.err("timeout is not an integer or out of range")
		return
	case ms < 0:
		c.err("timeout is negative")
		return
	case ms > math.MaxInt64/int64(time.Millisecond):
		c.err("timeout is out of range")
		return
	}
	c.waits = &waiter{s: s, c: c, n: int(max(0, min(n, math.MaxInt32))), timeout: time.Duration(ms) * time.Millisecond}
	s.waits = append(s.waits, c.waits)
	c.Block()
}

// startWaits begins to wait, or answers the error of the commit.
func (s *Server) startWaits() {
	waits := s.waits
	s.waits = nil
	for _, w := range waits {
		if s.failure != nil {
			commitFailed(w.c.Reply(), s.failure)
			w.end()
			continue
		}
		w.cancel = s.node.Await(w.n, w.answer)
		if !w.over && w.timeout > 0 {
			w.timer = time.AfterFunc(w.timeout, w.expire)
		}
	}
}

// expire is called by the timer, in a goroutine of its own.
func (w *waiter) expire() {
	err := w.s.functions(func() {
		if !w.over {
			w.answer(w.cancel())
		}
	})
	if errors.Is(err, loop.ErrBusy) {
		time.AfterFunc(time.Millisecond, w.expire)
	}
}

// answer tells the client how many members hold what was committed.
func (w *waiter) answer(held int) {
	if w.over {
		return
	}
	w.c.Reply().Int(int64(held))
	w.cancel = nil
	w.end()
}

// end ends the waiting, with or without an answer.
func (w *waiter) end() {
	if w.over {
		return
	}
	w.over = true
	if w.timer != nil {
		w.timer.Stop()
	}
	if w.cancel != nil {
		w.cancel()
	}
	w.c.waits = nil
	w.c.Unblock()
}
