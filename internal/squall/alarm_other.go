//go:build !linux

package squall

// newAlarm makes an alarm that calls fire each time it goes off, until stop.
// No time is set.
func newAlarm(fire func()) (alarm, error) { return newTimerAlarm(fire) }
