package node

import (
	"testing"
	"testing/synctest"
	"time"
)

// standStill makes the process one that was last seen to run so long ago.
func (p *pulse) standStill(long time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alive = p.alive.Add(-long)
}

func TestRequestsFromBeforeTheProcessStoodStillAreNotAnswered(t *testing.T) {
	o, _, disk := slow()
	o.pulse = new(pulse)
	synctest.Test(t, func(t *testing.T) {
		c := start(t, GCounter(), o, "n1")
		c.init("n1")

		o.pulse.standStill(patience - time.Second)
		c.want("n1", `{"type":"add","delta":1}`, `{"type":"add_ok"}`)

		o.pulse.standStill(patience + time.Second) // these were in its input meanwhile
		if said := c.say("n1", adds("g-counter", 10)...); len(said) > 0 {
			t.Errorf("requests that waited in the input are answered: %s", said)
		}
		time.Sleep(2 * time.Second)
		c.want("n1", `{"type":"read"}`, `{"type":"read_ok","value":1}`)

		disk.takes.Store(int64(10 * time.Millisecond))
		c.say("n1", `{"src":"c1","dest":"n1","body":{"type":"add","msg_id":2000,"delta":5}}`)
		o.pulse.standStill(patience + time.Second) // and this one in its memory
		time.Sleep(20 * time.Millisecond)
		if said := c.say("n1"); len(said) > 0 {
			t.Errorf("an update that waited in memory is answered: %s", said)
		}
		time.Sleep(2 * time.Second)
		c.want("n1", `{"type":"read"}`, `{"type":"read_ok","value":6}`)
		c.wantTotal("n1", stale, 11)
	})
}

func TestAProcessThatRunsDoesNotStandStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pulse
		done := make(chan struct{})
		go p.run(done)
		time.Sleep(time.Hour)
		if n := p.beat(); n != 0 {
			t.Errorf("it has stood still %d times", n)
		}
		close(done)
		time.Sleep(time.Hour)
		if n := p.beat(); n != 1 {
			t.Errorf("in an hour without a beat it has stood still %d times", n)
		}
	})
}
