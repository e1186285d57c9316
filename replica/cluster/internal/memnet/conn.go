package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// buffer is how many bytes of a connection may be under way, as a TCP window bounds them.
const buffer = 512 << 10

// conn is one end of a connection.
type conn struct {
	in, out *half
	host    *Host
	peer    *Host
}

// half is the bytes under way in one direction.
type half struct {
	latency time.Duration

	mu      sync.Mutex
	changed *sync.Cond
	chunks  []chunk
	size    int
	ended   bool // by the writer: io.EOF behind what is under way
	broken  bool // by the reader: writing fails
	reader  limit
	writer  limit
}

type chunk struct {
	data []byte
	at   time.Time // when the reader may have it
}

// limit is a deadline.
type limit struct {
	at    time.Time
	timer *time.Timer
}

func newHalf(latency time.Duration) *half {
	h := &half{latency: latency}
	h.changed = sync.NewCond(&h.mu)
	return h
}

// pair returns the two ends of a new connection.
func pair(a, b *Host) (near, far *conn) {
	there, back := newHalf(a.net.latency), newHalf(a.net.latency)
	return &conn{back, there, a, b}, &conn{there, back, b, a}
}

// Read reads what has arrived, and waits if that is nothing.
func (c *conn) Read(b []byte) (int, error) { return c.in.read(b) }

func (h *half) read(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.broken:
			return 0, net.ErrClosed
		case h.reader.over():
			return 0, os.ErrDeadlineExceeded
		case len(h.chunks) > 0 && !h.chunks[0].at.After(time.Now()):
			return h.take(b), nil
		case len(h.chunks) == 0 && h.ended:
			return 0, io.EOF
		}
		h.wait()
	}
}

// wait waits for a change, or until the first chunk has arrived.
func (h *half) wait() {
	if len(h.chunks) > 0 {
		timer := time.AfterFunc(time.Until(h.chunks[0].at), h.wake)
		defer timer.Stop()
	}
	h.changed.Wait()
}

func (h *half) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changed.Broadcast()
}

func (h *half) take(b []byte) int {
	first := &h.chunks[0]
	n := copy(b, first.data)
	if first.data = first.data[n:]; len(first.data) == 0 {
		h.chunks = h.chunks[1:]
	}
	h.size -= n
	h.changed.Broadcast()
	return n
}

// Write writes all of b, and waits while too much is under way.
func (c *conn) Write(b []byte) (n int, err error) {
	n, err = c.out.write(b)
	c.host.written.Add(int64(n))
	return n, err
}

func (h *half) write(b []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(b) > 0 {
		switch {
		case h.ended:
			return n, net.ErrClosed
		case h.broken:
			return n, syscall.EPIPE
		case h.writer.over():
			return n, os.ErrDeadlineExceeded
		case h.size >= buffer:
			h.changed.Wait()
			continue
		}
		part := min(len(b), buffer-h.size)
		h.chunks = append(h.chunks, chunk{append([]byte(nil), b[:part]...), time.Now().Add(h.latency)})
		h.size, n, b = h.size+part, n+part, b[part:]
		h.changed.Broadcast()
	}
	return n, nil
}

// Close closes both directions. What was written arrives.
func (c *conn) Close() error {
	c.out.change(func(h *half) { h.ended = true; h.reader.stop(); h.writer.stop() })
	c.in.change(func(h *half) { h.broken = true; h.reader.stop(); h.writer.stop() })
	return nil
}

func (h *half) change(f func(*half)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f(h)
	h.changed.Broadcast()
}

func (c *conn) LocalAddr() net.Addr  { return c.host.addr }
func (c *conn) RemoteAddr() net.Addr { return c.peer.addr }

func (c *conn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t) // never fails
	return c.SetWriteDeadline(t)
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.change(func(h *half) { h.reader.set(t, h.wake) })
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.change(func(h *half) { h.writer.set(t, h.wake) })
	return nil
}

func (l *limit) over() bool { return !l.at.IsZero() && !l.at.After(time.Now()) }

func (l *limit) set(t time.Time, wake func()) {
	l.stop()
	if l.at = t; !t.IsZero() {
		l.timer = time.AfterFunc(time.Until(t), wake)
	}
}

func (l *limit) stop() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
}
