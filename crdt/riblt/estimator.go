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
type estimator [counters / lanes]uint64

// Counter k is lane k%4 of word k/4, the lowest lane first: 16 bits, of which the lower ten
// count. So one addition serves four counters.
const (
	counters    = 16
	counterBits = 10
	lanes       = 4
	laneBits    = 64 / lanes
	laneTops    = 0x8000_8000_8000_8000 // the highest bit of each lane
)

// pulls has for each four signs, 1 for up, a word with 1 or -1 in each lane.
var pulls = func() (pulls [1 << lanes]uint64) {
	for signs := range pulls {
		for k := range lanes {
			pull := uint16(signs>>k&1)<<1 - 1
			pulls[signs] |= uint64(pull) << (k * laneBits)
		}
	}
	return pulls
}()

// add lets an item pull.
func (e *estimator) add(seed uint64) { e.pull(Mix(seed)) }

// remove undoes add: the item pulls the other way.
func (e *estimator) remove(seed uint64) { e.pull(^Mix(seed)) }

// pull moves each counter by the sign that it has in signs.
func (e *estimator) pull(signs uint64) {
	for w := range e {
		e[w] = addLanes(e[w], pulls[signs%(1<<lanes)])
		signs >>= lanes
	}
}

// addLanes adds lane by lane: no carry goes from one to the next.
func addLanes(a, b uint64) uint64 { return (a&^laneTops + b&^laneTops) ^ (a^b)&laneTops }

// subLanes subtracts lane by lane.
func subLanes(a, b uint64) uint64 { return ((a | laneTops) - b&^laneTops) ^ (a^^b)&laneTops }

// counter returns counter k, of which only the lowest counterBits have a meaning.
func (e *estimator) counter(k int) uint16 { return uint16(e[k/lanes] >> (k % lanes * laneBits)) }

// setCounter sets a counter that is zero.
func (e *estimator) setCounter(k int, c uint16) { e[k/lanes] |= uint64(c) << (k % lanes * laneBits) }

func (e *estimator) subtract(other *estimator) {
	for w := range e {
		e[w] = subLanes(e[w], other[w])
	}
}

// difference returns the mean square of the counters' differences, rounded.
func (e *estimator) difference(other *estimator) int {
	sum := 0
	for k := range counters {
		const above = laneBits - counterBits
		d := int(int16((e.counter(k)-other.counter(k))<<above) >> above)
		sum += d * d
	}
	return (sum + counters/2) / counters
}
