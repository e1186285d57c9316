package simnet

import (
	"math/rand/v2"
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
	p.send(0, &replica.Envelope[*crdt.GSet]{To: "n1", Message: replica.Message[*crdt.GSet]{Kind: 15, Delta: crdt.NewGSet(crdt.Key{1, 2})}})
	if len(what) != 1 {
		t.Errorf("a message that cannot be read: %q", what)
	}
	p.cfg.MaxMessage = 10
	p.add(1)
	if len(what) != 2 {
		t.Errorf("a message above the limit: %q", what)
	}
}

func TestWhatDoesNotFitABufferIsLost(t *testing.T) {
	p := newPair(t, Config{Latency: Constant(10 * ms), Bandwidth: 10_000, Buffer: 200})
	for x := range int64(20) {
		p.add(x)
	}
	if most := 250 * time.Second / 10_000; p.Dropped == 0 || p.Backlog() > most {
		t.Errorf("%d messages are lost, and %v of backlog are left, where %v fit", p.Dropped, p.Backlog(), most)
	}
	sent, dropped := len(p.sent), p.Dropped
	p.Run(time.Second)
	if len(p.received) != sent-dropped {
		t.Errorf("of %d messages %d are lost and %d received", sent, dropped, len(p.received))
	}

	p = newPair(t, Config{Latency: Constant(10 * ms), Buffer: 200})
	p.Freeze(1, time.Second)
	for x := range int64(20) {
		p.add(x)
	}
	p.Run(time.Second)
	if len(p.received) == 0 || p.Dropped != 20-len(p.received) || p.Dropped < 5 {
		t.Errorf("of 20 messages to a frozen node %d are lost and %d received", p.Dropped, len(p.received))
	}
}

func TestAMessageIsReplayedMuchLater(t *testing.T) {
	p := newPair(t, Config{Latency: Constant(10 * ms), Replay: 1, ReplayWithin: time.Hour})
	p.add(1)
	p.Run(time.Minute)
	again := p.Sent
	p.Run(2 * time.Hour)
	if len(p.received) < 3*again/2 {
		t.Errorf("%d messages are received %d times", p.Sent, len(p.received))
	}
}

// TestDamageIsEitherRefusedOrDropped damages every message, so that nothing comes through.
func TestDamageIsEitherRefusedOrDropped(t *testing.T) {
	for seed := range uint64(runs(50)) {
		p := newPair(t, Config{Latency: Constant(10 * ms), Corruption: 1})
		p.rand = rand.New(rand.NewPCG(seed, 1))
		for x := range int64(20) {
			p.add(x, x*1000, x<<40)
			p.Run(p.Now() + time.Second)
		}
		if p.Damaged != p.Sent || len(p.received) > 0 {
			t.Errorf("seed %d: of %d messages %d are damaged, and %d come through", seed, p.Sent, p.Damaged, len(p.received))
		}
	}
}

// TestATornNodeStopsInTheMiddleOfAnEvent before what it has been told is durable, or between two of
// its messages.
func TestATornNodeStopsInTheMiddleOfAnEvent(t *testing.T) {
	for _, cut := range []Torn{{}, {Durable: true}, {Durable: true, Messages: 1}, {Durable: true, Messages: 9}} {
		net, err := New(Config{Nodes: 5, Probe: time.Second, Seed: 1}, crdt.NewGSet(crdt.Key{1, 2}))
		if err != nil {
			t.Fatal(err)
		}
		durable := 0
		net.OnGrow = func(node int, novel *crdt.GSet) {
			if node == 0 && novel != nil {
				durable += novel.Len()
			}
		}
		net.Tear = func(node int, _ replica.Output[*crdt.GSet]) (bool, Torn) { return node == 0, cut }
		net.Update(0, crdt.NewGSet(crdt.Key{1, 2}, 7))
		if net.Replica(0) != nil {
			t.Errorf("%+v: it goes on", cut)
		}
		if want := min(cut.Messages, 4); net.Sent != want || (durable == 1) != cut.Durable {
			t.Errorf("%+v: it sends %d messages, and has made %d elements durable", cut, net.Sent, durable)
		}
	}
}

func TestMembersChange(t *testing.T) {
	net, err := New(Config{Nodes: 3, Interval: 250 * ms, Probe: time.Second, Seed: 1}, crdt.NewGSet(crdt.Key{1, 2}))
	if err != nil {
		t.Fatal(err)
	}
	two, err := net.Members(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for node := range 3 {
		net.SetMembers(node, two)
	}
	net.Watch = func(fate Fate, p Packet[*crdt.GSet]) {
		if fate == Sent && p.To == 2 {
			t.Errorf("at %v n%d sends a %v to a node that has left", net.Now(), p.From, p.Message.Kind)
		}
	}
	net.Stop(2)
	for x := range int64(50) {
		net.Update(int(x%2), crdt.NewGSet(crdt.Key{1, 2}, x))
		net.Run(net.Now() + 50*ms)
	}
	net.Watch = nil
	three, err := net.Members(0, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	for node := range 3 {
		net.SetMembers(node, three)
	}
	if err := net.Restore(2, replica.Snapshot[*crdt.GSet]{Stable: crdt.NewGSet(crdt.Key{1, 2}), Pending: crdt.NewGSet(crdt.Key{1, 2}, 100)}); err != nil {
		t.Fatal(err)
	}
	net.Run(net.Now() + 5*time.Second)
	if got := net.Replica(0).State().Len(); got != 51 || !net.Converged() {
		t.Errorf("after it has come back with something of its own n0 has %d elements, equal to all: %v", got, net.Converged())
	}
}
