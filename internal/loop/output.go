package loop

import "errors"

// commit ends the batch. If it fails, the replies that awaited it become errors.
func (l *Loop) commit() {
	if !l.touched {
		return
	}
	l.touched = false
	err := l.handler.EndBatch()
	for _, c := range l.dirty {
		if err != nil && len(c.awaits) > 0 {
			l.retract(c, err)
		}
		c.awaits = c.awaits[:0]
		if cap(c.awaits) > turnCommands/8 {
			c.awaits = nil
		}
	}
}

// retract writes an error in place of each reply that awaited the commit.
func (l *Loop) retract(c *Conn, err error) {
	written := c.out.Buf
	c.out.Buf = append(l.spare.take(), written[:c.awaits[0].start]...)
	for i, reply := range c.awaits {
		l.config.CommitFailed(&c.out, err)
		next := len(written)
		if i+1 < len(c.awaits) {
			next = c.awaits[i+1].start
		}
		c.out.Buf = append(c.out.Buf, written[reply.end:next]...)
	}
	l.spare.give(written)
}

// unsent returns how many bytes of replies wait for the link to take them.
func (c *Conn) unsent() int { return len(c.out.Buf) - c.sent }

// release frees the output buffer.
func (c *Conn) release() {
	if c.out.Buf != nil {
		c.loop.spare.give(c.out.Buf)
		c.out.Buf, c.sent = nil, 0
	}
}

func (l *Loop) flushAll() {
	dirty := l.dirty
	l.dirty = nil
	for i, c := range dirty {
		c.listed.dirty = false
		l.flush(c)
		dirty[i] = nil
	}
	if l.dirty == nil {
		l.dirty = dirty[:0]
	}
}

// flush writes what a connection's link takes, and decides what becomes of the rest.
func (l *Loop) flush(c *Conn) {
	if c.doomed || c.closed {
		return
	}
	if c.unsent() > 0 {
		n, err := c.link.write(c.out.Buf[c.sent:])
		if err != nil && !errors.Is(err, errAgain) {
			c.Close(err)
			return
		}
		c.sent += n
		l.stats.Sent += uint64(n)
	}
	waiting := c.unsent()
	switch {
	case waiting == 0:
		c.release()
		if c.ending {
			c.Close(c.cause)
			return
		}
	case waiting > l.config.MaxOutput:
		l.stats.Evicted++
		c.Close(ErrSlowReader)
		return
	case c.sent > keptOutput && c.sent > waiting: // copies less than was sent
		c.out.Buf = append(c.out.Buf[:0], c.out.Buf[c.sent:]...)
		c.sent = 0
	}
	if paused := waiting > l.config.PauseOutput; paused != c.paused {
		c.paused = paused
		if !paused {
			l.resume(c)
		}
	}
	l.watch(c)
	l.count(c)
}

// count keeps the sum of what all connections hold.
func (l *Loop) count(c *Conn) {
	held := c.in.held() + cap(c.out.Buf)
	l.held += held - c.held
	c.held = held
}

// evict closes the connections that hold most until the rest is within the bound.
func (l *Loop) evict() {
	for over := l.held - l.config.MaxBuffered; over > 0; {
		var most *Conn
		for c := range l.conns {
			if !c.doomed && (most == nil || c.held > most.held) {
				most = c
			}
		}
		if most == nil {
			return
		}
		over -= most.held
		l.stats.Evicted++
		most.Close(ErrMemory)
	}
}
