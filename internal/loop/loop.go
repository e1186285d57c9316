package loop

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"gset/internal/resp"
)

// Loop runs all commands of all connections in one goroutine. Make one by New.
type Loop struct {
	config   Config
	handler  Handler
	poller   poller
	workers  sync.WaitGroup // goroutines of streams and listeners
	open     atomic.Int64   // connections, and handshakes under way
	rejected atomic.Uint64
	badTLS   atomic.Uint64
	ctx      context.Context // ends with the loop
	cancel   context.CancelFunc

	calls // what other goroutines want from the loop

	// The rest belongs to the loop's goroutine.
	conns    map[*Conn]struct{}
	lastID   uint64
	readied  []*Conn // by the poller, this turn
	work     []*Conn // see resume
	dirty    []*Conn // have replies to write
	doomed   []*Conn // close at the end of the turn
	turns    uint64
	produced int  // bytes of replies made in this turn
	touched  bool // something ran since the last EndBatch
	timer    time.Time
	yielded  time.Time
	held     int // bytes in all connections' buffers
	scratch  []byte
	spare    spare
	nowhere  resp.Writer
	failure  error
	stats    Stats
	measured turns
}

// New makes a loop. Serve and Adopt give it clients; Run runs it, and must be called, also if
// only to end the loop after Stop.
func New(config Config) (*Loop, error) {
	if config.Handler == nil {
		return nil, errors.New("loop: no handler")
	}
	l := &Loop{
		config:  config.withDefaults(),
		handler: config.Handler,
		conns:   map[*Conn]struct{}{},
		scratch: make([]byte, scratchTail+turnInput),
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	var err error
	if l.poller, err = newPoller(l); err != nil {
		return nil, err
	}
	return l, nil
}

// Run serves until Stop, and returns when all connections and listeners are closed and all
// goroutines of the loop have ended. It returns an error if the system fails it.
func (l *Loop) Run() error {
	if _, waits := l.poller.(*channel); !waits {
		// A loop that waits in system calls takes less CPU time on a thread of its own: the
		// scheduler does not move it from one to another.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	for !l.stopping() && l.failure == nil {
		if err := l.poller.wait(l.timeout()); err != nil {
			l.failure = err
		}
		l.turn()
	}
	l.end()
	return l.failure
}

// turn does what there is to do for each connection once, and commits it.
func (l *Loop) turn() {
	ready, work := l.readied, l.work
	l.readied, l.work, l.produced = nil, nil, 0
	l.turns++
	l.runTimer()
	l.runCalls()
	for _, c := range work {
		c.listed.work = false
		l.serve(c)
	}
	for _, c := range ready {
		l.serve(c)
		if c.writable && !c.closed {
			c.Reply() // have it flushed
		}
		c.event = event{}
	}
	l.commit()
	l.flushAll()
	l.evict()
	l.bury()
	l.reuse(ready, work)
	l.measured.end()
}

// reuse keeps the lists' memory for the next turn, if that has not grown its own.
func (l *Loop) reuse(ready, work []*Conn) {
	clear(ready)
	clear(work)
	if l.readied == nil {
		l.readied = ready[:0]
	}
	if l.work == nil {
		l.work = work[:0]
	}
}

// timeout returns how many milliseconds the poller may wait.
func (l *Loop) timeout() int {
	if l.touched || len(l.work) > 0 || len(l.dirty) > 0 || len(l.doomed) > 0 {
		return 0
	}
	if l.timer.IsZero() {
		return -1
	}
	left := time.Until(l.timer)
	if left <= 0 {
		return 0
	}
	const longest = time.Hour // fits an int of 32 bits
	return int((min(left, longest) + time.Millisecond - 1) / time.Millisecond)
}

// SetTimer has Config.Timer called once when the time has come, at the resolution of a
// millisecond. It replaces what was set before; the zero time sets none. To be called in the
// loop's goroutine, or before Run.
func (l *Loop) SetTimer(at time.Time) { l.timer = at }

func (l *Loop) runTimer() {
	if l.timer.IsZero() {
		return
	}
	now := time.Now()
	l.measured.began = now
	l.yield(now)
	if now.Before(l.timer) {
		return
	}
	l.timer = time.Time{}
	if l.config.Timer != nil {
		l.touched = true
		l.config.Timer(now)
	}
}

// yieldInterval is less than the ten milliseconds of yield.
const yieldInterval = 4 * time.Millisecond

// yield runs the scheduler once in a while. Go's monitor takes a goroutine that the scheduler has not run for ten
// milliseconds for one that does not end. In each system call that it finds the goroutine in it gives away the
// goroutine's right to run, and then it looks every 20 microseconds: an eighth of what a loop without pipelining
// takes. Yielding costs a hundredth.
func (l *Loop) yield(now time.Time) {
	if now.Sub(l.yielded) >= yieldInterval {
		runtime.Gosched()
		l.yielded = now
	}
}

// ready is how a poller reports a connection. It may do so twice in a turn.
func (l *Loop) ready(c *Conn, e event) {
	if c.event == (event{}) {
		l.readied = append(l.readied, c)
	}
	c.readable = c.readable || e.readable
	c.writable = c.writable || e.writable
	c.hangup = c.hangup || e.hangup
}

// add makes a connection of a link, unless there are too many.
func (l *Loop) add(k link, local, remote net.Addr) *Conn {
	l.lastID++
	l.stats.Accepted++
	c := &Conn{loop: l, link: k, id: l.lastID, local: local, remote: remote}
	c.parser = resp.Parser{Limits: l.config.Limits, Authenticated: !l.config.NeedsPassword}
	c.out.Protocol = resp.RESP2
	c.interest = interest{read: true, hup: true}
	l.conns[c] = struct{}{}
	if l.config.Opened != nil {
		l.touched = true
		l.config.Opened(c)
	}
	return c
}

// enter counts a connection that is about to be opened, and says whether it may be.
func (l *Loop) enter() bool {
	if l.open.Add(1) <= int64(l.config.MaxConns) {
		return true
	}
	l.open.Add(-1)
	l.rejected.Add(1)
	return false
}

// tooMany is the reply to a connection above MaxConns.
var tooMany = func() []byte {
	var w resp.Writer
	w.Error("ERR", ErrTooMany.Error())
	return w.Buf
}()

// watch tells the connection's link what to report from now on.
func (l *Loop) watch(c *Conn) {
	if c.doomed || c.closed {
		return
	}
	reads := !c.paused && !c.ending
	want := interest{read: reads && !c.blocked, write: c.unsent() > 0, hup: reads}
	if want == c.interest {
		return
	}
	c.interest = want
	if err := c.link.watch(want); err != nil {
		c.Close(err)
	}
}

// bury closes the connections that have come to their end.
func (l *Loop) bury() {
	for len(l.doomed) > 0 {
		doomed := l.doomed
		l.doomed = nil
		for _, c := range doomed {
			c.link.close(c.ending && c.unsent() == 0)
			c.doomed, c.closed = false, true
			delete(l.conns, c)
			l.open.Add(-1)
			c.in.keep(nil)
			c.release()
			l.count(c)
			if l.config.Closed != nil {
				l.touched = true
				l.config.Closed(c, c.cause)
			}
		}
	}
}

// end closes everything.
func (l *Loop) end() {
	l.stopCalls()
	l.cancel()
	for l.runCalls() {
	}
	for _, shutdown := range l.shutdown {
		shutdown()
	}
	l.commit()
	l.flushAll()
	for c := range l.conns {
		c.Close(ErrStopped)
	}
	l.bury()
	l.commit() // what Closed has done
	l.workers.Wait()
	l.failure = errors.Join(l.failure, l.poller.close())
}
