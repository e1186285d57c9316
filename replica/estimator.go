package replica

import "time"

const (
	// initialRoundTrip is what is assumed before any round trip has been measured:
	// the initial retransmission timeout of RFC 6298, section 2.1.
	initialRoundTrip = time.Second

	// clockGrain is the least variation that a timeout admits: timers and
	// schedulers are not better than this.
	clockGrain = time.Millisecond
)

// estimator is Jacobson's round-trip estimator (Jacobson 1988, RFC 6298). A sample
// leaves out the time a message waited at the other end, and every answer returns
// the stamp of the message it answers, so retries cannot confuse it (RFC 7323).
//
// A replica has one for the round trips of all its peers. Most samples are of the hub, whose silence
// is what the timeout is for. A far peer among near ones raises the deviation, and with it
// the timeout: then the replica waits too long, which costs time and no messages.
type estimator struct {
	measured  bool
	mean      time.Duration // smoothed round trip
	deviation time.Duration // smoothed mean deviation
}

func newEstimator() estimator { return estimator{mean: initialRoundTrip} }

// sample takes in one measured round trip.
func (e *estimator) sample(roundTrip time.Duration) {
	roundTrip = max(roundTrip, 0)
	e.add(roundTrip, roundTrip/32)
}

// track takes in one measured way to the hub, as the two clocks show it: any number, since their
// origins differ. If one of the clocks has jumped the estimator begins anew.
func (e *estimator) track(way time.Duration, roundTrip *estimator) {
	if (way - e.mean).Abs() > roundTrip.timeout() {
		e.measured = false
	}
	e.add(way, roundTrip.mean/32)
}

// add takes in a sample. deviation is what is assumed at the first one: less than in RFC 6298, since most
// paths are steady.
func (e *estimator) add(sample, deviation time.Duration) {
	if !e.measured {
		*e = estimator{true, sample, deviation}
		return
	}
	e.deviation += ((sample - e.mean).Abs() - e.deviation) / 4
	e.mean += (sample - e.mean) / 8
}

// margin is how much earlier than the mean says a message should be sent that must not be late. Six mean
// deviations: a late gather costs a whole interval, an early one nothing but the time that it is
// early. They cover an increase at once: a sample that is late by d moves the mean by d/8, and six deviations
// by 6d/4. A path that has been steady has next to no deviation, so there is a least margin.
func (e *estimator) margin(least time.Duration) time.Duration { return max(6*e.deviation, least) }

// timeout is the time after which a message or its answer is taken for lost: what was on its way,
// for two hops perhaps, has arrived after it.
func (e *estimator) timeout() time.Duration {
	return e.mean + max(4*e.deviation, clockGrain)
}
