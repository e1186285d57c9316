//go:build !linux

package squall

import (
	"sync"
	"time"
)

// alarm calls a function at a time that may be moved at any moment. Its
// precision is that of Go's timers, about a millisecond.
type alarm struct {
	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

// newAlarm makes an alarm that calls fire each time it goes off, until stop.
// No time is set.
func newAlarm(fire func()) (*alarm, error) {
	a := &alarm{}
	a.timer = time.AfterFunc(time.Hour, fire)
	a.timer.Stop()
	return a, nil
}

// set makes the alarm go off after d instead of when it was set to before.
func (a *alarm) set(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.stopped {
		a.timer.Reset(max(d, 0))
	}
}

// stop ends the alarm. A call of fire may still be under way.
func (a *alarm) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	a.timer.Stop()
}
