package replica

import "time"

const (
	// initialRoundTrip is what is assumed before any round trip has been measured:
	// the initial retransmission timeout of RFC 6298, section 2.1.
	initialRoundTrip = time.Second

	// clockGrain is the least variation the estimator admits: timers and
	// schedulers are not better than this.
	clockGrain = time.Millisecond
)

// estimator is Jacobson's round-trip estimator (Jacobson 1988, RFC 6298). A sample
// leaves out the time a message waited at the other end, and every answer returns
// the stamp of the message it answers, so retries cannot confuse it (RFC 7323).
type estimator struct {
	measured  bool
	mean      time.Duration // smoothed round trip
	deviation time.Duration // smoothed mean deviation
}

func newEstimator() estimator { return estimator{mean: initialRoundTrip} }

// sample takes in one measured round trip, the k-th of a hub's round, else k is 1. A hub
// measures one with every gather, and the last of a round are not like the others: those
// near the hub, in a tree, time theirs the most tightly. So the k-th counts a k-th as much.
func (e *estimator) sample(roundTrip time.Duration, k int) {
	roundTrip = max(roundTrip, 0)
	e.add(roundTrip, roundTrip/32, k)
}

// track takes in one measured way to the hub, as the two clocks show it: any number, since their
// origins differ. If one of the clocks has jumped the estimator begins anew.
func (e *estimator) track(way time.Duration, roundTrip *estimator) {
	if (way - e.mean).Abs() > roundTrip.timeout() {
		e.measured = false
	}
	e.add(way, roundTrip.mean/32, 1)
}

// add takes in a sample, the k-th of its kind. deviation is what is assumed at the first one.
//
// The deviation follows more slowly than in RFC 6298 (a sixteenth of each error, not a
// quarter), and starts low: the margin must cover rare stragglers, and a few samples of a
// steady path say nothing of them.
func (e *estimator) add(sample, deviation time.Duration, k int) {
	if !e.measured {
		*e = estimator{true, sample, deviation}
		return
	}
	e.deviation += ((sample - e.mean).Abs() - e.deviation) / 16
	e.mean += (sample - e.mean) / time.Duration(8*k)
}

// margin is how much earlier than the mean says a message should be sent that must
// not be late. Six mean deviations: a late gather costs a whole interval, an
// early one nothing but the time that it is early.
func (e *estimator) margin() time.Duration { return max(6*e.deviation, clockGrain) }

// timeout is the time after which a message or its answer is taken for lost: what was on its way,
// for two hops perhaps, has arrived after it.
func (e *estimator) timeout() time.Duration {
	return e.mean + max(4*e.deviation, clockGrain)
}
