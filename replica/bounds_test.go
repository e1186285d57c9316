package replica

import (
	"math"
	"strings"
	"testing"
	"time"

	"gset/crdt"
)

// TestNoMessageIsAboveTheLimit makes deltas and states of all lengths around the least limit, so that
// some parts just fit, and headers as long as they come: names of 255 bytes, the greatest view, a clock
// that shows the greatest time, and echoes.
func TestNoMessageIsAboveTheLimit(t *testing.T) {
	const late = math.MaxInt64 - time.Duration(24*time.Hour)
	largest := 0
	for count := int64(1); count < 450; count += 7 {
		for _, gap := range []int64{100, 300, 1 << 40} {
			updates := set()
			for i := range count {
				updates.Insert(i * gap)
			}
			for _, hub := range []bool{true, false} {
				r := longNamed(t, hub)
				check := func(out output) {
					t.Helper()
					checkOutput(t, r, out)
					for _, e := range out.Messages {
						largest = max(largest, len(encode(t, e.Message)))
					}
				}
				from := peers(r)[0]
				say := func(m message) {
					m.Stamp = late
					check(receive(t, r, late, from, m))
				}
				say(message{Kind: Probe, View: math.MaxUint64, Digest: r.fingerprint(), Sketch: crdt.SketchOf(set(), 0)})
				check(update(t, r, late, updates))
				// Acknowledged, the updates are stable: what is pending is not told in a repair.
				say(message{Kind: Scatter, Delta: updates})
				say(message{Kind: Probe, Sketch: crdt.SketchOf(set(), 0)}) // answered with cells or a sketch
				say(message{Kind: Diff, Delta: set()})
				var want []crdt.CellID
				for c := range updates.Cells(0) {
					want = append(want, c.ID)
				}
				say(message{Kind: Cells, Want: want})
				// A sketch of other cells that decodes, and one that does not.
				others := set()
				for i := range int64(20) {
					others.Insert(i << 55)
				}
				for _, n := range []int{1, 200} {
					both := joined(others, r.State())
					say(message{Kind: Diff, Sketch: crdt.SketchOf(both, n)})
					say(message{Kind: Diff, Sketch: crdt.SketchOf(others, n)})
				}
			}
		}
	}
	if room := 1500 - maxHeader - 2*MaxID; largest < room {
		t.Errorf("the longest message is %d bytes, and no part filled the %d there are", largest, room)
	}
}

// longNamed returns the hub or a leaf of four members whose names are as long as names can be, and whose
// messages are as short as that permits.
func longNamed(t *testing.T, hub bool) *setReplica {
	var ids []ID
	for _, letter := range "abcd" {
		ids = append(ids, ID(strings.Repeat(string(letter), MaxID)))
	}
	cfg := Config{Members: listOf(t, ids...), MaxMessage: 1500}
	at := cfg.Members.hub(draw(key, 0))
	for _, cfg.Self = range ids {
		if (cfg.Self == at) == hub {
			break
		}
	}
	return start(t, cfg, bottom.New())
}

// TestTheLeastLimitIsEnough has clusters with the least MaxMessage and names of up to 255 bytes take
// updates that each need many messages.
func TestTheLeastLimitIsEnough(t *testing.T) {
	for _, long := range []int{1, 100, MaxID} {
		var ids []ID
		for _, letter := range "abcde" {
			ids = append(ids, ID(strings.Repeat(string(letter), long)))
		}
		for _, interval := range []time.Duration{DefaultInterval, Eager} {
			c := newCluster[*crdt.GSet](t)
			cfg := Config{Members: listOf(t, ids...), MaxMessage: MinMessage, Interval: interval, Fanout: 2}
			for _, cfg.Self = range ids {
				c.start(cfg, set())
			}
			for i, id := range ids {
				c.update(id, apart(int64(1000*i), 400))
				c.run(50 * time.Millisecond)
			}
			if !c.runUntil(time.Minute, func() bool { return c.equal() && c.settled() }) {
				t.Errorf("with names of %d bytes and an interval of %v members are not equal after a minute", long, interval)
			}
			if got := c.nodes[0].State().Len(); got != 2000 {
				t.Errorf("they hold %d elements of 2000", got)
			}
		}
	}
}

// TestAClockSince1970WorksInTheYear2100: members whose clocks show the time since 1970, one of them
// since 1900.
func TestAClockSince1970WorksInTheYear2100(t *testing.T) {
	const year2100 = 4102444800 * time.Second
	c := newCluster[*crdt.GSet](t)
	for i, id := range names(5) {
		x := c.place(id)
		x.ahead = year2100 + time.Duration(i)*time.Second
		if i == 4 {
			x.ahead += 70 * 365 * 24 * time.Hour
		}
		c.start(Config{Self: id, Members: listOf(t, names(5)...)}, set())
	}
	c.watch = func(fate string, l letter[*crdt.GSet]) {
		if fate != "" {
			t.Fatalf("a %v of %s is %s", l.Message.Kind, l.from, fate)
		}
	}
	for i := range int64(100) {
		c.update(names(5)[i%5], set(i))
		c.run(20 * time.Millisecond)
	}
	c.run(time.Second)
	if !c.equal() || !c.settled() {
		t.Error("they are not equal")
	}
	for _, x := range c.nodes {
		if x.hub != x.id && (x.rtt.mean < 150*time.Millisecond || x.rtt.mean > 250*time.Millisecond) {
			t.Errorf("%s has measured a round trip of %v, of 200 ms", x.id, x.rtt.mean)
		}
	}
}

// TestOneMemberKeepsToItself has nobody to talk to, and nothing to wait for.
func TestOneMemberKeepsToItself(t *testing.T) {
	for _, interval := range []time.Duration{0, Eager} {
		r := start(t, Config{Self: "a", Members: listOf(t, "a"), Interval: interval}, set())
		out := update(t, r, 0, set(1))
		if len(out.Messages) > 0 || !out.Durable.Equal(set(1)) {
			t.Errorf("%d messages, durable %v", len(out.Messages), out.Durable)
		}
		if r.Deadline() != Never || r.Pending().Len() > 0 || !r.Stable().Equal(set(1)) {
			t.Errorf("deadline is %v, pending %v, stable %v", r.Deadline(), r.Pending(), r.Stable())
		}
	}
}

// TestTwoMembersNeedNoWitness: whichever of two dies, the other one goes on, and the two are equal soon
// after it is back.
func TestTwoMembersNeedNoWitness(t *testing.T) {
	for _, dies := range names(2) {
		c := clusterOf(t, 2, Config{}, bottom)
		for i := range int64(20) {
			c.update(names(2)[i%2], set(i))
			c.run(20 * time.Millisecond)
		}
		c.run(time.Second)
		state := c.node(dies).Stable().Clone()
		cfg := c.node(dies).cfg
		c.find(dies).Replica = nil
		other := c.running()[0]
		for i := range int64(100) {
			c.update(other.id, set(100+i))
			c.run(50 * time.Millisecond)
		}
		if c.run(2 * time.Second); other.Pending().Len() > 0 {
			t.Errorf("%s died, and %s waits for it with %v", dies, other.id, other.Pending())
		}
		cfg.Incarnation++
		c.start(cfg, state)
		if !c.runUntil(3*DefaultProbe, c.equal) {
			t.Errorf("%s is back, and they are not equal", dies)
		}
	}
}
