package bench

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gset/internal/bench/network"
	"gset/internal/bench/process"
	"gset/internal/bench/report"
)

// simulate is Run in virtual time: it takes none, and nothing in it is late. The
// nodes are goroutines that behave as told.
func simulate(t *testing.T, o Options, behaviour string) (r *report.Results, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { r, err = runOn(t.Context(), virtually(behaviour), o) })
	return r, err
}

// mustSimulate is simulate where there have to be results.
func mustSimulate(t *testing.T, o Options, behaviour string) *report.Results {
	t.Helper()
	r, err := simulate(t, o, behaviour)
	if err != nil {
		t.Fatalf("the test failed: %v", err)
	}
	return r
}

// virtually returns a machine for bubbles of synctest.
func virtually(behaviour string) machine {
	return machine{network.NewTimerAlarm, func() process.Launcher { return actors(behaviour) }}
}

// actors launches goroutines that run nodes of a behaviour.
type actors string

func (a actors) Close() {}

func (a actors) Launch(_ string, _ []string, log *os.File) (*process.Program, error) {
	stdin, stdout := newMemoryPipe(), newMemoryPipe()
	var killed atomic.Bool
	p := &process.Program{Stdin: stdin, Stdout: stdout, Suspend: stdin.suspend, Resume: stdin.resume}
	p.Kill = func() {
		killed.Store(true)
		stdin.discard()
	}
	var stderr io.WriteCloser = log
	if log == nil {
		pipe := newMemoryPipe()
		p.Stderr, stderr = pipe, pipe
	}
	status := make(chan int, 1)
	p.Wait = func() string {
		if s := <-status; !killed.Load() {
			return fmt.Sprintf("exit status %d", s)
		}
		return process.Killed
	}
	go func() {
		s := runNode(string(a), stdin, stdout, stderr)
		_ = stdout.Close()
		if log == nil {
			_ = stderr.Close()
		}
		status <- s
	}()
	return p, nil
}

// memoryPipe is a pipe without bounds between goroutines of a bubble.
type memoryPipe struct {
	mu      sync.Mutex
	changed *sync.Cond
	buf     []byte
	closed  bool
	expired bool // the reader's deadline has passed
	idle    bool // the reader is suspended
}

// suspend has the reader wait, and resume lets it go on.
func (p *memoryPipe) suspend() { p.setIdle(true) }
func (p *memoryPipe) resume()  { p.setIdle(false) }

func (p *memoryPipe) setIdle(idle bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = idle
	p.changed.Signal()
}

// discard closes the pipe, and takes what nobody has read with it.
func (p *memoryPipe) discard() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed, p.idle, p.buf = true, false, nil
	p.changed.Signal()
}

func newMemoryPipe() *memoryPipe {
	p := &memoryPipe{}
	p.changed = sync.NewCond(&p.mu)
	return p
}

func (p *memoryPipe) Offer(batch []byte) []byte {
	_, _ = p.Write(batch)
	return nil
}

func (p *memoryPipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, os.ErrClosed
	}
	p.buf = append(p.buf, b...)
	p.changed.Signal()
	return len(b), nil
}

// Close ends what can be read at what has been written.
func (p *memoryPipe) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.changed.Signal()
	return nil
}

func (p *memoryPipe) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.expired:
			return 0, os.ErrDeadlineExceeded
		case p.idle:
		case len(p.buf) > 0:
			n := copy(b, p.buf)
			p.buf = p.buf[n:]
			return n, nil
		case p.closed:
			return 0, io.EOF
		}
		p.changed.Wait()
	}
}

func (p *memoryPipe) SetReadDeadline(at time.Time) error {
	time.AfterFunc(time.Until(at), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.expired = true
		p.changed.Signal()
	})
	return nil
}
