package loop

import "time"

// channel is the poller of a loop whose connections are all streams.
type channel struct {
	loop  *Loop
	woken chan struct{}
}

func newChannel(l *Loop) *channel { return &channel{loop: l, woken: make(chan struct{}, 1)} }

func (p *channel) wait(timeout int) error {
	if timeout != 0 && p.loop.sleep() {
		var expired <-chan time.Time
		if timeout > 0 {
			timer := time.NewTimer(time.Duration(timeout) * time.Millisecond)
			defer timer.Stop()
			expired = timer.C
		}
		select {
		case <-p.woken:
		case <-expired:
		}
	}
	p.loop.awake()
	return nil
}

func (p *channel) wake() { signal(p.woken) }

func (p *channel) close() error { return nil }
