package network

import (
	"testing"
	"testing/synctest"
	"time"
)

// alarms are the kinds there are: the one that the bench uses here, and the one that
// it uses elsewhere and in virtual time.
var alarms = map[string]func(fire func()) (Alarm, error){"newAlarm": NewAlarm, "newTimerAlarm": NewTimerAlarm}

// Alarms in real time may be late, and must not be early.
func TestAnAlarmGoesOffWhenItWasLastSetTo(t *testing.T) {
	for name, newAlarm := range alarms {
		t.Run(name, func(t *testing.T) {
			fired := make(chan time.Time)
			a, err := newAlarm(func() { fired <- time.Now() })
			if err != nil {
				t.Fatal(err)
			}
			defer a.Stop()
			for _, after := range []time.Duration{10 * time.Millisecond, 0, -time.Second, 5 * time.Millisecond} {
				a.Set(time.Hour)
				set := time.Now()
				a.Set(after)
				if took := (<-fired).Sub(set); took < after {
					t.Errorf("went off after %v, want %v", took, after)
				}
			}
		})
	}
}

func TestAnAlarmIsExactInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fired []time.Duration
		began := time.Now()
		a, err := NewTimerAlarm(func() { fired = append(fired, time.Since(began)) })
		if err != nil {
			t.Fatal(err)
		}
		a.Set(time.Second)
		a.Set(3 * time.Second)
		time.Sleep(time.Minute)
		a.Set(time.Second)
		a.Stop()
		a.Set(time.Second)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(fired) != 1 || fired[0] != 3*time.Second {
			t.Errorf("went off at %v, want once, at 3 s", fired)
		}
	})
}
