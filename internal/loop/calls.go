package loop

import "sync"

// calls is what other goroutines have for the loop: functions, and events of streams.
type calls struct {
	mu       sync.Mutex
	funcs    []func()
	internal []func() // to open connections and listeners: bounded by their number
	posted   []*stream
	asleep   bool // the loop waits, or is about to, and must be woken
	stop     bool
	ended    bool     // nothing more is accepted
	shutdown []func() // of listeners; the loop's goroutine calls them after ended
}

// Do has the loop run f in its goroutine, in the batch of its next turn, after all that was
// given to Do before. Any goroutine may call it; it never waits. It returns ErrBusy if
// MaxFunctions wait, and ErrStopped if the loop has ended; f is not run then.
func (l *Loop) Do(f func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ended:
		return ErrStopped
	case len(l.funcs) >= l.config.MaxFunctions:
		return ErrBusy
	}
	l.funcs = append(l.funcs, f)
	l.wakeLocked()
	return nil
}

// do is Do for the loop's own purposes: without a bound, and without a batch to commit. It
// returns false if the loop has ended.
func (l *Loop) do(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	l.internal = append(l.internal, f)
	l.wakeLocked()
	return true
}

// post reports that something has become of a stream.
func (l *Loop) post(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.posted = append(l.posted, s)
	l.wakeLocked()
}

// Stop has Run end: after the turn under way, with what was given to Do before. Any goroutine
// may call it, in the loop or outside.
func (l *Loop) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop = true
	l.wakeLocked()
}

func (l *Loop) wakeLocked() {
	if l.asleep {
		l.asleep = false
		l.poller.wake()
	}
}

// sleep says that the loop is about to wait, unless there is something to do.
func (l *Loop) sleep() (mayWait bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asleep = !l.stop && len(l.funcs)+len(l.internal)+len(l.posted) == 0
	return l.asleep
}

// awake says that the loop no longer waits, and reports the streams that have become ready.
func (l *Loop) awake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asleep = false
	early := l.posted[:0]
	for _, s := range l.posted {
		switch {
		case s.conn == nil: // the function that opens it has not run yet
			early = append(early, s)
		case !s.conn.closed:
			l.ready(s.conn, s.take())
		}
	}
	clear(l.posted[len(early):])
	l.posted = early
}

// runCalls runs the functions that wait, as many as a turn allows, and says whether there were
// any.
func (l *Loop) runCalls() bool {
	l.mu.Lock()
	internal := l.internal
	l.internal = nil
	n := min(len(l.funcs), turnCalls)
	funcs := l.funcs[:n:n]
	if l.funcs = l.funcs[n:]; len(l.funcs) == 0 {
		l.funcs = nil
	}
	l.mu.Unlock()
	for _, f := range internal {
		f()
	}
	for _, f := range funcs {
		l.touched = true
		f()
	}
	return len(internal)+len(funcs) > 0
}

func (l *Loop) stopping() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stop
}

// atEnd has f called when the loop ends.
func (l *Loop) atEnd(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shutdown = append(l.shutdown, f)
}

// stopCalls refuses functions, listeners and connections from now on.
func (l *Loop) stopCalls() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
}
