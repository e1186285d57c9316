package bench

import (
	"fmt"
	"time"
)

// How a node that does not answer is looked at before it is said what it does: more than once, since a moment
// tells little.
const (
	looks    = 5
	lookings = 20 * time.Millisecond // from one look to the next
)

// starved is the part of the time that a node was waited for from which it is told that it had no processor.
const starved = 10

// morePatient is how many times as long a node is to be waited for when it is tried again.
const morePatient = 3

// silence says in a clause what a process does that has not answered for some time, as far as the operating system
// tells. A process that hangs shall not read like one that had no time: late is set if it may have been busy, and
// then the clause names the option that gives it more time.
func (l *life) silence(waited time.Duration, option string) (clause string, late bool) {
	more := fmt.Sprintf("%s %v gives nodes more time", option, (morePatient * waited).Seconds())
	if l.process == nil {
		return "", false
	}
	idle, unread := true, false
	var queued time.Duration
	for range looks {
		a, ok := l.process.Activity()
		if !ok {
			return "; if the computer is busy, " + more, true
		}
		idle = idle && a.Idle
		unread, queued = a.Unread > 0, a.Queued
		time.Sleep(lookings)
	}
	switch {
	case queued > waited/starved:
		return fmt.Sprintf(": it waited %.1f s for a processor, so the computer is busy; %s", queued.Seconds(), more), true
	case !idle:
		return ": it is still at work, and the computer may be busy; " + more, true
	case unread:
		return ": it does nothing, and has not read its standard input", false
	}
	return ": it has read its standard input, and does nothing", false
}
