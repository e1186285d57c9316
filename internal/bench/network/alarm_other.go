//go:build !linux

package network

// NewAlarm makes an alarm that calls fire each time it goes off, until stop.
// No time is set.
func NewAlarm(fire func()) (Alarm, error) { return NewTimerAlarm(fire) }
