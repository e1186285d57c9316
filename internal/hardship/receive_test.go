package hardship

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/bench/quantile"
	"gset/replica"
)

// receiving: what an event costs, a Receive or a Tick that goes on with its answer, and what it puts out, while two
// replicas reconcile of which one holds many random elements and something that is pending. How long it takes depends on
// the machine, so that no time is asserted.
var receiving = []hardship{
	receivingOf(1_000_000, -1), receivingOf(1_000_000, 10), receivingOf(1_000_000, 100_000),
	receivingOf(5_000_000, -1), receivingOf(5_000_000, 10), receivingOf(5_000_000, 100_000),
}

func receivingOf(n, apart int) hardship {
	from := fmt.Sprintf("one that lacks %d", apart)
	if apart < 0 {
		from, apart = "an empty one", n
	}
	return hardship{
		name: fmt.Sprintf("Receive: %d random elements, a probe from %s", n, from), seeds: 1, heavy: true, long: true, huge: n > 1_000_000,
		measure: func(t *testing.T, seed uint64, f *figures) {
			ours, theirs := twins(t, seed, scaled(n), scaled(apart))
			from := ours.sizeOf(t)
			probe := theirs.probe(t)
			f.add("ms to receive it, the least of 3", "ms", ours.fastest(t, probe, 3).Seconds()*1000, goal{most: 5})
			d := dialogue{parties: [2]*party{ours, theirs}}
			d.run(t, probe)
			slices.Sort(d.took)
			for _, p := range []float64{0.5, 0.9, 0.99, 1} {
				name := fmt.Sprintf("ms of an event until all is said, p%g", 100*p)
				f.add(name, "ms", quantile.At(d.took, p).Seconds()*1000, goal{most: 5})
			}
			f.add("kB out of one event", "kB", float64(d.largest)/1000, goal{most: 256, kept: true})
			f.add("kB of one answer, out of the events due at once", "kB", float64(d.answer)/1000, goal{most: 256, kept: true})
			f.add("messages out of one event", "", float64(d.most), goal{most: 16, kept: true})
			f.add("bytes in all, over those that were missing", "", float64(d.bytes)/float64(ours.sizeOf(t)-from+d.missing), goal{})
			f.add("one-way trips", "", float64(d.trips), goal{})
		},
	}
}

// party is a replica that is driven by hand.
type party struct {
	*replica.Replica[*crdt.GSet]
	id, other replica.ID
	now       time.Duration
}

// twins returns a replica of n elements with something pending, and one that lacks some of them
// and has nothing pending.
func twins(t *testing.T, seed uint64, n, apart int) (ours, theirs *party) {
	t.Helper()
	theirState := random(seed, 0, n-apart)
	ourState := theirState.Clone()
	ourState.Join(random(seed, 1, apart))
	ours, theirs = newParty(t, "a", "b", ourState), newParty(t, "b", "a", theirState)
	for x := range int64(30) { // too many to go straight to everyone
		if _, err := ours.Update(ours.now, crdt.NewGSet(key(seed), x)); err != nil {
			t.Fatal(err)
		}
	}
	if ours.Pending().Len() == 0 {
		t.Fatal("nothing is pending")
	}
	return ours, theirs
}

func newParty(t *testing.T, id, other replica.ID, state *crdt.GSet) *party {
	t.Helper()
	members, err := replica.NewMembers("a", "b", "c")
	if err != nil {
		t.Fatal(err)
	}
	r, err := replica.New(replica.Config{Self: id, Members: members, Interval: interval, Probe: 10 * time.Second}, state, 0)
	if err != nil {
		t.Fatal(err)
	}
	return &party{r, id, other, 0}
}

// sizeOf is the length of the party's state.
func (p *party) sizeOf(t *testing.T) int { return size(t, p.State()) }

// probe has a party with nothing pending send a probe, to whomever it likes.
func (p *party) probe(t *testing.T) replica.Message[*crdt.GSet] {
	t.Helper()
	for range 10 {
		p.now = p.Deadline()
		for _, e := range p.Tick(p.now).Messages {
			if e.Message.Kind == replica.Probe {
				return e.Message
			}
		}
	}
	t.Fatal("it sends no probe")
	return replica.Message[*crdt.GSet]{}
}

// receive has a party receive a message, and returns how long that took and what it sends back.
func (p *party) receive(t *testing.T, m replica.Message[*crdt.GSet]) (time.Duration, []replica.Message[*crdt.GSet]) {
	t.Helper()
	p.now += ms
	began := time.Now()
	out, err := p.Receive(p.now, p.other, m)
	took := time.Since(began)
	if err != nil {
		t.Fatal(err)
	}
	return took, p.back(out)
}

// goOn has a party do what is due at once.
func (p *party) goOn() (time.Duration, []replica.Message[*crdt.GSet]) {
	p.now++
	began := time.Now()
	out := p.Tick(p.now)
	return time.Since(began), p.back(out)
}

// back returns what goes to the other party.
func (p *party) back(out replica.Output[*crdt.GSet]) (messages []replica.Message[*crdt.GSet]) {
	for _, e := range out.Messages {
		if e.To == p.other {
			messages = append(messages, e.Message)
		}
	}
	return messages
}

func (p *party) fastest(t *testing.T, m replica.Message[*crdt.GSet], times int) time.Duration {
	fastest := never
	for range times {
		took, _ := p.receive(t, m)
		fastest = min(fastest, took)
	}
	return fastest
}

// dialogue is what two parties say until neither has an answer.
type dialogue struct {
	parties        [2]*party
	took           []time.Duration // of each event
	largest, most  int             // bytes and messages that one event puts out
	answer         int             // bytes of the events that one message leads to at most
	bytes, missing int
	trips          int
}

// run begins with a message to the first.
func (d *dialogue) run(t *testing.T, m replica.Message[*crdt.GSet]) {
	t.Helper()
	d.missing = d.parties[0].sizeOf(t) - d.parties[1].sizeOf(t)
	const limit = 1000
	messages := []replica.Message[*crdt.GSet]{m}
	for ; len(messages) > 0 && d.trips < limit; d.trips++ {
		to := d.parties[d.trips%2]
		var answers []replica.Message[*crdt.GSet]
		for _, m := range messages {
			before := d.bytes
			took, back := to.receive(t, m)
			d.count(t, took, back)
			answers = append(answers, back...)
			for to.Deadline() <= to.now+1 {
				took, back = to.goOn()
				d.count(t, took, back)
				answers = append(answers, back...)
			}
			d.answer = max(d.answer, d.bytes-before)
		}
		messages = answers
	}
	if d.trips == limit {
		t.Error("the two never have done")
	}
}

// count takes in what an event has put out.
func (d *dialogue) count(t *testing.T, took time.Duration, back []replica.Message[*crdt.GSet]) {
	t.Helper()
	bytes := 0
	for i := range back {
		b, err := back[i].AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		bytes += len(b)
	}
	d.took = append(d.took, took)
	d.most, d.largest, d.bytes = max(d.most, len(back)), max(d.largest, bytes), d.bytes+bytes
}
