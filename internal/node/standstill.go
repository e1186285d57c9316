package node

import (
	"sync"
	"time"
)

// Maelstrom's clients wait 5 s for a reply, and then leave. When a node answers one that has left, Maelstrom reads nothing
// more of what the node writes: the node is cut off for good, with all that it has acknowledged and not told others. So a node
// that has stood still, as under Maelstrom's pause, does not answer what came before it went on. What it had
// begun to add is added; what it reads then it leaves.

// patience is how long a node may stand still and answer all the same.
const patience = 4 * time.Second

// pulse notices that the process has stood still.
type pulse struct {
	mu    sync.Mutex
	alive time.Time // when it was last seen to run
	stops int       // how often it has stood still
	last  time.Time // when it went on from the last
}

const pulseInterval = 500 * time.Millisecond

// beat says that the process runs, and returns how often it has stood still.
func (p *pulse) beat() (stops int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !p.alive.IsZero() && now.Sub(p.alive) > patience {
		p.stops++
		p.last = now
	}
	p.alive = now
	return p.stops
}

// run beats until done is closed.
func (p *pulse) run(done <-chan struct{}) {
	for ticker := time.NewTicker(pulseInterval); ; {
		select {
		case <-done:
			ticker.Stop()
			return
		case <-ticker.C:
			p.beat()
		}
	}
}

// wentOn reports whether the process has just gone on: what it reads now has waited meanwhile, or may have.
func (p *pulse) wentOn() bool {
	p.beat()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stops > 0 && time.Since(p.last) < catchUp
}

// catchUp is how long it may take to read what has waited, 64 KiB in a pipe: some milliseconds, and more if there is much else
// to do.
const catchUp = time.Second
