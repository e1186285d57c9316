package simnet

import (
	"testing"
	"time"

	"gset/crdt"
	"gset/replica"
)

// pair is a cluster of two, of which the messages are written down.
type pair struct {
	*Net[*crdt.GSet]
	sent, received []time.Duration
}

func newPair(t *testing.T, cfg Config) *pair {
	cfg.Nodes, cfg.Probe, cfg.Seed = 2, 3*time.Second, 1
	net, err := New(cfg, crdt.NewGSet(crdt.Key{1, 2}))
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{Net: net}
	net.Watch = func(f Fate, _ Packet[*crdt.GSet]) {
		switch f {
		case Sent:
			p.sent = append(p.sent, net.Now())
		case Received:
			p.received = append(p.received, net.Now())
		}
	}
	return p
}

// add has a client of n0 add something, which n0 sends to n1 at once, as its interval is 0.
func (p *pair) add(elements ...int64) { p.Update(0, crdt.NewGSet(crdt.Key{1, 2}, elements...)) }

func TestAFrozenNodeHearsLater(t *testing.T) {
	p := newPair(t, Config{Latency: Constant(10 * ms)})
	p.Freeze(1, 500*ms)
	p.add(1)
	p.Run(499 * ms)
	if len(p.received) > 0 || p.Replica(1).State().Len() > 0 {
		t.Fatal("it hears while it is frozen")
	}
	p.Cut = func(_, _ int) bool { return true } // it has come through before
	p.Run(500 * ms)
	if len(p.received) != 1 || !p.Replica(1).State().Contains(1) {
		t.Error("it has not heard what waited")
	}
}

func TestAFrozenNodeDoesNotTick(t *testing.T) {
	p := newPair(t, Config{})
	for node := range 2 {
		p.Freeze(node, 5*time.Second)
	}
	p.Run(5*time.Second - 1)
	if len(p.sent) > 0 || p.Ticks > 0 {
		t.Fatalf("%d messages, %d ticks", len(p.sent), p.Ticks)
	}
	p.Run(5 * time.Second)
	if len(p.sent) == 0 {
		t.Error("it goes on sleeping")
	}
}

func TestASlowNodeIsLate(t *testing.T) {
	p := newPair(t, Config{Latency: Constant(10 * ms)})
	p.Slow(1, 70*ms)
	p.add(1)
	p.Run(100 * ms)
	p.Slow(1, 0)
	p.add(2)
	p.Run(200 * ms)
	if len(p.received) != 2 || p.received[0] != 80*ms || p.received[1] != 110*ms {
		t.Errorf("messages sent at 0 and 100ms are received at %v", p.received)
	}
}

func TestBandwidthKeepsMessagesWaiting(t *testing.T) {
	p := newPair(t, Config{Latency: Constant(10 * ms), Bandwidth: 10_000})
	var due time.Duration
	for x := range int64(3) {
		p.add(x)
		due = time.Duration(p.Bytes) * time.Second / 10_000
	}
	if got := p.Backlog(); got != due {
		t.Errorf("%d bytes wait for %v, want %v", p.Bytes, got, due)
	}
	p.Run(900 * ms)
	if len(p.received) != 3 || p.received[2] != due+10*ms {
		t.Errorf("%d bytes are received at %v, the last is due at %v", p.Bytes, p.received, due+10*ms)
	}
	if p.Backlog() > 0 {
		t.Errorf("%v of backlog are left", p.Backlog())
	}
}

// TestClocksRunAtTheirOwnRates has a probe come early by a clock that is fast or set
// forward, and late by one that is slow or set back.
func TestClocksRunAtTheirOwnRates(t *testing.T) {
	first := func(change func(*pair)) time.Duration {
		p := newPair(t, Config{})
		p.Stop(1)
		change(p)
		p.Run(10 * time.Second)
		return p.sent[0]
	}
	usual := first(func(*pair) {})
	for name, c := range map[string]struct {
		change func(*pair)
		want   time.Duration
	}{
		"fast":    {func(p *pair) { p.Skew(0, 1_000_000) }, usual / 2},
		"slow":    {func(p *pair) { p.Skew(0, -500_000) }, 2 * usual},
		"forward": {func(p *pair) { p.Jump(0, 600*ms) }, usual - 600*ms},
		"back":    {func(p *pair) { p.Jump(0, -600*ms) }, usual + 600*ms},
	} {
		if got := first(c.change); (got - c.want).Abs() > time.Microsecond {
			t.Errorf("%s: the first probe comes at %v, want %v; it is %v by a clock that is right", name, got, c.want, usual)
		}
	}
}

func TestWhatMustNotHappenIsReported(t *testing.T) {
	p := newPair(t, Config{})
	var what []string
	p.Fail = func(w string) { what = append(what, w) }
	p.send(0, &replica.Envelope[*crdt.GSet]{To: "n1", Message: replica.Message[*crdt.GSet]{Kind: replica.Gather, View: 1 << 60, Delta: crdt.NewGSet(crdt.Key{1, 2})}})
	if len(what) != 1 {
		t.Errorf("a message that cannot be read: %q", what)
	}
	p.cfg.MaxMessage = 10
	p.add(1)
	if len(what) != 2 {
		t.Errorf("a message above the limit: %q", what)
	}
}
