package replica

import (
	"math"
	"testing"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

// floats is the estimator as its description has it, in floating point.
type floats struct {
	measured        bool
	mean, deviation float64
}

func (f *floats) sample(roundTrip, k float64) {
	roundTrip = max(roundTrip, 0)
	if !f.measured {
		*f = floats{true, roundTrip, roundTrip / 32}
		return
	}
	f.deviation = f.deviation*15/16 + math.Abs(roundTrip-f.mean)/16
	f.mean += (roundTrip - f.mean) / 8 / k
}

func TestEstimatorFollowsItsDescription(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, f := newEstimator(), floats{mean: float64(time.Second)}
		near := func(what string, got time.Duration, want float64) {
			if math.Abs(float64(got)-want) > 200 { // rounding, a nanosecond a step
				t.Fatalf("%s is %v, want %v", what, got, time.Duration(want))
			}
		}
		for range rapid.IntRange(0, 60).Draw(t, "samples") {
			s := rapid.Int64Range(-int64(time.Second), int64(time.Minute)).Draw(t, "round trip")
			k := rapid.IntRange(1, 1000).Draw(t, "k")
			e.sample(time.Duration(s), k)
			f.sample(float64(s), float64(k))
			near("mean", e.mean, f.mean)
			near("deviation", e.deviation, f.deviation)
			near("margin", e.margin(), max(6*f.deviation, 1e6))
			near("timeout", e.timeout(), f.mean+max(4*f.deviation, 1e6))
		}
	})
}

func TestTimeoutIsAlwaysBeyondTheMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := newEstimator()
		for _, s := range rapid.SliceOf(rapid.Int64Range(0, int64(time.Hour))).Draw(t, "round trips") {
			e.sample(time.Duration(s), 1)
		}
		if e.timeout() < e.mean+clockGrain || e.margin() < clockGrain || e.settling() <= 0 {
			t.Fatalf("mean %v, timeout %v, margin %v", e.mean, e.timeout(), e.margin())
		}
	})
}

// TestTheLastGathersOfARoundAreNotAllOfIt: the members near a hub gather last, and have the
// shortest way. There are few of them.
func TestTheLastGathersOfARoundAreNotAllOfIt(t *testing.T) {
	const far, near = 150 * time.Millisecond, 100 * time.Millisecond
	e := newEstimator()
	for range 20 {
		for k := 1; k <= 200; k++ {
			if k <= 185 {
				e.sample(far, k)
			} else {
				e.sample(near, k)
			}
		}
	}
	if e.mean < far-5*time.Millisecond || e.mean > far {
		t.Errorf("the mean is %v, of 185 round trips of %v and 15 of %v in each round", e.mean, far, near)
	}
}

// TestRetriesDoNotConfuseTheEstimator is what Karn's algorithm is for: after a retry
// it must not matter which of the two messages an answer answers. An answer returns
// the stamp of the one it means.
func TestRetriesDoNotConfuseTheEstimator(t *testing.T) {
	const roundTrip, wait = 1700 * time.Millisecond, 300 * time.Millisecond
	answerTo := map[string]int{"the first": 0, "the retry": 1}
	for name, i := range answerTo {
		t.Run(name, func(t *testing.T) {
			r := newLeaf(t)
			sent := []Message[*crdt.GSet]{only(t, r.Update(0, set(1)))}
			for len(sent) < 2 { // it may probe before
				for _, e := range r.Tick(r.Deadline()).Messages {
					if e.To == r.Hub() && e.Message.Kind != Probe {
						sent = append(sent, e.Message)
					}
				}
			}
			now := sent[i].Stamp + roundTrip + wait
			_, err := r.Receive(now, r.Hub(), Message[*crdt.GSet]{
				Kind: Scatter, Delta: set(1), Answer: &Answer{Stamp: sent[i].Stamp, Wait: wait},
			})
			if err != nil || r.rtt.mean != roundTrip {
				t.Errorf("measured %v, want %v; %v", r.rtt.mean, roundTrip, err)
			}
		})
	}
}

func TestTimeSpentWaitingAtTheOtherEndIsNoRoundTrip(t *testing.T) {
	hub, leaf := newHub(t), newLeaf(t)
	gather := only(t, leaf.Update(0, set(1)))
	// The hub's clock is an hour ahead, and it answers after 40 ms.
	const ahead = time.Hour
	if _, err := hub.Receive(ahead+100*time.Millisecond, leaf.cfg.Self, gather); err != nil {
		t.Fatal(err)
	}
	out := hub.Update(ahead+140*time.Millisecond, set(2))
	for _, e := range out.Messages {
		t.Fatalf("a hub that has just scattered sends a %v", e.Message.Kind)
	}
	out = hub.Tick(hub.Deadline())
	for _, e := range out.Messages {
		if e.To != leaf.cfg.Self {
			continue
		}
		if _, err := leaf.Receive(hub.round.due-hub.period()-ahead+100*time.Millisecond, hub.cfg.Self, e.Message); err != nil {
			t.Fatal(err)
		}
	}
	if !leaf.rtt.measured || leaf.rtt.mean != 200*time.Millisecond {
		t.Errorf("measured %v, want 200ms", leaf.rtt.mean)
	}
}
