package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"gset/internal/store/modelfs"
)

// mishaps are what befalls a node's disk. The zero value but for rand and dieIn is none.
type mishaps struct {
	rand *rand.Rand

	dieIn int    // calls of the file system until the node dies; below 0 it does not
	dies  Event  // of which event
	dead  bool   // it has died, and whoever made the call has not found out
	last  string // the call in which it died

	failing    int64 // calls in a thousand that fail
	failsUntil time.Duration
	fullUntil  time.Duration
	full       bool
}

var (
	errDead = errors.New("the node is dead")
	errDisk = fmt.Errorf("simulated: %w", syscall.EIO)
)

// fault returns the error that a call of the file system is to fail with. Reads do not fail by themselves.
func (m *mishaps) fault(op modelfs.Op, name string) error {
	switch {
	case m.dead:
		return errDead
	case m.dieIn == 0:
		m.dead, m.last = true, fmt.Sprintf("%s %s", op, name)
		return errDead
	case m.dieIn > 0:
		m.dieIn--
	}
	switch op {
	case modelfs.Read, modelfs.Names, modelfs.Open, modelfs.Lock, modelfs.MkdirAll:
		return nil
	}
	if m.failing > 0 && m.rand.Int64N(1000) < m.failing {
		return errDisk
	}
	return nil
}

// troubled reports whether a commit may fail, and a store not open.
func (m *mishaps) troubled() bool { return m.dead || m.full || m.failing > 0 }

// befall has an event of a disk happen.
func (r *run[S, K]) befall(e Event) {
	if r.disks == nil {
		return
	}
	d, until := r.disks[e.Node], min(r.s.End, r.net.Now()+e.For)
	switch e.What {
	case Power, Kill:
		if e.Value < 0 {
			r.crash(e)
			return
		}
		d.dieIn, d.dies = int(e.Value), e
	case Full:
		d.full, d.fullUntil = true, max(d.fullUntil, until)
		d.fs.Capacity = d.fs.Size() + max(e.Value, 1)
		r.net.At(until, func() {
			if r.net.Now() >= d.fullUntil {
				d.full, d.fs.Capacity = false, 0
			}
		})
	case Fail:
		d.failing, d.failsUntil = e.Value, max(d.failsUntil, until)
		r.net.At(until, func() {
			if r.net.Now() >= d.failsUntil {
				d.failing = 0
			}
		})
	}
}

// die sees to a node that has died in a call of its file system.
func (r *run[S, K]) die(node int) {
	d := r.disks[node]
	r.tell("%-12v n%d dies in %s", r.net.Now(), node, d.last)
	r.result.Disks.Deaths++
	r.stopped(d.dies)
}

// mend ends all that befalls disks, and starts the nodes that have waited for that.
func (r *run[S, K]) mend() {
	if r.disks == nil {
		return
	}
	clear(r.tears)
	r.net.Tear = r.tear // it goes on making durable what events add
	for node, d := range r.disks {
		d.dieIn, d.failing, d.full, d.fs.Capacity = -1, 0, false, 0
		r.retry(node)
	}
}
