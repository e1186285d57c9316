package network

import (
	"sync"
	"time"
)

// Alarm calls a function at a time that may be moved at any moment.
type Alarm interface {
	// Set makes the alarm go off after d, or at once if d is not positive,
	// instead of when it was set to before. After stop it does nothing.
	Set(d time.Duration)
	// Stop ends the alarm. A call of its function may still be under way.
	Stop()
}

// timerAlarm is an alarm on Go's own timers, whose precision is about a
// millisecond. It keeps virtual time too, so tests of the bench run on it.
type timerAlarm struct {
	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

// NewTimerAlarm makes an alarm that calls fire each time it goes off, until
// stop. No time is set.
func NewTimerAlarm(fire func()) (Alarm, error) {
	a := &timerAlarm{}
	a.timer = time.AfterFunc(time.Hour, fire)
	a.timer.Stop()
	return a, nil
}

func (a *timerAlarm) Set(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.stopped {
		a.timer.Reset(max(d, 0))
	}
}

func (a *timerAlarm) Stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	a.timer.Stop()
}
