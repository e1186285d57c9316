package doctor

import (
	"sync"
	"time"

	"gset/internal/bench/process"
)

// pool holds processes of the node that were started before they are needed. They are all
// alike: a node learns its name only from init. An interpreter may take long to start, and several
// start side by side.
type pool struct {
	launcher process.Launcher
	bin      string
	args     []string

	mu      sync.Mutex
	waiting []launched
}

// launched is a process, and when it was started.
type launched struct {
	*process.Program
	at time.Time
}

// fill starts processes until some number of them waits. What cannot be started is told by take.
func (l *pool) fill(count int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) < count {
		p, err := l.launch()
		if err != nil {
			return
		}
		l.waiting = append(l.waiting, p)
	}
}

// take hands out a process. It belongs to the caller.
func (l *pool) take() (launched, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		return l.launch()
	}
	p := l.waiting[0]
	l.waiting = l.waiting[1:]
	return p, nil
}

func (l *pool) launch() (launched, error) {
	p, err := l.launcher.Launch(l.bin, l.args, nil)
	return launched{p, time.Now()}, err
}

// close ends the processes that nobody has taken, and the launcher.
func (l *pool) close() {
	for _, p := range l.waiting {
		p.Kill()
		p.Wait()
		_ = p.Stdin.Close()
		_ = p.Stdout.Close()
		_ = p.Stderr.Close()
	}
	l.launcher.Close()
}
