package cluster

import "sync"

// executor runs functions one at a time, in order, and commits after each batch of them: all that waited
// while the disk was busy share the next commit.
type executor struct {
	batch func(functions []func()) // runs them and commits

	mu     sync.Mutex
	queue  []func()
	closed bool
	wake   chan struct{} // holds one
}

func newExecutor(batch func([]func())) *executor {
	return &executor{batch: batch, wake: make(chan struct{}, 1)}
}

// do has f run soon. It fails with ErrClosed after close.
func (x *executor) do(f func()) error {
	x.mu.Lock()
	if x.closed {
		x.mu.Unlock()
		return ErrClosed
	}
	x.queue = append(x.queue, f)
	x.mu.Unlock()
	x.signal()
	return nil
}

func (x *executor) signal() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// close has run end when it has run what do was given.
func (x *executor) close() {
	x.mu.Lock()
	x.closed = true
	x.mu.Unlock()
	x.signal()
}

// run runs what do is given, until close.
func (x *executor) run() {
	var spare []func()
	for range x.wake {
		x.mu.Lock()
		functions, closed := x.queue, x.closed
		x.queue = spare
		x.mu.Unlock()
		if len(functions) > 0 {
			x.batch(functions)
			clear(functions)
		}
		spare = functions[:0]
		if closed {
			return
		}
	}
}
