package replica

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// floats is the estimator as its description has it, in floating point.
type floats struct {
	measured        bool
	mean, deviation float64
}

func (f *floats) sample(roundTrip float64) {
	roundTrip = max(roundTrip, 0)
	if !f.measured {
		*f = floats{true, roundTrip, roundTrip / 32}
		return
	}
	f.deviation = f.deviation*3/4 + math.Abs(roundTrip-f.mean)/4
	f.mean += (roundTrip - f.mean) / 8
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
			e.sample(time.Duration(s))
			f.sample(float64(s))
			near("mean", e.mean, f.mean)
			near("deviation", e.deviation, f.deviation)
			near("margin", e.margin(time.Second), max(6*f.deviation, 1e9))
			near("timeout", e.timeout(), f.mean+max(4*f.deviation, 1e6))
		}
	})
}

func TestTimeoutIsAlwaysBeyondTheMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := newEstimator()
		for _, s := range rapid.SliceOf(rapid.Int64Range(0, int64(time.Hour))).Draw(t, "round trips") {
			e.sample(time.Duration(s))
		}
		if e.timeout() < e.mean+clockGrain {
			t.Fatalf("mean %v, timeout %v", e.mean, e.timeout())
		}
	})
}

// TestTheMarginCoversAnIncreaseAtOnce: after a single message that came later than the mean says, a message sent a
// margin before that is not late again.
func TestTheMarginCoversAnIncreaseAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(time.Second)).Draw(t, "before"))
		after := before + time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "increase"))
		e := newEstimator()
		for range rapid.IntRange(1, 100).Draw(t, "samples") {
			e.sample(before)
		}
		for range rapid.IntRange(1, 100).Draw(t, "later samples") {
			if e.sample(after); e.mean+e.margin(1) < after {
				t.Fatalf("the mean is %v and the margin %v, after a message that took %v instead of %v", e.mean, e.margin(1), after, before)
			}
		}
	})
}

// TestRetriesDoNotConfuseTheEstimator is what Karn's algorithm is for: after a retry it must not
// matter which of the two messages an echo is of. It returns the stamp of the one it means.
func TestRetriesDoNotConfuseTheEstimator(t *testing.T) {
	const roundTrip, wait = 1700 * time.Millisecond, 300 * time.Millisecond
	for name, i := range map[string]int{"of the first": 0, "of the retry": 1} {
		t.Run(name, func(t *testing.T) {
			r := newLeaf(t)
			busy(r, 0)
			sent := of(update(t, r, 0, set(1)), Gather)
			for len(sent) < 2 {
				sent = append(sent, of(r.Tick(r.Deadline()), Gather)...)
			}
			stamp := sent[i].Message.Stamp
			receive(t, r, stamp+roundTrip+wait, r.Hub(), message{Kind: Scatter, Delta: set(1), Echoes: []Echo{{r.cfg.Self, stamp, wait}}})
			if r.rtt.mean != roundTrip {
				t.Errorf("measured %v, want %v", r.rtt.mean, roundTrip)
			}
		})
	}
}

// TestTimeSpentWaitingAtTheOtherEndIsNoRoundTrip has a hub whose clock is an hour ahead, and that answers
// a gather when its round ends.
func TestTimeSpentWaitingAtTheOtherEndIsNoRoundTrip(t *testing.T) {
	hub, leaf := newHub(t), newLeaf(t)
	const ahead, way = time.Hour, 100 * time.Millisecond
	update(t, hub, ahead, set(2)) // the round starts
	gather := only(t, update(t, leaf, time.Millisecond, set(1)))
	receive(t, hub, ahead+time.Millisecond+way, leaf.cfg.Self, gather.Message)
	due := hub.round.due
	for _, e := range of(tick(t, hub, due), Scatter) {
		if e.To == leaf.cfg.Self {
			receive(t, leaf, due-ahead+way, hub.cfg.Self, e.Message)
		}
	}
	if due == ahead+time.Millisecond+way || !leaf.rtt.measured || leaf.rtt.mean != 2*way {
		t.Errorf("measured %v, want %v", leaf.rtt.mean, 2*way)
	}
}

// TestAStrangeRoundTripIsBounded: a peer's echo of long ago, of the future, or with a wait that is a lie
// moves the estimate by a probe interval at most.
func TestAStrangeRoundTripIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newLeaf(t)
		now := 1000 * time.Hour
		for range rapid.IntRange(1, 20).Draw(t, "messages") {
			e := Echo{r.cfg.Self, durations().Draw(t, "stamp"), durations().Draw(t, "wait")}
			receive(t, r, now, r.hub, message{Kind: Scatter, Next: durations().Draw(t, "next"), Stamp: durations().Draw(t, "sent"), Echoes: []Echo{e}})
			if r.rtt.mean < 0 || r.rtt.mean > r.cfg.Probe || r.rtt.timeout() > 5*r.cfg.Probe {
				t.Fatalf("the round trip is %v, and the timeout %v", r.rtt.mean, r.rtt.timeout())
			}
			if soon := now + 3*r.cfg.Probe; r.Deadline() > soon {
				t.Fatalf("at %v the deadline is %v", now, r.Deadline())
			}
			now += time.Second
		}
	})
}

// TestAnEchoOfLongAgoIsNoRoundTrip replays to a leaf the scatter that answered its first gather, minutes
// later and again and again. The round trip stays what it was.
func TestAnEchoOfLongAgoIsNoRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newLeaf(t)
		echo := Echo{r.cfg.Self, time.Second, time.Millisecond}
		scatter := message{Kind: Scatter, Stamp: time.Second, Echoes: []Echo{echo}, Delta: set(1)}
		now := time.Second + 101*time.Millisecond
		receive(t, r, now, r.hub, scatter)
		want := r.rtt
		for range rapid.IntRange(1, 50).Draw(t, "replays") {
			now += r.cfg.Probe + time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "later"))
			receive(t, r, now, r.hub, scatter)
		}
		if r.rtt != want || want.mean != 100*time.Millisecond {
			t.Errorf("the round trip is %+v, it was %+v", r.rtt, want)
		}
	})
}

// TestTheWayToTheHubFollowsSteadyClocksAndBeginsAnewAfterAJump: the way is any number, since the origins of
// clocks differ.
func TestTheWayToTheHubFollowsSteadyClocksAndBeginsAnewAfterAJump(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roundTrip := newEstimator()
		roundTrip.sample(200 * time.Millisecond)
		way := estimator{}
		offset := time.Duration(rapid.Int64Range(-int64(time.Hour), int64(time.Hour)).Draw(t, "offset"))
		for range 50 {
			way.track(offset+time.Duration(rapid.Int64Range(0, int64(50*time.Millisecond)).Draw(t, "way")), &roundTrip)
		}
		if off := way.mean - offset; off < 0 || off > 50*time.Millisecond {
			t.Fatalf("the way is %v, off by %v", way.mean, off)
		}
		jump := time.Duration(rapid.SampledFrom([]int64{-1, 1}).Draw(t, "sign") * rapid.Int64Range(int64(time.Second), int64(time.Hour)).Draw(t, "jump"))
		way.track(way.mean+jump, &roundTrip)
		if was := offset + jump; (way.mean - was).Abs() > 50*time.Millisecond {
			t.Fatalf("after a jump of %v the way is %v, want %v", jump, way.mean, was)
		}
	})
}
