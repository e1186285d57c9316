package simnet

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gset/crdt"
	"gset/replica"
)

// Every test here draws scenarios. One that fails prints how to play it again: with
// -rapid.seed, or with the file that has its smallest form. For a longer search:
//
//	go test ./internal/simnet -run TestAfterTheLastFault -rapid.checks=20000

// convergence is how long after the last fault all nodes are equal, at the latest.
//
// A node whose state is not that of another finds out by a probe, which is sent after
// one to one and a half probe intervals at the latest, to a random peer. It may be one
// of its own opinion, so there is no bound that holds for certain; of 20,000
// scenarios the worst took two. What it finds out is then exchanged, kept back as
// hearsay for a round trip (a second if none was ever measured), gathered and
// scattered. Interrupted rounds may have to be tried again.
func (s scenario) convergence() time.Duration {
	return 5*s.Probe + 3*s.Interval + 10*s.Hop + 1500*time.Millisecond
}

// TestAfterTheLastFaultEveryoneIsEqualAndThenQuiet also holds the invariants that
// run checks all along: states only grow, nobody holds what nobody added, and all that
// a node has was told to be made durable, so that it comes back after a crash; a
// replica that is not due does nothing. The network itself panics at messages above
// the limit.
func TestAfterTheLastFaultEveryoneIsEqualAndThenQuiet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenarios().Draw(t, "scenario")
		r := s.start(t.Fatalf)
		r.Run(s.End + s.convergence())
		for node := range r.Nodes() {
			if got := r.Replica(node).State(); !got.Equal(r.added) {
				t.Fatalf("%v after the last fault n%d lacks %v", s.convergence(), node, r.added.Minus(got))
			}
		}
		// Every tick does something, or comes from a deadline that a message or
		// another tick moved.
		if busy := r.Sent + r.Delivered + r.updates + 10*r.Nodes(); r.Ticks > 2*busy {
			t.Fatalf("%d ticks for %d messages sent, %d delivered and %d updates", r.Ticks, r.Sent, r.Delivered, r.updates)
		}
		r.Run(r.Now() + s.convergence()) // for the last acknowledgements
		r.requireQuiet(t, s, 20)
	})
}

// requireQuiet watches for some probe intervals that nobody sends anything but
// probes of constant size, at most one an interval each.
func (r *run) requireQuiet(t rapid.TB, s scenario, intervals int) {
	const largest = 2 + 3 + 16 + 5*9 // two bytes, a view and a count below 2^21, a hash, three times
	sent, ticks := r.Sent, r.Ticks
	r.Watch = func(f Fate, p Packet[*crdt.GSet]) {
		if p.Message.Kind != replica.Probe || p.Size > largest {
			t.Fatalf("in a quiet cluster n%d sends n%d a %v of %d bytes", p.From, p.To, p.Message.Kind, p.Size)
		}
	}
	r.Run(r.Now() + time.Duration(intervals)*s.Probe)
	sent, ticks = r.Sent-sent, r.Ticks-ticks
	if most := r.Nodes() * intervals; sent > most {
		t.Fatalf("%d probes in %d probe intervals of %d nodes", sent, intervals, r.Nodes())
	}
	if ticks > 3*sent+3*r.Nodes() {
		t.Fatalf("%d ticks to send %d probes", ticks, sent)
	}
}

func TestTheSameSeedGivesTheSameMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenarios().Draw(t, "scenario")
		play := func(s scenario) (trace uint64, sent, bytes int) {
			r := s.start(t.Fatalf)
			r.Run(s.End + time.Second)
			return r.Trace(), r.Sent, r.Bytes
		}
		trace, sent, bytes := play(s)
		again, sentAgain, bytesAgain := play(s)
		if trace != again || sent != sentAgain || bytes != bytesAgain {
			t.Fatalf("%d messages, %d bytes, trace %x; then %d, %d, %x", sent, bytes, trace, sentAgain, bytesAgain, again)
		}
		s.Seed++
		if other, _, _ := play(s); sent > 0 && other == trace {
			t.Fatalf("another seed gives the same trace %x", trace)
		}
	})
}

// TestWithoutFaultsNoUpdateWaitsForAProbe is about the time while messages get through:
// constant latency, no loss, clients at any node. An update is then everywhere two hops and
// an interval after it was made, but for a few that come to a hub late, and those
// take less than another interval. (The first ones, before any round trip was
// measured, may take an interval and a hop more.)
func TestWithoutFaultsNoUpdateWaitsForAProbe(t *testing.T) {
	for _, c := range []struct {
		name      string
		interval  func(hop time.Duration, rng *rand.Rand) time.Duration
		late, all int // how many may be late
	}{
		{"interval above a round trip", func(hop time.Duration, rng *rand.Rand) time.Duration {
			return 2*hop + time.Duration(rng.IntN(1000))*ms
		}, 1, 300},
		{"interval below a round trip", func(hop time.Duration, rng *rand.Rand) time.Duration {
			return 1 + time.Duration(rng.Int64N(int64(2*hop)))
		}, 1, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			late, all := 0, 0
			for seed := range uint64(runs(200)) {
				rng := rand.New(rand.NewPCG(seed, 0))
				hop := time.Duration(1+rng.IntN(300)) * ms
				interval := c.interval(hop, rng)
				net, err := New(Config{
					Nodes: 2 + rng.IntN(8), Interval: interval, Probe: 3*interval + 6*hop + 500*ms,
					Seed: seed, Latency: Constant(hop),
				}, crdt.NewGSet(crdt.Key{1, 2}))
				if err != nil {
					t.Fatal(err)
				}
				warm := 5 * (interval + 2*hop)
				result := RunBroadcast(net, Broadcast{
					Rate:     1 + 100*rng.Float64(),
					Duration: 5*time.Second + warm,
					Rest:     2 * (warm + time.Second),
				})
				for x, latency := range result.ByElement {
					promise := interval + 2*hop
					if result.AddedAt[x] < warm {
						promise += interval + hop
					}
					all++
					if latency > promise {
						late++
					}
					if latency < 0 || latency > promise+interval {
						t.Fatalf("seed %d: element %d, added at %v, took %v, promised are %v", seed, x, result.AddedAt[x], latency, promise)
					}
				}
			}
			t.Logf("%d of %d are late", late, all)
			if late*c.all > all*c.late {
				t.Errorf("%d of %d are late, more than %d in %d", late, all, c.late, c.all)
			}
		})
	}
}
