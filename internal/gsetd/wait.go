package gsetd

import (
	"context"
	"errors"
	"math"
	"time"

	"gset/internal/loop"
)

// waiter is a client that waits for other members to hold what was committed.
type waiter struct {
	c       *client
	ctx     context.Context // ends with the connection
	n       int
	timeout time.Duration // zero for no end
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
	var ctx context.Context
	ctx, c.cancel = context.WithCancel(context.Background())
	s.waits = append(s.waits, waiter{c, ctx, int(max(0, min(n, math.MaxInt32))), time.Duration(ms) * time.Millisecond})
	c.Block()
}

// startWaits begins to wait, or answers the error of the commit.
func (s *Server) startWaits() {
	waits := s.waits
	s.waits = nil
	for _, w := range waits {
		if s.failure != nil {
			commitFailed(w.c.Reply(), s.failure)
			w.c.cancel()
			w.c.cancel = nil
			w.c.Unblock()
			continue
		}
		s.waiting.Go(func() { s.await(w) })
	}
}

// await waits in a goroutine of its own, and has the loop answer.
func (s *Server) await(w waiter) {
	ctx := w.ctx
	if w.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.timeout)
		defer cancel()
	}
	held := s.node.Wait(ctx, w.n)
	answer := func() {
		if w.c.cancel == nil {
			return // it has gone
		}
		w.c.cancel()
		w.c.cancel = nil
		w.c.Reply().Int(int64(held))
		w.c.Unblock()
	}
	for errors.Is(s.functions(answer), loop.ErrBusy) {
		select {
		case <-time.After(time.Millisecond):
		case <-w.ctx.Done():
			return
		}
	}
}
