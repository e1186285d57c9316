package riblt

// estimator is the "tug-of-war" sketch of Alon, Matias and Szegedy (1996). Every item
// pulls each of 16 counters up or down by one, by a sign drawn from its seed. Items that
// two sets share pull both sets' counters alike, so the difference of a counter is a sum of
// as many random signs as there are items in only one set (those of the other set count with
// the opposite sign, which is as random): its square is their number on average. The mean of
// 16 squares has a standard deviation of √(2/16) = 0.35 times that.
//
// Only the lowest ten bits of a counter have a meaning, and a difference is read as a
// signed number of ten bits. That is enough for sums within ±512, of 50,000 items and
// more. The sums of a million go around many times, and the mean of their squares is that
// of numbers evenly spread over the range, 1024²/12 = 87,381. It is far beyond what
// MaxSketch coded symbols decode.
type estimator [signs]uint16

const (
	signs       = 16
	counterBits = 10
)

// add lets an item pull.
func (e *estimator) add(seed uint64) {
	r := Mix(seed)
	for k := range e {
		e[k] += uint16(r&1)<<1 - 1
		r >>= 1
	}
}

// remove undoes add.
func (e *estimator) remove(seed uint64) {
	r := Mix(seed)
	for k := range e {
		e[k] -= uint16(r&1)<<1 - 1
		r >>= 1
	}
}

func (e *estimator) subtract(other *estimator) {
	for k := range e {
		e[k] -= other[k]
	}
}

// difference returns the mean square of the counters' differences, rounded.
func (e *estimator) difference(other *estimator) int {
	sum := 0
	for k := range e {
		const above = 16 - counterBits
		d := int(int16((e[k]-other[k])<<above) >> above)
		sum += d * d
	}
	return (sum + signs/2) / signs
}
